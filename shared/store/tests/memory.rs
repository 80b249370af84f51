//! The cloud in memory keeps the contracts, and its operator breaks them.

#![allow(clippy::unwrap_used)]

use cairn_store::conformance::{self, Given, Ground};
use cairn_store::memory::{DATA_KEY, Memory, SoftwareSigner};
use cairn_store::{Encryption, LockMode, Objects, Retention};
use jiff::{SignedDuration, Timestamp};

/// Not a whole second, so that rounding shows.
fn now() -> Timestamp {
    "2026-01-31T23:59:59.123456789Z".parse().unwrap()
}

fn ground() -> Ground {
    Ground { name: "memory".to_owned(), now: now(), data_key: DATA_KEY.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_bucket_keeps_the_contract() {
    conformance::objects(&Memory::new(now), &ground()).await;
}

#[tokio::test]
async fn its_locks_keep_the_contract() {
    let cloud = Memory::new(now);
    conformance::locks(&cloud, &cloud, &ground()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_table_keeps_the_contract() {
    let cloud = Memory::new(now);
    conformance::table(&cloud, &ground()).await;
    // Again, from a log that is somewhere.
    conformance::table(&cloud, &Ground { name: "memory-again".to_owned(), ..ground() }).await;
}

#[tokio::test]
async fn its_streams_keep_the_contract() {
    let cloud = Memory::new(now);
    let shards = cloud.create_stream("events", 2);
    let put = |n: u8| cloud.put_record("events", &shards[0], vec![n; 3]);
    let records = (0..5).map(put).map(|record| (record.sequence, record.data)).collect();
    let split = cloud.add_shard("events", &[&shards[0]]);
    let merged = cloud.add_shard("events", &[&shards[0], &shards[1]]);
    let given = Given {
        stream: "events".to_owned(),
        shard: shards[0].clone(),
        records,
        children: vec![(split, vec![shards[0].clone()]), (merged, shards)],
    };
    conformance::stream(&cloud, &given).await;
}

#[tokio::test]
async fn software_signers_keep_the_contract() {
    conformance::signer(&SoftwareSigner::ed25519([7; 32])).await;
    conformance::signer(&SoftwareSigner::p256([7; 32])).await;
    // No private key of P-256: greater than the group's order.
    conformance::signer(&SoftwareSigner::p256([0xff; 32])).await;
}

#[tokio::test]
async fn its_operator_can_do_what_no_lock_allows() {
    let cloud = Memory::new(now);
    let operator = cloud.operator();
    let until = now() + SignedDuration::from_hours(24);
    let locked = Some(Retention { mode: LockMode::Compliance, until });
    let version = cloud.create("a", "sealed".into(), locked).await.unwrap();

    operator.overwrite("a", None, "altered");
    let found = cloud.read("a").await.unwrap().unwrap();
    assert_eq!((&found.body[..], &found.version), (&b"altered"[..], &version));

    operator.set_retention("a", Some(&version), None);
    operator.set_encryption("a", None, Encryption::Other("AES256".to_owned()));
    let found = cloud.read("a").await.unwrap().unwrap();
    assert_eq!(found.retention, None);
    assert_eq!(found.encryption, Encryption::Other("AES256".to_owned()));

    let added = operator.put("a", "another", locked);
    operator.mark_deleted("a");
    assert!(cloud.read("a").await.unwrap().is_none());
    assert_eq!(operator.versions("a").len(), 3);
    operator.delete_version("a", &added);
    assert!(cloud.read_version("a", &added).await.unwrap().is_none());
    operator.delete("a");
    assert_eq!(operator.keys(), [""; 0]);
}

#[tokio::test]
async fn a_fork_goes_its_own_way() {
    let cloud = Memory::new(now);
    cloud.create("both", "1".into(), None).await.unwrap();
    let fork = cloud.fork();
    cloud.create("one", "1".into(), None).await.unwrap();
    fork.create("other", "1".into(), None).await.unwrap();
    assert_eq!(cloud.operator().keys(), ["both", "one"]);
    assert_eq!(fork.operator().keys(), ["both", "other"]);
}

#[tokio::test]
async fn expired_records_are_gone() {
    use cairn_store::Stream;
    let cloud = Memory::new(now);
    let shard = cloud.create_stream("events", 1).remove(0);
    let put = || cloud.put_record("events", &shard, "1").sequence;
    let (first, second, third) = (put(), put(), put());
    cloud.expire_records("events", &shard, &second);
    let found = cloud.records("events", &shard, &first, &third).await.unwrap();
    assert_eq!(found.into_iter().map(|record| record.sequence).collect::<Vec<_>>(), [third]);
}
