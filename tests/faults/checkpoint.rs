//! The checkpoint handler: every call x every fault, another ticker between any two calls, and
//! tables that were rolled back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_batch::keys;
use cairn_ledger::{Checkpoint, VerifierKey};
use cairn_store::faults::{At, Fault, Operation};
use cairn_store::memory::SoftwareSigner;
use cairn_store::{Objects, Table};
use cairn_tests::{World, verifier_key};

use crate::story::{all_is_well, deliver, event, records};

/// Each kind of key, and both at once, as while one succeeds the other.
pub(crate) fn signers() -> [Vec<SoftwareSigner>; 3] {
    let (ed25519, p256) = (SoftwareSigner::ed25519([3; 32]), SoftwareSigner::p256([4; 32]));
    [vec![ed25519.clone()], vec![p256.clone()], vec![ed25519, p256]]
}

/// A log of two batches, and the change to their bundle, that is to grow by two more.
pub(crate) async fn prepare(signers: &[SoftwareSigner]) -> (World, Vec<cairn_store::StoredRecord>) {
    let world = World::with_signers(1, signers).await;
    let records = records(&world);
    let process = world.process();
    deliver(&process, &[&records[..2], &records[2..4]]).await;
    assert_eq!(process.tick().await.unwrap().added, 3);
    deliver(&process, &[&records[4..6], &records[6..]]).await;
    (world, records)
}

#[tokio::test]
async fn every_fault_at_every_call_of_a_tick_is_survived() {
    for signer in signers() {
        let (world, _) = prepare(&signer).await;
        let process = world.process();
        process.tick().await.unwrap();
        let calls = process.faults.calls().len();
        assert!(calls > 10, "{calls}");
        for n in 0..calls {
            for fault in Fault::ALL {
                let (world, records) = prepare(&signer).await;
                let kept = world.verify_as_it_is(None).await.checkpoint;
                let process = world.process();
                process.faults.inject(At::call(n), fault);
                let _ = process.tick_until_crash().await;
                let case = format!("{:?}", process.faults.fired());
                assert!(!process.faults.fired().is_empty(), "{case}");
                all_is_well(&world, &records, &case).await;
                let report = world.verify_as_it_is(Some(kept)).await;
                assert!(report.ok, "{case}: {:#?}", report.findings);
            }
        }
    }
}

#[tokio::test]
async fn another_ticker_may_come_between_any_two_calls() {
    for signer in signers() {
        let (world, _) = prepare(&signer).await;
        let process = world.process();
        process.tick().await.unwrap();
        let calls = process.faults.calls();
        for (n, call) in calls.iter().enumerate() {
            for after in [false, true] {
                let case = format!("another ticker at {call}, after it: {after}");
                let (world, records) = prepare(&signer).await;
                let (process, other) = (world.process(), world.process());
                let ran = Arc::new(AtomicBool::new(false));
                let hook = {
                    let ran = ran.clone();
                    async move {
                        other.tick().await.unwrap();
                        ran.store(true, Ordering::Relaxed);
                    }
                };
                match after {
                    true => process.faults.after(At::call(n), hook),
                    false => process.faults.before(At::call(n), hook),
                }
                process.tick().await.unwrap();
                assert!(ran.load(Ordering::Relaxed), "{case}");
                all_is_well(&world, &records, &case).await;
            }
        }
    }
}

/// Each time it looks beyond the head, another ticker has just moved the log on, and a batch has come since.
#[tokio::test]
async fn a_tick_that_is_always_overtaken_gives_up() {
    let (world, mut records) = prepare(&signers()[0]).await;
    let process = world.process();
    for n in 0..4 {
        let more = [world.put(0, event(20 + n))];
        records.extend(more.clone());
        let (ingest, other) = (world.process(), world.process());
        process.faults.before(At::operation(Operation::List, n), async move {
            other.tick().await.unwrap();
            deliver(&ingest, &[&more]).await;
        });
    }
    let error = process.tick().await.unwrap_err().to_string();
    assert!(error.contains("gave up after 4 attempts: the log's head"), "{error}");
    all_is_well(&world, &records, "overtaken").await;
}

