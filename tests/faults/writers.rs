//! Two writers on one shard: a zombie that Lambda has given up, and its successor.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cairn_store::Table;
use cairn_store::faults::{At, Fault, Operation};
use cairn_tests::World;

use crate::story::{Cut, all_is_well, deliver, records};

const BATCH: usize = 6;

/// At every call of one writer, another one does all of its work in between.
#[tokio::test]
async fn another_writer_may_come_between_any_two_calls() {
    let calls = {
        let world = World::new(1).await;
        let records = records(&world);
        let process = world.process();
        deliver(&process, &[&records[..BATCH]]).await;
        process.faults.calls().len()
    };
    for n in 0..calls {
        for cut in Cut::ALL {
            for after in [false, true] {
                let world = World::new(1).await;
                let records = records(&world);
                let other = Arc::new(world.process());
                let first = cut.batches(&records, BATCH)[0].to_vec();
                let hook = async move { deliver(&other, &[&first]).await };

                let process = world.process();
                if after {
                    process.faults.after(At::call(n), hook);
                } else {
                    process.faults.before(At::call(n), hook);
                }
                deliver(&process, &[&records[..BATCH]]).await;
                deliver(&process, &[&records[BATCH..]]).await;
                let case = format!("another writer at call {n}, after it: {after}, {cut:?}");
                all_is_well(&world, &records, &case).await;
            }
        }
    }
}

/// Many at once, on real threads, with cuts of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_at_once_make_one_chain() {
    for round in 0..10 {
        let world = World::new(1).await;
        let records = Arc::new(records(&world));
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..4 {
            let (world, records) = (world.clone(), records.clone());
            writers.spawn(async move {
                let size = 1 + (round + writer) % 5;
                let batches: Vec<_> = records.chunks(size).collect();
                deliver(&world.process(), &batches).await;
            });
        }
        while let Some(done) = writers.join_next().await {
            done.unwrap();
        }
        all_is_well(&world, &records, &format!("round {round}")).await;
    }
}

/// A warm function whose memory of the head is stale.
#[tokio::test]
async fn a_warm_function_finds_out_that_its_head_is_stale() {
    let world = World::new(1).await;
    let records = records(&world);
    let (stale, other) = (world.process(), world.process());
    deliver(&stale, &[&records[..2]]).await;
    deliver(&other, &[&records[..4], &records[..6]]).await;
    deliver(&stale, &[&records[2..8]]).await;
    deliver(&other, &[&records]).await;
    all_is_well(&world, &records, "stale").await;
}

#[tokio::test]
async fn a_child_shard_names_the_last_batches_of_its_parents() {
    let world = World::new(2).await;
    let process = world.process();
    let left = world.put(0, crate::story::event(1));
    let right = world.put(1, crate::story::event(2));
    assert!(process.ingest(0, &[left]).await.unwrap().unwrap().failures.is_empty());
    assert!(process.ingest(1, &[right]).await.unwrap().unwrap().failures.is_empty());
    world.add_shard(&[0, 1]); // 2: a merge
    world.add_shard(&[2]); // 3: of a shard that never had a record
    let child = world.put(3, crate::story::event(3));
    assert!(process.ingest(3, &[child]).await.unwrap().unwrap().failures.is_empty());

    let items = world.cloud.batches(&world.chain(3).await, 0, 1).await.unwrap();
    let cairn_ledger::Lineage::Genesis(parents) = &items[0].header.header.lineage else {
        panic!("number 0 has parents");
    };
    let mut expected = Vec::new();
    for shard in 0..2 {
        let chain = world.chain(shard).await;
        let head = world.cloud.chain(&chain).await.unwrap().head.unwrap();
        expected.push(cairn_ledger::Parent { chain, link: head.link });
    }
    assert_eq!(*parents, expected);
    let report = world.verify().await;
    assert!(report.ok, "{:#?}", report.findings);
}

#[tokio::test]
async fn a_parent_without_batches_that_left_the_stream_is_passed_over() {
    let world = World::new(1).await;
    let process = world.process();
    let old = world.put(0, crate::story::event(1));
    assert!(process.ingest(0, &[old]).await.unwrap().unwrap().failures.is_empty());
    world.add_shard(&[0]); // 1: never has a record, and expires
    world.add_shard(&[1]); // 2
    let new = world.put(2, crate::story::event(2));
    // The writer that still knew all parents dies before its commit.
    let first = world.process();
    first.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(first.ingest(2, std::slice::from_ref(&new)).await.is_none());
    world.expire_shard(1);
    assert!(process.ingest(2, &[new]).await.unwrap().unwrap().failures.is_empty());
    let report = world.verify().await;
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!(report.records, 2);
}

/// The shard whose records are at hand cannot be unknown to its stream.
#[tokio::test]
async fn a_shard_that_its_stream_does_not_list_is_not_begun() {
    let world = World::new(1).await;
    let record = world.put(0, crate::story::event(1));
    world.expire_shard(0);
    let answer = world.process().ingest(0, &[record]).await.unwrap().unwrap();
    assert_eq!(answer.failures.len(), 1);
    assert!(world.cloud.chains().await.unwrap().is_empty());
}

/// A stream that is made again has the same name, other records, and maybe lower numbers.
#[tokio::test]
async fn a_stream_that_is_made_again_has_chains_of_its_own() {
    static LATER: AtomicI64 = AtomicI64::new(0);
    fn now() -> jiff::Timestamp {
        jiff::Timestamp::now() + jiff::SignedDuration::from_secs(LATER.load(Ordering::Relaxed))
    }
    let world = World::new(1).await;
    let process = world.process_with_clock(now);
    deliver(&process, &[&records(&world)[..4]]).await;
    let old = world.chain(0).await;
    // Its name has the time to the second.
    while world.chain(0).await == old {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        world.make_stream_again();
    }
    LATER.store(301, Ordering::Relaxed);
    let record = world.put(0, crate::story::event(77));
    deliver(&process, &[&[record]]).await;
    let head = world.cloud.chain(&world.chain(0).await).await.unwrap().head;
    assert_eq!(head.map(|head| head.number), Some(0), "sealed in a chain of its own");
}
