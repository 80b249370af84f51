//! A deployment in memory, run by the real functions.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_batch::keys;
use cairn_event::Bundle;
use cairn_ledger::VerifierKey;
use cairn_store::memory::{Memory, SoftwareSigner};
use cairn_store::{LockMode, Objects, Retention, Signer, StoredRecord};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub(crate) const ORIGIN: &str = "cairn.example/test";
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);
const STREAM: &str = "events";

pub(crate) struct World {
    pub(crate) cloud: Memory,
    pub(crate) key: VerifierKey,
    signer: SoftwareSigner,
    bundle: Bundle,
    shards: Vec<String>,
}

impl World {
    pub(crate) async fn new(shards: usize) -> Self {
        let cloud = Memory::new(Timestamp::now);
        let shards = cloud.create_stream(STREAM, shards);
        let bundle = Bundle::with_tenant_key([9; 32]);
        let until = Timestamp::now() + DAY * 3650;
        let retention = Some(Retention { mode: LockMode::Compliance, until });
        let key = keys::bundle(&bundle.hash());
        cloud.create(&key, bundle.to_json().into(), retention).await.unwrap();
        let signer = SoftwareSigner::ed25519([7; 32]);
        let key = VerifierKey::from_spki(ORIGIN, &signer.public_key().await.unwrap()).unwrap();
        Self { cloud, key, signer, bundle, shards }
    }

    /// The same deployment, where another config bundle judges from here on.
    pub(crate) async fn under(&self, tenant_key: [u8; 32]) -> Self {
        let bundle = Bundle::with_tenant_key(tenant_key);
        let until = Timestamp::now() + DAY * 3650;
        let retention = Some(Retention { mode: LockMode::Compliance, until });
        let key = keys::bundle(&bundle.hash());
        self.cloud.create(&key, bundle.to_json().into(), retention).await.unwrap();
        Self {
            cloud: self.cloud.clone(),
            key: self.key.clone(),
            signer: self.signer.clone(),
            bundle,
            shards: self.shards.clone(),
        }
    }

    /// The hash of the config bundle that judges.
    pub(crate) fn bundle(&self) -> cairn_ledger::Hash {
        self.bundle.hash()
    }

    /// The same deployment over another copy of its cloud.
    pub(crate) fn fork(&self) -> Self {
        Self {
            cloud: self.cloud.fork(),
            key: self.key.clone(),
            signer: self.signer.clone(),
            bundle: self.bundle.clone(),
            shards: self.shards.clone(),
        }
    }

    /// Puts records on a shard and seals them as one batch.
    pub(crate) async fn seal(&self, shard: usize, records: &[String]) {
        let shard = &self.shards[shard];
        let put = |data: &String| self.cloud.put_record(STREAM, shard, data.as_bytes());
        let records: Vec<StoredRecord> = records.iter().map(put).collect();
        let deps = cairn_ingest::Deps {
            objects: self.cloud.clone(),
            table: self.cloud.clone(),
            stream: self.cloud.clone(),
            settings: cairn_ingest::Settings {
                origin: ORIGIN.to_owned(),
                bundle: self.bundle.hash(),
                lock_mode: LockMode::Compliance,
                batch_retention: DAY * 35,
                traces: false,
            },
            now: Timestamp::now,
            salt: || [5; 32],
            warm: cairn_ingest::Warm::default(),
        };
        let wire = |record: &StoredRecord| {
            json!({
                "eventID": format!("{shard}:{}", record.sequence),
                "eventSourceARN": format!("arn:aws:kinesis:eu-central-1:000000000000:stream/{STREAM}"),
                "kinesis": {
                    "sequenceNumber": record.sequence,
                    "data": STANDARD.encode(&record.data),
                    "approximateArrivalTimestamp": record.arrived.as_millisecond() as f64 / 1000.0,
                },
            })
        };
        let request = json!({ "Records": records.iter().map(wire).collect::<Vec<_>>() });
        let request = serde_json::from_value(request).unwrap();
        let handled = cairn_ingest::handle(&deps, request).await.unwrap();
        assert!(handled.response.failures.is_empty());
    }

    /// Lets the checkpoint function tick; how many entries it added.
    pub(crate) async fn tick(&self) -> u64 {
        let deps = cairn_checkpoint::Deps {
            objects: self.cloud.clone(),
            table: self.cloud.clone(),
            signers: cairn_checkpoint::Signers::new([(self.key.clone(), self.signer.clone())]),
            settings: cairn_checkpoint::Settings {
                origin: ORIGIN.to_owned(),
                lock_mode: LockMode::Compliance,
                batch_retention: DAY * 35,
                log_retention: DAY * 3650,
            },
            now: Timestamp::now,
        };
        cairn_checkpoint::handle(&deps).await.unwrap().added
    }
}

/// An event with this id.
pub(crate) fn event(id: &str) -> String {
    json!({
        "id": id,
        "tenant": "acme",
        "time": "2026-03-02T09:00:00+01:00",
        "action": "document.read",
        "actor": {"type": "user", "id": "u1"},
        "resource": {"type": "document", "id": "d1"},
        "outcome": "success",
    })
    .to_string()
}

/// A runtime like the binary's.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future)
}
