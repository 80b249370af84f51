#![allow(clippy::unwrap_used)]

use cairn_ledger::{BatchHeader, Counts, Lineage, Parent};
use proptest::prelude::*;

use super::*;
use crate::BatchItem;

/// DynamoDB's rule for the size of an item: the UTF-8 bytes of every name and text; binary as it
/// is; a number a byte for every two digits, and one; 3 bytes for a list or map, and one an element.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::L(values) => 3 + values.iter().map(|v| 1 + value_size(v)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.len() + size(map),
        other => panic!("no rule for {other:?}"),
    }
}

fn realistic(stream: &str) -> (ChainId, BatchItem) {
    let chain: ChainId = format!("{stream}/20260131T235959Z/shardId-000000000123").parse().unwrap();
    let number = 18_446_744_073_709_551_615;
    let header = BatchHeader {
        origin: "audit.example.com/prod".to_owned(),
        chain: chain.clone(),
        number,
        lineage: Lineage::Previous(Hash::of(b"before")),
        root: Hash::of(b"root"),
        counts: Counts { events: 10_000, records: 10_000, rejections: 10_000 },
        tenants: Hash::of(b"tenants"),
        first: "49590338271490256608559692538361571095921575989136588898".parse().unwrap(),
        last: "49590338271490256608559692540925702759324208523137515618".parse().unwrap(),
        arrived: ["2026-01-31T23:59:59.999Z".to_owned(), "2026-02-01T00:00:04.999Z".to_owned()],
        bundle: Hash::of(b"bundle"),
        transform: "cairn-event/0.1.0".to_owned(),
        key: format!("batches/{chain}/{number:020}.parquet"),
    };
    let version = VersionId::new("3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH");
    (chain, BatchItem { header: header.seal(Hash::of(b"object")), version })
}

#[test]
fn the_item_of_a_batch_is_one_write_unit() {
    let (chain, item) = realistic("cairn-events");
    let size = size(&batch(&chain, &item));
    assert!(size <= 720, "{size} bytes");
}

#[test]
fn the_item_of_a_batch_is_one_write_unit_with_the_longest_name_of_a_stream() {
    let (chain, item) = realistic(&"s".repeat(128));
    let size = size(&batch(&chain, &item));
    assert!(size <= 1024, "{size} bytes");
}

#[test]
fn an_item_of_another_shape_is_named() {
    let (chain, written) = realistic("cairn-events");
    let whole = batch(&chain, &written);
    assert_eq!(read_batch("query", &chain, whole.clone()).unwrap(), written);
    for name in whole.keys().filter(|name| *name != "pk") {
        let mut missing = whole.clone();
        missing.remove(name);
        let error = read_batch("query", &chain, missing).unwrap_err().to_string();
        assert!(error.contains("none"), "without {name}: {error}");
        let mut wrong = whole.clone();
        wrong.insert(name.clone(), AttributeValue::Bool(true));
        let error = read_batch("query", &chain, wrong).unwrap_err().to_string();
        assert!(error.contains(&format!("`{name}`: expected")), "{error}");
    }
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from_bytes)
}

fn any_chain() -> impl Strategy<Value = ChainId> {
    "[a-zA-Z0-9_-]{1,128}/[0-9]{8}T[0-9]{6}Z/shardId-[0-9]{12}"
        .prop_map(|name| name.parse().unwrap())
}

fn any_sequence() -> impl Strategy<Value = cairn_ledger::SequenceNumber> {
    "[1-9][0-9]{0,127}".prop_map(|digits| digits.parse().unwrap())
}

fn any_lineage() -> impl Strategy<Value = Lineage> {
    let parent = || (any_chain(), any_hash()).prop_map(|(chain, link)| Parent { chain, link });
    let parents = || proptest::collection::vec(parent(), 0..3);
    prop_oneof![
        any_hash().prop_map(Lineage::Previous),
        parents().prop_map(Lineage::Genesis),
        (parents(), any_hash()).prop_map(|(parents, order)| Lineage::Ordered { parents, order }),
    ]
}

prop_compose! {
    fn any_batch()(
        origin in "\\PC{1,40}",
        chain in any_chain(),
        number in any::<u64>(),
        lineage in any_lineage(),
        [root, tenants, bundle, sha256] in [any_hash(), any_hash(), any_hash(), any_hash()],
        (events, records, rejections) in any::<(u64, u64, u64)>(),
        [first, last] in [any_sequence(), any_sequence()],
        arrived in ["\\PC{0,30}", "\\PC{0,30}"],
        [transform, key, version] in ["\\PC{0,30}", "\\PC{0,30}", "\\PC{0,40}"],
    ) -> BatchItem {
        let counts = Counts { events, records, rejections };
        let header = BatchHeader {
            origin, chain, number, lineage, root, counts, tenants, first, last, arrived, bundle,
            transform, key,
        };
        BatchItem { header: header.seal(sha256), version: VersionId::new(version) }
    }
}

fn any_point() -> impl Strategy<Value = LogPoint> {
    (any::<u64>(), any_hash(), any_hash()).prop_map(|(size, root, cursors)| LogPoint {
        size,
        root,
        cursors,
    })
}

proptest! {
    #[test]
    fn a_batch_comes_back_as_it_went(item in any_batch()) {
        let chain = item.header.header.chain.clone();
        prop_assert_eq!(read_batch("query", &chain, batch(&chain, &item)).unwrap(), item);
    }

    #[test]
    fn a_head_comes_back_as_it_went(
        item in any_batch(),
        stopped in any::<Option<String>>(),
        continued in proptest::option::of(any_hash()),
    ) {
        let chain_head = ChainHead {
            number: item.header.header.number,
            link: item.header.link(),
            last: item.header.header.last,
            object: ObjectVersionRef { key: item.header.header.key, version: item.version },
        };
        let mut written = head(&chain_head);
        written.extend(stopped.clone().map(|reason| ("x".to_owned(), text(reason))));
        written.extend(continued.map(|order| ("c".to_owned(), hash(&order))));
        let state = ChainState { head: Some(chain_head), stopped, continued };
        prop_assert_eq!(read_chain("get", written).unwrap(), state);
    }

    #[test]
    fn a_redrive_comes_back_as_it_went(
        chain in any_chain(),
        [sequence, placed] in [any_sequence(), any_sequence()],
        index: u32,
        run in "[0-9a-f]{32}",
        millisecond in 0..253_402_200_000_000_i64,
        put: bool,
    ) {
        let at = Coordinates { chain: chain.clone(), index, sequence };
        let put = put.then(|| Placed { shard: "shardId-000000000001".to_owned(), sequence: placed });
        let begun = jiff::Timestamp::from_millisecond(millisecond).unwrap();
        let moved = Redrive { run, begun, put };
        let mut written = redrive(&moved);
        written.extend(redrive_key(&at));
        prop_assert_eq!(read_redrive("get", &chain, written).unwrap(), (at, moved));
    }

    #[test]
    fn the_head_of_the_log_comes_back_as_it_went(
        to in any_point(),
        from in proptest::option::of(any_point()),
        second in 0..253_402_200_000_i64,
    ) {
        let moved = jiff::Timestamp::from_second(second).unwrap();
        let head = LogHead { to, from, moved };
        prop_assert_eq!(read_log("get", log(&head)).unwrap(), head);
    }
}
