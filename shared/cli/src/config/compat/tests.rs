#![allow(clippy::unwrap_used)]

use cairn_event::{Heuristic, Redaction, RedactionAction, Retention, Tenant, Unknown};
use serde_json::json;

use super::*;

fn bundle() -> Bundle {
    let mut bundle = Bundle::with_tenant_key([1; 32]);
    for (name, days) in [("short", 90), ("long", 400), ("unused", 30)] {
        let class = Retention { days, instant_after_days: None, deep_after_days: None };
        bundle.retention.insert(name.to_owned(), class);
    }
    bundle.default_retention = Some("short".to_owned());
    bundle.tenants.insert("acme".to_owned(), Tenant { retention: Some("long".to_owned()) });
    bundle.tenants.insert("plain".to_owned(), Tenant::default());
    bundle.schemas.insert("a.b/1".to_owned(), json!({"required": ["x"]}));
    bundle.redaction.push(Redaction {
        pointer: "/data/password".parse().unwrap(),
        action: RedactionAction::Remove,
        tenants: Vec::new(),
        actions: Vec::new(),
    });
    bundle.heuristics.insert(Heuristic::Card);
    bundle
}

/// Breaks of a change, as rules and pointers.
fn breaks(change: impl FnOnce(&mut Bundle)) -> Vec<(String, String)> {
    let mut new = bundle();
    change(&mut new);
    let found = compare(&bundle(), &new, true, &[]);
    found.breaks.into_iter().map(|found| (found.rule.to_string(), found.at)).collect()
}

fn one(rule: &str, at: &str) -> Vec<(String, String)> {
    vec![(rule.to_owned(), at.to_owned())]
}

#[test]
fn the_same_bundle_breaks_nothing() {
    assert_eq!(breaks(|_| {}), []);
}

#[test]
fn limits_may_rise_and_not_fall() {
    assert_eq!(breaks(|new| new.limits.depth += 1), []);
    assert_eq!(
        breaks(|new| new.limits.decoded_bytes -= 1),
        one("limits.lower", "/limits/decoded_bytes")
    );
    assert_eq!(breaks(|new| new.limits.depth -= 1), one("limits.lower", "/limits/depth"));
    assert_eq!(breaks(|new| new.limits.events -= 1), one("limits.lower", "/limits/events"));
    assert_eq!(breaks(|new| new.limits.ratio -= 1), one("limits.lower", "/limits/ratio"));
    assert_eq!(breaks(|new| new.limits.values -= 1), one("limits.lower", "/limits/values"));
}

#[test]
fn tenants_stay_known_where_unknown_ones_are_rejected() {
    assert_eq!(breaks(|new| drop(new.tenants.remove("plain"))), []);
    let found = breaks(|new| {
        new.unknown_tenants = Unknown::Reject;
        new.tenants.remove("plain");
    });
    let expected =
        [one("tenants.unknown", "/unknown_tenants"), one("tenants.unknown", "/tenants/plain")];
    assert_eq!(found, expected.concat());
}

#[test]
fn nobody_is_kept_for_a_shorter_time() {
    let class = |name: &str| Tenant { retention: Some(name.to_owned()) };
    assert_eq!(breaks(|new| drop(new.tenants.insert("plain".to_owned(), class("long")))), []);
    let moved = breaks(|new| drop(new.tenants.insert("acme".to_owned(), class("short"))));
    assert_eq!(moved, one("tenants.retention", "/tenants/acme"));
    // A tenant that is no longer listed falls to the default.
    let gone = breaks(|new| drop(new.tenants.remove("acme")));
    assert_eq!(gone, one("tenants.retention", "/tenants/acme"));
    // One that was not listed was kept as the default says.
    let new_one = breaks(|new| drop(new.tenants.insert("fresh".to_owned(), class("unused"))));
    assert_eq!(new_one, one("tenants.retention", "/tenants/fresh"));
    let none = breaks(|new| new.default_retention = None);
    assert_eq!(none, one("tenants.retention", "/default_retention"));
}

