//! The fields of other people's records. A field of another type than its specification gives it
//! counts as absent: the record stands under `data` as it is.

use crate::event::{Text, is_name};
use crate::json::{Kind, Value};
use crate::reason::Reason;

/// A path of members and places.
pub(super) type Path = &'static [&'static str];

/// A string that is not empty.
pub(super) fn text<'t>(value: Value<'t>) -> Option<Text<'t>> {
    value.text().filter(|text| !text.is_empty())
}

/// The value at a path of members and places.
pub(super) fn value_at<'t>(value: Value<'t>, path: &[&str]) -> Option<Value<'t>> {
    path.iter().try_fold(value, |value, step| match value.kind() {
        Kind::Array => value.elements().nth(step.parse().ok()?),
        _ => value.member(step),
    })
}

/// The string, not empty, at a path.
pub(super) fn text_at<'t>(value: Value<'t>, path: &[&str]) -> Option<Text<'t>> {
    text(value_at(value, path)?)
}

/// The first of several strings that can be a name or an id.
pub(super) fn first_name<'t>(value: Value<'t>, paths: &[&[&str]]) -> Option<Text<'t>> {
    paths.iter().find_map(|path| text_at(value, path).filter(|text| is_name(text)))
}

/// The integer at a path.
pub(super) fn integer_at(value: Value<'_>, path: &[&str]) -> Option<i64> {
    let value = value_at(value, path)?;
    (value.kind() == Kind::Number).then(|| value.source().parse().ok()).flatten()
}

/// Why a required string of a record, named by its pointer, counts as absent.
pub(super) fn absent(root: Value<'_>, at: &str) -> Reason {
    let expected = "a string that is not empty";
    let steps: Vec<&str> = at.split('/').skip(1).collect();
    match value_at(root, &steps).map(|value| value.kind()) {
        None => Reason::missing(at, expected),
        Some(Kind::String) => Reason::value(at, expected),
        Some(other) => Reason::kind(at, expected, other),
    }
}
