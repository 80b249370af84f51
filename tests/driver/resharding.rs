//! Shards are split and merged under load.

use std::collections::BTreeMap;
use std::time::Duration;

use cairn_ledger::Lineage;
use cairn_local::driver::Happening;
use cairn_tests::Driven;

const FIRST: &str = "shardId-000000000000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chains_of_split_and_merged_shards_are_linked_and_nothing_is_lost() {
    let driven = Driven::start("resharded", 1).await;
    let (kinesis, stream) = (driven.kinesis(), driven.cloud.deployment().stream.clone());
    let driver = driven.drive(driven.settings().await);
    load(&driven).await;
    let split = kinesis.split_shard().stream_name(&stream).shard_to_split(FIRST);
    // The load spreads over the lowest 2^67 keys.
    split.new_starting_hash_key((5_u128 << 64).to_string()).send().await.unwrap();
    load(&driven).await;
    let (low, high) = ("shardId-000000000001", "shardId-000000000002");
    let merge = kinesis.merge_shards().stream_name(&stream);
    merge.shard_to_merge(low).adjacent_shard_to_merge(high).send().await.unwrap();
    load(&driven).await;
    driven.finish(driver).await;

    let headers = driven.headers().await;
    let mut parents = BTreeMap::new();
    for header in &headers {
        if let Lineage::Genesis(found) = &header.lineage {
            let shards = found.iter().map(|parent| parent.chain.shard().to_owned());
            let before =
                parents.insert(header.chain.shard().to_owned(), shards.collect::<Vec<_>>());
            assert_eq!(before, None, "two chains of one shard");
        }
    }
    let merged = "shardId-000000000003";
    let expected: BTreeMap<_, Vec<&str>> =
        [(FIRST, vec![]), (low, vec![FIRST]), (high, vec![FIRST]), (merged, vec![low, high])]
            .into();
    let found: BTreeMap<_, Vec<&str>> = parents
        .iter()
        .map(|(shard, parents)| (shard.as_str(), parents.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(found, expected);
    children_came_after_their_parents(&driven.happened(), &expected);
}

/// Puts under keys all over the lower part of the only shard there was, and does not wait.
async fn load(driven: &Driven) {
    for place in 0..10 {
        driven.put(place, 5, 50).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

fn children_came_after_their_parents(happened: &[Happening], parents: &BTreeMap<&str, Vec<&str>>) {
    let finished = |wanted: &str| {
        let is_it = |happening: &Happening| matches!(happening, Happening::Finished { shard } if shard == wanted);
        happened.iter().position(is_it)
    };
    for (n, happening) in happened.iter().enumerate() {
        let Happening::Invoked { shard, .. } = happening else { continue };
        for parent in &parents[shard.as_str()] {
            assert!(finished(parent).is_some_and(|end| end < n), "{shard} before {parent}");
        }
    }
}
