//! Judging: tenants and schemas.

use cairn_event::{Bundle, Item, Rules, RulesError};
use serde_json::{Value, json};

use crate::support::*;

/// A bundle with more members.
pub(crate) fn bundle_with(members: Value) -> Bundle {
    let mut json: Value = serde_json::from_str(&bundle().to_json()).unwrap();
    for (name, value) in members.as_object().unwrap() {
        json[name] = value.clone();
    }
    Bundle::compose(json.to_string().as_bytes()).unwrap()
}

pub(crate) fn rules_with(members: Value) -> Rules {
    rules(&bundle_with(members))
}

fn schemas() -> Value {
    json!({"schemas": {
        "document.share/2": {"properties": {"n": {"type": "string"}}},
        "document.share/10": {
            "type": "object",
            "required": ["n"],
            "properties": {"n": {"type": "integer", "maximum": 9}, "list": {"items": {"$ref": "#/$defs/short"}}},
            "patternProperties": {"^x-": {"type": "null"}},
            "$defs": {"short": {"type": "string", "maxLength": 3}},
        },
    }})
}

/// What becomes of the smallest event with these members.
fn judged(rules: &Rules, members: Value) -> Result<(), (String, String, String)> {
    let mut event = smallest();
    for (name, value) in members.as_object().unwrap() {
        event[name] = value.clone();
    }
    match &items_by(rules, event.to_string())[..] {
        [Item::Event(_)] => Ok(()),
        [Item::Rejection(rejection)] => {
            let reason = rejection.reason.clone();
            Err((reason.code.to_owned(), reason.pointer.unwrap_or_default(), reason.message))
        }
        items => panic!("{items:?}"),
    }
}

fn code(judged: Result<(), (String, String, String)>) -> (String, String) {
    judged.map_or_else(|(code, at, _)| (code, at), |()| ("event".to_owned(), String::new()))
}

fn is(code: &str, at: &str) -> (String, String) {
    (code.to_owned(), at.to_owned())
}

#[test]
fn the_highest_version_judges_what_names_none() {
    let rules = rules_with(schemas());
    assert_eq!(judged(&rules, json!({"data": {"n": 9}})), Ok(()));
    assert_eq!(code(judged(&rules, json!({"data": {"n": 10}}))), is("schema.invalid", "/data/n"));
    assert_eq!(code(judged(&rules, json!({"data": {"n": "a"}}))), is("schema.invalid", "/data/n"));
    let at = code(judged(&rules, json!({"data": {"n": 1, "list": ["abc", "abcd"]}})));
    assert_eq!(at, is("schema.invalid", "/data/list/1"));
}

#[test]
fn data_that_is_not_there_has_no_members() {
    let rules = rules_with(schemas());
    assert_eq!(code(judged(&rules, json!({}))), is("schema.invalid", "/data"));
    assert_eq!(judged(&rules, json!({"schema": "document.share/2"})), Ok(()));
}

#[test]
fn the_schema_that_an_event_names_judges_it() {
    let rules = rules_with(schemas());
    let named = |schema: &str, data: Value| judged(&rules, json!({"schema": schema, "data": data}));
    assert_eq!(named("document.share/2", json!({"n": "a"})), Ok(()));
    assert_eq!(code(named("document.share/2", json!({"n": 1}))), is("schema.invalid", "/data/n"));
    for other in ["document.share/3", "document.open/2"] {
        assert_eq!(code(named(other, json!({"n": 1}))), is("schema.unknown", "/schema"));
    }
}

#[test]
fn actions_without_a_schema_are_taken_unless_the_bundle_says_otherwise() {
    let other = json!({"action": "document.open", "schema": "document.open/1"});
    assert_eq!(judged(&rules_with(schemas()), other.clone()), Ok(()));
    let mut strict = schemas();
    strict["unknown_actions"] = json!("reject");
    let strict = rules_with(strict);
    assert_eq!(code(judged(&strict, other)), is("schema.unknown", "/action"));
    assert_eq!(judged(&strict, json!({"data": {"n": 1}})), Ok(()));
}

