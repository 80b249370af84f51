#![allow(clippy::unwrap_used, clippy::expect_used)]

use cairn_event::{Item, Rules, transform};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::config::Config;
use crate::queue::Queue;

/// What ingest makes of a record.
fn sealed(data: Vec<u8>) -> Vec<Item> {
    let chain = "audit/20260131T120000Z/shardId-000000000000".parse().unwrap();
    let record = cairn_event::Record {
        sequence: "49590338271490256608559692538361571095921575989136588898".parse().unwrap(),
        arrived: "2026-01-31T23:59:59.120Z".parse().unwrap(),
        data,
    };
    let mut items = Vec::new();
    transform(&chain, &record, &Rules::with_tenant_key([0; 32]), &mut items);
    items
}

/// As it is put.
fn stamped(mut event: Event) -> Vec<u8> {
    let queue = Queue::new(Config::new("stream", "test"), "0198c2a4-run", None);
    queue.stamp(&mut event);
    event.json
}

fn of(tenant: &str, action: &str) -> Draft {
    let (actor, resource) = (Actor::new("user", "u-17"), Resource::new("document", "d-9"));
    Draft::new(tenant, action, actor, resource, Outcome::Success)
}

fn draft() -> Draft {
    of("acme", "document.share")
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn members() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(any::<String>(), json(), 0..4)
        .prop_map(|members| members.into_iter().collect())
}

/// Mostly what is allowed, sometimes anything.
fn mostly(allowed: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![19 => allowed.boxed(), 1 => any::<String>().boxed()]
}

fn actors() -> impl Strategy<Value = Actor> {
    let texts = any::<(Option<String>, Option<String>, Vec<String>, Option<String>)>();
    (mostly("\\PC{1,20}"), mostly("(?s).{1,30}"), texts).prop_map(|(kind, id, texts)| {
        let (name, email, roles, session) = texts;
        let actor = Actor::new(kind, id).roles(roles);
        let actor = name.into_iter().fold(actor, Actor::name);
        let actor = email.into_iter().fold(actor, Actor::email);
        session.into_iter().fold(actor, Actor::session)
    })
}

fn resources() -> impl Strategy<Value = Resource> {
    let names = (mostly("\\PC{1,20}"), mostly("(?s).{1,30}"), any::<Option<String>>());
    (names, members()).prop_map(|((kind, id, name), attributes)| {
        let resource = name.into_iter().fold(Resource::new(kind, id), Resource::name);
        let add =
            |resource: Resource, (name, value): (String, Value)| resource.attribute(name, value);
        attributes.into_iter().fold(resource, add)
    })
}

fn changes() -> impl Strategy<Value = Change> {
    let values = || prop::option::of(json());
    (mostly("\\PC{1,20}"), values(), values()).prop_map(|(path, before, after)| {
        let change = before.into_iter().fold(Change::new(path), Change::before);
        after.into_iter().fold(change, Change::after)
    })
}

fn sources() -> impl Strategy<Value = Source> {
    any::<(Option<std::net::IpAddr>, [String; 4])>().prop_map(|(ip, texts)| {
        let [agent, service, version, region] = texts;
        let source = ip.into_iter().fold(Source::new(), Source::ip);
        source.user_agent(agent).service(service).version(version).region(region)
    })
}

fn traces() -> impl Strategy<Value = Trace> {
    let ids = (mostly("[0-9a-f]{32}"), mostly("[0-9a-f]{16}"), any::<String>());
    ids.prop_map(|(trace, span, request)| {
        Trace::new().trace_id(trace).span_id(span).request_id(request)
    })
}

