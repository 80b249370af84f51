//! The rules, applied to whole bundles.

use std::collections::{BTreeMap, BTreeSet};

use cairn_event::{Bundle, Unknown};
use serde_json::Value;

use super::{Break, Rule, escaped, schema};

/// All breaks but that of the tenant key.
pub(super) fn breaks(old: &Bundle, new: &Bundle) -> Vec<Break> {
    let mut breaks = Vec::new();
    limits(old, new, &mut breaks);
    tenants(old, new, &mut breaks);
    retention(old, new, &mut breaks);
    schemas(old, new, &mut breaks);
    breaks
}

fn limits(old: &Bundle, new: &Bundle, breaks: &mut Vec<Break>) {
    let (was, is) = (old.limits, new.limits);
    for (name, was, is) in [
        ("decoded_bytes", was.decoded_bytes, is.decoded_bytes),
        ("depth", u64::from(was.depth), u64::from(is.depth)),
        ("events", u64::from(was.events), u64::from(is.events)),
        ("ratio", u64::from(was.ratio), u64::from(is.ratio)),
        ("values", u64::from(was.values), u64::from(is.values)),
    ] {
        if is < was {
            let told =
                format!("was {was}, is {is}: records between were taken before; raise it again");
            breaks.push(Break::new(Rule::LimitsLower, format!("/limits/{name}"), told));
        }
    }
}

/// Days for which events of a tenant are kept: `None` where no class says so.
fn kept(bundle: &Bundle, tenant: Option<&str>) -> Option<u32> {
    let own = tenant.and_then(|tenant| bundle.tenants.get(tenant));
    let class =
        own.and_then(|tenant| tenant.retention.as_ref()).or(bundle.default_retention.as_ref());
    class.and_then(|class| bundle.retention.get(class)).map(|class| class.days)
}

fn tenants(old: &Bundle, new: &Bundle, breaks: &mut Vec<Break>) {
    if new.unknown_tenants == Unknown::Reject {
        if old.unknown_tenants == Unknown::Accept {
            let told = "was `accept`, is `reject`: events of tenants that are not listed were taken before";
            breaks.push(Break::new(Rule::TenantsUnknown, "/unknown_tenants", told));
        }
        for name in old.tenants.keys().filter(|name| !new.tenants.contains_key(*name)) {
            let told =
                "is gone while unknown tenants are rejected: its events would be; list it again";
            breaks.push(Break::new(
                Rule::TenantsUnknown,
                format!("/tenants/{}", escaped(name)),
                told,
            ));
        }
    }
    let mut shorter = |at: String, was: Option<u32>, is: Option<u32>| {
        let days = |days: Option<u32>| {
            days.map_or_else(|| "no time".to_owned(), |days| format!("{days} days"))
        };
        if is < was {
            let told = format!("events were kept for {}, and would be for {}", days(was), days(is));
            breaks.push(Break::new(Rule::TenantsRetention, at, told));
        }
    };
    let (unnamed, still) = (kept(old, None), kept(new, None));
    shorter("/default_retention".to_owned(), unnamed, still);
    let named: BTreeSet<&String> = old.tenants.keys().chain(new.tenants.keys()).collect();
    for name in named {
        let (was, is) = (kept(old, Some(name)), kept(new, Some(name)));
        // What follows from the default was said there.
        if (was, is) != (unnamed, still) {
            shorter(format!("/tenants/{}", escaped(name)), was, is);
        }
    }
}

fn retention(old: &Bundle, new: &Bundle, breaks: &mut Vec<Break>) {
    let named = old.tenants.values().filter_map(|tenant| tenant.retention.as_ref());
    let used: BTreeSet<&String> = named.chain(&old.default_retention).collect();
    for name in used {
        let at = format!("/retention/{}", escaped(name));
        match (old.retention.get(name), new.retention.get(name)) {
            (Some(was), Some(is)) if is.days < was.days => {
                let told = format!(
                    "was {} days, is {}: events that were promised the longer time would get the \
                     shorter; add a class beside it",
                    was.days, is.days
                );
                breaks.push(Break::new(Rule::RetentionShorter, at, told));
            }
            (Some(_), None) => {
                let told = "is gone, and was in use: segments that are stored name it; keep it";
                breaks.push(Break::new(Rule::RetentionRemoved, at, told));
            }
            _ => {}
        }
    }
}

