#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

fn order() -> Order {
    Order {
        origin: "example.com/audit".into(),
        chain: "events/20260131T235959Z/shardId-000000000000".parse().unwrap(),
        after: Some(LastGood {
            last: "49590338271490256608559692540925702759324208523137515618".parse().unwrap(),
            link: Hash::leaf(b"last good"),
            number: 7,
        }),
        reason: "root: expected a, found b".into(),
        found: vec![
            Found { bytes: None, sha256: None, version: "m".into() },
            Found { bytes: Some(12), sha256: Some(Hash::of(b"object")), version: "2".into() },
            Found { bytes: Some(13), sha256: None, version: "1".into() },
        ],
        by: "arn:aws:sts::000000000000:assumed-role/cairn-break-glass/zoe".into(),
        why: "planted by the drill of \u{201c}Friday\u{201d}\n".into(),
        at: "2026-02-01T00:00:00.120Z".into(),
    }
}

#[test]
fn an_order_is_canonical_and_read_as_it_was_written() {
    let mut first = order();
    (first.after, first.found) = (None, Vec::new());
    for order in [order(), first] {
        let json = order.to_json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), json);
        assert_eq!(Order::parse(json.as_bytes()).unwrap(), order);
        assert_eq!(order.hash(), Hash::of(json.as_bytes()));
    }
}

#[test]
fn what_is_found_lies_at_the_key_after_the_last_good_batch() {
    assert_eq!(order().number(), 8);
    assert_eq!(Order { after: None, ..order() }.number(), 0);
}

#[test]
fn what_is_no_order_is_refused() {
    type Change = fn(&mut Order);
    let changes: [Change; 11] = [
        |order| order.origin = "a log".into(),
        |order| order.at = "2026-02-01T00:00:00Z".into(),
        |order| order.by = String::new(),
        |order| order.why = " \n".into(),
        |order| order.why = "w".repeat(4_097),
        |order| order.found[1].version = "m".into(),
        |order| order.found[1].version = String::new(),
        |order| order.found[1].bytes = None,
        |order| order.found[1].bytes = Some(1 << 53),
        |order| order.after.as_mut().unwrap().number = (1 << 53) - 1,
        |order| order.reason = "r".repeat(1 << 20),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut order = order();
        change(&mut order);
        assert!(order.check().is_err(), "change {n}");
        assert!(Order::parse(order.to_json().as_bytes()).is_err(), "change {n}");
    }
    let good = order().to_json();
    for (from, to) in [
        ("\"kind\":\"order\"", "\"kind\":\"batch\""),
        ("\"version\":1,", "\"version\":2,"),
        ("\"kind\"", "\"extra\":1,\"kind\""),
        ("{\"bytes\":12", "{\"bytes\": 12"),
        ("\"reason\"", "\"reasons\""),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(Order::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_went(reason in ".{0,40}", why in ".{0,20}[a-z]") {
        let order = Order { reason, why, ..order() };
        prop_assert_eq!(Order::parse(order.to_json().as_bytes()).unwrap(), order);
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes: Vec<u8>) {
        prop_assert!(Order::parse(&bytes).is_err());
    }
}
