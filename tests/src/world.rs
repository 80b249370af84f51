//! A deployment in memory: the real handlers and the real verifier over a store in memory, which
//! can be made to fail at every step.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_batch::keys;
use cairn_cli::resume;
use cairn_event::Bundle;
use cairn_ingest::{Handled, IngestError, Request, Response};
use cairn_ledger::{ChainId, Cursors, Hash, VerifierKey};
use cairn_store::faults::{Faults, Faulty};
use cairn_store::memory::{DATA_KEY, Memory, SoftwareSigner};
use cairn_store::{
    LockMode, Objects, Retention, Signer, StoreError, StoredRecord, Table, VersionId,
};
use cairn_verify::{
    Archive, ArchiveError, Encryption, Head, Lock, LogHead, MAX_LAG, Object, Options, Report,
    TableChain, Version,
};
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};

/// Name of the log of every [`World`].
pub const ORIGIN: &str = "cairn.example/test";

/// A day.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Key of the tenant lines of every [`World`].
pub const TENANT_KEY: [u8; 32] = [9; 32];

/// Name of the stream of every [`World`].
pub const STREAM: &str = "cairn-events";

/// A deployment in memory, and the memory of what was put on its stream.
#[derive(Clone)]
pub struct World {
    /// The cloud.
    pub cloud: Memory,
    /// The log's public keys, those of all that ever signed, the newest first.
    pub keys: Vec<VerifierKey>,
    signers: Vec<SoftwareSigner>,
    bundle: Bundle,
}

/// A warm function's process: what it remembers lasts from one call to the next.
pub struct Process {
    /// Its faults.
    pub faults: Faults,
    ingest: cairn_ingest::Deps<Faulty<Memory>, Faulty<Memory>, Faulty<Memory>>,
    checkpoint: cairn_checkpoint::Deps<Faulty<Memory>, Faulty<Memory>, Faulty<SoftwareSigner>>,
}

/// An operator who orders a stopped chain to go on.
pub fn operator(why: &str) -> resume::Context {
    resume::Context {
        origin: ORIGIN.to_owned(),
        lock_mode: LockMode::Compliance,
        retention: DAY * 3650,
        by: "arn:aws:sts::000000000000:assumed-role/cairn-break-glass/zoe".to_owned(),
        why: why.to_owned(),
        ingest_stood_still: false,
        now: Timestamp::now(),
    }
}

impl World {
    /// An operator orders a stopped chain to go on.
    pub async fn resume(&self, chain: &ChainId) {
        let (cloud, context) = (&self.cloud, operator("explained"));
        let examined = resume::examine(cloud, cloud, &context, chain).await.unwrap();
        resume::resume(cloud, cloud, &context, examined).await.unwrap();
    }

    /// A deployment whose stream has this many shards.
    pub async fn new(shards: usize) -> Self {
        Self::with_signers(shards, &[SoftwareSigner::ed25519([7; 32])]).await
    }

    /// A deployment that signs with these keys, the newest first.
    pub async fn with_signers(shards: usize, signers: &[SoftwareSigner]) -> Self {
        let cloud = Memory::new(Timestamp::now);
        cloud.create_stream(STREAM, shards);
        let bundle = Bundle::with_tenant_key(TENANT_KEY);
        let world = Self { cloud, keys: Vec::new(), signers: Vec::new(), bundle };
        world.add_bundle(TENANT_KEY).await;
        world.signed_by(signers).await
    }