/// The old key alone, both, the new key alone: at each time a reader who knows one of the keys that sign
/// believes the checkpoint, and all of them are of one log.
#[tokio::test]
async fn one_signing_key_succeeds_another() {
    let [old, new] = [SoftwareSigner::ed25519([3; 32]), SoftwareSigner::p256([4; 32])];
    let (old_key, new_key) = (verifier_key(&old).await, verifier_key(&new).await);
    let world = World::with_signers(1, std::slice::from_ref(&old)).await;
    let records = records(&world);
    let process = world.process();
    let opens = async |key: &VerifierKey| {
        let note = world.cloud.read(keys::CHECKPOINT).await.unwrap().unwrap().body;
        let note = str::from_utf8(&note).unwrap().to_owned();
        Checkpoint::open(&note, std::slice::from_ref(key)).is_ok()
    };
    deliver(&process, &[&records[..2]]).await;
    process.tick().await.unwrap();
    assert_eq!((opens(&old_key).await, opens(&new_key).await), (true, false));
    // The new key alone, without an overlap: its function knows nobody who signed the last checkpoint.
    deliver(&process, &[&records[2..4]]).await;
    let abrupt = world.signed_by(std::slice::from_ref(&new)).await;
    let refused = abrupt.process().tick().await.unwrap_err().to_string();
    assert!(refused.contains("expected a checkpoint under a signing key"), "{refused}");
    let overlap = world.signed_by(&[new.clone(), old]).await;
    assert_eq!(overlap.process().tick().await.unwrap().added, 1);
    assert_eq!((opens(&old_key).await, opens(&new_key).await), (true, true));
    let kept = overlap.verify_as_it_is(None).await.checkpoint;
    let after = overlap.signed_by(&[new]).await;
    deliver(&after.process(), &[&records[4..]]).await;
    assert_eq!(after.process().tick().await.unwrap().added, 1);
    assert_eq!((opens(&old_key).await, opens(&new_key).await), (false, true));
    all_is_well(&after, &records, "after the succession").await;
    let report = after.verify_as_it_is(Some(kept)).await;
    assert!(report.ok, "{:#?}", report.findings);
}

/// A crash after the head has moved, and more batches before the restart: what was begun is finished
/// as it was begun.
#[tokio::test]
async fn what_was_begun_is_finished_before_anything_new() {
    for operation in [Operation::Create, Operation::Sign, Operation::Replace] {
        let (world, mut records) = prepare(&signers()[0]).await;
        let process = world.process();
        let begun = At::operation(operation, 0);
        // The first object of a tick, the cursors, comes before the head moves.
        let begun = if operation == Operation::Create { begun.under("log/plans/") } else { begun };
        process.faults.inject(begun, Fault::CrashBefore);
        assert!(process.tick_until_crash().await.is_none(), "{operation:?}");
        assert_eq!(world.cloud.log_head().await.unwrap().unwrap().to.size, 5);

        let more = [world.put(0, event(20)), world.put(0, event(21))];
        deliver(&world.process(), &[&more[..1], &more[1..]]).await;
        assert_eq!(world.process().tick().await.unwrap().size, 7);
        let keys = world.cloud.operator().keys();
        for size in [3, 5, 7] {
            assert!(keys.contains(&keys::checkpoint(size)), "{operation:?}: size {size}");
        }
        records.extend(more);
        all_is_well(&world, &records, &format!("{operation:?}")).await;
    }
}

/// What lies where the log is about to write must be what it would write.
#[tokio::test]
async fn other_bytes_where_the_log_would_write_are_refused() {
    let (world, _) = prepare(&signers()[0]).await;
    let before = world.fork();
    let process = world.process();
    process.tick().await.unwrap();
    let written: Vec<String> = process
        .faults
        .writes()
        .into_iter()
        .filter(|call| call.operation == Operation::Create)
        .map(|call| call.key)
        .filter(|key| !key.starts_with("log/plans/")) // its name has the time
        .collect();
    assert_eq!(written.len(), 4, "cursors, tile, bundle, checkpoint: {written:?}");
    for key in written {
        let world = before.fork();
        world.cloud.operator().put(&key, "planted", None);
        let refused = world.process().tick().await.unwrap_err().to_string();
        assert!(refused.contains(&key), "{key}: {refused}");
        let published = world.cloud.read(keys::CHECKPOINT).await.unwrap().unwrap().body;
        assert!(published.starts_with(format!("{}\n3\n", cairn_tests::ORIGIN).as_bytes()), "{key}");
    }
}

/// The parent's last batch and the child's first are committed between the reads of their pages.
#[tokio::test]
async fn a_child_that_overtakes_its_parents_page_waits_without_alarm() {
    let world = World::new(1).await;
    let first = world.put(0, event(1));
    deliver(&world.process(), &[&[first]]).await;
    world.process().tick().await.unwrap();
    world.add_shard(&[0]);
    let (last, child) = (world.put(0, event(2)), world.put(1, event(3)));
    // As if it were listed already.
    world.cloud.operator().set_registered(&world.chain(1).await, true);
    let (process, other) = (world.process(), world.process());
    process.faults.after(At::operation(Operation::Batches, 0), async move {
        assert!(other.ingest(0, &[last]).await.unwrap().unwrap().failures.is_empty());
        assert!(other.ingest(1, &[child]).await.unwrap().unwrap().failures.is_empty());
    });
    let tick = process.tick().await.unwrap();
    assert_eq!((tick.added, tick.broken), (0, Vec::new()));
    assert_eq!(world.process().tick().await.unwrap().added, 2);
}

