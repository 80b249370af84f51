//! What members of a bundle must be, by themselves and together.

use std::ops::RangeInclusive;

use super::{Bundle, BundleError, Limits, Redaction, RedactionAction, Retention, Segment, Unknown};
use crate::event::{is_schema, is_tenant};

/// Roles of an actor, and bytes of each, at most: they are added to each of the actor's events.
const MOST_ROLES: usize = 64;
const ROLE_BYTES: usize = 128;

/// Bytes of a class's name, at most: it becomes part of object keys.
const CLASS_BYTES: usize = 64;

/// Checks all that the shape of the JSON does not say.
pub(super) fn check(bundle: &Bundle) -> Result<(), BundleError> {
    limits(&bundle.limits)?;
    retention(bundle)?;
    tenants(bundle)?;
    schemas(bundle)?;
    directory(bundle)?;
    for (place, rule) in bundle.redaction.iter().enumerate() {
        redaction(&format!("/redaction/{place}"), rule)?;
    }
    Ok(())
}

fn within<T>(at: &str, value: T, range: RangeInclusive<T>) -> Result<(), BundleError>
where
    T: PartialOrd + std::fmt::Display,
{
    if range.contains(&value) {
        return Ok(());
    }
    let expected = format!("{} to {}", range.start(), range.end());
    Err(BundleError::field(at, expected, value.to_string()))
}

fn limits(limits: &Limits) -> Result<(), BundleError> {
    let Limits { decoded_bytes, depth, events, ratio, values } = *limits;
    within("/limits/decoded_bytes", decoded_bytes, 1..=Limits::MAX_DECODED_BYTES)?;
    within("/limits/depth", depth, 1..=Limits::MAX_DEPTH)?;
    within("/limits/events", events, 1..=u32::MAX)?;
    within("/limits/ratio", ratio, 1..=Limits::MAX_RATIO)?;
    within("/limits/values", values, 1..=u32::MAX)
}

fn retention(bundle: &Bundle) -> Result<(), BundleError> {
    for (name, class) in &bundle.retention {
        let at = format!("/retention/{}", escaped(name));
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=CLASS_BYTES).contains(&name.len()) || !name.bytes().all(known) {
            let expected = format!("a name of 1 to {CLASS_BYTES} of a-z 0-9 -");
            return Err(BundleError::field(at, expected, format!("`{name}`")));
        }
        let Retention { days, instant_after_days, deep_after_days } = *class;
        within(&format!("{at}/days"), days, 1..=36_500)?;
        let mut least = 1;
        for (name, after) in
            [("instant_after_days", instant_after_days), ("deep_after_days", deep_after_days)]
        {
            if let Some(after) = after {
                within(&format!("{at}/{name}"), after, least..=days)?;
                least = after + 1;
            }
        }
    }
    class(bundle, "/default_retention", bundle.default_retention.as_deref())
}

/// A class that is named must be there.
fn class(bundle: &Bundle, at: &str, name: Option<&str>) -> Result<(), BundleError> {
    match name.filter(|name| !bundle.retention.contains_key(*name)) {
        None => Ok(()),
        Some(name) => {
            Err(BundleError::field(at, "a class that `/retention` has", format!("`{name}`")))
        }
    }
}

fn tenant(at: &str, name: &str) -> Result<(), BundleError> {
    if is_tenant(name) {
        return Ok(());
    }
    let expected = "a tenant: 1 to 128 of A-Z a-z 0-9 _ . -, the first a letter or digit";
    Err(BundleError::field(at, expected, format!("`{name}`")))
}

fn tenants(bundle: &Bundle) -> Result<(), BundleError> {
    for (name, decided) in &bundle.tenants {
        let at = format!("/tenants/{}", escaped(name));
        tenant(&at, name)?;
        class(bundle, &format!("{at}/retention"), decided.retention.as_deref())?;
    }
    if bundle.unknown_tenants == Unknown::Reject && bundle.tenants.is_empty() {
        let expected = "`accept` where `/tenants` names none: all events would be rejected";
        return Err(BundleError::field("/unknown_tenants", expected, "`reject`"));
    }
    Ok(())
}

