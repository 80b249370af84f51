//! Config bundles that change while batches are sealed: what the log says of it, whatever fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_event::Bundle;
use cairn_store::faults::{At, Fault};
use cairn_store::{Objects, Table};
use cairn_tests::World;

use crate::story::event;

/// Seals one record on a shard under a bundle.
async fn seal(world: &World, bundle: &Bundle, shard: usize, n: usize) {
    let record = world.put(shard, event(n));
    let answer = world.judging_by(bundle).process().ingest(shard, &[record]).await;
    assert!(answer.unwrap().unwrap().failures.is_empty());
}

/// The kinds of the log's entries, in order, with the bundles that they name.
async fn entries(world: &World) -> Vec<(&'static str, cairn_ledger::Hash)> {
    use cairn_ledger::{Entry, tile};
    let size = world.cloud.log_head().await.unwrap().unwrap().to.size;
    let (path, _) = tile::entry_tile(0, size).unwrap();
    let key = cairn_batch::keys::tile(&path.to_string());
    let body = world.cloud.read(&key).await.unwrap().unwrap().body;
    let entry = |bytes: &&[u8]| match Entry::parse(std::str::from_utf8(bytes).unwrap()).unwrap() {
        Entry::Batch(sealed) => ("batch", sealed.header.bundle),
        Entry::ConfigChange(change) => ("change", change.bundle),
    };
    tile::decode_bundle(&body, path.width()).unwrap().iter().map(entry).collect()
}

/// What must hold in the end: the log has all batches, and each bundle once, before them.
async fn all_is_well(world: &World, batches: u64, bundles: &[&Bundle], case: &str) {
    let report = world.verify().await;
    assert!(report.ok, "{case}: {:#?}", report.findings);
    assert_eq!((report.batches, report.unlogged), (batches, 0), "{case}");
    let cursors = world.cursors().await;
    assert_eq!(cursors.bundles().count(), bundles.len(), "{case}");
    let entries = entries(world).await;
    assert_eq!(entries.len() as u64, batches + bundles.len() as u64, "{case}");
    for bundle in bundles.iter().map(|bundle| bundle.hash()) {
        let named: Vec<_> = entries.iter().filter(|(_, named)| *named == bundle).collect();
        assert_eq!(named[0].0, "change", "{case}");
        assert_eq!(named.iter().filter(|(kind, _)| *kind == "change").count(), 1, "{case}");
        let position = cursors.entered(&bundle).and_then(|at| usize::try_from(at).ok()).unwrap();
        assert_eq!(entries[position], ("change", bundle), "{case}");
        assert_eq!(entries[position + 1], ("batch", bundle), "{case}");
    }
}

/// One chain logged under A; then, not logged yet, both bundles on both chains.
async fn prepare() -> (World, Bundle, Bundle) {
    let world = World::new(2).await;
    let (a, b) = (world.bundle().clone(), world.add_bundle([8; 32]).await);
    seal(&world, &a, 0, 1).await;
    assert_eq!(world.process().tick().await.unwrap().added, 2);
    for (n, (shard, bundle)) in
        [(0, &a), (0, &b), (1, &a), (1, &b), (0, &a)].into_iter().enumerate()
    {
        seal(&world, bundle, shard, n + 2).await;
    }
    (world, a, b)
}

#[tokio::test]
async fn a_roll_out_and_a_way_back_leave_two_changes_in_the_log() {
    let world = World::new(2).await;
    let (a, b) = (world.bundle().clone(), world.add_bundle([8; 32]).await);
    // B on one shard while the other still seals under A; then back.
    for (n, (shard, bundle)) in
        [(0, &a), (1, &a), (0, &b), (1, &a), (1, &b), (0, &b), (0, &a), (1, &a)]
            .into_iter()
            .enumerate()
    {
        seal(&world, bundle, shard, n).await;
        let added = world.process().tick().await.unwrap().added;
        assert_eq!(added, if n == 0 || n == 2 { 2 } else { 1 }, "batch {n}");
    }
    all_is_well(&world, 8, &[&a, &b], "a way back").await;
}

#[tokio::test]
async fn a_change_in_flight_on_two_chains_is_one_entry() {
    let (world, a, b) = prepare().await;
    assert_eq!(world.process().tick().await.unwrap().added, 6);
    all_is_well(&world, 6, &[&a, &b], "in flight").await;
    assert_eq!(world.process().tick().await.unwrap().added, 0);
}

#[tokio::test]
async fn every_fault_at_every_call_of_a_tick_over_a_change_is_survived() {
    let (world, _, _) = prepare().await;
    let process = world.process();
    process.tick().await.unwrap();
    let calls = process.faults.calls().len();
    assert!(calls > 10, "{calls}");
    for n in 0..calls {
        for fault in Fault::ALL {
            let (world, a, b) = prepare().await;
            let kept = world.verify_as_it_is(None).await.checkpoint;
            let process = world.process();
            process.faults.inject(At::call(n), fault);
            let _ = process.tick_until_crash().await;
            let case = format!("{:?}", process.faults.fired());
            assert!(!process.faults.fired().is_empty(), "{case}");
            // More batches, under a third bundle and under A, before anybody restarts it.
            let c = world.add_bundle([7; 32]).await;
            seal(&world, &a, 1, 20).await;
            seal(&world, &c, 0, 21).await;
            all_is_well(&world, 8, &[&a, &b, &c], &case).await;
            let report = world.verify_as_it_is(Some(kept)).await;
            assert!(report.ok, "{case}: {:#?}", report.findings);
        }
    }
}

#[tokio::test]
async fn another_ticker_may_come_between_any_two_calls_over_a_change() {
    let (world, _, _) = prepare().await;
    let process = world.process();
    process.tick().await.unwrap();
    for n in 0..process.faults.calls().len() {
        let (world, a, b) = prepare().await;
        let (process, other) = (world.process(), world.process());
        let ran = Arc::new(AtomicBool::new(false));
        let done = ran.clone();
        process.faults.after(At::call(n), async move {
            other.tick().await.unwrap();
            done.store(true, Ordering::Relaxed);
        });
        process.tick().await.unwrap();
        assert!(ran.load(Ordering::Relaxed), "call {n}");
        all_is_well(&world, 6, &[&a, &b], &format!("another ticker after call {n}")).await;
    }
}

/// A batch that does not follow enters nothing: its bundle is entered with the first that does.
#[tokio::test]
async fn a_broken_chain_enters_no_bundle() {
    let (world, _, b) = prepare().await;
    let chain = world.chain(0).await;
    let mut item = world.cloud.batches(&chain, 2, 1).await.unwrap().remove(0);
    assert_eq!(item.header.header.bundle, b.hash());
    let good = item.clone();
    item.header.header.lineage = cairn_ledger::Lineage::Previous(cairn_ledger::Hash::EMPTY_ROOT);
    world.cloud.operator().set_batch(&chain, 2, Some(item));
    let tick = world.process().tick().await.unwrap();
    // Number 1 of the broken chain; both batches of the other, the second with the change to B.
    assert_eq!((tick.added, tick.broken.len()), (4, 1));
    assert_eq!(world.cursors().await.entered(&b.hash()), Some(4));
    world.cloud.operator().set_batch(&chain, 2, Some(good));
    assert_eq!(world.process().tick().await.unwrap().added, 2);
    all_is_well(&world, 6, &[world.bundle(), &b], "mended").await;
}
