//! What the cases have in common: a deployment with something of everything, its table as it was, and a run.

use cairn_cli::recover::{Context, Options, RecoverError, Recovered, recover};
use cairn_ledger::ChainId;
use cairn_store::faults::{At, Fault, Faults, Operation};
use cairn_store::{BatchItem, ChainState, LockMode, LogHead, StoredRecord, Table};
use cairn_tests::{DAY, World};
use cairn_verify::Report;
use indicatif::ProgressBar;
use jiff::Timestamp;

/// All that a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) chains: Vec<(ChainId, ChainState, Vec<BatchItem>)>,
    pub(crate) log: Option<LogHead>,
}

/// What the table of a deployment holds.
pub(crate) async fn held(world: &World) -> Held {
    let mut chains = Vec::new();
    for chain in world.cloud.chains().await.unwrap() {
        let state = world.cloud.chain(&chain).await.unwrap();
        let items = world.cloud.batches(&chain, 0, usize::MAX).await.unwrap();
        chains.push((chain, state, items));
    }
    Held { chains, log: world.cloud.log_head().await.unwrap() }
}

/// An operator who runs `cairn recover`.
pub(crate) struct Operator {
    pub(crate) faults: Faults,
    world: World,
    report: Report,
}

impl Operator {
    /// One who has verified the archive, against a checkpoint that was kept.
    pub(crate) fn new(world: &World, kept: Option<&str>) -> Self {
        let report = world.verify_archive(kept.map(str::to_owned));
        Self { faults: Faults::new(), world: world.clone(), report }
    }

    /// A run that may die on the way.
    pub(crate) async fn run(&self, options: &Options) -> Option<Result<Recovered, RecoverError>> {
        let cloud = self.faults.wrap(self.world.cloud.clone());
        let now = Timestamp::now;
        let context =
            Context { lock_mode: LockMode::Compliance, batch_retention: DAY * 35, now: &now };
        let bar = ProgressBar::hidden();
        let run = recover(&cloud, &cloud, &context, &self.report, options, &bar);
        self.faults.until_crash(run).await
    }

    pub(crate) async fn recover(&self) -> Recovered {
        self.run(&Options::default()).await.unwrap().unwrap()
    }
}

/// Recovers, without faults.
pub(crate) async fn recovered(world: &World, kept: Option<&str>) -> Recovered {
    Operator::new(world, kept).recover().await
}

/// Why a table is not recovered; nothing was written.
pub(crate) async fn refused(world: &World, options: &Options) -> RecoverError {
    let before = held(world).await;
    let operator = Operator::new(world, None);
    let error = operator.run(options).await.unwrap().unwrap_err();
    assert!(operator.faults.writes().is_empty(), "{error}: {:?}", operator.faults.writes());
    assert_eq!(held(world).await, before, "{error}");
    error
}

/// A valid event as a producer would send it.
pub(crate) fn event(n: usize) -> String {
    serde_json::json!({
        "tenant": if n.is_multiple_of(2) { "acme" } else { "globex" },
        "time": "2026-03-01T09:30:00+01:00",
        "action": "document.share",
        "actor": { "type": "user", "id": format!("user-{n}") },
        "resource": { "type": "document", "id": "d-1" },
        "outcome": "success",
    })
    .to_string()
}

/// Seals a batch of two records.
pub(crate) async fn seal(world: &World, shard: usize, n: usize) -> Vec<StoredRecord> {
    let records = vec![world.put(shard, event(n)), world.put(shard, event(n + 1))];
    deliver(world, shard, &records).await;
    records
}

/// Hands records to ingest, which seals them or has.
pub(crate) async fn deliver(world: &World, shard: usize, records: &[StoredRecord]) {
    let answer = world.process().ingest(shard, records).await.unwrap().unwrap();
    assert!(answer.failures.is_empty(), "{answer:?}");
}

/// Puts the object of a batch, and dies before it is committed.
pub(crate) async fn strand(world: &World, shard: usize, n: usize) -> Vec<StoredRecord> {
    let records = vec![world.put(shard, event(n)), world.put(shard, "no event")];
    let process = world.process();
    process.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(process.ingest(shard, &records).await.is_none());
    records
}

pub(crate) async fn tick(world: &World) -> u64 {
    world.process().tick().await.unwrap().size
}

/// A deployment with something of everything: chains in lineage, several bundles, rejections, several moves of
/// the log, batches beyond the log, and one that was never committed.
pub(crate) struct Story {
    pub(crate) world: World,
    /// A checkpoint that was kept early.
    pub(crate) kept: String,
    /// Records of the shard of which a batch was never committed.
    pub(crate) stranded: (usize, Vec<StoredRecord>),
}

impl Story {
    pub(crate) async fn new() -> Self {
        let world = World::new(2).await;
        seal(&world, 0, 0).await;
        seal(&world, 1, 2).await;
        tick(&world).await;
        let kept = world.verify_as_it_is(None).await.checkpoint;
        seal(&world, 0, 4).await;
        let bad = [world.put(1, "no event")];
        deliver(&world, 1, &bad).await;
        let other = world.add_bundle([5; 32]).await;
        let world = world.under(other).await;
        seal(&world, 0, 6).await;
        tick(&world).await;
        // A split of one shard, whose last batch is not logged when its children begin; and a merge.
        seal(&world, 0, 8).await;
        world.add_shard(&[0]);
        world.add_shard(&[0]);
        seal(&world, 2, 10).await;
        tick(&world).await;
        seal(&world, 3, 12).await;
        world.add_shard(&[2, 3]);
        seal(&world, 4, 14).await;
        seal(&world, 1, 16).await;
        let stranded = (4, strand(&world, 4, 18).await);
        Self { world, kept, stranded }
    }

    /// Goes on as production does, and shows that nothing is wrong, lost, or there twice.
    pub(crate) async fn goes_on(&self, case: &str) {
        let world = &self.world;
        let (shard, records) = &self.stranded;
        deliver(world, *shard, records).await;
        seal(world, 1, 20).await;
        seal(world, 4, 22).await;
        while world.process().tick().await.expect(case).added > 0 {}
        let report = world.verify_as_it_is(Some(self.kept.clone())).await;
        assert!(report.ok, "{case}: {:#?}", report.findings);
        assert_eq!((report.records, report.unlogged), (25, 0), "{case}");
    }

    pub(crate) fn fork(&self) -> Self {
        let (kept, stranded) = (self.kept.clone(), self.stranded.clone());
        Self { world: self.world.fork(), kept, stranded }
    }
}