#[tokio::test]
async fn nothing_new_writes_nothing() {
    let (world, _) = prepare(&signers()[0]).await;
    let process = world.process();
    process.tick().await.unwrap();
    let writes = process.faults.writes().len();
    assert_eq!(process.tick().await.unwrap().added, 0);
    assert_eq!(process.faults.writes().len(), writes);
    let signed = process.faults.calls().iter().filter(|c| c.operation == Operation::Sign).count();
    assert_eq!(signed, 1);
}

#[tokio::test]
async fn a_log_grows_over_many_ticks_and_tiles() {
    let world = World::new(1).await;
    let process = world.process();
    let mut trusted = None;
    for round in 0..6 {
        for n in 0..100 {
            let record = world.put(0, event(n));
            assert!(process.ingest(0, &[record]).await.unwrap().unwrap().failures.is_empty());
        }
        assert_eq!(process.tick().await.unwrap().size, (round + 1) * 100 + 1);
        let report = world.verify_as_it_is(trusted).await;
        assert!(report.ok, "{:#?}", report.findings);
        trusted = Some(report.checkpoint);
    }
    let keys = world.cloud.operator().keys();
    for full in ["log/tile/0/000", "log/tile/0/001", "log/tile/entries/000", "log/tile/1/000.p/2"] {
        assert!(keys.iter().any(|key| key == full), "{full} is not in {keys:#?}");
    }
}

#[tokio::test]
async fn a_log_head_that_was_rolled_back_signs_nothing() {
    let (world, _) = prepare(&signers()[0]).await;
    let old = world.cloud.log_head().await.unwrap();
    world.process().tick().await.unwrap();
    for lost in [old, None] {
        world.cloud.operator().set_log_head(lost);
        let process = world.process();
        let refused = process.tick().await.unwrap_err().to_string();
        assert!(refused.starts_with("log/checkpoint") || refused.starts_with("the log's head"));
        assert!(process.faults.writes().is_empty());
    }
}

/// Nothing is new to such a table, and that is no good news.
#[tokio::test]
async fn an_emptied_table_is_no_quiet_tick() {
    let (world, _) = prepare(&signers()[0]).await;
    world.process().tick().await.unwrap();
    world.cloud.operator().set_log_head(None);
    world.cloud.operator().set_registered(&world.chain(0).await, false);
    let refused = world.process().tick().await.unwrap_err().to_string();
    assert!(refused.contains("at least size 5"), "{refused}");
}

#[tokio::test]
async fn a_log_head_and_checkpoint_rolled_back_together_sign_nothing() {
    let (world, _) = prepare(&signers()[0]).await;
    let old = world.cloud.log_head().await.unwrap();
    let before = world.cloud.read(keys::CHECKPOINT).await.unwrap().unwrap();
    world.process().tick().await.unwrap();
    world.cloud.operator().set_log_head(old);
    world.cloud.operator().overwrite(keys::CHECKPOINT, None, before.body);
    let process = world.process();
    let refused = process.tick().await.unwrap_err().to_string();
    assert!(refused.contains("log/checkpoints/"), "{refused}");
    assert!(process.faults.writes().is_empty());
}

#[tokio::test]
async fn a_header_changed_in_the_table_is_not_logged() {
    let (world, _) = prepare(&signers()[0]).await;
    let chain = world.chain(0).await;
    let mut item = world.cloud.batches(&chain, 2, 1).await.unwrap().remove(0);
    item.header.header.lineage = cairn_ledger::Lineage::Previous(cairn_ledger::Hash::EMPTY_ROOT);
    world.cloud.operator().set_batch(&chain, 2, Some(item));
    let tick = world.process().tick().await.unwrap();
    assert_eq!((tick.added, tick.broken.len()), (0, 1));
}

#[tokio::test]
async fn a_gap_in_the_table_is_waited_for() {
    let (world, records) = prepare(&signers()[0]).await;
    let chain = world.chain(0).await;
    let item = world.cloud.batches(&chain, 2, 1).await.unwrap().remove(0);
    world.cloud.operator().set_batch(&chain, 2, None);
    let tick = world.process().tick().await.unwrap();
    assert_eq!((tick.added, tick.broken.len()), (0, 1));
    world.cloud.operator().set_batch(&chain, 2, Some(item));
    assert_eq!(world.process().tick().await.unwrap().added, 2);
    all_is_well(&world, &records, "gap").await;
}