#[test]
fn other_peoples_records_are_not_judged_by_schemas() {
    let strict = rules_with(json!({
        "schemas": {"s3.get_object/1": false_schema(), "document.share/1": {}},
        "unknown_actions": "reject",
    }));
    let record = json!({
        "eventVersion": "1.08", "eventID": "e-1", "eventTime": "2026-01-31T22:59:58Z",
        "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
        "recipientAccountId": "111122223333", "userIdentity": {"type": "Root"},
    });
    assert_eq!(codes(&items_by(&strict, record.to_string())), ["event"]);
    // But their tenants are.
    let known = rules_with(json!({"tenants": {"acme": {}}, "unknown_tenants": "reject"}));
    let made = items_by(&known, record.to_string());
    assert_eq!(codes(&made), ["tenant.unknown"]);
    let Item::Rejection(rejection) = &made[0] else { panic!() };
    assert_eq!(rejection.reason.pointer, None);
}

fn false_schema() -> Value {
    json!({"not": {}})
}

#[test]
fn tenants_that_the_bundle_does_not_know_are_rejected_if_it_says_so() {
    let known = json!({"tenants": {"acme": {}}});
    assert_eq!(judged(&rules_with(known), json!({"tenant": "globex"})), Ok(()));
    let strict = rules_with(json!({"tenants": {"acme": {}}, "unknown_tenants": "reject"}));
    assert_eq!(judged(&strict, json!({})), Ok(()));
    let (code, at, message) = judged(&strict, json!({"tenant": "globex"})).unwrap_err();
    assert_eq!((code.as_str(), at.as_str()), ("tenant.unknown", "/tenant"));
    assert!(!message.contains("globex"));
}

#[test]
fn a_rejection_tells_neither_values_nor_names_that_producers_chose() {
    let rules = rules_with(schemas());
    let (code, at, message) =
        judged(&rules, json!({"data": {"n": 1, "x-4111111111111111": "hunter2"}})).unwrap_err();
    assert_eq!((code.as_str(), at.as_str()), ("schema.invalid", "/data"));
    let expected = "expected what `/patternProperties/^x-/type` of the schema `document.share/10` \
                    asks for, found another value";
    assert_eq!(message, expected);
    for members in [
        json!({"data": {"n": "hunter2"}}),
        json!({"data": {"n": 1, "list": ["hunter2"]}}),
        json!({"data": {"n": 1, "x-hunter2": 1}}),
        json!({"schema": "hunter.two/2"}),
    ] {
        let (_, at, message) = judged(&rules, members.clone()).unwrap_err();
        assert!(!format!("{at} {message}").contains("hunter"), "{members}: {at} {message}");
    }
}

#[test]
fn numbers_are_judged_as_they_were_sent() {
    let rules = rules_with(json!({"schemas": {"document.share/1": {
        "properties": {"n": {"type": "integer", "minimum": 9007199254740993_u64}},
    }}}));
    let sent = |n: &str| {
        let event = with(smallest(), "/data", Some(json!({"n": "@"}))).to_string();
        codes(&items_by(&rules, event.replace("\"@\"", n)))
    };
    assert_eq!(sent("9007199254740995"), ["event"]);
    assert_eq!(sent("123456789012345678901234567890"), ["event"]);
    assert_eq!(sent("5"), ["schema.invalid"]);
    assert_eq!(sent("1e300"), ["event"]);
}

#[test]
fn format_is_an_annotation() {
    let rules = rules_with(json!({"schemas": {"document.share/1": {
        "properties": {"at": {"type": "string", "format": "date-time"}},
    }}}));
    assert_eq!(judged(&rules, json!({"data": {"at": "yesterday"}})), Ok(()));
}

/// Where and why a schema is refused.
fn refused(schema: Value) -> String {
    let bundle = bundle_with(json!({"schemas": {"document.share/1": schema}}));
    let error = Rules::new(bundle.clone(), None).unwrap_err();
    assert_eq!(error.to_string(), Rules::check(&bundle).unwrap_err().to_string());
    let RulesError::Schema { at, detail } = error else { panic!("{error}") };
    let (at, below) = at.split_at("/schemas/document.share~11".len());
    assert_eq!(at, "/schemas/document.share~11");
    format!("{below}: {detail}")
}

