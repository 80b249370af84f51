//! What the cases have in common: an archive with all that a table knows of, and what must hold
//! once the table is rebuilt.

use cairn_cli::recover::{Context, Rebuilt, RecoverError, rebuild};
use cairn_store::faults::{At, Fault, Faults, Operation};
use cairn_store::memory::Memory;
use cairn_store::{BatchItem, ChainState, LockMode, LogHead, StoredRecord, Table};
use cairn_tests::{DAY, Process, World};
use indicatif::ProgressBar;

/// What a table holds.
#[derive(Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) log: Option<LogHead>,
    chains: Vec<(cairn_ledger::ChainId, ChainState, Vec<BatchItem>)>,
}

pub(crate) async fn held(cloud: &Memory) -> Held {
    let mut chains = Vec::new();
    for chain in cloud.chains().await.unwrap() {
        let state = cloud.chain(&chain).await.unwrap();
        let items = cloud.batches(&chain, 0, 1_000).await.unwrap();
        chains.push((chain, state, items));
    }
    Held { log: cloud.log_head().await.unwrap(), chains }
}

pub(crate) fn event(n: usize) -> String {
    serde_json::json!({
        "tenant": "acme",
        "time": "2026-03-01T09:30:00+01:00",
        "action": "document.share",
        "actor": { "type": "user", "id": format!("user-{n}") },
        "resource": { "type": "document", "id": "d-1" },
        "outcome": "success",
    })
    .to_string()
}

pub(crate) async fn seal(process: &Process, shard: usize, records: &[StoredRecord]) {
    assert!(process.ingest(shard, records).await.unwrap().unwrap().failures.is_empty());
}

/// Two shards that were merged, two bundles, several ticks, batches that are not logged yet.
pub(crate) async fn world() -> World {
    let world = World::new(2).await;
    let process = world.process();
    for n in 0..3 {
        for shard in 0..2 {
            let records = [world.put(shard, event(n)), world.put(shard, "no event")];
            seal(&process, shard, &records).await;
        }
        process.tick().await.unwrap();
    }
    world.add_shard(&[0, 1]);
    let other = world.add_bundle([8; 32]).await;
    let other = world.judging_by(&other);
    seal(&other.process(), 2, &[world.put(2, event(7))]).await;
    process.tick().await.unwrap();
    for n in 0..2 {
        seal(&process, 2, &[world.put(2, event(10 + n))]).await;
    }
    world
}

/// The same, whose last batch was created and never committed: its writer died.
pub(crate) async fn with_an_uncommitted_batch() -> (World, Vec<StoredRecord>) {
    let world = world().await;
    let records = vec![world.put(2, event(20)), world.put(2, event(21))];
    let dying = world.process();
    dying.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(dying.ingest(2, &records).await.is_none());
    (world, records)
}

pub(crate) fn context(world: &World) -> Context {
    Context {
        keys: world.keys.clone(),
        lock_mode: LockMode::Compliance,
        retention: DAY * 35,
        now: jiff::Timestamp::now(),
    }
}

pub(crate) async fn recover(world: &World, faults: &Faults) -> Result<Rebuilt, RecoverError> {
    let (objects, table) = (faults.wrap(world.cloud.clone()), faults.wrap(world.cloud.clone()));
    rebuild(&objects, &table, &context(world), &ProgressBar::hidden()).await
}

/// Work goes on from the table, and all of it verifies, against what was kept before.
pub(crate) async fn goes_on(world: &World, kept: &str, case: &str) {
    let process = world.process();
    let records = [world.put(2, event(30)), world.put(2, event(31))];
    seal(&process, 2, &records).await;
    let report = world.verify().await;
    assert!(report.ok, "{case}: {:#?}", report.findings);
    assert_eq!(report.unlogged, 0, "{case}");
    let since = Some(kept.to_owned()).filter(|note| !note.is_empty());
    let report = world.verify_as_it_is(since).await;
    assert!(report.ok, "{case}: {:#?}", report.findings);
}
