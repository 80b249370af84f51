//! Config bundles.

use cairn_event::{Bundle, BundleError, Limits};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{bundle, with};

fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap()
}

/// A bundle with every member, as JSON.
pub(crate) fn full() -> Value {
    json!({
        "kind": "config",
        "version": 1,
        "tenant_key": "07".repeat(32),
        "limits": {"decoded_bytes": 10485760, "depth": 32, "events": 10000, "values": 100000, "ratio": 50},
        "tenants": {"acme": {"retention": "seven-years"}, "globex": {}},
        "unknown_tenants": "reject",
        "retention": {
            "seven-years": {"days": 2557, "instant_after_days": 90, "deep_after_days": 365},
            "year": {"days": 366},
        },
        "default_retention": "year",
        "schemas": {
            "document.share/2": {"type": "object", "properties": {"n": {"maximum": 1.5}}},
            "document.share/10": {"$schema": "https://json-schema.org/draft/2020-12/schema"},
        },
        "unknown_actions": "reject",
        "directory": {"acme": {"user:u-17": {"roles": ["owner", "editor"]}, "user:\u{10000}": {"roles": ["a"]}, "user:\u{ffff}": {"roles": ["b"]}}},
        "location": {"database": "ab".repeat(32), "detail": "region"},
        "device": true,
        "redaction": [
            {"pointer": "/data/*/a~1b~0c", "action": "remove", "tenants": ["acme"], "actions": ["user.*", "document.share"]},
            {"pointer": "/reason", "action": "mask"},
        ],
        "heuristics": ["card", "token"],
    })
}

proptest! {
    #[test]
    fn limits_are_read_back_as_they_were_written(
        decoded_bytes in 1..=64_u64 << 20,
        depth in 1..=Limits::MAX_DEPTH,
        events in 1_u32..,
        ratio in 1_u32..=65_535,
        values in 1_u32..,
        tenant_key: [u8; 32],
    ) {
        let mut bundle = Bundle::with_tenant_key(tenant_key);
        bundle.limits = Limits { decoded_bytes, depth, events, ratio, values };
        let json = bundle.to_json();
        let value: Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(canonical(&value), json.as_bytes());
        prop_assert_eq!(Bundle::parse(json.as_bytes()).unwrap(), bundle);
    }
}

#[test]
fn a_full_bundle_is_read_back_as_it_was_written() {
    let json = canonical(&full());
    let bundle = Bundle::parse(&json).unwrap();
    assert_eq!(bundle.to_json().as_bytes(), json);
    assert_eq!(bundle.hash(), cairn_ledger::Hash::of(&json));
    assert_eq!(Bundle::parse(bundle.to_json().as_bytes()).unwrap(), bundle);
    for member in full().as_object().unwrap().keys() {
        let of = |bundle: &Bundle| serde_json::from_str::<Value>(&bundle.to_json()).unwrap();
        assert_eq!(of(&bundle)[member], full()[member], "{member}");
    }
}

