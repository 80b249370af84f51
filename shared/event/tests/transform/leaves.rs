//! Leaves: those that are made are read, and nothing else is.

use cairn_event::{Item, Leaf, LeafParts, Reason, Rejection};
use cairn_ledger::Hash;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::*;

fn canonical(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).unwrap()
}

fn rejected() -> Rejection {
    Rejection {
        sequence: SEQUENCE.parse().unwrap(),
        arrived: ARRIVED.parse().unwrap(),
        index: 3,
        reason: Reason {
            code: "field.type",
            pointer: Some("/actor/id".to_owned()),
            message: "expected \"a\" string".to_owned(),
        },
        raw: b"\xff raw".to_vec(),
    }
}

#[test]
fn a_leaf_is_read_back_as_it_was_made() {
    for sent in [smallest(), fullest()] {
        let leaf = event(sent.to_string());
        assert_eq!(canonical(&json(&leaf)), leaf.bytes);
        assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    }
}

#[test]
fn a_rejection_commits_to_its_bytes_and_is_read_back() {
    let quarantine = Hash::of(b"quarantine");
    let leaf = rejected().leaf(&chain(), &[9; 32], &quarantine);
    let commitment = Hash::of(&[&[9; 32][..], b"\xff raw"].concat());
    let expected = json!({
        "arrived": ARRIVED,
        "coordinates": {"chain": chain().as_str(), "index": 3, "sequence": SEQUENCE},
        "kind": "rejection",
        "raw": {"bytes": 5, "quarantine": quarantine.to_string(), "sha256": commitment.to_string()},
        "reason": {"code": "field.type", "message": "expected \"a\" string", "pointer": "/actor/id"},
    });
    assert_eq!(leaf.bytes, canonical(&expected));
    assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    let parts = LeafParts::parse(&leaf.bytes).unwrap();
    assert_eq!((parts.chain, parts.index), (chain(), 3));
    let raw = parts.raw.unwrap();
    assert_eq!((raw.bytes, raw.quarantine, raw.sha256), (5, quarantine, commitment));
}

#[test]
fn a_quarantine_line_holds_bytes_and_salt() {
    let line = rejected().quarantine_line(&chain(), &[9; 32]);
    let expected = json!({
        "arrived": ARRIVED,
        "coordinates": {"chain": chain().as_str(), "index": 3, "sequence": SEQUENCE},
        "raw": "/yByYXc=",
        "reason": {"code": "field.type", "message": "expected \"a\" string", "pointer": "/actor/id"},
        "salt": "09".repeat(32),
    });
    assert_eq!(line.into_bytes(), canonical(&expected));
}

#[test]
fn arrival_counts_to_the_millisecond() {
    for (arrived, written) in [
        ("2026-01-31T23:59:59.123987654Z", "2026-01-31T23:59:59.123Z"),
        ("2026-01-31T23:59:59Z", "2026-01-31T23:59:59.000Z"),
        ("2026-02-03T04:05:06.007Z", "2026-02-03T04:05:06.007Z"),
    ] {
        let mut record = record(format!("[{},{{}}]", smallest()));
        record.arrived = arrived.parse().unwrap();
        let mut made = Vec::new();
        cairn_event::transform(&chain(), &record, &rules(&bundle()), &mut made);
        let [Item::Event(event), Item::Rejection(rejection)] = &made[..] else { panic!() };
        for leaf in [event, &rejection.leaf(&chain(), &[0; 32], &Hash::EMPTY_ROOT)] {
            assert_eq!(json(leaf)["arrived"], written);
            assert_eq!(leaf.arrived, written.parse().unwrap());
            assert_eq!(&Leaf::parse(&leaf.bytes).unwrap(), leaf);
        }
    }
}

#[test]
fn bytes_that_are_not_canonical_are_refused() {
    let leaf = String::from_utf8(event(fullest().to_string()).bytes).unwrap();
    assert!(Leaf::parse(leaf.as_bytes()).is_ok());
    for (from, to) in [
        ("{\"action\"", "{ \"action\""),
        ("}", "}\n"),
        ("\"b\":[1,null]", "\"b\":[1, null]"),
        ("\"n\":1.5", "\"n\":1.50"),
        ("\"n\":1.5", "\"n\":15e-1"),
        ("9007199254740991", "9007199254740993"),
        ("\"kind\":\"event\",\"outcome\":\"denied\"", "\"outcome\":\"denied\",\"kind\":\"event\""),
        ("curl/8", "curl\\/8"),
        ("curl/8", "c\\u0075rl/8"),
        ("\"n\":1.5", "\"n\":1.5,\"n\":1.5"),
    ] {
        let at = if from == "}" { leaf.len() - 1 } else { leaf.find(from).unwrap() };
        let changed = format!("{}{to}{}", &leaf[..at], &leaf[at + from.len()..]);
        assert!(Leaf::parse(changed.as_bytes()).is_err(), "{to}");
    }
    for bytes in [&b""[..], b"\xff", b"{}", b"[]", b"null", b"{\"kind\":\"batch\"}"] {
        assert!(Leaf::parse(bytes).is_err());
    }
}

