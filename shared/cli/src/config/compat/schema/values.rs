//! Keywords that say which values there may be: types, and lists of values.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::config::compat::{Break, Rule};

const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Breaks of `type`.
pub(super) fn types(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    at: &str,
    breaks: &mut Vec<Break>,
) {
    let Some(after) = new.get("type") else { return };
    let lost: Vec<&str> =
        expanded(old.get("type")).difference(&expanded(Some(after))).copied().collect();
    if !lost.is_empty() {
        let told = format!("does not take any more: {}", lost.join(", "));
        breaks.push(Break::new(Rule::SchemaType, format!("{at}/type"), told));
    }
}

/// The types that are taken; `number` has `integer` in it.
fn expanded(types: Option<&Value>) -> BTreeSet<&str> {
    let mut expanded: BTreeSet<&str> = match types {
        None => TYPES.into(),
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
    };
    if expanded.contains("number") {
        expanded.insert("integer");
    }
    expanded
}

/// Breaks of `enum` and `const`.
pub(super) fn listed(
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    at: &str,
    breaks: &mut Vec<Break>,
) {
    let Some(mut after) = allowed(new) else { return };
    if let Some(one) = new.get("const") {
        after.retain(|value| value == one);
    }
    let keyword = if new.contains_key("enum") { "enum" } else { "const" };
    let at = format!("{at}/{keyword}");
    let Some(before) = allowed(old) else {
        let told = format!("`{keyword}` is new: other values were taken before");
        breaks.push(Break::new(Rule::SchemaEnum, at, told));
        return;
    };
    let lost: Vec<String> =
        before.iter().filter(|value| !after.contains(value)).map(ToString::to_string).collect();
    if !lost.is_empty() {
        let told = format!("does not take any more: {}", lost.join(", "));
        breaks.push(Break::new(Rule::SchemaEnum, at, told));
    }
}

/// The values that are taken, if they are listed.
fn allowed(members: &Map<String, Value>) -> Option<Vec<Value>> {
    let both = (members.get("enum").and_then(Value::as_array), members.get("const"));
    match both {
        (None, None) => None,
        // More than are taken, where there is a `const` as well.
        (Some(listed), _) => Some(listed.clone()),
        (None, Some(one)) => Some(vec![one.clone()]),
    }
}
