//! Redaction: what a bundle takes away before an event is sealed, and the record of it.

mod card;
mod fixed;
mod places;
mod text;
mod token;
mod walk;

pub(crate) use places::{MOST_PLACES, POINTER_BYTES};

use self::places::{Places, Rule};
use self::text::Heuristics;
use self::walk::{Tail, Walker};
use crate::bundle::Segment;
use crate::event::Event;
use crate::json::Value;
use crate::{Bundle, Heuristic, Redaction, RedactionAction};

/// What stands in the place of what was masked.
const MASK: &str = "[redacted]";

/// Redacts events.
pub(super) struct Redactor {
    rules: Vec<Redaction>,
    heuristics: Heuristics,
}

/// What was redacted of an event, beside the fields that were changed in it.
#[derive(Debug)]
pub(crate) struct Redacted {
    /// `redacted`, as canonical JSON.
    pub(crate) places: Vec<u8>,
    /// `resource.attributes`, as canonical JSON, if it is another.
    pub(crate) attributes: Option<Vec<u8>>,
    /// `changes`, likewise.
    pub(crate) changes: Option<Vec<u8>>,
    /// `data`, likewise.
    pub(crate) data: Option<Vec<u8>>,
}

impl Redactor {
    /// What a bundle asks for.
    pub(super) fn new(bundle: &Bundle) -> Self {
        let asked = |heuristic| bundle.heuristics.contains(&heuristic);
        Self {
            rules: bundle.redaction.clone(),
            heuristics: Heuristics::new(asked(Heuristic::Card), asked(Heuristic::Token)),
        }
    }

    /// Redacts an event; says what became of it, if anything did.
    pub(super) fn redact(&self, event: &mut Event<'_>) -> Option<Redacted> {
        let applies = |rule: &&Redaction| {
            (rule.tenants.is_empty() || rule.tenants.iter().any(|tenant| *tenant == event.tenant))
                && (rule.actions.is_empty()
                    || rule.actions.iter().any(|action| action.matches(&event.action)))
        };
        let mut rules: Vec<&Redaction> = self.rules.iter().filter(applies).collect();
        if rules.is_empty() && !self.heuristics.any() {
            return None;
        }
        // Where several rules name a place, what removes it comes first.
        rules.sort_by_key(|rule| rule.action == RedactionAction::Mask);
        let mut places = Places::default();
        for rule in &rules {
            fixed::redact(event, rule.pointer.segments(), rule.action, &mut places);
        }
        self.reason(event, &mut places);
        let attributes = event.resource.attributes;
        let [changes, data, attributes] = [
            (event.changes, &["changes"][..]),
            (event.data, &["data"]),
            (attributes, &["resource", "attributes"]),
        ]
        .map(|(value, path)| self.walk(value?, path, &rules, &mut places));
        let places = places.into_json()?;
        Some(Redacted { places, attributes, changes, data })
    }

    /// The patterns in `reason`, which is free text.
    fn reason(&self, event: &mut Event<'_>, places: &mut Places) {
        let Some(reason) = &event.reason else { return };
        if let Some((text, found)) = self.heuristics.mask(reason) {
            for heuristic in found {
                places.push("/reason", RedactionAction::Mask, Rule::from(heuristic));
            }
            event.reason = Some(text.into());
        }
    }

    /// What a part of the event that holds anything becomes, if it is another.
    fn walk<'r>(
        &self,
        value: Value<'_>,
        path: &[&str],
        rules: &[&'r Redaction],
        places: &mut Places,
    ) -> Option<Vec<u8>> {
        let tail = |rule: &&'r Redaction| -> Option<Tail<'r>> {
            let (head, rest) = rule.pointer.segments().split_at_checked(path.len())?;
            let is = |(segment, name): (&Segment, &&str)| segment.is(name);
            let below = !rest.is_empty() && head.iter().zip(path).all(is);
            below.then_some(Tail { segments: rest, action: rule.action })
        };
        let tails: Vec<Tail<'_>> = rules.iter().filter_map(tail).collect();
        let search = self.heuristics.may_hold(value.source());
        if tails.is_empty() && !search {
            return None;
        }
        let before = places.count();
        let mut out = Vec::with_capacity(value.source().len());
        let heuristics = search.then_some(&self.heuristics);
        let mut walker = Walker::new(path, heuristics, places);
        walker.value(value, &tails, &mut out);
        (places.count() > before).then_some(out)
    }
}
