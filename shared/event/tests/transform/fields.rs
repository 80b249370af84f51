//! The fields of native events: what is taken, and how what is not taken is told.

use serde_json::{Value, json};

use crate::support::*;

#[test]
fn the_smallest_event_is_sealed_as_it_should_be() {
    let leaf = event(smallest().to_string());
    let expected = concat!(
        r#"{"action":"document.share","actor":{"id":"u-17","type":"user"},"#,
        r#""arrived":"2026-01-31T23:59:59.120Z","coordinates":{"chain":"#,
        r#""audit/20260131T120000Z/shardId-000000000000","index":0,"sequence":"#,
        r#""49590338271490256608559692538361571095921575989136588898"},"#,
        r#""id":"95b45322-9472-8d9f-9e15-2b8c049ee2ac","kind":"event","outcome":"success","#,
        r#""resource":{"id":"d-9","type":"document"},"tenant":"acme","#,
        r#""time":"2026-01-31T23:59:58+01:00"}"#,
    );
    assert_eq!(String::from_utf8(leaf.bytes).unwrap(), expected);
}

#[test]
fn every_field_is_sealed_as_it_was_sent() {
    let leaf = event(fullest().to_string());
    let mut sealed = json(&leaf);
    for added in ["arrived", "coordinates", "kind"] {
        assert!(sealed.as_object_mut().unwrap().remove(added).is_some());
    }
    assert_eq!(sealed, fullest());
    let columns = leaf.event.unwrap();
    assert_eq!(columns.time, 1_769_900_398_123_456);
    assert_eq!(columns.tenant, "acme");
    assert_eq!((columns.actor_type.as_str(), columns.actor_id.as_str()), ("user", "u-17"));
    assert_eq!(columns.action, "document.share");
    assert_eq!((columns.resource_type.as_str(), columns.resource_id.as_str()), ("document", "d-9"));
    assert_eq!(columns.outcome, "denied");
    assert_eq!(columns.source_ip.as_deref(), Some("2001:db8::7"));
    assert_eq!(columns.session.as_deref(), Some("s-1"));
    assert_eq!(columns.trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!(columns.id, "01944f3c-5b2a-7c3e-8a55-0e6a3b1f2c4d");
}

#[test]
fn optional_fields_may_be_empty_objects_and_arrays() {
    for (pointer, value) in [
        ("/source", json!({})),
        ("/trace", json!({})),
        ("/data", json!({})),
        ("/changes", json!([])),
        ("/actor/roles", json!([])),
        ("/resource/attributes", json!({})),
    ] {
        let sent = with(smallest(), pointer, Some(value.clone()));
        assert_eq!(json(&event(sent.to_string())).pointer(pointer), Some(&value));
    }
}

#[test]
fn a_required_field_that_is_not_there_is_named() {
    for pointer in [
        "/tenant",
        "/time",
        "/action",
        "/actor",
        "/resource",
        "/outcome",
        "/actor/type",
        "/actor/id",
        "/resource/type",
        "/resource/id",
        "/changes/0/path",
        "/producer/id",
        "/producer/seq",
    ] {
        let reason = rejection(with(fullest(), pointer, None).to_string()).reason;
        assert_eq!((reason.code, reason.pointer.as_deref()), ("field.missing", Some(pointer)));
        assert!(reason.message.ends_with(", found nothing"), "{}", reason.message);
    }
}

#[test]
fn every_other_field_may_be_absent() {
    for pointer in [
        "/id",
        "/actor/name",
        "/actor/email",
        "/actor/roles",
        "/actor/session",
        "/resource/name",
        "/resource/attributes",
        "/reason",
        "/source",
        "/source/ip",
        "/source/user_agent",
        "/source/service",
        "/source/version",
        "/source/region",
        "/trace",
        "/trace/trace_id",
        "/trace/span_id",
        "/trace/request_id",
        "/changes",
        "/changes/0/before",
        "/changes/0/after",
        "/data",
        "/schema",
        "/producer",
    ] {
        event(with(fullest(), pointer, None).to_string());
    }
}

#[test]
fn a_field_of_another_type_is_named() {
    let strings = [
        "/id",
        "/tenant",
        "/time",
        "/action",
        "/outcome",
        "/reason",
        "/schema",
        "/actor/type",
        "/actor/id",
        "/actor/name",
        "/actor/email",
        "/actor/session",
        "/actor/roles/1",
        "/resource/type",
        "/resource/id",
        "/resource/name",
        "/source/ip",
        "/source/user_agent",
        "/source/service",
        "/source/version",
        "/source/region",
        "/trace/trace_id",
        "/trace/span_id",
        "/trace/request_id",
        "/changes/0/path",
        "/producer/id",
    ];
    let objects = [
        "/actor",
        "/resource",
        "/resource/attributes",
        "/source",
        "/trace",
        "/changes/0",
        "/data",
        "/producer",
    ];
    let arrays = ["/actor/roles", "/changes"];
    let expected = strings.map(|pointer| (pointer, "a string"));
    let expected = expected.into_iter().chain(objects.map(|pointer| (pointer, "an object")));
    let expected = expected.chain(arrays.map(|pointer| (pointer, "an array")));
    let expected = expected.chain([("/producer/seq", "an integer from 0 to 9007199254740991")]);
    let kinds = [
        (json!(null), "null"),
        (json!(true), "a boolean"),
        (json!(7), "a number"),
        (json!("7"), "a string"),
        (json!([]), "an array"),
        (json!({}), "an object"),
    ];
    for (pointer, expected) in expected {
        for (value, found) in &kinds {
            let right =
                expected == *found || expected.starts_with("an int") && *found == "a number";
            if right {
                continue;
            }
            let sent = with(fullest(), pointer, Some(value.clone()));
            let reason = rejection(sent.to_string()).reason;
            assert_eq!((reason.code, reason.pointer.as_deref()), ("field.type", Some(pointer)));
            assert_eq!(reason.message, format!("expected {expected}, found {found}"));
        }
    }
}

#[test]
fn a_value_of_another_form_is_named_and_never_told() {
    let long = "a".repeat(2049);
    for (pointer, values) in [
        ("/tenant", vec!["", "-a", ".", "..", "_a", "a/b", "a b", "é", &long[..129]]),
        ("/id", vec!["", "a/b", "a b", "é", &long[..129]]),
        ("/time", vec!["", "2025-03-04", "2025-03-04T05:06:07", "4 Mar 2025"]),
        (
            "/action",
            vec!["", "share", "Document.share", "document.", ".share", "a..b", "a b.c", "-a.b"],
        ),
        ("/outcome", vec!["", "Success", "error"]),
        ("/actor/type", vec!["", &long]),
        ("/actor/id", vec!["", &long]),
        ("/resource/type", vec!["", &long]),
        ("/resource/id", vec!["", &long]),
        ("/source/ip", vec!["", "localhost", "1.2.3", "1.2.3.4:80", "fe80::1%eth0", "01.2.3.4"]),
        (
            "/trace/trace_id",
            vec![
                "",
                "4BF92F3577B34DA6A3CE929D0E0E4736",
                "4bf92f",
                &"0000000000000000000000000000000000"[..32],
            ],
        ),
        ("/trace/span_id", vec!["", "00f067aa0ba902b", "0000000000000000"]),
        (
            "/schema",
            vec![
                "",
                "document.share",
                "document.share/",
                "document.share/0",
                "document.share/02",
                "document.share/v2",
                "/2",
            ],
        ),
        ("/changes/0/path", vec![""]),
        ("/producer/id", vec![""]),
    ] {
        let mut messages = std::collections::HashSet::new();
        for value in values {
            let sent = with(fullest(), pointer, Some(json!(value)));
            let reason = rejection(sent.to_string()).reason;
            let blamed = (reason.code, reason.pointer.as_deref());
            assert_eq!(blamed, ("field.value", Some(pointer)), "{value}");
            messages.insert(reason.message);
        }
        assert_eq!(messages.len(), 1, "the message depends on the value");
    }
    for seq in ["-1", "1.5", "1e3", "9007199254740992"] {
        let text = with(fullest(), "/producer/seq", Some(json!("@"))).to_string();
        let reason = rejection(text.replace("\"@\"", seq)).reason;
        assert_eq!(
            (reason.code, reason.pointer.as_deref()),
            ("field.value", Some("/producer/seq"))
        );
    }
}

#[test]
fn values_at_the_limits_are_taken() {
    let long = "a".repeat(2048);
    for (pointer, value) in [
        ("/tenant", &long[..128]),
        ("/tenant", "0"),
        ("/tenant", "A.b_c-d"),
        ("/id", &long[..128]),
        ("/id", "a:b.c_d-e"),
        ("/action", "a.b"),
        ("/action", "resource-explorer-2.list_indexes"),
        ("/actor/id", &long),
        ("/resource/id", &long),
        ("/source/ip", "203.0.113.7"),
        ("/source/ip", "::ffff:203.0.113.7"),
        ("/schema", "a.b/999999999"),
        ("/reason", ""),
    ] {
        event(with(fullest(), pointer, Some(json!(value))).to_string());
    }
    for seq in [0, 9_007_199_254_740_991_i64] {
        event(with(fullest(), "/producer/seq", Some(json!(seq))).to_string());
    }
}

#[test]
fn a_field_that_no_event_has_is_told_where_to_go_without_its_name() {
    for (parent, place) in [
        ("", "`data`"),
        ("/actor", "`data`"),
        ("/resource", "`resource.attributes`"),
        ("/source", "`data`"),
        ("/trace", "`data`"),
        ("/changes/0", "`data`"),
        ("/producer", "`data`"),
    ] {
        let sent = with(fullest(), &format!("{parent}/secret_name"), Some(json!(1)));
        let reason = rejection(sent.to_string()).reason;
        assert_eq!((reason.code, reason.pointer.as_deref()), ("field.unknown", Some(parent)));
        let said = format!("the place of others is {place}, found one at byte ");
        assert!(reason.message.contains(&said), "{}", reason.message);
        assert!(!format!("{reason:?}").contains("secret"));
        assert!(!reason.message.contains("did you mean"));
    }
}

#[test]
fn a_field_that_is_nearly_known_is_told_which_one() {
    for (parent, name, meant) in [
        ("", "tennant", Some("tenant")),
        ("", "Tenant", Some("tenant")),
        ("", "TENANT", Some("tenant")),
        ("", "tenantId", Some("tenant")),
        ("", "tenant_id", None),
        ("", "ID", Some("id")),
        ("", "it", Some("id")),
        ("", "ot", None),
        ("", "", None),
        ("", "timestamp", None),
        ("", "tim", Some("time")),
        ("/source", "userAgent", Some("user_agent")),
        ("/actor", "role", Some("roles")),
        ("/trace", "traceId", Some("trace_id")),
        ("/trace", "traceid", Some("trace_id")),
        ("/changes/0", "aftre", Some("after")),
        ("/producer", "seqs", Some("seq")),
        ("/resource", "naïve", None),
    ] {
        let sent = with(fullest(), &format!("{parent}/{name}"), Some(json!(1)));
        let reason = rejection(sent.to_string()).reason;
        assert_eq!(reason.code, "field.unknown", "{name}");
        let told = reason
            .message
            .split_once(" (did you mean `")
            .map(|(_, rest)| rest.strip_suffix("`?)").unwrap());
        assert_eq!(told, meant, "{name}: {}", reason.message);
    }
}

#[test]
fn an_unknown_field_is_found_by_its_byte_in_the_item() {
    let small = smallest().to_string();
    let item = small.replacen('{', "{  \"tennant\":1,", 1);
    for text in [item.clone(), format!("[{small}, {item}]"), format!("{small}\n {item}\n")] {
        let made = items(text);
        let Some(cairn_event::Item::Rejection(rejection)) = made.last() else { panic!() };
        let message = &rejection.reason.message;
        assert!(message.ends_with("found one at byte 3 (did you mean `tenant`?)"), "{message}");
    }
}

#[test]
fn times_beyond_what_the_column_holds_are_told_the_last() {
    for time in ["9999-12-30T22:00:00.999999Z", "9999-12-31T21:59:00+23:59", "0000-01-01T00:00:00Z"]
    {
        event(with(smallest(), "/time", Some(json!(time))).to_string());
    }
    for time in ["9999-12-30T22:00:01Z", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59.999Z"] {
        let reason = rejection(with(smallest(), "/time", Some(json!(time))).to_string()).reason;
        assert_eq!((reason.code, reason.pointer.as_deref()), ("field.value", Some("/time")));
        assert!(
            reason.message.contains("at most `9999-12-30T22:00:00.999Z`"),
            "{}",
            reason.message
        );
    }
}

#[test]
fn the_fields_that_cairn_writes_are_not_for_producers() {
    for name in ["adapter", "arrived", "coordinates", "kind"] {
        let pointer = format!("/{name}");
        let reason = rejection(with(smallest(), &pointer, Some(json!("event"))).to_string()).reason;
        assert_eq!((reason.code, reason.pointer), ("field.reserved", Some(pointer)));
    }
}

#[test]
fn names_count_by_what_they_say_not_by_how_they_are_spelt() {
    let text = smallest().to_string().replace("\"tenant\"", r#""t\u0065nant""#);
    assert_eq!(event(text), event(smallest().to_string()));
    let twice = smallest().to_string().replace("\"tenant\"", r#""t\u0065nant":"x","tenant""#);
    assert_eq!(rejection(twice).reason.code, "json.duplicate");
}

#[test]
fn integers_that_doubles_do_not_hold_travel_as_strings() {
    let text = with(smallest(), "/data", Some(json!({"n": "@"}))).to_string();
    let leaf = event(text.replace("\"@\"", "12345678901234567890"));
    assert_eq!(json(&leaf)["data"]["n"], "12345678901234567890");
}

#[test]
fn the_default_id_is_that_of_the_coordinates() {
    let made = items(format!("[{0},{0}]", smallest()));
    let ids: Vec<Value> = made
        .iter()
        .map(|item| match item {
            cairn_event::Item::Event(leaf) => json(leaf)["id"].clone(),
            cairn_event::Item::Rejection(rejection) => panic!("{rejection:?}"),
        })
        .collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[0], json(&event(smallest().to_string()))["id"]);
}
