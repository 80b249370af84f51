//! Patterns in free text that are secrets by their form.
//!
//! They are opt-in: a wrong guess destroys evidence. So each asks for much: the check digit and the
//! first digit of a card, the well-known beginning and the length of a token.

use super::token::Tokens;
use super::{MASK, card};
use crate::Heuristic;

/// The patterns that a bundle asks for.
pub(super) struct Heuristics {
    card: bool,
    token: Option<Tokens>,
}

/// A part of a text, in bytes.
pub(super) type Span = std::ops::Range<usize>;

impl Heuristics {
    /// These patterns.
    pub(super) fn new(card: bool, token: bool) -> Self {
        Self { card, token: token.then(Tokens::new) }
    }

    /// Whether there is anything to look for.
    pub(super) fn any(&self) -> bool {
        self.card || self.token.is_some()
    }

    /// Whether JSON text may hold any of it: a look at the bytes, so that most values need not be
    /// taken apart. A `\u` escape may stand for anything.
    pub(super) fn may_hold(&self, json: &str) -> bool {
        self.any()
            && (json.contains("\\u")
                || (self.card && card::may_hold(json))
                || self.token.as_ref().is_some_and(|tokens| tokens.may_hold(json)))
    }

    /// Whether a number is that of a card.
    pub(super) fn is_card(&self, number: &[u8]) -> bool {
        self.card && card::is_card(number)
    }

    /// The text with what matches masked, and what did; none if nothing does. Where two matches
    /// overlap, the mask covers both.
    pub(super) fn mask(&self, text: &str) -> Option<(String, Vec<Heuristic>)> {
        let mut spans: Vec<(Span, Heuristic)> = Vec::new();
        if self.card {
            spans.extend(card::find(text).into_iter().map(|span| (span, Heuristic::Card)));
        }
        if let Some(tokens) = &self.token {
            spans.extend(tokens.find(text).into_iter().map(|span| (span, Heuristic::Token)));
        }
        if spans.is_empty() {
            return None;
        }
        spans.sort_by_key(|(span, _)| span.start);
        let mut found: Vec<Heuristic> = spans.iter().map(|(_, heuristic)| *heuristic).collect();
        found.sort_unstable();
        found.dedup();
        let mut masked = String::with_capacity(text.len());
        let mut end = 0;
        for (span, _) in spans {
            if span.start >= end {
                masked.push_str(&text[end..span.start]);
                masked.push_str(MASK);
            }
            end = end.max(span.end);
        }
        masked.push_str(&text[end..]);
        Some((masked, found))
    }
}