#[test]
fn fields_that_no_leaf_could_have_are_refused_by_name() {
    let event = json(&event(fullest().to_string()));
    let rejection = json(&rejected().leaf(&chain(), &[9; 32], &Hash::EMPTY_ROOT));
    for (base, pointer, value, named) in [
        (&event, "/tenant", Some(json!("a/b")), "`/tenant`"),
        (&event, "/tenant", None, "`/tenant`"),
        (&event, "/time", Some(json!("yesterday")), "`/time`"),
        (&event, "/id", None, "`/id`"),
        (&event, "/kind", Some(json!("rejection")), "just arrived"),
        (&event, "/kind", None, "`/kind`"),
        (&event, "/adapter", Some(json!("another")), "`/adapter`"),
        (&event, "/more", Some(json!(1)), "``"),
        (&event, "/arrived", None, "`/arrived`"),
        (&event, "/arrived", Some(json!("2026-01-31T23:59:59.12Z")), "`/arrived`"),
        (&event, "/arrived", Some(json!("2026-01-31T23:59:59.1200Z")), "`/arrived`"),
        (&event, "/arrived", Some(json!("2026-02-01T00:59:59.120+01:00")), "`/arrived`"),
        (&event, "/coordinates", None, "`/coordinates`"),
        (&event, "/coordinates", Some(json!([])), "`/coordinates`"),
        (&event, "/coordinates/chain", Some(json!("a/b")), "`/coordinates/chain`"),
        (&event, "/coordinates/index", Some(json!(-1)), "`/coordinates/index`"),
        (&event, "/coordinates/index", Some(json!("1")), "`/coordinates/index`"),
        (&event, "/coordinates/sequence", Some(json!("01")), "`/coordinates/sequence`"),
        (&event, "/coordinates/sequence", Some(json!(1)), "`/coordinates/sequence`"),
        (&event, "/coordinates/more", Some(json!(1)), "`/coordinates`"),
        (&rejection, "/kind", Some(json!("event")), "``"),
        (&rejection, "/more", Some(json!(1)), "``"),
        (&rejection, "/arrived", Some(json!(1)), "`/arrived`"),
        (&rejection, "/raw/bytes", Some(json!(1.5)), "`/raw/bytes`"),
        (&rejection, "/raw/bytes", Some(json!("5")), "`/raw/bytes`"),
        (&rejection, "/raw/quarantine", Some(json!("ab")), "`/raw/quarantine`"),
        (&rejection, "/raw/sha256", Some(json!("AB".repeat(32))), "`/raw/sha256`"),
        (&rejection, "/raw/more", Some(json!(1)), "`/raw`"),
        (&rejection, "/reason/code", Some(json!("no.such")), "`/reason/code`"),
        (&rejection, "/reason/message", Some(json!(1)), "`/reason/message`"),
        (&rejection, "/reason/pointer", Some(json!("actor")), "`/reason/pointer`"),
        (&rejection, "/reason/more", Some(json!(1)), "`/reason`"),
        (&rejection, "/coordinates/index", None, "`/coordinates`"),
    ] {
        let bytes = canonical(&with(base.clone(), pointer, value));
        let error = Leaf::parse(&bytes).unwrap_err().to_string();
        assert!(error.contains(named), "{pointer}: {error}");
    }
}

/// Some JSON for `data`.
fn data() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(|number| Value::from(number.floor() + 0.5)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 30, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("\\PC{0,6}", inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_event_is_sealed_canonically_and_read_back(
        members in prop::collection::btree_map("\\PC{0,6}", data(), 0..6),
        reason in "\\PC*",
        actor in "\\PC{1,300}",
    ) {
        let data = Value::Object(members.into_iter().collect());
        let sent = with(fullest(), "/data", Some(data.clone()));
        let sent = with(sent, "/reason", Some(json!(reason)));
        let sent = with(sent, "/actor/id", Some(json!(actor)));
        let leaf = event(sent.to_string());
        let sealed = json(&leaf);
        prop_assert_eq!(&sealed["data"], &data);
        prop_assert_eq!(&sealed["reason"], &reason);
        prop_assert_eq!(&leaf.event.as_ref().unwrap().actor_id, &actor);
        prop_assert_eq!(canonical(&sealed), leaf.bytes.as_slice());
        prop_assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    }

    #[test]
    fn a_changed_leaf_is_refused_or_says_what_it_says(at: prop::sample::Index, byte: u8) {
        let mut bytes = event(fullest().to_string()).bytes;
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(leaf) = Leaf::parse(&bytes) {
            prop_assert_eq!(canonical(&json(&leaf)), bytes);
        }
    }
}