fn drafts() -> impl Strategy<Value = Draft> {
    let outcomes = vec![Outcome::Success, Outcome::Failure, Outcome::Denied, Outcome::Unknown];
    let required = (
        mostly("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"),
        mostly("[a-z0-9][a-z0-9_-]{0,9}(\\.[a-z0-9][a-z0-9_-]{0,9}){1,4}"),
        actors(),
        resources(),
        prop::sample::select(outcomes),
        -70_000_000_000_i64..253_000_000_000,
        0..1_000_000_000_i64,
    );
    let optional = (
        prop::option::of(mostly("[A-Za-z0-9_.:-]{1,128}")),
        any::<Option<String>>(),
        prop::option::of(sources()),
        prop::option::of(traces()),
        prop::collection::vec(changes(), 0..3),
        members(),
        prop::option::of(mostly("[a-z0-9]{1,9}\\.[a-z0-9]{1,9}/[1-9][0-9]{0,8}")),
    );
    (required, optional).prop_map(|(required, optional)| {
        let (tenant, action, actor, resource, outcome, seconds, nanos) = required;
        let (id, reason, source, trace, changes, data, schema) = optional;
        let time = Timestamp::new(seconds, 0).unwrap() + SignedDuration::from_nanos(nanos);
        let draft = Draft::new(tenant, action, actor, resource, outcome).time(time);
        let draft = id.into_iter().fold(draft, Draft::id);
        let draft = reason.into_iter().fold(draft, Draft::reason);
        let draft = source.into_iter().fold(draft, Draft::source);
        let draft = trace.into_iter().fold(draft, Draft::trace);
        let draft = schema.into_iter().fold(draft, Draft::schema);
        let draft = changes.into_iter().fold(draft, Draft::change);
        data.into_iter().fold(draft, |draft, (name, value)| draft.data(name, value))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_can_be_built_is_sealed(draft in drafts()) {
        let Ok(event) = draft.build() else { return Ok(()) };
        let id = event.id().to_owned();
        let items = sealed(stamped(event));
        let [Item::Event(leaf)] = &items[..] else {
            return Err(TestCaseError::fail(format!("{items:?}")));
        };
        prop_assert_eq!(&leaf.event.as_ref().unwrap().id, &id);
    }

    /// The other way round: a draft that is refused would have been rejected.
    #[test]
    fn whatever_cannot_be_built_is_rejected(draft in drafts()) {
        let json = serde_json::to_vec(&draft).unwrap();
        if draft.build().is_err() {
            let items = sealed(json);
            prop_assert!(matches!(&items[..], [Item::Rejection(_)]), "{:?}", items);
        }
    }
}

#[test]
fn what_is_wrong_is_named_without_its_value() {
    let named = |draft: Draft| draft.build().unwrap_err().to_string();
    let secret = "Sekret!".to_owned();
    let trace = Trace::new();
    let cases = [
        ("/tenant", of(&secret, "a.b")),
        ("/action", of("acme", &secret)),
        ("/id", draft().id(&secret)),
        ("/schema", draft().schema(&secret)),
        ("/actor/id", draft().actor(Actor::new("user", ""))),
        ("/actor/type", draft().actor(Actor::new("u".repeat(2049), "a"))),
        ("/resource/id", draft().resource(Resource::new("a", ""))),
        ("/changes/1/path", draft().change(Change::new("a")).change(Change::new(""))),
        ("/trace/trace_id", draft().trace(trace.clone().trace_id(&secret))),
        ("/trace/span_id", draft().trace(trace.span_id("0".repeat(16)))),
        ("/time", draft().time(Timestamp::MIN)),
    ];
    for (pointer, draft) in cases {
        let error = named(draft);
        assert!(error.starts_with(&format!("{pointer}: expected ")), "{error}");
        assert!(!error.contains(&secret), "{error}");
    }
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |value, _| json!([value]))
}

#[test]
fn the_deepest_events_that_are_sealed_can_be_built_and_no_deeper_ones() {
    type Make = fn(Value) -> Draft;
    let makes: [(&str, usize, Make); 4] = [
        ("data", 30, |value| draft().data("a", value)),
        ("attributes", 29, |value| draft().resource(Resource::new("a", "b").attribute("a", value))),
        ("before", 29, |value| draft().change(Change::new("a").before(value))),
        ("after", 29, |value| draft().change(Change::new("a").after(value))),
    ];
    for (place, deepest, make) in makes {
        let items = sealed(stamped(make(nested(deepest)).build().unwrap()));
        assert!(matches!(items[..], [Item::Event(_)]), "{place}: {items:?}");
        let deeper = make(nested(deepest + 1));
        let items = sealed(serde_json::to_vec(&deeper).unwrap());
        assert!(matches!(items[..], [Item::Rejection(_)]), "{place}: {items:?}");
        assert!(matches!(deeper.build(), Err(EventError::Depth { .. })), "{place}");
    }
}

#[test]
fn the_largest_events_that_can_be_built_are_sealed() {
    let many = |n: usize| draft().data("a", vec![0; n]).build();
    let items = sealed(stamped(many(99_890).unwrap()));
    assert!(matches!(items[..], [Item::Event(_)]), "{items:?}");
    assert_eq!(many(99_910), Err(EventError::Values));
    let large = |n: usize| draft().data("a", "a".repeat(n)).build();
    let event = large(1_039_000).unwrap();
    let json = stamped(event);
    let (fits, limit) = (json.len() + 300, 1 << 20);
    assert!(fits < limit, "with line feed and key, {fits} bytes");
    assert!(matches!(sealed(json)[..], [Item::Event(_)]));
    assert!(matches!(large(1_040_300), Err(EventError::Bytes { .. })));
}

#[test]
fn neither_drafts_nor_events_show_what_is_in_them() {
    let draft = draft().reason("Sekret!").data("a", "Sekret!");
    let shown = format!("{draft:?} {:?}", draft.clone().build().unwrap());
    assert!(!shown.contains("Sekret!") && !shown.contains("u-17"), "{shown}");
}
