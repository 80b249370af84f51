//! What Cairn adds to events: `enrichment` and `redacted` (SPEC.md §4.2).

use super::{LeafError, exactly};
use crate::event::{is_country, is_region, is_version};
use crate::json::{Kind, Value};
use crate::rules::{MOST_PLACES, POINTER_BYTES};

/// Checks `enrichment`: at least one of its members.
pub(super) fn enrichment(value: Value<'_>) -> Result<(), LeafError> {
    some_members(value, "/enrichment", |name, value| match name {
        "device" => device(value),
        "location" => location(value),
        "roles" => roles(value),
        _ => Err(LeafError::field("/enrichment", "device, location, roles and no others")),
    })
}

/// Checks an object that is not empty, member by member.
fn some_members<'t>(
    value: Value<'t>,
    at: &str,
    check: impl Fn(&str, Value<'t>) -> Result<(), LeafError>,
) -> Result<(), LeafError> {
    if value.members().next().is_none() {
        return Err(LeafError::field(at, "an object with a member"));
    }
    value.members().try_for_each(|(name, value)| check(&name.text(), value))
}

fn device(value: Value<'_>) -> Result<(), LeafError> {
    some_members(value, "/enrichment/device", |name, value| {
        let text = value.text();
        let (is, expected) = match name {
            "kind" | "name" | "os" => (text.is_some_and(|text| !text.is_empty()), "a string"),
            "os_version" | "version" => (text.is_some_and(|text| is_version(&text)), "a version"),
            _ => (false, "one of kind, name, os, os_version, version"),
        };
        if is { Ok(()) } else { Err(LeafError::field("/enrichment/device", expected)) }
    })
}

fn location(value: Value<'_>) -> Result<(), LeafError> {
    let at = "/enrichment/location";
    let (country, region) = match value.member("region") {
        None => {
            let [country] = exactly(value, at, ["country"])?;
            (country, None)
        }
        Some(_) => {
            let [country, region] = exactly(value, at, ["country", "region"])?;
            (country, Some(region))
        }
    };
    let country = country.text().filter(|country| is_country(country));
    let country = country.ok_or_else(|| LeafError::field(at, "a country (ISO 3166-1 alpha-2)"))?;
    let is = |region: Value<'_>| region.text().is_some_and(|region| is_region(&region, &country));
    if region.is_none_or(is) {
        return Ok(());
    }
    Err(LeafError::field(at, "a region of the country (ISO 3166-2)"))
}

fn roles(value: Value<'_>) -> Result<(), LeafError> {
    let is = |role: Value<'_>| role.text().is_some_and(|role| !role.is_empty());
    if value.elements().next().is_some() && value.elements().all(is) {
        return Ok(());
    }
    Err(LeafError::field("/enrichment/roles", "an array of strings, at least one"))
}

/// Checks `redacted`: at least one place, in order, each once.
pub(super) fn redacted(value: Value<'_>) -> Result<(), LeafError> {
    let mut before = None;
    let mut count = 0;
    for place in value.elements() {
        let [action, pointer, rule] = exactly(place, "/redacted", ["action", "pointer", "rule"])?;
        let one_of = |value: Value<'_>, known: &[&str]| {
            value.text().is_some_and(|text| known.contains(&text.as_ref()))
        };
        let is_pointer =
            |text: &str| text.len() <= POINTER_BYTES && (text.is_empty() || text.starts_with('/'));
        let pointer_text = pointer.text().filter(|text| is_pointer(text));
        if pointer_text.is_none() {
            return Err(LeafError::field("/redacted", "JSON pointers of at most 1024 bytes"));
        }
        if !one_of(action, &["masked", "removed"]) {
            return Err(LeafError::field("/redacted", "`masked` or `removed`"));
        }
        if !one_of(rule, &["card", "pointer", "token"]) {
            return Err(LeafError::field("/redacted", "`card`, `pointer` or `token`"));
        }
        let this = (pointer_text, action.text(), rule.text());
        if before.is_some_and(|before| before >= this) {
            return Err(LeafError::field("/redacted", "places in order, each once"));
        }
        before = Some(this);
        count += 1;
    }
    if value.kind() == Kind::Array && (1..=MOST_PLACES).contains(&count) {
        return Ok(());
    }
    Err(LeafError::field("/redacted", "an array of 1 to 100 places"))
}