/// Versions of each action's schemas.
fn versions(bundle: &Bundle) -> BTreeMap<&str, BTreeMap<u32, &Value>> {
    let mut actions: BTreeMap<&str, BTreeMap<u32, &Value>> = BTreeMap::new();
    for (name, schema) in &bundle.schemas {
        if let Some((action, version)) = name.split_once('/') {
            // A bundle's own check has seen that it is a number.
            let version = version.parse().unwrap_or_default();
            actions.entry(action).or_default().insert(version, schema);
        }
    }
    actions
}

fn schemas(old: &Bundle, new: &Bundle, breaks: &mut Vec<Break>) {
    let at = |action: &str, version: u32| format!("/schemas/{}~1{version}", escaped(action));
    if old.unknown_actions == Unknown::Accept && new.unknown_actions == Unknown::Reject {
        let told = "was `accept`, is `reject`: actions without a schema were taken before";
        breaks.push(Break::new(Rule::ActionsUnknown, "/unknown_actions", told));
    }
    let (before, after) = (versions(old), versions(new));
    let none = BTreeMap::new();
    for (action, was) in &before {
        let is = after.get(action).unwrap_or(&none);
        for (version, schema) in was {
            match is.get(version) {
                Some(later) => breaks.extend(schema::compare(schema, later, &at(action, *version))),
                None => {
                    let told = "is gone: events that name it, or that it judged, would be rejected or \
                                judged by another; put the file back";
                    breaks.push(Break::new(Rule::SchemaRemoved, at(action, *version), told));
                }
            }
        }
        let (Some((highest, schema)), Some((now, later))) =
            (was.last_key_value(), is.last_key_value())
        else {
            continue;
        };
        if now > highest {
            let at = at(action, *now);
            let reason = format!(
                "events that name no schema were judged by {action}/{highest}, and would be by \
                 {action}/{now}, which is stricter; let producers name their `schema` first, then \
                 build with --allow {}:{at}",
                Rule::SchemaHighest
            );
            breaks.extend(
                schema::compare(schema, later, &at)
                    .into_iter()
                    .map(|found| Break { rule: Rule::SchemaHighest, ..found.because(&reason) }),
            );
        }
    }
    if old.unknown_actions == Unknown::Accept {
        for (action, is) in after.iter().filter(|(action, _)| !before.contains_key(*action)) {
            let Some((highest, _)) = is.last_key_value() else { continue };
            let at = at(action, *highest);
            let told = format!(
                "events of `{action}` were taken whatever their `data`, and would be judged; if \
                 producers send what the schema asks for, build with --allow {}:{at}",
                Rule::SchemaFirst
            );
            breaks.push(Break::new(Rule::SchemaFirst, at, told));
        }
    }
}

/// What is redacted no more.
pub(super) fn warnings(old: &Bundle, new: &Bundle) -> Vec<Break> {
    let mut warnings = Vec::new();
    for (place, rule) in old.redaction.iter().enumerate() {
        if !new.redaction.contains(rule) {
            let told = format!(
                "the rule for `{}` is gone or differs: more may be sealed than before, and nothing \
                 that is sealed can be taken back",
                rule.pointer
            );
            warnings.push(Break::new(Rule::RedactionRemoved, format!("/redaction/{place}"), told));
        }
    }
    for heuristic in old.heuristics.difference(&new.heuristics) {
        let told = format!("`{heuristic:?}` is looked for no more: more may be sealed than before")
            .to_lowercase();
        warnings.push(Break::new(Rule::RedactionRemoved, "/heuristics", told));
    }
    warnings
}
