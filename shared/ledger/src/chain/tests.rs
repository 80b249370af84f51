#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn a_chain_is_named_by_stream_creation_time_and_shard() {
    let created = "2026-01-31T23:59:59.9Z".parse().unwrap();
    let chain = ChainId::new("audit-events", created, "shardId-000000000007").unwrap();
    assert_eq!(chain.as_str(), "audit-events/20260131T235959Z/shardId-000000000007");
    assert_eq!(chain.stream(), "audit-events");
    assert_eq!(chain.created(), "20260131T235959Z");
    assert_eq!(chain.shard(), "shardId-000000000007");
    assert_eq!(chain.sibling("x").unwrap().as_str(), "audit-events/20260131T235959Z/x");
    assert!(chain.sibling("../x").is_err());
}

#[test]
fn a_stopped_chain_has_a_successor_of_the_same_shard() {
    let chain: ChainId = "s.t/20260131T235959Z/a".parse().unwrap();
    let (first, second) = (chain.successor(), chain.successor().successor());
    assert_eq!(first.as_str(), "s.t/20260131T235959Z/a.1");
    assert_eq!(second.as_str(), "s.t/20260131T235959Z/a.2");
    assert_eq!([&chain, &first, &second].map(ChainId::generation), [0, 1, 2]);
    assert_eq!([&chain, &first, &second].map(ChainId::shard), ["a"; 3]);
    for of_shard in [&chain, &first, &second] {
        assert_eq!(of_shard.original(), chain);
    }
    assert_eq!(second.predecessor(), Some(first.clone()));
    assert_eq!((first.predecessor(), chain.predecessor()), (Some(chain.clone()), None));
    assert_eq!(first.as_str().parse::<ChainId>().unwrap(), first);
    assert_eq!(second.sibling("b").unwrap().as_str(), "s.t/20260131T235959Z/b");
}

#[test]
fn the_chains_of_a_shard_are_found_among_others() {
    let chain = |shard: &str| -> ChainId { format!("s/20260131T235959Z/{shard}").parse().unwrap() };
    let shards = ["a", "a-1", "a.1", "a.10", "a.2", "a0", "aa.1", "b"];
    let map: BTreeMap<ChainId, &str> = shards.map(|shard| (chain(shard), shard)).into();
    for of in ["a", "a.2", "a.7"] {
        let found: Vec<&str> = chain(of).of_shard(&map).map(|(_, shard)| *shard).collect();
        assert_eq!(found, ["a", "a.1", "a.10", "a.2"], "{of}");
    }
    assert_eq!(chain("aa").of_shard(&map).count(), 1);
    assert_eq!(chain("c").of_shard(&map).count(), 0);
}

#[test]
fn what_is_no_chain_is_refused() {
    let long = "s".repeat(129);
    for text in [
        "",
        "/",
        "//",
        "s/20260131T235959Z",
        "s/20260131T235959Z/",
        "/20260131T235959Z/a",
        "s/20260131T235959Z/a/b",
        "s/20260131T235959/a",
        "s/20260131t235959z/a",
        "s/x/a",
        "./20260131T235959Z/a",
        "s/20260131T235959Z/..",
        "s/20260131T235959Z/.1",
        "s/20260131T235959Z/a.",
        "s/20260131T235959Z/a.0",
        "s/20260131T235959Z/a.01",
        "s/20260131T235959Z/a.+1",
        "s/20260131T235959Z/a.b",
        "s/20260131T235959Z/a.1.1",
        "s/20260131T235959Z/a.1000000000",
        "s s/20260131T235959Z/a",
        "s/20260131T235959Z/\u{e9}",
        "s%2f/20260131T235959Z/a",
        &format!("{long}/20260131T235959Z/a"),
    ] {
        assert!(text.parse::<ChainId>().is_err(), "{text}");
    }
}

#[test]
fn what_is_no_sequence_number_is_refused() {
    let long = "1".repeat(129);
    for text in ["", "00", "01", "-1", "+1", " 1", "1e3", "\u{0661}", long.as_str()] {
        assert!(text.parse::<SequenceNumber>().is_err(), "{text}");
    }
    assert!("0".parse::<SequenceNumber>().is_ok());
}

proptest! {
    #[test]
    fn sequence_numbers_are_ordered_as_numbers(a: u128, b: u128, tail in "[0-9]{0,30}") {
        let number = |n: u128| format!("{n}{tail}").parse::<SequenceNumber>();
        // With the same digits behind both, the order of the numbers is that of the heads.
        if let (Ok(x), Ok(y)) = (number(a), number(b)) {
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
        let plain = |n: u128| n.to_string().parse::<SequenceNumber>().unwrap();
        prop_assert_eq!(plain(a).cmp(&plain(b >> 64)), a.cmp(&(b >> 64)));
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in ".{0,60}") {
        let _ = text.parse::<ChainId>();
        let _ = text.parse::<SequenceNumber>();
    }
}
