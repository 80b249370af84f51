//! One writer: every call of the ingest handler x every fault x every way the batch may be cut
//! when it comes again, to a new chain and to one that has a batch.

use std::io::Write;

use cairn_store::faults::{At, Call, Fault, Operation};
use cairn_store::{StoredRecord, Table};
use cairn_tests::World;

use crate::story::{Cut, all_is_well, deliver, records};

/// Records of the batch that meets the fault.
const BATCH: usize = 6;

/// Records that are sealed before, if the chain is not new.
async fn prepare(warm: bool) -> (World, Vec<StoredRecord>, usize) {
    let world = World::new(1).await;
    let records = records(&world);
    if !warm {
        return (world, records, 0);
    }
    deliver(&world.process(), &[&records[..2]]).await;
    (world, records, 2)
}

/// The calls that the handler makes for the batch when nothing goes wrong.
async fn calls(warm: bool) -> usize {
    let (world, records, sealed) = prepare(warm).await;
    let process = world.process();
    deliver(&process, &[&records[sealed..BATCH]]).await;
    process.faults.calls().len()
}

/// A store that refuses to create an object and then has none has lost one, or lies.
fn is_a_lie(call: &Call, fault: Fault) -> bool {
    fault == Fault::Conflict
        && call.operation == Operation::Create
        && call.key.starts_with("batches/")
}

/// Every fault, how the batch comes again, and whether to another process: one that died is always
/// followed by another.
fn outcomes() -> impl Iterator<Item = (Fault, Cut, bool)> {
    let pairs = Fault::ALL.into_iter().flat_map(|fault| Cut::ALL.map(|cut| (fault, cut)));
    pairs.flat_map(|(fault, cut)| {
        let others: &[bool] = if fault.is_crash() { &[true] } else { &[false, true] };
        others.iter().map(move |another| (fault, cut, *another))
    })
}

async fn every_fault(warm: bool) {
    let calls = calls(warm).await;
    assert!(calls >= 5, "created, bundle, head, quarantine, batch, commit; found {calls}");
    let mut cases = 0;
    for n in 0..calls {
        for (fault, cut, another) in outcomes() {
            let (world, records, sealed) = prepare(warm).await;
            let process = world.process();
            process.faults.inject(At::call(n), fault);
            let answer = process.ingest(0, &records[sealed..BATCH]).await;
            let struck = process.faults.fired();
            let (call, _) = struck.first().expect("the fault has struck");
            let case = format!("{fault:?} at {call}, then {cut:?}, another: {another}");
            assert_eq!(answer.is_none(), fault.is_crash(), "{case}");

            // Then the chain stops, and nothing else does it.
            let stopped = world.cloud.chain(&world.chain(0).await).await.unwrap().stopped;
            let lied = is_a_lie(call, fault);
            assert_eq!(stopped.is_some(), lied, "{case}: {stopped:?}");
            if lied {
                continue;
            }

            let next = if another { world.process() } else { process };
            let batches = cut.batches(&records[sealed..], BATCH - sealed);
            deliver(&next, &batches).await;
            all_is_well(&world, &records, &case).await;
            cases += 1;
        }
    }
    println!("{cases} cases");
}

#[tokio::test]
async fn a_new_chain_survives_every_fault_at_every_call() {
    every_fault(false).await;
}

#[tokio::test]
async fn a_chain_in_work_survives_every_fault_at_every_call() {
    every_fault(true).await;
}

/// A chain whose next object is made and not committed: its writer died.
async fn half_made() -> (World, Vec<StoredRecord>, usize) {
    let (world, records, sealed) = prepare(true).await;
    let first = world.process();
    first.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(first.ingest(0, &records[sealed..BATCH]).await.is_none());
    (world, records, sealed)
}

/// The batch that comes again holds as much as the object does, less (so that the stream is asked
/// for the rest), or more.
#[tokio::test]
async fn faults_while_adopting_are_survived() {
    for cut in Cut::ALL {
        let (world, records, sealed) = half_made().await;
        let again = cut.batches(&records[sealed..], BATCH - sealed)[0].len();
        let process = world.process();
        deliver(&process, &[&records[sealed..sealed + again]]).await;
        let calls = process.faults.calls();
        let asks = calls.iter().any(|call| call.operation == Operation::Records);
        assert_eq!(asks, matches!(cut, Cut::Shorter), "{cut:?}: {calls:#?}");
        for (n, call) in calls.iter().enumerate() {
            for fault in Fault::ALL {
                if is_a_lie(call, fault) {
                    continue;
                }
                let (world, records, sealed) = half_made().await;
                let process = world.process();
                process.faults.inject(At::call(n), fault);
                let _ = process.ingest(0, &records[sealed..sealed + again]).await;
                let case = format!("{fault:?} at {call} while adopting, {cut:?}");
                assert_eq!(process.faults.fired().len(), 1, "{case}");

                deliver(&world.process(), &[&records[sealed..]]).await;
                all_is_well(&world, &records, &case).await;
            }
        }
    }
}

#[tokio::test]
async fn a_crash_before_the_commit_is_adopted_and_not_sealed_again() {
    let (world, records, _) = prepare(false).await;
    let first = world.process();
    let commit = Operation::Commit;
    first.faults.inject(At::operation(commit, 0), Fault::CrashBefore);
    assert!(first.ingest(0, &records[..BATCH]).await.is_none());
    let keys = world.cloud.operator().keys();

    deliver(&world.process(), &[&records[..BATCH]]).await;
    let batches = |keys: &[String]| keys.iter().filter(|key| key.starts_with("batches/")).count();
    assert_eq!(batches(&world.cloud.operator().keys()), batches(&keys));
    deliver(&world.process(), &[&records[BATCH..]]).await;
    all_is_well(&world, &records, "adopted").await;
}

#[tokio::test]
async fn records_that_the_stream_has_forgotten_are_adopted_by_what_is_at_hand() {
    let (world, records, _) = prepare(false).await;
    let first = world.process();
    let commit = Operation::Commit;
    first.faults.inject(At::operation(commit, 0), Fault::CrashBefore);
    assert!(first.ingest(0, &records[..BATCH]).await.is_none());

    // Bisected, so that the batch at hand is a part of the adopted one; the rest is gone.
    world.expire(0, &records[BATCH - 1]);
    deliver(&world.process(), &[&records[..2], &records[BATCH..]]).await;
    all_is_well(&world, &records, "forgotten").await;
}

/// A few bytes that unpack to ten thousand rejections: each such record fills a batch, and what one
/// process could make another can adopt.
#[tokio::test]
async fn the_largest_batch_there_can_be_is_adopted() {
    let world = World::new(1).await;
    let bomb = gzip(format!("[{}0]", "0,".repeat(9_999)).as_bytes());
    assert!(bomb.len() < 100, "{} bytes", bomb.len());
    let records: Vec<_> = (0..3).map(|_| world.put(0, bomb.clone())).collect();
    for n in 0..3 {
        let process = world.process();
        let commit = At::operation(Operation::Commit, usize::from(n > 0));
        process.faults.inject(commit, Fault::CrashBefore);
        assert!(process.ingest(0, &records).await.is_none(), "batch {n}");
    }
    deliver(&world.process(), &[&records]).await;
    all_is_well(&world, &records, "many rejections").await;
    let chain = world.chain(0).await;
    assert_eq!(world.cloud.batches(&chain, 0, 10).await.unwrap().len(), 3);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
