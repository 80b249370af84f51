//! Objects that stand for the records in them: what CloudTrail delivers and what an API server of
//! Kubernetes sends.

use crate::adapter::{self, Adapter};
use crate::json::{skip_value, skip_whitespace};

/// An object whose records are items.
pub(super) struct List {
    /// What reads them.
    pub(super) adapter: &'static Adapter,
    /// Where their array starts.
    pub(super) array: usize,
    /// Where the object ends; `None` if it has to end after the array.
    pub(super) end: Option<usize>,
}

/// The list that starts at a place of a text, if one does.
pub(super) fn find(text: &str, start: usize) -> Option<List> {
    delivery_file(text, start).or_else(|| event_list(text, start))
}

/// `{"Records": [...`
fn delivery_file(text: &str, start: usize) -> Option<List> {
    let name = skip_whitespace(text, start + 1);
    let rest = text.get(name..)?.strip_prefix("\"Records\"")?;
    let array = after_colon(text, text.len() - rest.len())?;
    text[array..].starts_with('[').then_some(List {
        adapter: &adapter::CLOUDTRAIL,
        array,
        end: None,
    })
}

/// Members of an `EventList` of `audit.k8s.io/v1`, each once, in any order, and how they begin. Its
/// `metadata` is about the request that carried it, and empty as the API server sends it.
const MEMBERS: [(&str, &str); 4] = [
    ("\"apiVersion\"", "\"audit.k8s.io/v1\""),
    ("\"items\"", "["),
    ("\"kind\"", "\"EventList\""),
    ("\"metadata\"", "{"),
];

/// Bits of the members that have to be there.
const REQUIRED: u8 = 0b0111;

/// `{"kind": "EventList", ..., "items": [...]}`. Any other object is known by its first members.
fn event_list(text: &str, start: usize) -> Option<List> {
    let (mut seen, mut array) = (0_u8, None);
    let mut at = skip_whitespace(text, start + 1);
    loop {
        let rest = text.get(at..)?;
        let place = MEMBERS.iter().position(|(name, _)| rest.starts_with(name))?;
        let (name, begin) = MEMBERS[place];
        let value = after_colon(text, at + name.len())?;
        if seen & 1 << place != 0 || !text[value..].starts_with(begin) {
            return None;
        }
        seen |= 1 << place;
        if begin == "[" {
            array = Some(value);
        }
        at = skip_whitespace(text, skip_value(text, value).ok()?);
        match text.as_bytes().get(at)? {
            b',' => at = skip_whitespace(text, at + 1),
            b'}' if seen & REQUIRED == REQUIRED => break,
            _ => return None,
        }
    }
    Some(List { adapter: &adapter::KUBERNETES, array: array?, end: Some(at + 1) })
}

/// Where the value after a colon starts.
fn after_colon(text: &str, at: usize) -> Option<usize> {
    let colon = skip_whitespace(text, at);
    (text.as_bytes().get(colon) == Some(&b':')).then(|| skip_whitespace(text, colon + 1))
}