#[test]
fn a_bundle_that_decides_nothing_says_nothing() {
    let json = bundle().to_json();
    let limits = r#"{"decoded_bytes":10485760,"depth":32,"events":10000,"values":100000}"#;
    let key = "07".repeat(32);
    let minimal =
        format!(r#"{{"kind":"config","limits":{limits},"tenant_key":"{key}","version":1}}"#);
    assert_eq!(json, minimal);
}

#[test]
fn what_people_write_is_composed_to_canonical_form() {
    let people = format!("\n{}\n", serde_json::to_string_pretty(&full()).unwrap());
    assert!(matches!(Bundle::parse(people.as_bytes()), Err(BundleError::NotCanonical)));
    let bundle = Bundle::compose(people.as_bytes()).unwrap();
    assert_eq!(bundle.to_json().as_bytes(), canonical(&full()));
    let mut spelt: Value = serde_json::from_str(&self::bundle().to_json()).unwrap();
    for (member, value) in [
        ("device", json!(false)),
        ("tenants", json!({})),
        ("redaction", json!([])),
        ("unknown_tenants", json!("accept")),
        ("heuristics", json!([])),
    ] {
        spelt[member] = value;
    }
    spelt["limits"]["ratio"] = json!(200);
    assert!(matches!(Bundle::parse(&canonical(&spelt)), Err(BundleError::NotCanonical)));
    assert_eq!(Bundle::compose(&canonical(&spelt)).unwrap(), self::bundle());
}

#[test]
fn any_other_bytes_are_refused_by_their_place() {
    let rule = |pointer: &str, action: &str| json!([{"pointer": pointer, "action": action}]);
    for (pointer, value, at) in [
        ("/kind", Some(json!("batch")), "/kind"),
        ("/kind", None, "kind"),
        ("/version", Some(json!(2)), "/version"),
        ("/more", Some(json!(1)), "more"),
        ("/tenant_key", Some(json!("07")), "/tenant_key"),
        ("/tenant_key", Some(json!("AB".repeat(32))), "/tenant_key"),
        ("/tenant_key", Some(json!("zz".repeat(32))), "/tenant_key"),
        ("/limits/depth", Some(json!(0)), "/limits/depth"),
        ("/limits/depth", Some(json!(129)), "/limits/depth"),
        ("/limits/depth", None, "/limits"),
        ("/limits/events", Some(json!(0)), "/limits/events"),
        ("/limits/values", Some(json!(0)), "/limits/values"),
        ("/limits/ratio", Some(json!(0)), "/limits/ratio"),
        ("/limits/ratio", Some(json!(65536)), "/limits/ratio"),
        ("/limits/decoded_bytes", Some(json!(0)), "/limits/decoded_bytes"),
        ("/limits/decoded_bytes", Some(json!((64_u64 << 20) + 1)), "/limits/decoded_bytes"),
        ("/limits/more", Some(json!(1)), "/limits/more"),
        ("/tenants/a~1b", Some(json!({})), "/tenants/a"),
        ("/tenants/acme/retention", Some(json!("gold")), "/tenants/acme/retention"),
        ("/tenants/acme/more", Some(json!("gold")), "/tenants/acme/more"),
        ("/tenants", None, "/unknown_tenants"),
        ("/unknown_tenants", Some(json!("ignore")), "/unknown_tenants"),
        ("/retention/Gold", Some(json!({"days": 1})), "/retention/Gold"),
        ("/retention/year/days", Some(json!(0)), "/retention/year/days"),
        ("/retention/year/days", Some(json!(36_501)), "/retention/year/days"),
        ("/retention/year/instant_after_days", Some(json!(367)), "instant_after_days"),
        ("/retention/seven-years/deep_after_days", Some(json!(90)), "deep_after_days"),
        ("/default_retention", Some(json!("gold")), "/default_retention"),
        ("/schemas/document.share", Some(json!({})), "/schemas/document.share"),
        ("/schemas", Some(json!({"document.share/2": true})), "/schemas/document.share~12"),
        ("/schemas", None, "/unknown_actions"),
        ("/directory/acme/u-17", Some(json!({"roles": ["a"]})), "/directory/acme/u-17"),
        ("/directory/acme/user:x", Some(json!({"roles": []})), "/directory/acme/user:x/roles"),
        ("/directory/acme/user:x", Some(json!({"roles": ["a", "a"]})), "/roles/1"),
        ("/directory/acme/user:x", Some(json!({"roles": [""]})), "/roles/0"),
        ("/directory/a b", Some(json!({})), "/directory/a b"),
        ("/location/database", Some(json!("ab")), "/location/database"),
        ("/location/detail", Some(json!("city")), "/location/detail"),
        ("/heuristics", Some(json!(["name"])), "/heuristics/0"),
        ("/redaction/0/tenants/0", Some(json!("a/b")), "/redaction/0/tenants/0"),
        ("/redaction/0/actions/1", Some(json!("user*")), "/redaction/0/actions/1"),
        ("/redaction/0/action", Some(json!("hash")), "/redaction/0/action"),
        ("/redaction/0/pointer", Some(json!("data/x")), "/redaction/0/pointer"),
        ("/redaction/0/pointer", Some(json!("/data/~2")), "/redaction/0/pointer"),
        ("/redaction/0/pointer", Some(json!("/data/x~")), "/redaction/0/pointer"),
        ("/redaction", Some(rule("/data", "mask")), "/redaction/0/pointer"),
        ("/redaction", Some(rule("/source/ip", "mask")), "/redaction/0/pointer"),
        ("/redaction", Some(rule("/changes/*/path", "remove")), "/redaction/0/pointer"),
    ] {
        let bytes = canonical(&with(full(), pointer, value));
        let error = Bundle::parse(&bytes).unwrap_err().to_string();
        assert!(error.contains(at), "{pointer}: {error}");
    }
    let json = bundle().to_json();
    for bytes in [format!("{json}\n"), format!(" {json}"), json.replace(':', ": "), String::new()] {
        assert!(Bundle::parse(bytes.as_bytes()).is_err());
    }
}

#[test]
fn what_is_required_or_reserved_cannot_be_redacted() {
    let parse = |pointer: &str, action: &str| {
        let rules = json!([{"pointer": pointer, "action": action}]);
        Bundle::parse(&canonical(&with(full(), "/redaction", Some(rules))))
    };
    for pointer in [
        "",
        "/",
        "/*",
        "/tenant",
        "/time",
        "/action",
        "/actor",
        "/actor/type",
        "/actor/id",
        "/actor/*",
        "/actor/roles/0",
        "/resource",
        "/resource/type",
        "/resource/id",
        "/outcome",
        "/kind",
        "/coordinates",
        "/coordinates/chain",
        "/arrived",
        "/id",
        "/adapter",
        "/enrichment",
        "/enrichment/roles",
        "/redacted",
        "/redacted/0",
        "/redrive",
        "/changes/*",
        "/changes/0",
        "/changes/*/more",
        "/producer/id",
        "/producer/seq",
        "/source/more",
        "/reason/more",
        "/more",
    ] {
        for action in ["remove", "mask"] {
            assert!(parse(pointer, action).is_err(), "{pointer} {action}");
        }
    }
    for pointer in [
        "/actor/name",
        "/actor/email",
        "/actor/session",
        "/resource/name",
        "/resource/attributes/x",
        "/reason",
        "/source/user_agent",
        "/trace/request_id",
        "/changes/*/before",
        "/changes/0/after/x/*",
        "/data/x",
        "/data/*",
        "/data/*/*/y",
    ] {
        for action in ["remove", "mask"] {
            assert!(parse(pointer, action).is_ok(), "{pointer} {action}");
        }
    }
    for pointer in [
        "/data",
        "/changes",
        "/source",
        "/source/ip",
        "/trace",
        "/trace/trace_id",
        "/trace/span_id",
        "/producer",
        "/schema",
        "/actor/roles",
        "/resource/attributes",
    ] {
        assert!(parse(pointer, "remove").is_ok(), "{pointer}");
    }
}

#[test]
fn the_tenant_key_stays_out_of_debug_output() {
    let shown = format!("{:?}", bundle());
    assert!(shown.contains("limits") && !shown.contains("tenant_key"), "{shown}");
}

/// Canonical form has doubles: what is checked must be what is published.
#[test]
fn a_composed_bundle_is_the_one_that_its_json_says() {
    let mut json: serde_json::Value = serde_json::from_str(&bundle().to_json()).unwrap();
    json["schemas"] = serde_json::json!({"a.b/1": {
        "properties": {"n": {"minimum": i64::MIN, "maximum": i64::MAX}},
    }});
    let composed = Bundle::compose(json.to_string().as_bytes()).unwrap();
    assert_eq!(Bundle::parse(composed.to_json().as_bytes()).unwrap(), composed);
}
