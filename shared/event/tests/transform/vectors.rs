//! The committed vectors, which were made without this code.

use cairn_event::{Bundle, Item, Leaf, Reason, Record, Rejection, Rules, transform};
use cairn_ledger::Hash;
use serde_json::Value;

use crate::support::{codes, event, items, smallest};

fn vectors(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/");
    serde_json::from_slice(&std::fs::read(format!("{folder}{name}")).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn events_are_sealed_as_the_vectors_say() {
    let vectors = vectors("events.json");
    let chain = text(&vectors["chain"]).parse().unwrap();
    let bundle = Bundle::parse(text(&vectors["bundle"]["json"]).as_bytes()).unwrap();
    assert_eq!(bundle.hash().to_string(), text(&vectors["bundle"]["hash"]));
    assert_eq!(bundle, Bundle::with_tenant_key(bundle.tenant_key));
    let events = vectors["events"].as_array().unwrap();
    let mut checked = 0;
    for record in events.chunk_by(|a, b| a["sequence"] == b["sequence"]) {
        let inputs: Vec<&str> = record.iter().map(|event| text(&event["input"])).collect();
        let record_sent = Record {
            sequence: text(&record[0]["sequence"]).parse().unwrap(),
            arrived: text(&record[0]["arrived"]).parse().unwrap(),
            data: format!("[{}]", inputs.join(",")).into_bytes(),
        };
        let mut items = Vec::new();
        transform(&chain, &record_sent, &crate::support::rules(&bundle), &mut items);
        assert_eq!(items.len(), record.len());
        for (item, event) in items.iter().zip(record) {
            let Item::Event(leaf) = item else { panic!("{item:?}") };
            assert_eq!(String::from_utf8_lossy(&leaf.bytes), text(&event["canonical"]));
            assert_eq!(Hash::leaf(&leaf.bytes).to_string(), text(&event["leaf"]));
            assert_eq!(&Leaf::parse(&leaf.bytes).unwrap(), leaf);
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn rejections_are_sealed_as_the_vectors_say() {
    let vectors = vectors("events.json");
    let (chain, vector) = (text(&vectors["chain"]).parse().unwrap(), &vectors["rejection"]);
    let record = Record {
        sequence: text(&vector["sequence"]).parse().unwrap(),
        arrived: text(&vector["arrived"]).parse().unwrap(),
        data: hex::decode(text(&vector["raw"])).unwrap(),
    };
    let mut items = Vec::new();
    transform(&chain, &record, &Rules::with_tenant_key([0; 32]), &mut items);
    let [Item::Rejection(rejection)] = &items[..] else { panic!("{items:?}") };
    // Messages are for people and may change; all else is fixed.
    let reason = Reason {
        message: text(&vector["reason"]["message"]).to_owned(),
        ..rejection.reason.clone()
    };
    assert_eq!(reason.code, text(&vector["reason"]["code"]));
    let rejection = Rejection { reason, ..rejection.clone() };
    let mut salt = [0; 32];
    hex::decode_to_slice(text(&vector["salt"]), &mut salt).unwrap();
    let line = rejection.quarantine_line(&chain, &salt) + "\n";
    assert_eq!(line, text(&vector["quarantine"]));
    let leaf = rejection.leaf(&chain, &salt, &Hash::of(line.as_bytes()));
    assert_eq!(String::from_utf8_lossy(&leaf.bytes), text(&vector["canonical"]));
    assert_eq!(Hash::leaf(&leaf.bytes).to_string(), text(&vector["leaf"]));
}

/// The smallest event with a JSON text as a member of `data`.
fn holding(text: &str) -> String {
    let event = smallest().to_string();
    format!("{{\"data\":{{\"v\":{text}}},{}", event.strip_prefix('{').unwrap())
}

#[test]
fn values_are_written_as_the_vectors_say() {
    let vectors = vectors("canonical.json");
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let (input, canonical) = (text(&case["input"]), text(&case["canonical"]));
        let leaf = event(holding(input));
        let sealed = String::from_utf8(leaf.bytes.clone()).unwrap();
        let expected = format!("\"data\":{{\"v\":{canonical}}},\"id\":");
        assert!(sealed.contains(&expected), "{input}: {sealed}");
        assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
        // What is canonical is no other event: only so can a reader check the form.
        assert_eq!(event(holding(canonical)).bytes == leaf.bytes, !is_big(canonical), "{input}");
    }
    assert!(cases.len() > 70);
}

/// Whether canonical form writes an integer as a number that it would not keep if it were sent.
fn is_big(canonical: &str) -> bool {
    canonical.parse::<i128>().is_ok_and(|value| value.unsigned_abs() >= 1 << 53)
}

#[test]
fn values_are_refused_as_the_vectors_say() {
    let vectors = vectors("canonical.json");
    let refused = vectors["refused"].as_array().unwrap();
    for case in refused {
        let input = text(&case["input"]);
        assert_eq!(codes(&items(holding(input))), [text(&case["code"])], "{input}");
    }
    assert!(refused.len() >= 10);
}

#[test]
fn rules_make_of_events_what_the_vectors_say() {
    let vectors = vectors("rules.json");
    let chain = text(&vectors["chain"]).parse().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let what = text(&case["what"]);
        let bundle = Bundle::parse(text(&case["bundle"]).as_bytes()).unwrap();
        let database = bundle.location.map(|_| crate::enrichment::database().into());
        let rules = Rules::new(bundle, database).unwrap();
        let record = Record {
            sequence: text(&vectors["sequence"]).parse().unwrap(),
            arrived: text(&vectors["arrived"]).parse().unwrap(),
            data: text(&case["input"]).as_bytes().to_vec(),
        };
        let mut items = Vec::new();
        transform(&chain, &record, &rules, &mut items);
        match &items[..] {
            [Item::Event(leaf)] => {
                assert_eq!(
                    String::from_utf8_lossy(&leaf.bytes),
                    text(&case["canonical"]),
                    "{what}"
                );
                assert_eq!(Hash::leaf(&leaf.bytes).to_string(), text(&case["leaf"]), "{what}");
                assert_eq!(&Leaf::parse(&leaf.bytes).unwrap(), leaf, "{what}");
            }
            [Item::Rejection(Rejection { reason, .. })] => {
                assert_eq!(reason.code, text(&case["code"]), "{what}");
                assert_eq!(reason.pointer.as_deref(), case["pointer"].as_str(), "{what}");
            }
            items => panic!("{what}: {items:?}"),
        }
    }
    assert!(cases.len() >= 8);
}