#[test]
fn schemas_that_are_none_are_refused_by_their_place() {
    for (schema, place) in [
        (json!({"type": "text"}), "/type:"),
        (json!({"properties": {"a": {"minimum": "1"}}}), "/properties/a/minimum:"),
        (json!({"properties": {"a": {"pattern": "("}}}), "/properties/a/pattern:"),
        (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "/$schema:"),
        (json!({"$defs": {"a": {"$schema": "https://example.com/own"}}}), "/$defs/a/$schema:"),
        (json!({"$ref": "https://example.com/other"}), "/$ref:"),
        (json!({"items": {"$ref": "other.json#/a"}}), "/items/$ref:"),
        (json!({"items": {"$ref": "file:///etc/passwd"}}), "/items/$ref:"),
        (json!({"$ref": "https://json-schema.org/draft/2020-12/schema"}), "/$ref:"),
        (json!({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/%61"}]}}}), "/$defs/a/allOf/0/$ref:"),
        (json!({"$defs": {"a": {"$id": "urn:a", "$ref": "#"}}}), "/$defs/a/$id:"),
    ] {
        let found = refused(schema.clone());
        assert!(found.starts_with(place), "{schema}: {found}");
    }
    refused(json!({"$ref": "#/$defs/missing"}));
}

#[test]
fn references_that_lead_back_to_themselves_are_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"properties": {"a": {"$ref": "#/properties/a"}}}),
        json!({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
        json!({"$defs": {"a": {"$anchor": "x", "if": {"$ref": "#x"}}}}),
        json!({"$defs": {"a": {"dependentSchemas": {"k": {"$ref": "#/$defs/a"}}}}}),
    ] {
        let found = refused(schema.clone());
        assert!(found.contains("leads back to itself"), "{schema}: {found}");
    }
    // Those that go one step down each time end where the data does.
    let tree = json!({"properties": {"below": {"$ref": "#"}, "n": {"type": "integer"}}});
    let rules = rules_with(json!({"schemas": {"document.share/1": tree}}));
    assert_eq!(judged(&rules, json!({"data": {"below": {"below": {"n": 1}}}})), Ok(()));
    let wrong = judged(&rules, json!({"data": {"below": {"below": {"n": "1"}}}}));
    assert_eq!(code(wrong), is("schema.invalid", "/data/below/below/n"));
}

#[test]
fn patterns_run_in_linear_time() {
    // With backtracking, each further letter would double the time: this would take longer than
    // the universe has.
    let rules = rules_with(json!({"schemas": {"document.share/1": {
        "properties": {"a": {"pattern": "^(a+)+$"}, "b": {"pattern": "^(([a-z])+.)+[A-Z]([a-z])+$"}},
    }}}));
    let evil = format!("{}!", "a".repeat(100_000));
    for name in ["a", "b"] {
        let data = json!({"data": {name: evil}});
        assert_eq!(code(judged(&rules, data)), is("schema.invalid", &format!("/data/{name}")));
    }
    // What cannot be run so is refused.
    for pattern in ["(a)\\1", "(?=a)b", "(?<!a)b", &format!("({}){{1000}}", "a{1000}")] {
        refused(json!({"properties": {"a": {"pattern": pattern}}}));
    }
}

#[test]
fn hostile_data_is_judged_in_time() {
    let rules = rules_with(json!({"schemas": {"document.share/1": {
        "uniqueItems": true,
        "properties": {"list": {"uniqueItems": true}, "map": {"additionalProperties": {"type": "null"}}},
    }}}));
    let list: Vec<Value> = (0..30_000).map(|n| json!({"n": n})).collect();
    assert_eq!(code(judged(&rules, json!({"data": {"list": list}}))), is("event", ""));
    let map: Value = (0..30_000).map(|n| (format!("n{n}"), json!(n))).collect();
    assert_eq!(
        code(judged(&rules, json!({"data": {"map": map}}))),
        is("schema.invalid", "/data/map")
    );
    let deep = (0..28).fold(json!(1), |value, _| json!({"below": value}));
    assert_eq!(judged(&rules, json!({"data": deep})), Ok(()));
}

/// The library's hash maps have seeds of their own each time it compiles. A replay must make the same
/// rejection all the same: another leaf would stop the chain.
#[test]
fn the_fault_that_is_told_does_not_depend_on_chance() {
    let names: Vec<String> = (0..40).map(|n| format!("n{n}")).collect();
    let properties: Value = names
        .iter()
        .map(|name| (name.clone(), json!({"type": "string", "minLength": 2})))
        .collect();
    let branch =
        |kind: &str| json!({"properties": {"kind": {"const": kind}, "n0": {"type": "null"}}});
    let schemas = json!({"schemas": {"document.share/1": {
        "properties": properties,
        "patternProperties": {"^n": {"maxLength": 1}, "^x": {"type": "null"}, "9$": {"type": "array"}},
        "dependentRequired": {"n1": ["a", "b"], "n2": ["c"]},
        "allOf": [{"$ref": "#/$defs/a"}, {"anyOf": [branch("p"), branch("q")]}],
        "oneOf": [branch("p"), branch("q"), branch("r")],
        "unevaluatedProperties": false,
        "$defs": {"a": {"properties": {"n3": {"$ref": "#/$defs/b"}}}, "b": {"enum": ["k", "l", 1, 2]}},
    }}});
    let every: Value = names.iter().map(|name| (name.clone(), json!(1))).collect();
    let mut other = every.clone();
    other["kind"] = json!("z");
    let branches = json!({"kind": "z", "n0": "ab", "more": 1});
    for data in [every, other, branches, json!({"more": 1, "most": 2})] {
        let told = |_| judged(&rules_with(schemas.clone()), json!({ "data": data })).unwrap_err();
        let told: std::collections::BTreeSet<_> = (0..30).map(told).collect();
        assert_eq!(told.len(), 1, "{told:#?}");
    }
}

/// The library hashes with seeds that differ from one map to the next. A rejection is sealed with
/// its reason, and made again when a batch is adopted: it has to be the same one.
#[test]
fn what_is_refused_first_does_not_depend_on_seeds() {
    let names: Vec<String> = (0..40).map(|n| format!("m{n}")).collect();
    let wrong = |names: &[String]| -> Value {
        names
            .iter()
            .map(|name| (name.clone(), json!(true)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let each = |schema: Value| -> Value {
        names.iter().map(|n| (n.clone(), schema.clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let one_of: Vec<Value> = names
        .iter()
        .map(|n| json!({"required": [n, "kind"], "properties": {"kind": {"const": n}, n: {"type": "string"}}}))
        .collect();
    let schemas = [
        json!({"properties": each(json!({"type": "integer"}))}),
        json!({"patternProperties": {"^m": {"type": "null"}, "1": {"type": "string"}}, "properties": each(json!({"type": "integer"})), "additionalProperties": false}),
        json!({"unevaluatedProperties": false, "properties": {"other": true}, "allOf": [{"properties": {"m1": true}}, {"patternProperties": {"2$": true}}]}),
        json!({"oneOf": one_of}),
        json!({"anyOf": one_of}),
        json!({"required": ["a", "b", "c", "d"], "dependentRequired": {"m1": ["x", "y"], "m2": ["z"]}}),
        json!({"dependentSchemas": each(json!({"required": ["absent"]}))}),
        json!({"propertyNames": {"maxLength": 1}}),
        json!({"properties": {"m1": {"enum": names}, "m2": {"enum": names}}}),
    ];
    for schema in schemas {
        let compiled = || rules_with(json!({"schemas": {"document.share/1": schema}}));
        let data = json!({"data": wrong(&names)});
        let first = judged(&compiled(), data.clone());
        assert!(first.is_err(), "{schema}");
        for _ in 0..20 {
            assert_eq!(judged(&compiled(), data.clone()), first, "{schema}");
        }
    }
}
