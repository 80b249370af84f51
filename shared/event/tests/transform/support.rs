//! Records and what is made of them.

use cairn_event::{Bundle, Item, Leaf, Limits, Record, Rejection, Rules, transform};
use cairn_ledger::ChainId;
use serde_json::{Value, json};

pub(crate) const SEQUENCE: &str = "49590338271490256608559692538361571095921575989136588898";
pub(crate) const ARRIVED: &str = "2026-01-31T23:59:59.120Z";

pub(crate) fn chain() -> ChainId {
    "audit/20260131T120000Z/shardId-000000000000".parse().unwrap()
}

pub(crate) fn record(data: impl Into<Vec<u8>>) -> Record {
    let (sequence, arrived) = (SEQUENCE.parse().unwrap(), ARRIVED.parse().unwrap());
    Record { sequence, arrived, data: data.into() }
}

pub(crate) fn bundle() -> Bundle {
    Bundle::with_tenant_key([7; 32])
}

pub(crate) fn limited(limit: impl FnOnce(&mut Limits)) -> Bundle {
    let mut bundle = bundle();
    limit(&mut bundle.limits);
    bundle
}

/// The rules of a bundle without a location database.
pub(crate) fn rules(bundle: &Bundle) -> Rules {
    Rules::new(bundle.clone(), None).unwrap()
}

pub(crate) fn items_by(rules: &Rules, data: impl Into<Vec<u8>>) -> Vec<Item> {
    let mut items = Vec::new();
    transform(&chain(), &record(data), rules, &mut items);
    items
}

pub(crate) fn items_under(bundle: &Bundle, data: impl Into<Vec<u8>>) -> Vec<Item> {
    items_by(&rules(bundle), data)
}

pub(crate) fn items(data: impl Into<Vec<u8>>) -> Vec<Item> {
    items_under(&bundle(), data)
}

/// The one event of a record.
pub(crate) fn event(data: impl Into<Vec<u8>>) -> Leaf {
    event_by(&rules(&bundle()), data)
}

pub(crate) fn event_by(rules: &Rules, data: impl Into<Vec<u8>>) -> Leaf {
    match <[Item; 1]>::try_from(items_by(rules, data)).unwrap() {
        [Item::Event(leaf)] => leaf,
        [Item::Rejection(rejection)] => panic!("rejected: {:?}", rejection.reason),
    }
}

/// The one rejection of a record.
pub(crate) fn rejection_under(bundle: &Bundle, data: impl Into<Vec<u8>>) -> Rejection {
    match <[Item; 1]>::try_from(items_under(bundle, data)).unwrap() {
        [Item::Rejection(rejection)] => rejection,
        [Item::Event(leaf)] => panic!("sealed: {}", String::from_utf8_lossy(&leaf.bytes)),
    }
}

pub(crate) fn rejection(data: impl Into<Vec<u8>>) -> Rejection {
    rejection_under(&bundle(), data)
}

/// What became of each item: `event`, or the code of its rejection.
pub(crate) fn codes(items: &[Item]) -> Vec<&'static str> {
    let code = |item: &Item| match item {
        Item::Event(_) => "event",
        Item::Rejection(rejection) => rejection.reason.code,
    };
    items.iter().map(code).collect()
}

pub(crate) fn json(leaf: &Leaf) -> Value {
    serde_json::from_slice(&leaf.bytes).unwrap()
}

/// An event with the required fields alone.
pub(crate) fn smallest() -> Value {
    json!({
        "tenant": "acme",
        "time": "2026-01-31T23:59:58+01:00",
        "action": "document.share",
        "actor": {"type": "user", "id": "u-17"},
        "resource": {"type": "document", "id": "d-9"},
        "outcome": "success",
    })
}

/// An event with every field.
pub(crate) fn fullest() -> Value {
    json!({
        "id": "01944f3c-5b2a-7c3e-8a55-0e6a3b1f2c4d",
        "tenant": "acme",
        "time": "2026-01-31T23:59:58.123456789+01:00",
        "action": "document.share",
        "actor": {
            "type": "user", "id": "u-17", "name": "Zoë \"Z\" Li", "email": "zoe@example.com",
            "roles": ["editor", "owner"], "session": "s-1",
        },
        "resource": {
            "type": "document", "id": "d-9", "name": "Plan", "attributes": {"b": [1, null], "a": {}},
        },
        "outcome": "denied",
        "reason": "outside the domain",
        "source": {
            "ip": "2001:db8::7", "user_agent": "curl/8", "service": "docs", "version": "1.2",
            "region": "eu-west-1",
        },
        "trace": {
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
            "request_id": "r-1",
        },
        "changes": [{"path": "/shared", "before": false, "after": {"with": ["u-18"]}}],
        "data": {"n": 1.5, "big": 9_007_199_254_740_991_i64},
        "schema": "document.share/2",
        "producer": {"id": "docs-7", "seq": 12},
    })
}

/// The smallest event with the value at a pointer set; `None` removes it.
pub(crate) fn with(base: Value, pointer: &str, value: Option<Value>) -> Value {
    let mut event = base;
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (event.pointer_mut(parent).unwrap(), value) {
        (Value::Object(members), Some(value)) => drop(members.insert(name.to_owned(), value)),
        (Value::Object(members), None) => drop(members.remove(name).unwrap()),
        (Value::Array(elements), Some(value)) => elements[name.parse::<usize>().unwrap()] = value,
        _ => panic!("no {pointer}"),
    }
    event
}

/// The record with other members: `null` removes one.
pub(crate) fn changed(mut record: Value, changes: Value) -> Value {
    let members = record.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
    record
}

/// What a record is sealed as that holds one event.
pub(crate) fn sealed(record: &Value) -> Value {
    json(&event(record.to_string()))
}
