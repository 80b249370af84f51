//! What differs between two bundles. Pure.

use cairn_event::Bundle;
use serde::Serialize;
use serde_json::Value;

use super::compat::escaped;

/// A difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The member of the bundle that it is in, such as `tenants`.
    pub section: String,
    /// JSON pointer of the place.
    pub at: String,
    /// What stood there; absent if nothing did, or if it is a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// What stands there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
}

/// All differences, by section. `keyed` says whether both tenant keys are known.
pub fn diff(old: &Bundle, new: &Bundle, keyed: bool) -> Vec<Difference> {
    let mut differences = Vec::new();
    let (before, after) = (document(old), document(new));
    walk("", Some(&before), Some(&after), &mut differences);
    if keyed && old.tenant_key != new.tenant_key {
        let at = "/tenant_key".to_owned();
        differences.push(Difference { section: "tenant_key".to_owned(), at, old: None, new: None });
    }
    differences
}

/// The bundle as JSON, without its tenant key, which is nobody's to read.
pub fn document(bundle: &Bundle) -> Value {
    // The bundle wrote this JSON itself.
    let mut document: Value = serde_json::from_str(&bundle.to_json()).unwrap_or_default();
    if let Some(members) = document.as_object_mut() {
        members.remove("tenant_key");
    }
    document
}

fn walk(at: &str, old: Option<&Value>, new: Option<&Value>, differences: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    let members = |value: Option<&Value>| match value {
        None if at.matches('/').count() == 1 => Some(Default::default()),
        value => value.and_then(Value::as_object).cloned(),
    };
    if let (Some(old), Some(new)) = (members(old), members(new))
        && !(old.is_empty() && new.is_empty())
    {
        let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            walk(&format!("{at}/{}", escaped(name)), old.get(name), new.get(name), differences);
        }
        return;
    }
    let elements = |value: Option<&Value>| match value {
        None => Some(Vec::new()),
        Some(value) => value.as_array().cloned(),
    };
    if let (Some(old), Some(new)) = (elements(old), elements(new)) {
        return unordered(at, &old, &new, differences);
    }
    differences.push(difference(at, old, new));
}

/// Elements that only one of the arrays has; or both arrays, if they differ otherwise.
fn unordered(at: &str, old: &[Value], new: &[Value], differences: &mut Vec<Difference>) {
    let known = differences.len();
    let lone = |value: &&Value, others: &[Value]| !others.contains(value);
    for (place, value) in old.iter().enumerate().filter(|(_, value)| lone(value, new)) {
        differences.push(difference(&format!("{at}/{place}"), Some(value), None));
    }
    for (place, value) in new.iter().enumerate().filter(|(_, value)| lone(value, old)) {
        differences.push(difference(&format!("{at}/{place}"), None, Some(value)));
    }
    if differences.len() == known {
        let whole = |values: &[Value]| Value::from(values.to_vec());
        differences.push(difference(at, Some(&whole(old)), Some(&whole(new))));
    }
}

fn difference(at: &str, old: Option<&Value>, new: Option<&Value>) -> Difference {
    let section = at.split('/').nth(1).unwrap_or_default().to_owned();
    Difference { section, at: at.to_owned(), old: old.cloned(), new: new.cloned() }
}
