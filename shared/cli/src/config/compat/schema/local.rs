//! Keywords that stand side by side, compared with those of another schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Comparison, bounds, values};
use crate::config::compat::{Break, Rule, escaped};

type Members = Map<String, Value>;

/// Keywords that judge nothing, or were looked at before (`$ref`, `allOf`). `format` is one: it is
/// not asserted.
const SILENT: [&str; 18] = [
    "$comment",
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "allOf",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "default",
    "definitions",
    "deprecated",
    "description",
    "examples",
    "format",
    "readOnly",
    "title",
    "writeOnly",
];

/// Keywords that are compared one by one, below.
const KNOWN: [&str; 13] = [
    "additionalProperties",
    "anyOf",
    "const",
    "dependentRequired",
    "enum",
    "items",
    "patternProperties",
    "prefixItems",
    "properties",
    "propertyNames",
    "required",
    "type",
    "uniqueItems",
];

/// Keywords that mean something only together: the first decides whether the others do.
const GROUPS: [&[&str]; 2] = [&["if", "then", "else"], &["contains", "minContains", "maxContains"]];

static ANYTHING: Value = Value::Bool(true);

/// Breaks if not all that passes the keywords `old` passes the keywords `new`, which stand `at`.
pub(super) fn compare<'v>(
    within: &Comparison<'v>,
    old: &'v Members,
    new: &'v Members,
    at: &str,
) -> Vec<Break> {
    let mut breaks = Vec::new();
    values::types(old, new, at, &mut breaks);
    values::listed(old, new, at, &mut breaks);
    bounds::compare(old, new, at, &mut breaks);
    required(old, new, at, &mut breaks);
    properties(within, old, new, at, &mut breaks);
    elements(within, old, new, at, &mut breaks);
    branches(within, old, new, at, &mut breaks);
    if let Some(after) = new.get("propertyNames") {
        let before = old.get("propertyNames").unwrap_or(&ANYTHING);
        breaks.extend(within.follows(before, after, &format!("{at}/propertyNames")));
    }
    if new.get("uniqueItems") == Some(&Value::Bool(true))
        && old.get("uniqueItems") != new.get("uniqueItems")
    {
        let told = "elements had not to differ before";
        breaks.push(Break::new(Rule::SchemaRange, format!("{at}/uniqueItems"), told));
    }
    unclear(old, new, at, &mut breaks);
    breaks
}

fn names(value: Option<&Value>) -> BTreeSet<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn required(old: &Members, new: &Members, at: &str, breaks: &mut Vec<Break>) {
    for name in names(new.get("required")).difference(&names(old.get("required"))) {
        let told = format!(
            "`{name}` is required now, and was not: make it optional, or add a new version"
        );
        breaks.push(Break::new(Rule::SchemaRequired, format!("{at}/required"), told));
    }
    let Some(Value::Object(dependent)) = new.get("dependentRequired") else { return };
    for (with, needed) in dependent {
        let before = old.get("dependentRequired").and_then(|before| before.get(with));
        for name in names(Some(needed)).difference(&names(before)) {
            let told = format!("`{name}` is required beside `{with}` now, and was not");
            let at = format!("{at}/dependentRequired/{}", escaped(with));
            breaks.push(Break::new(Rule::SchemaRequired, at, told));
        }
    }
}

fn members_of<'v>(schema: &'v Members, keyword: &str) -> Option<&'v Members> {
    schema.get(keyword).and_then(Value::as_object)
}

/// `properties`, `patternProperties` and `additionalProperties`, which share the members out.
fn properties<'v>(
    within: &Comparison<'v>,
    old: &'v Members,
    new: &'v Members,
    at: &str,
    breaks: &mut Vec<Break>,
) {
    let others = |schema: &'v Members| schema.get("additionalProperties").unwrap_or(&ANYTHING);
    let named = |schema: &'v Members, name: &str| {
        members_of(schema, "properties").and_then(|p| p.get(name))
    };
    let patterns =
        |schema: &'v Members| members_of(schema, "patternProperties").filter(|p| !p.is_empty());
    for (name, after) in members_of(new, "properties").into_iter().flatten() {
        let at = format!("{at}/properties/{}", escaped(name));
        match (named(old, name), patterns(old)) {
            (Some(before), _) => breaks.extend(within.follows(before, after, &at)),
            // A member that was not named, and could be anything that any other could.
            (None, None) => {
                let told = within.follows(others(old), after, &at);
                breaks.extend(told.into_iter().map(|found| {
                    found.because(
                        "this member was not named before, and could be anything that others could",
                    )
                }));
            }
            (None, Some(_)) => breaks.extend(within.follows(&ANYTHING, after, &at)),
        }
    }
    for (name, before) in members_of(old, "properties").into_iter().flatten() {
        if named(new, name).is_none() {
            let at = format!("{at}/additionalProperties");
            let told = within.follows(before, others(new), &at);
            breaks.extend(
                told.into_iter()
                    .map(|found| found.because(format!("member `{name}` is not named any more"))),
            );
        }
    }
    pattern_properties(within, old, new, at, breaks);
    breaks.extend(within.follows(others(old), others(new), &format!("{at}/additionalProperties")));
}