    /// The same deployment, whose processes sign with these keys from here on.
    pub async fn signed_by(&self, signers: &[SoftwareSigner]) -> Self {
        let mut keys = Vec::new();
        for signer in signers {
            keys.push(verifier_key(signer).await);
        }
        for key in &self.keys {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        Self { keys, signers: signers.to_vec(), ..self.clone() }
    }

    /// Puts another config bundle into the archive.
    pub async fn add_bundle(&self, tenant_key: [u8; 32]) -> Bundle {
        let bundle = Bundle::with_tenant_key(tenant_key);
        self.add_config(&bundle.to_json()).await;
        bundle
    }

    /// Puts a bundle, or what one names, into the archive by its hash.
    pub async fn add_config(&self, bytes: &(impl AsRef<[u8]> + ?Sized)) -> Hash {
        let retention =
            Retention { mode: LockMode::Compliance, until: Timestamp::now() + DAY * 3650 };
        let (bytes, hash) = (bytes.as_ref(), Hash::of(bytes.as_ref()));
        let body = bytes.to_vec().into();
        let put = self.cloud.create(&keys::bundle(&hash), body, Some(retention)).await;
        assert!(matches!(put, Ok(_) | Err(StoreError::Conflict { .. })), "{put:?}");
        hash
    }

    /// The same deployment, with another bundle in force.
    pub async fn under(&self, bundle: Bundle) -> Self {
        self.add_config(&bundle.to_json()).await;
        Self { bundle, ..self.clone() }
    }

    /// The same deployment, whose processes judge by another bundle from here on.
    pub fn judging_by(&self, bundle: &Bundle) -> Self {
        Self { bundle: bundle.clone(), ..self.clone() }
    }

    /// The config bundle that judges.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// How far the log has come.
    pub async fn cursors(&self) -> Cursors {
        let Some(head) = self.cloud.log_head().await.unwrap() else { return Cursors::default() };
        let object = self.cloud.read(&keys::cursors(&head.to.cursors)).await.unwrap().unwrap();
        Cursors::parse(&object.body).unwrap()
    }

    /// Another deployment that starts with all that this one has.
    pub fn fork(&self) -> Self {
        Self { cloud: self.cloud.fork(), ..self.clone() }
    }

    /// Puts a record on a shard.
    pub fn put(&self, shard: usize, data: impl Into<Vec<u8>>) -> StoredRecord {
        self.cloud.put_record(STREAM, &shard_name(shard), data)
    }

    /// Splits or merges shards.
    pub fn add_shard(&self, parents: &[usize]) {
        let parents: Vec<String> = parents.iter().map(|n| shard_name(*n)).collect();
        let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
        self.cloud.add_shard(STREAM, &parents);
    }

    /// Forgets a shard's records up to one.
    pub fn expire(&self, shard: usize, through: &StoredRecord) {
        self.cloud.expire_records(STREAM, &shard_name(shard), &through.sequence);
    }

    /// Makes the stream again, under the same name: its numbers and shards start anew.
    pub fn make_stream_again(&self) {
        self.cloud.create_stream(STREAM, 1);
    }

    /// Forgets a shard, as the stream does when its last record has expired.
    pub fn expire_shard(&self, shard: usize) {
        self.cloud.expire_shard(STREAM, &shard_name(shard));
    }

    /// A new process of both functions.
    pub fn process(&self) -> Process {
        self.process_with_clock(Timestamp::now)
    }

    /// The same with a clock of its own.
    pub fn process_with_clock(&self, now: fn() -> Timestamp) -> Process {
        let faults = Faults::new();
        let ingest = cairn_ingest::Deps {
            objects: faults.wrap(self.cloud.clone()),
            table: faults.wrap(self.cloud.clone()),
            stream: faults.wrap(self.cloud.clone()),
            settings: cairn_ingest::Settings {
                origin: ORIGIN.to_owned(),
                bundle: self.bundle.hash(),
                lock_mode: LockMode::Compliance,
                batch_retention: DAY * 35,
                traces: true,
            },
            now,
            salt,
            warm: cairn_ingest::Warm::default(),
        };
        let checkpoint = cairn_checkpoint::Deps {
            objects: faults.wrap(self.cloud.clone()),
            table: faults.wrap(self.cloud.clone()),
            signers: cairn_checkpoint::Signers::new(
                self.keys.iter().cloned().zip(self.signers.iter().cloned().map(|s| faults.wrap(s))),
            ),
            settings: cairn_checkpoint::Settings {
                origin: ORIGIN.to_owned(),
                lock_mode: LockMode::Compliance,
                batch_retention: DAY * 35,
                log_retention: DAY * 3650,
            },
            now,
        };
        Process { faults, ingest, checkpoint }
    }

    /// The chain of a shard.
    pub async fn chain(&self, shard: usize) -> ChainId {
        use cairn_store::Stream;
        let created = self.cloud.created(STREAM).await.unwrap();
        ChainId::new(STREAM, created, &shard_name(shard)).unwrap()
    }

    /// The newest key that signs.
    pub fn signer(&self) -> &SoftwareSigner {
        &self.signers[0]
    }

    /// The leaves of a batch, by its object's key.
    pub async fn leaves(&self, key: &str) -> Vec<Vec<u8>> {
        let object = self.cloud.read(key).await.unwrap().unwrap();
        let batch = cairn_batch::decode(object.body, 1 << 30).unwrap();
        batch.rows.into_iter().map(|row| row.leaf.bytes).collect()
    }

    /// Ticks until nothing is new, and verifies with the heads of the table.
    pub async fn verify(&self) -> Report {
        let process = self.process();
        while process.tick().await.expect("a tick without faults succeeds").added > 0 {}
        self.verify_as_it_is(None).await
    }

    /// Verifies what is there, against a checkpoint that was kept.
    pub async fn verify_as_it_is(&self, trusted: Option<String>) -> Report {
        let log_head = self.cloud.log_head().await.unwrap();
        let mut heads = BTreeMap::new();
        for chain in self.cloud.chains().await.unwrap() {
            let state = self.cloud.chain(&chain).await.unwrap();
            let head = state.head.map(|head| Head {
                number: head.number,
                link: head.link,
                last: head.last,
                key: head.object.key,
                version: head.object.version.as_str().to_owned(),
            });
            let (stopped, continued) = (state.stopped, state.continued);
            heads.insert(chain, TableChain { head, stopped, continued });
        }
        let log_head = log_head.map(|head| LogHead { size: head.to.size, root: head.to.root });
        self.verify_with(Options { heads: Some(heads), log_head, ..self.options(trusted) })
    }

    /// Verifies the archive alone, as it is when the functions have stopped, whenever that was.
    pub fn verify_archive(&self, trusted: Option<String>) -> Report {
        let max_lag = cairn_cli::recover::max_lag();
        self.verify_with(Options { max_lag, ..self.options(trusted) })
    }

    fn verify_with(&self, options: Options) -> Report {
        let archive = MemoryArchive(self.cloud.clone());
        cairn_verify::verify(&archive, &options, &Silent).expect("memory can be read")
    }

    /// What a verifier is told, who leaves out the table.
    fn options(&self, trusted: Option<String>) -> Options {
        Options {
            verifier_keys: self.keys.iter().map(VerifierKey::to_string).collect(),
            trusted: trusted.into_iter().collect(),
            data_key: Some(DATA_KEY.to_owned()),
            batch_retention: (DAY * 35).as_secs(),
            log_retention: (DAY * 3650).as_secs(),
            lock_mode: Some(cairn_verify::LockMode::Compliance),
            now: Timestamp::now(),
            max_lag: MAX_LAG,
            heads: None,
            log_head: None,
            heads_read: None,
        }
    }
}

/// The key of the log that a signer has.
pub async fn verifier_key(signer: &SoftwareSigner) -> VerifierKey {
    VerifierKey::from_spki(ORIGIN, &signer.public_key().await.unwrap()).unwrap()
}

impl Process {
    /// Hands records of a shard to the ingest handler, as Lambda does. `None`: it died.
    pub async fn ingest(
        &self,
        shard: usize,
        records: &[StoredRecord],
    ) -> Option<Result<Response, IngestError>> {
        let handled = self.ingest_measured(shard, records).await?;
        Some(handled.map(|handled| handled.response))
    }

