//! What the cases have in common: a bundle that rejects, one that does not, and a run between them.

use std::sync::atomic::{AtomicU64, Ordering};

use cairn_cli::quarantine::{Item, QuarantineError, Selection, Stores};
use cairn_cli::redrive::{Context, Done, Options, RedriveError};
use cairn_event::{Bundle, Tenant, Unknown};
use cairn_store::faults::{Faults, Faulty};
use cairn_store::memory::Memory;
use cairn_store::{Objects, StoredRecord, Stream, Table};
use cairn_tests::{STREAM, TENANT_KEY, World};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Longer than a run has an item in hand.
pub(crate) const LATER: SignedDuration = SignedDuration::from_mins(20);

/// An event of a tenant.
pub(crate) fn event(tenant: &str) -> String {
    json!({
        "tenant": tenant,
        "time": "2026-03-01T09:30:00+01:00",
        "action": "document.share",
        "actor": { "type": "user", "id": "u-1" },
        "resource": { "type": "document", "id": "d-1" },
        "outcome": "success",
    })
    .to_string()
}

/// A bundle that knows none of the tenants of these tests.
pub(crate) fn strict() -> Bundle {
    let tenants = [("initech".to_owned(), Tenant { retention: None })].into();
    let unknown_tenants = Unknown::Reject;
    Bundle { tenants, unknown_tenants, ..Bundle::with_tenant_key(TENANT_KEY) }
}

/// A deployment where these records were judged by a bundle that knew none of their tenants, and that takes
/// all since.
pub(crate) async fn mended(records: &[String]) -> World {
    let world = World::new(1).await.under(strict()).await;
    for record in records {
        world.put(0, record.clone());
    }
    deliver(&world).await;
    world.under(Bundle::with_tenant_key(TENANT_KEY)).await
}

/// All that is on the stream.
pub(crate) async fn records(world: &World) -> Vec<StoredRecord> {
    let mut found = Vec::new();
    world.cloud.scan(STREAM, Timestamp::MIN, |_, record| found.push(record)).await.unwrap();
    found
}

/// Hands everything on the stream to ingest, which passes over what it has sealed.
pub(crate) async fn deliver(world: &World) {
    let records = records(world).await;
    let answer = world.process().ingest(0, &records).await.unwrap().unwrap();
    assert!(answer.failures.is_empty());
}

/// A process of somebody who redrives.
pub(crate) struct Operator {
    pub(crate) faults: Faults,
    pub(crate) stores: Stores<Faulty<Memory>, Faulty<Memory>, Faulty<Memory>>,
    world: World,
    later: SignedDuration,
    name: String,
}

impl Operator {
    /// One whose clock is ahead.
    pub(crate) fn new(world: &World, later: SignedDuration) -> Self {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let faults = Faults::new();
        let stores = Stores {
            objects: faults.wrap(world.cloud.clone()),
            expired: None,
            table: faults.wrap(world.cloud.clone()),
            stream: faults.wrap(world.cloud.clone()),
        };
        let name = RUNS.fetch_add(1, Ordering::Relaxed).to_string();
        Self { faults, stores, world: world.clone(), later, name }
    }

    /// Redrives; what became of the items, or `None` if the process died.
    pub(crate) async fn try_redrive(
        &self,
        options: &Options,
    ) -> Option<Result<Vec<Done>, RedriveError>> {
        let now = || Timestamp::now() + self.later;
        let context = Context {
            stream: STREAM,
            bundle: self.world.bundle().hash(),
            now: &now,
            run: self.name.clone(),
        };
        let mut all = Vec::new();
        let bar = ProgressBar::hidden();
        let tell = |done| all.push(done);
        let run = cairn_cli::redrive::redrive(&self.stores, &context, options, &bar, tell);
        let ended = self.faults.until_crash(run).await?;
        Some(ended.map(|()| all))
    }

    /// The same where nothing can go wrong: the names of the outcomes, in order of the items.
    pub(crate) async fn redrive(&self, options: &Options) -> Vec<&'static str> {
        let mut all = self.try_redrive(options).await.unwrap().unwrap();
        all.sort_by(|a, b| a.coordinates.cmp(&b.coordinates));
        all.iter().map(|done| done.outcome.name()).collect()
    }

    /// What is in quarantine, and has expired.
    pub(crate) async fn list(&self) -> Result<Vec<Item>, QuarantineError> {
        let (selection, bar) = (Selection::default(), ProgressBar::hidden());
        let now = Timestamp::now() + self.later;
        let listed = cairn_cli::quarantine::list(&self.stores, &selection, true, now, &bar).await?;
        assert!(listed.unreadable.is_empty(), "{:?}", listed.unreadable);
        Ok(listed.items)
    }
}

/// Everything that was sealed, as JSON.
pub(crate) async fn leaves(world: &World) -> Vec<Value> {
    let mut leaves = Vec::new();
    let mut chain = world.chain(0).await;
    let mut batches = world.cloud.batches(&chain, 0, 1_000).await.unwrap();
    while world.cloud.chain(&chain).await.unwrap().continued.is_some() {
        chain = chain.successor();
        batches.append(&mut world.cloud.batches(&chain, 0, 1_000).await.unwrap());
    }
    for batch in batches {
        let key = &batch.header.header.key;
        let object = world.cloud.read(key).await.unwrap().unwrap();
        let rows = cairn_batch::decode(object.body, 1 << 28).unwrap().rows;
        leaves.extend(rows.iter().map(|row| {
            let leaf: Value = serde_json::from_slice(&row.leaf.bytes).unwrap();
            leaf
        }));
    }
    leaves
}

/// The sealed events that say they were redriven; the archive must verify.
pub(crate) async fn redriven(world: &World, case: &str) -> Vec<Value> {
    let report = world.verify().await;
    assert!(report.ok, "{case}: {:#?}", report.findings);
    let mut leaves = leaves(world).await;
    leaves.retain(|leaf| leaf["kind"] == "event" && leaf["redrive"].is_object());
    leaves
}
