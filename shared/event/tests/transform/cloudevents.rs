//! CloudEvents, written for these tests after the specification.

use serde_json::{Value, json};

use crate::support::*;

/// A CloudEvent in structured mode, which all others vary.
pub(crate) fn share() -> Value {
    json!({
        "specversion": "1.0",
        "id": "A234-1234-1234",
        "source": "https://docs.example/workspace",
        "type": "com.example.document.shared",
        "subject": "d-9",
        "time": "2026-01-31T23:59:58+01:00",
        "datacontenttype": "application/json",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "tenant": "acme",
        "authtype": "user",
        "authid": "u-17",
        "outcome": "success",
        "reason": "asked for",
        "sourceip": "203.0.113.7",
        "useragent": "curl/8",
        "data": {"with": ["u-18"]},
    })
}

/// The CloudEvent with other members: `null` removes one.
fn varied(changes: Value) -> Value {
    changed(share(), changes)
}

/// Its attributes with a prefix.
fn prefixed(prefix: &str) -> Value {
    let attributes = share();
    let members = attributes.as_object().unwrap().iter().filter(|(name, _)| *name != "data");
    members.map(|(name, value)| (format!("{prefix}{name}"), value.clone())).collect()
}

/// What is sealed but for the source record.
fn mapped(record: &Value) -> Value {
    let mut event = sealed(record);
    assert_eq!(&event["data"], record);
    event.as_object_mut().unwrap().remove("data");
    event
}

#[test]
fn a_cloudevent_is_mapped_and_kept_whole() {
    let expected = json!({
        "action": "com.example.document.shared",
        "actor": {"id": "u-17", "type": "user"},
        "adapter": "cloudevents",
        "arrived": ARRIVED,
        "coordinates": {"chain": chain().as_str(), "index": 0, "sequence": SEQUENCE},
        "data": share(),
        "id": "A234-1234-1234",
        "kind": "event",
        "outcome": "success",
        "reason": "asked for",
        "resource": {"id": "d-9", "type": "https://docs.example/workspace"},
        "source": {
            "ip": "203.0.113.7", "service": "https://docs.example/workspace", "user_agent": "curl/8",
        },
        "tenant": "acme",
        "time": "2026-01-31T23:59:58+01:00",
        "trace": {
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
        },
    });
    assert_eq!(sealed(&share()), expected);
}

#[test]
fn a_batch_is_an_array() {
    let made = items(json!([share(), share(), {"specversion": "1.0"}]).to_string());
    assert_eq!(codes(&made), ["event", "event", "field.missing"]);
}

#[test]
fn binary_mode_says_the_same() {
    let expected = mapped(&share());
    for prefix in ["ce-", "ce_", "Ce-", "CE_"] {
        for body in ["data", "body", "value"] {
            let apart = json!({"headers": prefixed(prefix), body: {"with": ["u-18"]}});
            assert_eq!(mapped(&apart), expected, "{prefix} {body}");
            let mut flat = prefixed(prefix);
            flat[body] = json!({"with": ["u-18"]});
            assert_eq!(mapped(&flat), expected, "{prefix} {body}");
        }
        assert_eq!(mapped(&prefixed(prefix)), expected, "{prefix}");
    }
}

#[test]
fn data_that_has_the_form_of_an_event_says_what_the_attributes_do_not() {
    let bare = json!({
        "specversion": "1.0", "id": "1", "source": "/docs", "type": "com.example.audit",
        "data": fullest(),
    });
    let mut expected = json(&event(fullest().to_string()));
    expected["adapter"] = json!("cloudevents");
    expected["data"] = bare.clone();
    expected["id"] = json!("1");
    expected.as_object_mut().unwrap().remove("schema");
    assert_eq!(sealed(&bare), expected);

    let members = fullest();
    let mut flat = json!({
        "ce_specversion": "1.0", "ce_id": "1", "ce_source": "/docs", "ce_type": "com.example.audit",
    });
    for (name, value) in members.as_object().unwrap() {
        flat[name] = value.clone();
    }
    // `data` beside the attributes is the data, and says nothing of an event then.
    assert_eq!(codes(&items(flat.to_string())), ["field.missing"]);
    flat.as_object_mut().unwrap().remove("data");
    expected["data"] = flat.clone();
    assert_eq!(sealed(&flat), expected);
}

#[test]
fn attributes_come_before_data() {
    let record = varied(json!({"data": fullest(), "outcome": "failure", "tenant": "globex",
        "resourcetype": "folder", "resourceid": "f-1", "actortype": "bot", "actorid": "b-1"}));
    let event = sealed(&record);
    assert_eq!(event["tenant"], "globex");
    assert_eq!(event["outcome"], "failure");
    assert_eq!(event["reason"], "asked for");
    assert_eq!(event["actor"], json!({"type": "bot", "id": "b-1"}));
    assert_eq!(event["resource"], json!({"type": "folder", "id": "f-1"}));
    assert_eq!(event["source"]["ip"], "203.0.113.7");
    assert_eq!(event["source"]["service"], "docs");
    assert_eq!(event["trace"]["span_id"], "00f067aa0ba902b7");
    assert_eq!(event["trace"]["request_id"], Value::Null);
    // The type of the CloudEvent is what it is to its bus; the data says what happened.
    assert_eq!(event["action"], "document.share");
}