fn pattern_properties<'v>(
    within: &Comparison<'v>,
    old: &'v Members,
    new: &'v Members,
    at: &str,
    breaks: &mut Vec<Break>,
) {
    let (before, after) =
        (members_of(old, "patternProperties"), members_of(new, "patternProperties"));
    for (pattern, schema) in after.into_iter().flatten() {
        let at = format!("{at}/patternProperties/{}", escaped(pattern));
        let earlier = before.and_then(|before| before.get(pattern)).unwrap_or(&ANYTHING);
        breaks.extend(within.follows(earlier, schema, &at));
    }
    for pattern in before.into_iter().flatten().map(|(pattern, _)| pattern) {
        let gone = after.is_none_or(|after| !after.contains_key(pattern));
        let others = new.get("additionalProperties").unwrap_or(&ANYTHING);
        // The members that it named are now among the others.
        if gone && !within.follows(&ANYTHING, others, "").is_empty() {
            let told =
                format!("cannot tell whether members that `{pattern}` named are still taken");
            let at = format!("{at}/patternProperties");
            breaks.push(Break::new(Rule::SchemaUnclear, at, told));
        }
    }
}

/// `prefixItems` and `items`, which share the elements out.
fn elements<'v>(
    within: &Comparison<'v>,
    old: &'v Members,
    new: &'v Members,
    at: &str,
    breaks: &mut Vec<Break>,
) {
    let first = |schema: &'v Members| match schema.get("prefixItems") {
        Some(Value::Array(first)) => first.as_slice(),
        _ => &[],
    };
    let rest = |schema: &'v Members| schema.get("items").unwrap_or(&ANYTHING);
    for place in 0..first(old).len().max(first(new).len()) {
        let before = first(old).get(place).unwrap_or(rest(old));
        let (after, at) = match first(new).get(place) {
            Some(after) => (after, format!("{at}/prefixItems/{place}")),
            None => (rest(new), format!("{at}/items")),
        };
        breaks.extend(within.follows(before, after, &at));
    }
    breaks.extend(within.follows(rest(old), rest(new), &format!("{at}/items")));
}

/// `anyOf`: each branch there was must lie in one there is.
fn branches<'v>(
    within: &Comparison<'v>,
    old: &'v Members,
    new: &'v Members,
    at: &str,
    breaks: &mut Vec<Break>,
) {
    let Some(Value::Array(after)) = new.get("anyOf") else { return };
    let at = format!("{at}/anyOf");
    let Some(Value::Array(before)) = old.get("anyOf") else {
        let told = "`anyOf` is new: what none of its branches takes was taken before";
        breaks.push(Break::new(Rule::SchemaType, at, told));
        return;
    };
    for (place, branch) in before.iter().enumerate() {
        if !after.iter().any(|after| within.follows(branch, after, &at).is_empty()) {
            let told =
                format!("what branch {place} took before is taken by none of the branches now");
            breaks.push(Break::new(Rule::SchemaType, at.clone(), told));
        }
    }
}

/// Keywords that nothing above understands: the same, without references, or a break.
fn unclear(old: &Members, new: &Members, at: &str, breaks: &mut Vec<Break>) {
    let known =
        |name: &str| SILENT.contains(&name) || KNOWN.contains(&name) || bounds::is_bound(name);
    for (name, after) in new.iter().filter(|(name, _)| !known(name)) {
        let group = GROUPS.iter().find(|group| group.contains(&name.as_str()));
        let one = [name.as_str()];
        let group: &[&str] = group.copied().unwrap_or(&one);
        if !new.contains_key(group[0]) {
            continue;
        }
        let same = group.iter().all(|name| old.get(*name) == new.get(*name));
        if same && !refers(after) {
            continue;
        }
        let at = format!("{at}/{name}");
        let (rule, told) = match name.as_str() {
            "pattern" => (
                Rule::SchemaPattern,
                "the pattern is another: texts that matched may not match now".to_owned(),
            ),
            _ => (
                Rule::SchemaUnclear,
                format!(
                    "`{name}` is new, differs or has references in it: cannot tell whether all is taken that was; leave this version as it was and add a new one"
                ),
            ),
        };
        breaks.push(Break::new(rule, at, told));
    }
}

fn refers(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("$ref") || members.values().any(refers),
        Value::Array(elements) => elements.iter().any(refers),
        _ => false,
    }
}
