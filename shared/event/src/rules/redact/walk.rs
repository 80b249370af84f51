//! Redaction of values that hold anything: writes their canonical form without what is taken away.

use super::MASK;
use super::places::{Places, Rule};
use super::text::Heuristics;
use crate::RedactionAction;
use crate::bundle::Segment;
use crate::json::{Kind, Value, write_text};

/// What is left of a pattern, below the value that is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail<'r> {
    pub(super) segments: &'r [Segment],
    pub(super) action: RedactionAction,
}

/// Writes a value as it is redacted.
pub(super) struct Walker<'w> {
    heuristics: Option<&'w Heuristics>,
    places: &'w mut Places,
    /// Pointer of the value that is looked at.
    path: String,
}

/// What becomes of a member or an element.
enum Step<'r> {
    /// Nothing stands there any more, or the mask does.
    Redacted(RedactionAction),
    /// What is left of the patterns below it.
    Below(Vec<Tail<'r>>),
}

impl<'w> Walker<'w> {
    /// Will write the value at a path.
    pub(super) fn new(
        path: &[&str],
        heuristics: Option<&'w Heuristics>,
        places: &'w mut Places,
    ) -> Self {
        Self { heuristics, places, path: format!("/{}", path.join("/")) }
    }

    /// Appends what becomes of a value. Recurses as deep as the reader of JSON did.
    pub(super) fn value(&mut self, value: Value<'_>, tails: &[Tail<'_>], out: &mut Vec<u8>) {
        if tails.is_empty() && self.heuristics.is_none() {
            return value.write(out);
        }
        match value.kind() {
            Kind::Object => self.object(value, tails, out),
            Kind::Array => self.array(value, tails, out),
            Kind::String => self.string(value, out),
            Kind::Number | Kind::BigInteger => self.number(value, out),
            Kind::Null | Kind::Bool => value.write(out),
        }
    }

    fn object(&mut self, value: Value<'_>, tails: &[Tail<'_>], out: &mut Vec<u8>) {
        out.push(b'{');
        let mut first = true;
        for (name, value) in value.members() {
            let name = name.text();
            let step = step(tails, &name);
            let length = self.descend(&name);
            if let Step::Redacted(action @ RedactionAction::Remove) = step {
                self.places.push(&self.path, action, Rule::Pointer);
            } else {
                if !std::mem::take(&mut first) {
                    out.push(b',');
                }
                write_text(&name, out);
                out.push(b':');
                self.step(value, step, out);
            }
            self.path.truncate(length);
        }
        out.push(b'}');
    }

    fn array(&mut self, value: Value<'_>, tails: &[Tail<'_>], out: &mut Vec<u8>) {
        out.push(b'[');
        for (place, value) in value.elements().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let place = place.to_string();
            let step = step(tails, &place);
            let length = self.descend(&place);
            self.step(value, step, out);
            self.path.truncate(length);
        }
        out.push(b']');
    }

    /// An element, or a member that stays. An element that is to be removed is masked: the others
    /// keep their places.
    fn step(&mut self, value: Value<'_>, step: Step<'_>, out: &mut Vec<u8>) {
        match step {
            Step::Redacted(_) => {
                self.places.push(&self.path, RedactionAction::Mask, Rule::Pointer);
                write_text(MASK, out);
            }
            Step::Below(tails) => self.value(value, &tails, out),
        }
    }

    fn string(&mut self, value: Value<'_>, out: &mut Vec<u8>) {
        let text = value.text().unwrap_or_default();
        match self.heuristics.and_then(|heuristics| heuristics.mask(&text)) {
            None => value.write(out),
            Some((masked, found)) => {
                for heuristic in found {
                    self.places.push(&self.path, RedactionAction::Mask, Rule::from(heuristic));
                }
                write_text(&masked, out);
            }
        }
    }

    fn number(&mut self, value: Value<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        value.write(out);
        // As it would be sealed: `4e15` and `4000000000000000.0` are the digits of one number.
        let digits = out[start..].strip_prefix(b"-").unwrap_or(&out[start..]);
        let digits =
            digits.strip_prefix(b"\"").and_then(|d| d.strip_suffix(b"\"")).unwrap_or(digits);
        if self.heuristics.is_some_and(|heuristics| heuristics.is_card(digits)) {
            out.truncate(start);
            self.places.push(&self.path, RedactionAction::Mask, Rule::Card);
            write_text(MASK, out);
        }
    }

    /// Goes to a member or an element. Returns the length of the path to come back to.
    fn descend(&mut self, name: &str) -> usize {
        let length = self.path.len();
        self.path.push('/');
        for char in name.chars() {
            match char {
                '~' => self.path.push_str("~0"),
                '/' => self.path.push_str("~1"),
                char => self.path.push(char),
            }
        }
        length
    }
}

/// What the patterns say of a member or an element. Removal is stronger than a mask.
fn step<'r>(tails: &[Tail<'r>], name: &str) -> Step<'r> {
    let mut below = Vec::new();
    let mut redacted = None;
    for Tail { segments, action } in tails {
        let Some((segment, rest)) = segments.split_first() else { continue };
        match (segment.is(name), rest.is_empty()) {
            (false, _) => {}
            (true, false) => below.push(Tail { segments: rest, action: *action }),
            (true, true) if redacted == Some(RedactionAction::Remove) => {}
            (true, true) => redacted = Some(*action),
        }
    }
    match redacted {
        Some(action) => Step::Redacted(action),
        None => Step::Below(below),
    }
}
