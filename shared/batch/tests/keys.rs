//! The names of objects are part of the format: this is the exact list.

#![allow(clippy::unwrap_used)]

use cairn_batch::keys;
use cairn_ledger::{ChainId, Hash};

#[test]
fn the_names_of_objects_are_pinned() {
    let chain: ChainId = "audit/20260131T120000Z/shardId-000000000007".parse().unwrap();
    let hash = Hash::EMPTY_ROOT;
    let time = "2026-01-31T23:59:59.9Z".parse().unwrap();
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let names = [
        (
            keys::batch(&chain, 42),
            "batches/audit/20260131T120000Z/shardId-000000000007/00000000000000000042.parquet"
                .into(),
        ),
        (
            keys::batch(&chain, u64::MAX),
            "batches/audit/20260131T120000Z/shardId-000000000007/18446744073709551615.parquet"
                .into(),
        ),
        (
            keys::quarantine(&chain, 42, &hash),
            format!(
                "quarantine/audit/20260131T120000Z/shardId-000000000007/00000000000000000042-{empty}.ndjson"
            ),
        ),
        (keys::order(&chain), "orders/audit/20260131T120000Z/shardId-000000000007.json".into()),
        (keys::bundle(&hash), format!("config/{empty}")),
        (keys::CHECKPOINT.to_owned(), "log/checkpoint".into()),
        (keys::checkpoint(7), "log/checkpoints/00000000000000000007".into()),
        (keys::checkpoint_prefix().to_owned(), "log/checkpoints/".into()),
        (keys::plan(time, 7), "log/plans/20260131T235959Z-00000000000000000007".into()),
        (keys::cursors(&hash), format!("log/cursors/{empty}")),
        (keys::tile("tile/0/x001/234.p/5"), "log/tile/0/x001/234.p/5".into()),
        (keys::tile("tile/entries/067"), "log/tile/entries/067".into()),
    ];
    for (name, expected) in names {
        let expected: String = expected;
        assert_eq!(name, expected);
    }
}

#[test]
fn names_are_read_as_they_are_written_and_no_others() {
    let chain: ChainId = "audit/20260131T120000Z/shardId-000000000007".parse().unwrap();
    let time: jiff::Timestamp = "2026-01-31T23:59:59Z".parse().unwrap();
    let (batch, plan) = (keys::batch(&chain, 42), keys::plan(time, 7));
    assert_eq!(keys::parse_batch(&batch), Some((chain, 42)));
    assert_eq!(keys::parse_checkpoint(&keys::checkpoint(7)), Some(7));
    assert_eq!(keys::parse_plan(&plan), Some((time, 7)));
    for other in ["", "batches/", "log/plans/", "log/checkpoints/7", "log/checkpoint"] {
        assert_eq!(keys::parse_batch(other), None);
        assert_eq!(keys::parse_checkpoint(other), None);
        assert_eq!(keys::parse_plan(other), None);
    }
    assert_eq!(keys::parse_batch(&batch.replace("0042", "42")), None);
    assert_eq!(keys::parse_plan(&plan.replace("235959", "236060")), None);
    assert_eq!(keys::parse_plan(&plan.replace("0007", "7")), None);
}

#[test]
fn numbers_sort_as_keys_do() {
    let chain: ChainId = "audit/20260131T120000Z/s".parse().unwrap();
    let numbers = [0, 1, 9, 10, 99, 1_000_000, u64::MAX];
    assert!(numbers.map(|number| keys::batch(&chain, number)).is_sorted());
    assert!(numbers.map(keys::checkpoint).is_sorted());
}

#[test]
fn only_what_a_name_is_made_of_is_read_from_it() {
    let chain: ChainId = "audit/20260131T120000Z/shardId-000000000007".parse().unwrap();
    let (batch, time) = (keys::batch(&chain, 42), "2026-01-31T23:59:59Z".parse().unwrap());
    assert_eq!(keys::parse_batch(&batch), Some((chain, 42)));
    let plan = keys::plan(time, 7);
    assert_eq!(keys::parse_plan(&plan), Some((time, 7)));
    for wrong in [
        batch.replace("0042", "42"),
        batch.replace(".parquet", ""),
        batch.replace("batches/", "batches//"),
        batch.replace("20260131T", "2026"),
        plan.clone(),
    ] {
        assert_eq!(keys::parse_batch(&wrong), None, "{wrong}");
    }
    for wrong in
        [plan.replace("-0", "-"), plan.replace('Z', ""), plan.replace("0131", "0231"), batch]
    {
        assert_eq!(keys::parse_plan(&wrong), None, "{wrong}");
    }
}