fn schemas(bundle: &Bundle) -> Result<(), BundleError> {
    for (name, schema) in &bundle.schemas {
        let at = format!("/schemas/{}", escaped(name));
        if !is_schema(name) {
            let expected = "an action, a slash and a version from 1, such as `document.share/2`";
            return Err(BundleError::field(at, expected, format!("`{name}`")));
        }
        if !schema.is_object() {
            return Err(BundleError::field(at, "a JSON Schema that is an object", "another value"));
        }
    }
    if bundle.unknown_actions == Unknown::Reject && bundle.schemas.is_empty() {
        let expected = "`accept` where `/schemas` has none: all native events would be rejected";
        return Err(BundleError::field("/unknown_actions", expected, "`reject`"));
    }
    Ok(())
}

fn directory(bundle: &Bundle) -> Result<(), BundleError> {
    for (name, actors) in &bundle.directory {
        let at = format!("/directory/{}", escaped(name));
        tenant(&at, name)?;
        for (actor, entry) in actors {
            let at = format!("{at}/{}", escaped(actor));
            if !actor.split_once(':').is_some_and(|(kind, id)| !kind.is_empty() && !id.is_empty()) {
                let expected = "an actor's type, a colon and its id, such as `user:u-17`";
                return Err(BundleError::field(at, expected, "another name"));
            }
            within(&format!("{at}/roles"), entry.roles.len(), 1..=MOST_ROLES)?;
            for (place, role) in entry.roles.iter().enumerate() {
                let at = format!("{at}/roles/{place}");
                if !(1..=ROLE_BYTES).contains(&role.len()) {
                    let found = format!("{} bytes", role.len());
                    return Err(BundleError::field(at, "1 to 128 bytes", found));
                }
                if entry.roles[..place].contains(role) {
                    return Err(BundleError::field(
                        at,
                        "each role once",
                        format!("`{role}` again"),
                    ));
                }
            }
        }
    }
    Ok(())
}

fn redaction(at: &str, rule: &Redaction) -> Result<(), BundleError> {
    for (place, name) in rule.tenants.iter().enumerate() {
        tenant(&format!("{at}/tenants/{place}"), name)?;
    }
    redactable(rule.pointer.segments(), rule.action).map_err(|expected| {
        BundleError::field(format!("{at}/pointer"), expected, format!("`{}`", rule.pointer))
    })
}

/// Whether the form of an event leaves it an event when this is done at these places.
fn redactable(segments: &[Segment], action: RedactionAction) -> Result<(), &'static str> {
    const ANYTHING: [bool; 2] = [true, true];
    const REMOVED: [bool; 2] = [true, false];
    const MASKED: [bool; 2] = [false, true];
    let name = |segment: &Segment| match segment {
        Segment::Any => "*".to_owned(),
        Segment::Name(name) => name.clone(),
    };
    let path: Vec<String> = segments.iter().map(name).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let [may_remove, may_mask] = match path[..] {
        ["data" | "changes" | "source" | "trace" | "producer" | "schema"] => REMOVED,
        ["reason"] => ANYTHING,
        ["actor", "name" | "email" | "session"] => ANYTHING,
        ["actor", "roles"] => REMOVED,
        ["resource", "name"] => ANYTHING,
        ["resource", "attributes"] => REMOVED,
        ["source", "ip"] => REMOVED,
        ["source", "region" | "service" | "user_agent" | "version"] => ANYTHING,
        ["trace", "span_id" | "trace_id"] => REMOVED,
        ["trace", "request_id"] => ANYTHING,
        ["data", _, ..] | ["resource", "attributes", _, ..] => ANYTHING,
        ["changes", _, "path"] => MASKED,
        ["changes", _, "after" | "before", ..] => ANYTHING,
        _ => {
            return Err("a place of an event that is not required and that Cairn does not write: \
                        below `/data`, `/resource/attributes`, `/changes/*/before` or \
                        `/changes/*/after`, or an optional member");
        }
    };
    match action {
        RedactionAction::Remove if !may_remove => {
            Err("`mask` at this place: what stands there is required")
        }
        RedactionAction::Mask if !may_mask => {
            Err("`remove` at this place: what stands there is no free text")
        }
        _ => Ok(()),
    }
}

/// A name as a segment of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