#[test]
fn a_class_in_use_stays_and_gets_no_shorter() {
    let days =
        |new: &mut Bundle, name: &str, days| new.retention.get_mut(name).unwrap().days = days;
    assert_eq!(breaks(|new| days(new, "long", 500)), []);
    assert_eq!(breaks(|new| days(new, "unused", 1)), []);
    assert!(
        breaks(|new| days(new, "long", 399))
            .contains(&one("retention.shorter", "/retention/long")[0])
    );
    let removed = breaks(|new| {
        new.retention.insert("longer".to_owned(), Retention { days: 999, ..new.retention["long"] });
        new.tenants.insert("acme".to_owned(), Tenant { retention: Some("longer".to_owned()) });
        new.retention.remove("long");
    });
    assert_eq!(removed, one("retention.removed", "/retention/long"));
}

#[test]
fn the_tenant_key_stays() {
    assert_eq!(breaks(|new| new.tenant_key = [2; 32]), one("tenant-key", "/tenant_key"));
    let new = Bundle { tenant_key: [2; 32], ..bundle() };
    assert_eq!(compare(&bundle(), &new, false, &[]), Compatibility::default());
}

#[test]
fn a_published_schema_stays_and_gets_no_stricter() {
    let set =
        |new: &mut Bundle, name: &str, schema| drop(new.schemas.insert(name.to_owned(), schema));
    assert_eq!(
        breaks(|new| drop(new.schemas.remove("a.b/1"))),
        one("schema.removed", "/schemas/a.b~11")
    );
    let stricter = breaks(|new| set(new, "a.b/1", json!({"required": ["x", "y"]})));
    assert_eq!(stricter, one("schema.required", "/schemas/a.b~11/required"));
    assert_eq!(breaks(|new| set(new, "a.b/2", json!({}))), []);
    let highest = breaks(|new| set(new, "a.b/2", json!({"required": ["x", "y"]})));
    assert_eq!(highest, one("schema.highest", "/schemas/a.b~12/required"));
    // Ten is more than two.
    let tenth = breaks(|new| {
        set(new, "a.b/2", json!({}));
        set(new, "a.b/10", json!({"required": ["y"]}));
    });
    assert_eq!(tenth, one("schema.highest", "/schemas/a.b~110/required"));
    assert_eq!(breaks(|new| set(new, "c.d/1", json!({}))), one("schema.first", "/schemas/c.d~11"));
    assert_eq!(
        breaks(|new| new.unknown_actions = Unknown::Reject),
        one("actions.unknown", "/unknown_actions")
    );
}

#[test]
fn a_first_schema_is_no_break_where_its_action_was_rejected() {
    let old = Bundle { unknown_actions: Unknown::Reject, ..bundle() };
    let mut new = old.clone();
    new.schemas.insert("c.d/1".to_owned(), json!({"required": ["x"]}));
    assert_eq!(compare(&old, &new, true, &[]), Compatibility::default());
}

#[test]
fn less_redaction_is_a_warning() {
    let mut new = bundle();
    new.redaction.clear();
    new.heuristics.clear();
    let found = compare(&bundle(), &new, true, &[]);
    assert_eq!(found.breaks, []);
    let told: Vec<_> = found.warnings.iter().map(|found| found.at.as_str()).collect();
    assert_eq!(told, ["/redaction/0", "/heuristics"]);
    assert_eq!(compare(&new, &bundle(), true, &[]), Compatibility::default());
}

#[test]
fn a_break_is_allowed_by_its_rule_and_below_its_pointer_alone() {
    let mut new = bundle();
    new.limits.depth -= 1;
    new.schemas.insert("a.b/1".to_owned(), json!({"required": ["x", "y"]}));
    for (allowed, left) in [
        ("limits.lower", 1),
        ("limits.lower:/limits/depth", 1),
        ("limits.lower:/limits/dep", 2),
        ("schema.required:/schemas/a.b~11", 1),
        ("schema.required:/schemas/a.b~1", 2),
        ("schema.type", 2),
    ] {
        let found = compare(&bundle(), &new, true, &[allowed.parse().unwrap()]);
        assert_eq!((found.breaks.len(), found.allowed.len()), (left, 2 - left), "{allowed}");
    }
    for wrong in ["", "limits", "limits.lower:depth"] {
        let error = wrong.parse::<Allowed>().unwrap_err().to_string();
        assert!(error.contains("limits.lower, tenants.unknown"), "{error}");
    }
}
