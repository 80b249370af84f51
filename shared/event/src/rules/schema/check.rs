//! What is asked of schemas beyond being valid.

use std::collections::HashSet;

use serde_json::Value;

use crate::rules::RulesError;

/// The dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Refuses a schema of another dialect, one that refers to another document, and one whose
/// references lead back to themselves: judging by it would not end.
pub(super) fn self_contained(at: &str, schema: &Value) -> Result<(), RulesError> {
    let mut path = at.to_owned();
    walk(&mut path, schema, true)?;
    ends(schema, at)
}

fn walk(at: &mut String, value: &Value, root: bool) -> Result<(), RulesError> {
    let length = at.len();
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                at.push('/');
                at.push_str(&escaped(name));
                if let Value::String(text) = value {
                    keyword(at, name, text, root)?;
                }
                walk(at, value, false)?;
                at.truncate(length);
            }
        }
        Value::Array(elements) => {
            for (place, value) in elements.iter().enumerate() {
                at.push_str(&format!("/{place}"));
                walk(at, value, false)?;
                at.truncate(length);
            }
        }
        _ => {}
    }
    Ok(())
}

fn keyword(at: &str, name: &str, text: &str, root: bool) -> Result<(), RulesError> {
    let fail = |expected: &str| {
        let detail = format!("expected {expected}, found `{text}`");
        Err(RulesError::Schema { at: at.to_owned(), detail })
    };
    match name {
        "$schema" if text.trim_end_matches('#') != DIALECT => fail(&format!("`{DIALECT}`")),
        "$ref" | "$dynamicRef" if !text.starts_with('#') => {
            fail("a reference within the schema, which starts with `#`")
        }
        // What follows looks references up as they are written.
        "$ref" | "$dynamicRef" if text.contains('%') => fail("a reference without escapes"),
        "$id" if !root => fail("no `$id` but that of the whole schema"),
        _ => Ok(()),
    }
}

/// Follows what a subschema applies to the *same* value: `$ref` by a pointer, and the keywords
/// that combine schemas. If that comes back to where it was, it goes round for ever.
fn ends(schema: &Value, at: &str) -> Result<(), RulesError> {
    let mut done = HashSet::new();
    let mut subschemas = vec![schema];
    while let Some(value) = subschemas.pop() {
        if goes_round(schema, value, &mut Vec::new(), &mut done) {
            let detail = "expected references that end, found one that leads back to itself";
            return Err(RulesError::Schema { at: at.to_owned(), detail: detail.to_owned() });
        }
        match value {
            Value::Object(members) => subschemas.extend(members.values()),
            Value::Array(elements) => subschemas.extend(elements),
            _ => {}
        }
    }
    Ok(())
}

fn goes_round<'v>(
    root: &'v Value,
    value: &'v Value,
    above: &mut Vec<&'v Value>,
    done: &mut HashSet<*const Value>,
) -> bool {
    let Value::Object(members) = value else { return false };
    if above.iter().any(|above| std::ptr::eq(*above, value)) {
        return true;
    }
    if !done.insert(std::ptr::from_ref(value)) {
        return false;
    }
    above.push(value);
    let mut same: Vec<&Value> = Vec::new();
    for (name, value) in members {
        match (name.as_str(), value) {
            ("$ref" | "$dynamicRef", Value::String(target)) => {
                same.extend(resolved(root, target));
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(several)) => same.extend(several),
            ("not" | "if" | "then" | "else", one) => same.push(one),
            ("dependentSchemas", Value::Object(several)) => same.extend(several.values()),
            _ => {}
        }
    }
    let round = same.into_iter().any(|value| goes_round(root, value, above, done));
    above.pop();
    round
}

/// What a reference within the document names: a pointer, or an anchor anywhere.
fn resolved<'v>(root: &'v Value, target: &str) -> Vec<&'v Value> {
    let fragment = target.trim_start_matches('#');
    if fragment.is_empty() || fragment.starts_with('/') {
        return root.pointer(fragment).into_iter().collect();
    }
    let mut found = Vec::new();
    let mut values = vec![root];
    while let Some(value) = values.pop() {
        match value {
            Value::Object(members) => {
                let is = |name| members.get(name).and_then(Value::as_str) == Some(fragment);
                if is("$anchor") || is("$dynamicAnchor") {
                    found.push(value);
                }
                values.extend(members.values());
            }
            Value::Array(elements) => values.extend(elements),
            _ => {}
        }
    }
    found
}

/// Every name of a member that stands in a schema.
pub(super) fn names(schema: &Value) -> HashSet<String> {
    let mut names = HashSet::new();
    let mut values = vec![schema];
    while let Some(value) = values.pop() {
        match value {
            Value::Object(members) => {
                names.extend(members.keys().cloned());
                values.extend(members.values());
            }
            Value::Array(elements) => values.extend(elements),
            _ => {}
        }
    }
    names
}

/// A name as a segment of a JSON pointer (RFC 6901 §3).
pub(super) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
