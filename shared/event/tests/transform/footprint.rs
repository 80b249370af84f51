//! How much memory items say that they take.

use cairn_event::Item;
use cairn_ledger::Hash;
use serde_json::json;

use crate::support::*;

#[test]
fn an_event_takes_its_bytes_and_its_columns() {
    for text in ["", &"x".repeat(100_000)] {
        let sent = with(fullest(), "/data", Some(json!({"text": text})));
        let made = items(sent.to_string());
        let Item::Event(leaf) = &made[0] else { panic!() };
        let footprint = made[0].footprint();
        let least = leaf.bytes.len() + size_of_val(leaf);
        assert!((least..least + 4096).contains(&footprint), "{footprint} of {least}");
    }
    // A session stands in the bytes and once more in its column.
    let sent = with(fullest(), "/actor/session", Some(json!("s".repeat(100_000))));
    let made = items(sent.to_string());
    let Item::Event(leaf) = &made[0] else { panic!() };
    assert!(made[0].footprint() >= leaf.bytes.len() + 100_000);
}

#[test]
fn a_rejection_takes_its_bytes_its_leaf_and_its_line() {
    for length in [1, 1000, 300_000] {
        let made = items("x".repeat(length));
        let Item::Rejection(rejection) = &made[0] else { panic!() };
        let leaf = rejection.leaf(&chain(), &[1; 32], &Hash::EMPTY_ROOT);
        let line = rejection.quarantine_line(&chain(), &[1; 32]);
        let least = rejection.raw.len() + leaf.bytes.len() + line.len();
        let footprint = made[0].footprint();
        assert!((least..least + 4096).contains(&footprint), "{footprint} of {least}");
    }
}