    /// The same, with what was done as numbers.
    pub async fn ingest_measured(
        &self,
        shard: usize,
        records: &[StoredRecord],
    ) -> Option<Result<Handled, IngestError>> {
        let request = request(shard, records);
        self.faults.until_crash(cairn_ingest::handle(&self.ingest, request)).await
    }

    /// Lets the checkpoint handler tick.
    pub async fn tick(&self) -> Result<cairn_checkpoint::Tick, cairn_checkpoint::CheckpointError> {
        cairn_checkpoint::handle(&self.checkpoint).await
    }

    /// The same in a process that may die on the way.
    pub async fn tick_until_crash(
        &self,
    ) -> Option<Result<cairn_checkpoint::Tick, cairn_checkpoint::CheckpointError>> {
        self.faults.until_crash(cairn_checkpoint::handle(&self.checkpoint)).await
    }
}

fn request(shard: usize, records: &[StoredRecord]) -> Request {
    serde_json::from_value(lambda_event(STREAM, shard, records)).unwrap()
}

/// What Lambda hands over for records of a shard.
pub fn lambda_event(stream: &str, shard: usize, records: &[StoredRecord]) -> serde_json::Value {
    let shard = shard_name(shard);
    let records: Vec<_> = records
        .iter()
        .map(|record| {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
            let arrived = record.arrived.as_millisecond() as f64 / 1000.0;
            serde_json::json!({
                "eventID": format!("{shard}:{}", record.sequence),
                "eventSourceARN": format!("arn:aws:kinesis:eu-central-1:000000000000:stream/{stream}"),
                "kinesis": {
                    "sequenceNumber": record.sequence,
                    "data": STANDARD.encode(&record.data),
                    "approximateArrivalTimestamp": arrived,
                },
            })
        })
        .collect();
    serde_json::json!({ "Records": records })
}

fn shard_name(n: usize) -> String {
    format!("shardId-{n:012}")
}

fn salt() -> [u8; 32] {
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).unwrap();
    salt
}

struct Silent;

impl cairn_verify::Progress for Silent {
    fn total(&self, _: u64) {}
    fn batch(&self, _: u64) {}
}

/// The verifier's view of a bucket in memory, whose answers never wait.
struct MemoryArchive(Memory);

impl Archive for MemoryArchive {
    fn versions(&self, prefix: &str) -> Result<Vec<Version>, ArchiveError> {
        let versions = self.0.versions(prefix).now_or_never().unwrap().unwrap();
        let versions = versions.into_iter().map(|version| Version {
            key: version.key,
            version: version.version.as_str().to_owned(),
            delete_marker: version.delete_marker,
            latest: version.latest,
            size: version.size,
        });
        Ok(versions.collect())
    }

    fn read(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, ArchiveError> {
        let found = match version {
            None => self.0.read(key).now_or_never(),
            Some(version) => self.0.read_version(key, &VersionId::new(version)).now_or_never(),
        };
        Ok(found.unwrap().unwrap().map(|object| Object {
            body: object.body,
            version: object.version.as_str().to_owned(),
            modified: object.modified,
            lock: object.retention.map(|retention| Lock {
                mode: match retention.mode {
                    LockMode::Compliance => cairn_verify::LockMode::Compliance,
                    LockMode::Governance => cairn_verify::LockMode::Governance,
                },
                until: retention.until,
            }),
            encryption: match object.encryption {
                cairn_store::Encryption::Kms(key) => Encryption::Kms(key),
                cairn_store::Encryption::Other(name) => Encryption::Other(name),
            },
        }))
    }
}