#[test]
fn data_of_another_form_says_nothing() {
    for data in [
        json!({"tenant": 7, "actor": "ada", "outcome": "ok", "resource": {"id": "x"}, "action": "x"}),
        json!("text"),
        json!(["tenant"]),
        json!({"actor": {"type": "user", "id": "u-1", "nick": "a"}, "kind": "event", "time": ""}),
    ] {
        assert_eq!(mapped(&varied(json!({ "data": data }))), mapped(&share()), "{data}");
    }
    let opaque = varied(json!({"data": null, "data_base64": "AAEC"}));
    assert_eq!(mapped(&opaque), mapped(&share()));
}

#[test]
fn an_actor_has_a_type_and_an_id() {
    for (changes, actor) in [
        (
            json!({"authid": null, "authtype": "unauthenticated"}),
            json!({"type": "unauthenticated", "id": "unauthenticated"}),
        ),
        (json!({"authtype": null}), json!({"type": "Unknown", "id": "u-17"})),
        (json!({"actorid": "a-1"}), json!({"type": "Unknown", "id": "a-1"})),
        (json!({"actortype": "bot", "actorid": "a-1"}), json!({"type": "bot", "id": "a-1"})),
    ] {
        assert_eq!(sealed(&varied(changes))["actor"], actor);
    }
}

#[test]
fn a_resource_is_a_subject_of_its_source_or_the_source() {
    let source = "https://docs.example/workspace";
    for (changes, resource) in [
        (json!({"subject": null}), json!({"type": "source", "id": source})),
        (json!({"resourceid": "r-1"}), json!({"type": source, "id": "r-1"})),
        (
            json!({"data": {"resource": {"type": "document", "id": "d-1", "name": "Plan"}}}),
            json!({"type": "document", "id": "d-1", "name": "Plan"}),
        ),
    ] {
        assert_eq!(sealed(&varied(changes))["resource"], resource);
    }
    let long = varied(json!({"subject": null, "source": "x".repeat(3000)}));
    assert_eq!(sealed(&long)["resource"], json!({"type": "source", "id": "unknown"}));
}

#[test]
fn what_is_not_said_is_unknown_or_absent() {
    let event = sealed(&varied(json!({
        "outcome": null, "reason": null, "traceparent": "00-0-0-0", "sourceip": "here",
        "id": "an id / with spaces",
    })));
    assert_eq!(event["outcome"], "unknown");
    assert_eq!((&event["reason"], &event["trace"]), (&Value::Null, &Value::Null));
    assert_eq!(event["source"]["ip"], Value::Null);
    // The default id.
    assert_eq!(event["id"].as_str().unwrap().len(), 36);
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (changes, code, at) in [
        (json!({"specversion": "0.3"}), "field.value", "specversion"),
        (json!({"specversion": 1.0}), "field.type", "specversion"),
        (json!({"id": null}), "field.missing", "id"),
        (json!({"source": ""}), "field.value", "source"),
        (json!({"type": 7}), "field.type", "type"),
        (json!({"time": null}), "field.missing", "time"),
        (json!({"time": "yesterday"}), "field.value", "time"),
        (json!({"tenant": null}), "field.missing", "tenant"),
        (json!({"tenant": "a/b"}), "field.value", "tenant"),
        (json!({"tenant": 7}), "field.type", "tenant"),
        (json!({"outcome": "ok"}), "field.value", "outcome"),
        (json!({"authtype": null, "authid": null}), "field.missing", "actorid"),
    ] {
        let record = varied(changes);
        let mut binary = json!({});
        for (name, value) in record.as_object().unwrap() {
            binary[format!("ce_{name}")] = value.clone();
        }
        let apart = json!({"headers": binary});
        for (record, at) in [
            (record, format!("/{at}")),
            (binary, format!("/ce_{at}")),
            (apart, format!("/headers/ce-{at}")),
        ] {
            let reason = rejection(record.to_string()).reason;
            assert_eq!((reason.code, reason.pointer), (code, Some(at)));
        }
    }
}

#[test]
fn what_merely_has_headers_is_no_cloudevent() {
    let record = with(smallest(), "/headers", Some(json!({"accept": "*/*"})));
    assert_eq!(rejection(record.to_string()).reason.code, "field.unknown");
    let record = with(smallest(), "/ce_type", Some(json!("x")));
    assert_eq!(rejection(record.to_string()).reason.code, "field.unknown");
}
