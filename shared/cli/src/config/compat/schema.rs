//! Whether a later JSON Schema takes all that an earlier one takes.
//!
//! Each part of the later schema must follow from one part of the earlier one. What is not
//! understood is a break as well, of rule `schema.unclear`: the answer "compatible" is a promise,
//! any other may be too strict.

mod bounds;
mod local;
mod parts;
mod values;

use std::cell::RefCell;

use serde_json::Value;

use super::{Break, Rule};
use parts::Part;

/// Keywords whose meaning depends on what other parts of the document say; wherever one stands,
/// only the same document is surely compatible.
const ENTANGLED: [&str; 7] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveRef",
    "$vocabulary",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Breaks between two versions of a schema; `at` is the pointer of the later one.
pub(super) fn compare(old: &Value, new: &Value, at: &str) -> Vec<Break> {
    if old == new {
        return Vec::new();
    }
    for schema in [old, new] {
        if let Some(found) = entangled(schema, true) {
            let told = format!(
                "has `{found}` in it, which depends on the rest of the schema: cannot tell whether \
                 the change is compatible; leave this version as it was and add a new one"
            );
            return vec![Break::new(Rule::SchemaUnclear, at, told)];
        }
    }
    Comparison { old, new, open: RefCell::default() }.follows(old, new, at)
}

/// A name in a schema that makes it a whole which cannot be compared part by part.
fn entangled(schema: &Value, root: bool) -> Option<&str> {
    match schema {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let is = ENTANGLED.contains(&name.as_str()) || (name == "$id" && !root);
            if is { Some(name.as_str()) } else { entangled(value, false) }
        }),
        Value::Array(elements) => elements.iter().find_map(|value| entangled(value, false)),
        _ => None,
    }
}

/// Two documents, and the pairs of their schemas that are being compared: schemas may refer to
/// themselves, and what is being shown may then be taken for granted one level deeper in the data.
pub(super) struct Comparison<'v> {
    old: &'v Value,
    new: &'v Value,
    open: RefCell<Vec<(*const Value, *const Value)>>,
}

impl<'v> Comparison<'v> {
    /// Breaks if not all that `old` takes is taken by `new`.
    fn follows(&self, old: &'v Value, new: &'v Value, at: &str) -> Vec<Break> {
        let pair = (std::ptr::from_ref(old), std::ptr::from_ref(new));
        if self.open.borrow().contains(&pair) {
            return Vec::new();
        }
        self.open.borrow_mut().push(pair);
        let breaks = self.by_parts(old, new, at);
        self.open.borrow_mut().pop();
        breaks
    }

    fn by_parts(&self, old: &'v Value, new: &'v Value, at: &str) -> Vec<Break> {
        let (olds, news) = match (parts::of(self.old, old, ""), parts::of(self.new, new, at)) {
            (Ok(olds), Ok(news)) => (olds, news),
            (Err(told), _) | (_, Err(told)) => {
                return vec![Break::new(Rule::SchemaUnclear, at, told)];
            }
        };
        if olds.iter().any(|part| matches!(part, Part::Nothing)) {
            return Vec::new();
        }
        let empty = serde_json::Map::new();
        let mut olds: Vec<_> = olds.iter().filter_map(Part::members).collect();
        if olds.is_empty() {
            olds.push(&empty);
        }
        let mut breaks = Vec::new();
        for (place, part) in news.iter().enumerate() {
            let Part::Keywords { at, members } = part else {
                let told = "takes nothing any more, and took something before";
                breaks.push(Break::new(Rule::SchemaType, at, told));
                continue;
            };
            // The part at the same place first: what it says is what a person compares.
            let near = place.min(olds.len() - 1);
            let told = local::compare(self, olds[near], members, at);
            let others = olds.iter().enumerate().filter(|(other, _)| *other != near);
            let follows = |old| local::compare(self, old, members, at).is_empty();
            if !told.is_empty() && !others.map(|(_, old)| *old).any(follows) {
                breaks.extend(told);
            }
        }
        breaks
    }
}

#[cfg(test)]
mod tests;
