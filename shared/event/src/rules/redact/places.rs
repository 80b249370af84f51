//! The record of what was redacted.

use crate::event::ObjectWriter;
use crate::{Heuristic, RedactionAction};

/// Places that an event lists, at most: the first that were met. Others are redacted all the same.
pub(crate) const MOST_PLACES: usize = 100;

/// Bytes of a pointer in the list, at most: a longer one is that of the nearest place above.
pub(crate) const POINTER_BYTES: usize = 1024;

/// Places that were redacted.
#[derive(Debug, Default)]
pub(super) struct Places {
    listed: Vec<Place>,
    count: usize,
}

/// A place that was redacted; ordered by its pointer.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    pointer: String,
    action: &'static str,
    rule: Rule,
}

/// What asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rule {
    Card,
    Pointer,
    Token,
}

impl From<Heuristic> for Rule {
    fn from(heuristic: Heuristic) -> Self {
        match heuristic {
            Heuristic::Card => Self::Card,
            Heuristic::Token => Self::Token,
        }
    }
}

impl Rule {
    fn name(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Pointer => "pointer",
            Self::Token => "token",
        }
    }
}

impl Places {
    /// How many places were redacted, listed or not.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Takes down a place, by its pointer.
    pub(super) fn push(&mut self, pointer: &str, action: RedactionAction, rule: Rule) {
        self.count += 1;
        if self.listed.len() >= MOST_PLACES {
            return;
        }
        let mut pointer = pointer;
        while pointer.len() > POINTER_BYTES {
            pointer = pointer.rsplit_once('/').map_or("", |(above, _)| above);
        }
        let action = match action {
            RedactionAction::Mask => "masked",
            RedactionAction::Remove => "removed",
        };
        let place = Place { pointer: pointer.to_owned(), action, rule };
        if let Err(at) = self.listed.binary_search(&place) {
            self.listed.insert(at, place);
        }
    }

    /// `redacted`, as canonical JSON, if anything was.
    pub(super) fn into_json(self) -> Option<Vec<u8>> {
        if self.listed.is_empty() {
            return None;
        }
        let mut out = vec![b'['];
        for (place, Place { pointer, action, rule }) in self.listed.iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let mut object = ObjectWriter::new(&mut out);
            object.text("action", action);
            object.text("pointer", pointer);
            object.text("rule", rule.name());
            object.end();
        }
        out.push(b']');
        Some(out)
    }
}
