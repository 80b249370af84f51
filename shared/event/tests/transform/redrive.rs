//! What was rejected or expired comes back in an envelope that says where it was first.

use std::io::Write;

use cairn_event::{Envelope, EnvelopeError, Item, Leaf, Limits};
use cairn_ledger::Coordinates;
use serde_json::{Value, json};

use crate::support::*;

fn first() -> Coordinates {
    "audit/20260131T120000Z/shardId-000000000001#77#3".parse().unwrap()
}

fn wrapped(raw: impl Into<Vec<u8>>) -> Vec<u8> {
    Envelope { first: first(), raw: raw.into() }.to_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn redrive() -> Value {
    json!({"chain": "audit/20260131T120000Z/shardId-000000000001", "index": 3, "sequence": "77"})
}

#[test]
fn an_event_in_an_envelope_is_sealed_with_where_it_was_first() {
    for raw in [smallest().to_string().into_bytes(), gzip(smallest().to_string().as_bytes())] {
        for data in [wrapped(raw.clone()), gzip(&wrapped(raw))] {
            let leaf = event(data);
            let sealed = json(&leaf);
            assert_eq!(sealed["redrive"], redrive());
            assert_eq!(sealed["coordinates"]["sequence"], SEQUENCE);
            assert_eq!(serde_json_canonicalizer::to_vec(&sealed).unwrap(), leaf.bytes);
            assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
            // But for that, it is what it would be without.
            let plain = event(smallest().to_string());
            assert_eq!(with(sealed, "/redrive", None), json(&plain));
        }
    }
}

#[test]
fn a_redriven_record_is_read_as_any_record_is() {
    let records = format!("[{},{{}},{}]", smallest(), smallest());
    let items = items(wrapped(records));
    assert_eq!(codes(&items), ["event", "field.missing", "event"]);
    let ids: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            Item::Event(leaf) => Some(json(leaf)["id"].clone()),
            Item::Rejection(_) => None,
        })
        .collect();
    assert_ne!(ids[0], ids[1], "each has an id of its own, though they were first at one place");
}

#[test]
fn what_is_rejected_again_keeps_where_it_was_first() {
    for (raw, kept, code) in [
        ("{}".to_owned(), "{}", "field.missing"),
        ("[{} ,1]".to_owned(), "{}", "field.missing"),
        ("no json".to_owned(), "no json", "json.syntax"),
    ] {
        let items = items(wrapped(raw));
        let Item::Rejection(rejection) = &items[0] else { panic!("{items:?}") };
        assert_eq!(rejection.reason.code, code);
        let again = Envelope::parse(&rejection.raw).unwrap();
        assert_eq!(again, Envelope { first: first(), raw: kept.into() });
    }
    assert_eq!(
        rejection(wrapped(gzip(b"no json"))).raw,
        wrapped(gzip(b"no json")),
        "the bytes as they came, where they could not be split"
    );
}

#[test]
fn a_malformed_envelope_is_rejected_and_kept_as_it_came() {
    let good = String::from_utf8(wrapped(smallest().to_string())).unwrap();
    for (from, to) in [
        ("redrive/1", "redrive/2"),
        ("\"redrive/1\"", "7"),
        ("\"index\":3", "\"index\":-3"),
        ("\"index\":3", "\"index\":3,\"more\":1"),
        ("\"index\":3,", ""),
        ("\"77\"", "\"077\""),
        ("audit/", "audit/audit/"),
        ("\"raw\"", " \"raw\""),
        ("\"raw\":\"", "\"raw\":\"?"),
        ("\"raw\":\"", "\"raw\":\"=\",\"raw\":\""),
        ("}", "}}"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good);
        for data in [bad.clone().into_bytes(), gzip(bad.as_bytes())] {
            let rejection = rejection(data.clone());
            assert_eq!(rejection.reason.code, "redrive.invalid", "{to}");
            assert_eq!(rejection.raw, data);
        }
    }
    let cut = &good.as_bytes()[..good.len() - 1];
    assert_eq!(rejection(cut).reason.code, "redrive.invalid");
}

#[test]
fn an_envelope_in_an_envelope_is_refused() {
    for inner in [wrapped("{}"), gzip(&wrapped("{}"))] {
        let outer = wrapped(inner);
        assert_eq!(Envelope::parse(&outer), Err(EnvelopeError::Nested));
        assert_eq!(rejection(outer).reason.code, "redrive.invalid");
    }
}

#[test]
fn a_producer_cannot_say_that_an_event_was_redriven() {
    let claimed = with(smallest(), "/redrive", Some(redrive()));
    let rejection = rejection(claimed.to_string());
    assert_eq!(rejection.reason.code, "field.reserved");
    assert_eq!(rejection.reason.pointer.as_deref(), Some("/redrive"));
    // Only what begins as an envelope does is one.
    let spaced = String::from_utf8(wrapped("{}")).unwrap().replacen('{', "{ ", 1);
    assert_eq!(crate::support::rejection(spaced).reason.code, "field.unknown");
}

#[test]
fn the_limits_are_those_of_the_record_in_the_envelope() {
    let record = smallest().to_string();
    let bundle = limited(|limits: &mut Limits| limits.decoded_bytes = record.len() as u64);
    for data in [wrapped(record.clone()), gzip(&wrapped(record.clone()))] {
        assert_eq!(codes(&items_under(&bundle, data)), ["event"]);
    }
    let longer = format!("{record} ");
    assert_eq!(rejection_under(&bundle, wrapped(longer)).reason.code, "limit.decoded");
    let bomb = gzip(&wrapped(" ".repeat(100_000)));
    assert_eq!(rejection_under(&bundle, bomb).reason.code, "redrive.invalid");
}

#[test]
fn a_leaf_that_names_no_place_as_its_first_is_refused() {
    let sealed = json(&event(wrapped(smallest().to_string())));
    for (pointer, value) in [
        ("/redrive", Some(json!("77"))),
        ("/redrive/index", Some(json!(-1))),
        ("/redrive/index", None),
        ("/redrive/sequence", Some(json!("077"))),
        ("/redrive/chain", Some(json!("audit"))),
        ("/redrive/more", Some(json!(1))),
    ] {
        let changed = with(sealed.clone(), pointer, value);
        let bytes = serde_json_canonicalizer::to_vec(&changed).unwrap();
        let error = Leaf::parse(&bytes).unwrap_err().to_string();
        assert!(error.contains("/redrive"), "{pointer}: {error}");
    }
}
