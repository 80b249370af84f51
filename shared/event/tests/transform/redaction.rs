//! What is taken away before sealing.

use cairn_event::{Item, Leaf, Rules};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::schemas::rules_with;
use crate::support::*;

fn rule(pointer: &str, action: &str) -> Value {
    json!({"pointer": pointer, "action": action})
}

fn redacting(rules: &[Value]) -> Rules {
    rules_with(json!({"redaction": rules}))
}

/// The sealed event, and the places that it says were redacted.
fn sealed(rules: &Rules, sent: &Value) -> (Value, Vec<[String; 3]>) {
    let leaf = event_by(rules, sent.to_string());
    assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    assert_eq!(event_by(rules, sent.to_string()), leaf);
    let sealed = json(&leaf);
    let places = sealed["redacted"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let place = |place: &Value| ["pointer", "action", "rule"].map(|member| text(&place[member]));
    (sealed, places.iter().map(place).collect())
}

fn place(pointer: &str, action: &str, rule: &str) -> [String; 3] {
    [pointer, action, rule].map(str::to_owned)
}

#[test]
fn members_are_removed_or_masked_and_the_event_says_so() {
    let sent = fullest();
    for (pointer, action) in [
        ("/actor/email", "remove"),
        ("/actor/email", "mask"),
        ("/actor/name", "mask"),
        ("/actor/roles", "remove"),
        ("/actor/session", "remove"),
        ("/actor/session", "mask"),
        ("/changes", "remove"),
        ("/changes/0/after/with", "remove"),
        ("/changes/0/before", "mask"),
        ("/changes/0/path", "mask"),
        ("/data", "remove"),
        ("/data/n", "remove"),
        ("/data/n", "mask"),
        ("/producer", "remove"),
        ("/reason", "remove"),
        ("/reason", "mask"),
        ("/resource/attributes", "remove"),
        ("/resource/attributes/b", "mask"),
        ("/resource/name", "remove"),
        ("/schema", "remove"),
        ("/source", "remove"),
        ("/source/ip", "remove"),
        ("/source/region", "mask"),
        ("/source/service", "mask"),
        ("/source/user_agent", "mask"),
        ("/source/version", "remove"),
        ("/trace", "remove"),
        ("/trace/request_id", "mask"),
        ("/trace/span_id", "remove"),
        ("/trace/trace_id", "remove"),
    ] {
        let (event, places) = sealed(&redacting(&[rule(pointer, action)]), &sent);
        let done = if action == "mask" { "masked" } else { "removed" };
        assert_eq!(places, [place(pointer, done, "pointer")]);
        // All else is as it was.
        let mut expected = json(&crate::support::event(sent.to_string()));
        let value = (action == "mask").then(|| json!("[redacted]"));
        expected = with(expected, pointer, value);
        expected["redacted"] = event["redacted"].clone();
        assert_eq!(event, expected, "{pointer}");
    }
}

#[test]
fn what_is_not_there_is_not_redacted() {
    let rules = ["/reason", "/data/password", "/data/a/*/b", "/source/ip", "/trace", "/actor/name"];
    let rules = redacting(&rules.map(|pointer| rule(pointer, "remove")));
    let sent = with(smallest(), "/data", Some(json!({"a": [1, {}], "b": {"password": 1}})));
    let (event, places) = sealed(&rules, &sent);
    assert_eq!((places.len(), event.get("redacted")), (0, None));
    assert_eq!(event_by(&rules, sent.to_string()), crate::support::event(sent.to_string()));
}

#[test]
fn a_star_stands_for_every_member_and_element() {
    let sent = with(
        smallest(),
        "/data",
        Some(json!({
            "users": [{"mail": "a", "n": 1}, {"n": 2}, {"mail": {"x": []}, "n": 3}],
            "by~name/": {"x": {"mail": "b"}, "y": 1},
            "list": [1, 2, 3],
            "*": 7,
        })),
    );
    let rules = redacting(&[
        rule("/data/users/*/mail", "remove"),
        rule("/data/by~0name~1/*/mail", "mask"),
        rule("/data/list/1", "remove"),
    ]);
    let (event, places) = sealed(&rules, &sent);
    assert_eq!(
        event["data"],
        json!({
            "users": [{"n": 1}, {"n": 2}, {"n": 3}],
            "by~name/": {"x": {"mail": "[redacted]"}, "y": 1},
            // An element leaves its place behind.
            "list": [1, "[redacted]", 3],
            "*": 7,
        })
    );
    assert_eq!(
        places,
        [
            place("/data/by~0name~1/x/mail", "masked", "pointer"),
            place("/data/list/1", "masked", "pointer"),
            place("/data/users/0/mail", "removed", "pointer"),
            place("/data/users/2/mail", "removed", "pointer"),
        ]
    );
    let (event, _) = sealed(&redacting(&[rule("/data/*", "remove")]), &sent);
    assert_eq!(event["data"], json!({}));
    let (event, places) =
        sealed(&redacting(&[rule("/changes/*/after/with/*", "mask")]), &fullest());
    assert_eq!(event["changes"][0]["after"]["with"], json!(["[redacted]"]));
    assert_eq!(places, [place("/changes/0/after/with/0", "masked", "pointer")]);
}

#[test]
fn rules_are_for_the_tenants_and_actions_that_they_name() {
    let mut tenant = rule("/reason", "remove");
    tenant["tenants"] = json!(["globex", "initech"]);
    let mut below = rule("/data/n", "remove");
    below["actions"] = json!(["document.*"]);
    let mut one = rule("/actor/name", "remove");
    one["actions"] = json!(["document.share", "document.open"]);
    let rules = redacting(&[tenant, below, one]);
    let at = |tenant: &str, action: &str| {
        let sent = with(fullest(), "/tenant", Some(json!(tenant)));
        let sent = with(sent, "/action", Some(json!(action)));
        let (_, places) = sealed(&rules, &sent);
        places.into_iter().map(|[pointer, ..]| pointer).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(at("acme", "document.share"), "/actor/name /data/n");
    assert_eq!(at("acme", "document.share.link"), "/data/n");
    assert_eq!(at("acme", "documents.share"), "");
    assert_eq!(at("globex", "user.create"), "/reason");
    assert_eq!(at("initech", "document.open"), "/actor/name /data/n /reason");
}

#[test]
fn removal_is_stronger_than_a_mask() {
    let sent = with(fullest(), "/data", Some(json!({"a": {"b": 1, "c": 2}})));
    for pair in [["mask", "remove"], ["remove", "mask"]] {
        let rules: Vec<Value> = pair
            .iter()
            .flat_map(|action| [rule("/data/a/b", action), rule("/reason", action)])
            .collect();
        let (event, places) = sealed(&redacting(&rules), &sent);
        assert_eq!(event["data"], json!({"a": {"c": 2}}));
        assert_eq!(event.get("reason"), None);
        let expected =
            [place("/data/a/b", "removed", "pointer"), place("/reason", "removed", "pointer")];
        assert_eq!(places, expected);
    }
    let rules = redacting(&[rule("/data/a/b", "mask"), rule("/data/a", "remove")]);
    assert_eq!(sealed(&rules, &sent).1, [place("/data/a", "removed", "pointer")]);
}

#[test]
fn columns_are_those_of_the_redacted_event() {
    let pointers = ["/actor/session", "/source/ip", "/trace/trace_id"];
    let rules = redacting(&pointers.map(|pointer| rule(pointer, "remove")));
    let columns = event_by(&rules, fullest().to_string()).event.unwrap();
    assert_eq!((columns.session, columns.source_ip, columns.trace_id), (None, None, None));
    let masked = redacting(&[rule("/actor/session", "mask")]);
    let columns = event_by(&masked, fullest().to_string()).event.unwrap();
    assert_eq!(columns.session.as_deref(), Some("[redacted]"));
}

#[test]
fn schemas_judge_what_was_sent() {
    let rules = rules_with(json!({
        "schemas": {"document.share/1": {"required": ["n"], "properties": {"n": {"type": "integer"}}}},
        "redaction": [rule("/data/n", "remove"), rule("/schema", "remove")],
    }));
    let sent = |n: Value| {
        let sent = with(smallest(), "/data", Some(json!({"n": n})));
        with(sent, "/schema", Some(json!("document.share/1"))).to_string()
    };
    assert_eq!(codes(&items_by(&rules, sent(json!("hunter2")))), ["schema.invalid"]);
    assert_eq!(json(&event_by(&rules, sent(json!(1))))["data"], json!({}));
}

#[test]
fn other_peoples_records_are_redacted_where_they_stand() {
    let rules = redacting(&[
        rule("/data/requestParameters/password", "mask"),
        rule("/data/userIdentity/*/*/userName", "remove"),
        rule("/source/ip", "remove"),
    ]);
    let record = json!({
        "eventVersion": "1.08", "eventID": "e-1", "eventTime": "2026-01-31T22:59:58Z",
        "eventSource": "iam.amazonaws.com", "eventName": "CreateLoginProfile",
        "sourceIPAddress": "192.0.2.7", "recipientAccountId": "111122223333",
        "requestParameters": {"password": "hunter2"},
        "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"userName": "deploy"}}},
    });
    let (event, places) = sealed(&rules, &record);
    assert_eq!(event["data"]["requestParameters"]["password"], "[redacted]");
    assert_eq!(event["data"]["userIdentity"]["sessionContext"]["sessionIssuer"], json!({}));
    assert_eq!(event["source"].get("ip"), None);
    assert_eq!(places.len(), 3);
    // The source record is a place of its own.
    assert_eq!(event["data"]["sourceIPAddress"], "192.0.2.7");
}

#[test]
fn the_list_of_places_has_bounds_and_redaction_has_none() {
    let list: Vec<Value> = (0..5000).map(|n| json!({"mail": format!("hunter{n}")})).collect();
    let rules = redacting(&[rule("/data/list/*/mail", "remove"), rule("/reason", "mask")]);
    let sent = with(fullest(), "/data", Some(json!({"list": list})));
    let (event, places) = sealed(&rules, &sent);
    assert!(!event.to_string().contains("hunter"));
    assert_eq!(places.len(), 100);
    assert!(places.is_sorted());
    assert!(places.contains(&place("/reason", "masked", "pointer")));
    assert!(places.contains(&place("/data/list/98/mail", "removed", "pointer")));

    // A long pointer is that of the place above.
    let name = "n".repeat(1500);
    let sent = with(smallest(), "/data", Some(json!({"a": {&name: 1, "m": {&name: {"b": 1}}}})));
    let rules =
        redacting(&[rule(&format!("/data/a/{name}"), "remove"), rule("/data/a/m/*/b", "mask")]);
    let (_, places) = sealed(&rules, &sent);
    let expected =
        [place("/data/a", "removed", "pointer"), place("/data/a/m", "masked", "pointer")];
    assert_eq!(places, expected);
}

fn heuristics(which: &[&str]) -> Rules {
    rules_with(json!({"heuristics": which}))
}

/// What becomes of a text in `data`.
fn masked(rules: &Rules, text: &str) -> Value {
    let sent = with(smallest(), "/data", Some(json!({"text": text})));
    sealed(rules, &sent).0["data"]["text"].clone()
}

#[test]
fn card_numbers_are_masked_where_they_are_asked_for() {
    let rules = heuristics(&["card"]);
    for (text, expected) in [
        ("4111111111111111", "[redacted]"),
        ("paid with 4111 1111 1111 1111, thanks", "paid with [redacted], thanks"),
        ("4111-1111-1111-1111 12/26 and 5555555555554444.", "[redacted] 12/26 and [redacted]."),
        ("378282246310005", "[redacted]"),
        ("3782 822463 10005", "[redacted]"),
        ("2223003122003222", "[redacted]"),
        ("6011000990139424", "[redacted]"),
        ("30569309025904", "[redacted]"),
        ("4222222222222", "[redacted]"),
        ("1 4111 1111 1111 1111 9", "1 [redacted] 9"),
    ] {
        assert_eq!(masked(&rules, text), expected, "{text}");
        assert_eq!(masked(&heuristics(&["token"]), text), text);
    }
    for other in [
        "4111111111111112",
        "411111111111111",
        "41111111111111111111111",
        "x4111111111111111",
        "4111111111111111x",
        "4111  1111 1111 1111",
        "4111_1111_1111_1111",
        // Times in milliseconds and nanoseconds, with a check digit by chance.
        "1769900000008",
        "1769900000000000009",
        "",
    ] {
        assert_eq!(masked(&rules, other), other, "{other}");
    }
}

#[test]
fn numbers_and_escapes_hide_no_card() {
    let rules = heuristics(&["card"]);
    let sent = |json: &str| {
        let event = with(smallest(), "/data", Some(json!({"v": "@"}))).to_string();
        let leaf = event_by(&rules, event.replace("\"@\"", json));
        crate::support::json(&leaf)["data"]["v"].clone()
    };
    assert_eq!(sent("4111111111111111"), "[redacted]");
    assert_eq!(sent("6250941006528599"), "[redacted]");
    assert_eq!(sent("4000000000000000006"), "[redacted]");
    assert_eq!(sent("\"\\u0034111111111111111\""), "[redacted]");
    for number in
        ["4111111111111111.0", "4.111111111111111e15", "41111111111111110e-1", "-4111111111111111"]
    {
        assert_eq!(sent(number), "[redacted]", "{number}");
    }
    assert_eq!(sent("4242e12"), "[redacted]");
    assert_eq!(sent("\"4111.1111.1111.1111\""), "4111.1111.1111.1111");
    assert_eq!(sent("[4111,11111,1111111]"), json!([4111, 11111, 1111111]));
    assert_eq!(sent("4111111111111112"), json!(4111111111111112_u64));
    assert_eq!(sent("4111111111111111.5"), json!(4111111111111111.5));
    assert_eq!(
        sent("{\"a\":[null,true,4111111111111111]}"),
        json!({"a": [null, true, "[redacted]"]})
    );
}

#[test]
fn tokens_are_masked_where_they_are_asked_for() {
    let rules = heuristics(&["token"]);
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
    // Put together here, so that no scanner takes this file for a leak.
    let github = format!("gh{}_{}", "p", "a1".repeat(18));
    let slack = format!("xo{}-{}", "xb", "123456789012-abcdefghij");
    let access = format!("AK{}{}", "IA", "IOSFODNN7EXAMPLE");
    for (text, expected) in [
        (access.clone(), "[redacted]"),
        (format!("key={access}; region=eu"), "key=[redacted]; region=eu"),
        (access.replace("AKIA", "ASIA"), "[redacted]"),
        (github.clone(), "[redacted]"),
        (format!("github_pat_{}", "Z9".repeat(20)), "[redacted]"),
        (slack, "[redacted]"),
        (jwt.to_owned(), "[redacted]"),
        (format!("Authorization: Bearer {jwt}"), "Authorization: [redacted]"),
        ("bearer mF_9.B5f-4.1JqM0000==".to_owned(), "[redacted]"),
        (format!("a\n{pem}\nb"), "a\n[redacted]\nb"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE".to_owned(), "[redacted]"),
        (format!("{github} and {access}"), "[redacted] and [redacted]"),
    ] {
        assert_eq!(masked(&rules, &text), expected, "{text}");
        assert_eq!(masked(&heuristics(&["card"]), &text), text.as_str());
    }
    for other in [
        "AKIASHORT",
        "xAKIAIOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7EXAMPLEX",
        "bearer of news",
        "ghp_short",
        "eyJhbGci.notajwt.x",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
    ] {
        assert_eq!(masked(&rules, other), other);
    }
}

#[test]
fn patterns_are_looked_for_in_free_text_alone() {
    let card = "4111111111111111";
    let sent = json!({
        "tenant": "acme", "time": "2026-01-31T23:59:58+01:00", "action": "document.share",
        "actor": {"type": "user", "id": card, "name": card},
        "resource": {"type": "document", "id": card, "name": card, "attributes": {"a": [card]}},
        "outcome": "success", "reason": format!("card {card}"),
        "changes": [{"path": card, "before": card, "after": {"x": card}}],
        "data": {card: card},
    });
    let (event, places) = sealed(&heuristics(&["card", "token"]), &sent);
    let pointers = [
        "/changes/0/after/x",
        "/changes/0/before",
        "/changes/0/path",
        "/data/4111111111111111",
        "/reason",
        "/resource/attributes/a/0",
    ];
    assert_eq!(places, pointers.map(|pointer| place(pointer, "masked", "card")));
    assert_eq!(event["reason"], "card [redacted]");
    assert_eq!(event["actor"]["id"], card);
    let both = format!("4111111111111111 bearer {}", "x".repeat(20));
    let sent = with(smallest(), "/reason", Some(json!(both)));
    let (event, places) = sealed(&heuristics(&["card", "token"]), &sent);
    assert_eq!(event["reason"], "[redacted] [redacted]");
    assert_eq!(places, [place("/reason", "masked", "card"), place("/reason", "masked", "token")]);
}

#[test]
fn rejected_bytes_are_kept_as_they_are_and_their_reason_tells_nothing() {
    let rules = rules_with(json!({
        "redaction": [rule("/data/password", "remove")],
        "schemas": {"document.share/1": {"properties": {"password": {"minLength": 12}}}},
    }));
    let sent = with(smallest(), "/data", Some(json!({"password": "hunter2"}))).to_string();
    let made = items_by(&rules, sent.clone());
    let [Item::Rejection(rejection)] = &made[..] else { panic!("{made:?}") };
    assert_eq!(rejection.raw, sent.as_bytes());
    let leaf = rejection.leaf(&chain(), &[1; 32], &cairn_ledger::Hash::EMPTY_ROOT);
    assert!(!String::from_utf8(leaf.bytes).unwrap().contains("hunter2"));
}

#[test]
fn heuristics_take_time_in_proportion_to_the_text() {
    let rules = heuristics(&["card", "token"]);
    for part in
        ["1 ", "4-", "eyJ", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY", "bearer ", "xoxb-", "4"]
    {
        let text = part.repeat(2_000_000 / part.len());
        let sent = with(smallest(), "/data", Some(json!({"text": text})));
        assert_eq!(codes(&items_by(&rules, sent.to_string())), ["event"], "{part}");
    }
}

/// Anything that `data` can hold, the secret among it at some of the places.
fn holding_secrets() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        Just(json!("hunter2")),
        Just(json!({"secret": "hunter2", "n": 1})),
        Just(json!({"secret": {"deep": ["hunter2"]}})),
        "[a-z\\u{e9}\"/~]{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        let name = prop_oneof![Just("secret".to_owned()), "[a-c/~*]{1,2}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Redacts as the README says, on a tree.
fn naive(value: &mut Value, path: &[&str], remove: bool) {
    let Some((first, rest)) = path.split_first() else { return };
    let is = |name: &str| *first == "*" || *first == name;
    let mask = json!("[redacted]");
    match value {
        Value::Object(members) if rest.is_empty() && remove => members.retain(|name, _| !is(name)),
        Value::Object(members) => {
            for (_, value) in members.iter_mut().filter(|(name, _)| is(name)) {
                if rest.is_empty() { *value = mask.clone() } else { naive(value, rest, remove) }
            }
        }
        Value::Array(elements) => {
            for (place, value) in elements.iter_mut().enumerate() {
                if is(&place.to_string()) {
                    if rest.is_empty() { *value = mask.clone() } else { naive(value, rest, remove) }
                }
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn redaction_is_what_it_says(
        value in holding_secrets(),
        path in prop::collection::vec(prop::sample::select(vec!["secret", "*", "a", "0", "1"]), 1..5),
        remove: bool,
    ) {
        let data = json!({"a": value});
        let pointer = format!("/data/{}", path.join("/"));
        let action = if remove { "remove" } else { "mask" };
        let rules = redacting(&[rule(&pointer, action)]);
        let (event, _) = sealed(&rules, &with(smallest(), "/data", Some(data.clone())));
        let mut expected = data;
        naive(&mut expected, &path, remove);
        prop_assert_eq!(&event["data"], &expected);
    }

    #[test]
    fn what_is_redacted_is_nowhere_in_the_leaf(value in holding_secrets(), remove: bool) {
        // Each place that can hold the secret is named, by the name or by its depth.
        let stars = |depth: usize| format!("/data{}", "/*".repeat(depth));
        let action = if remove { "remove" } else { "mask" };
        let rules = redacting(&[rule(&stars(1), action)]);
        let leaf = event_by(&rules, with(smallest(), "/data", Some(json!({"v": value}))).to_string());
        prop_assert!(!String::from_utf8(leaf.bytes).unwrap().contains("hunter2"));
    }

    #[test]
    fn any_text_with_a_card_loses_it(before in "[a-z é\"\\\\.]{0,9}", after in "[a-z,.\n ]{0,9}") {
        let text = format!("{before} 4111111111111111 {after}");
        let rules = heuristics(&["card", "token"]);
        let sent = with(smallest(), "/data", Some(json!({"t": [text.clone()]})));
        let (event, places) = sealed(&rules, &with(sent, "/reason", Some(json!(text))));
        let expected = format!("{before} [redacted] {after}");
        prop_assert_eq!(&event["data"]["t"][0], &expected);
        prop_assert_eq!(&event["reason"], &expected);
        prop_assert_eq!(places.len(), 2);
    }
}
