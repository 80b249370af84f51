//! What kind of deployment is wanted.

use std::path::PathBuf;

use cairn_store::LockMode;

use crate::build::Profile;

/// What kind of deployment is wanted. The default is what production is: every part, and locks that
/// nobody can shorten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Prefix of all names: several deployments fit into one emulator.
    pub name: String,
    /// Name of the log.
    pub origin: String,
    /// Shards of the stream; `None`: those it has, or [`SHARDS`] for a new one.
    pub shards: Option<u32>,
    /// Whether the functions are deployed, with their event source mapping and schedule.
    pub functions: bool,
    /// Whether a [driver](crate::driver) feeds the stream to ingest, and not the cloud's own mapping.
    pub driver: bool,
    /// Whether the emulator enforces policies.
    pub auth: bool,
    /// Which build of the functions.
    pub profile: Profile,
    /// Records that ingest is handed at once, at most.
    pub batch_size: u16,
    /// Kind of the key that signs checkpoints.
    pub signing: Signing,
    /// Mode of Object Lock.
    pub lock_mode: LockMode,
    /// Days for which batches are locked.
    pub batch_retention_days: u32,
    /// Days for which full tiles, checkpoints and bundles are locked.
    pub log_retention_days: u32,
    /// The folder that the config bundle is made from; without one, a bundle is kept that is there,
    /// and a new one takes every event as it is.
    pub config: Option<PathBuf>,
}

/// Kinds of keys that sign checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// Ed25519 (KMS: `ECC_NIST_EDWARDS25519`).
    Ed25519,
    /// ECDSA on P-256 (KMS: `ECC_NIST_P256`), for a KMS that has no Ed25519.
    P256,
}

/// Shards of a stream that nobody has said anything about: two, so that there is more than one chain.
pub const SHARDS: u32 = 2;

impl Default for Options {
    fn default() -> Self {
        Self {
            name: "cairn".to_owned(),
            origin: "cairn.local/demo".to_owned(),
            shards: None,
            functions: true,
            driver: false,
            auth: false,
            profile: Profile::default(),
            batch_size: 1000,
            signing: Signing::Ed25519,
            lock_mode: LockMode::Compliance,
            batch_retention_days: 35,
            log_retention_days: 3650,
            config: None,
        }
    }
}

/// Names of the parts of a deployment.
#[derive(Debug, Clone)]
pub(super) struct Names {
    pub(super) stream: String,
    pub(super) bucket: String,
    pub(super) expired: String,
    pub(super) table: String,
    pub(super) data_key: String,
    pub(super) ledger_key: String,
    pub(super) signing_key: String,
    pub(super) ingest: String,
    pub(super) checkpoint: String,
    pub(super) schedule: String,
    pub(super) operator: String,
    pub(super) break_glass: String,
}

impl Names {
    pub(super) fn new(name: &str) -> Self {
        Self {
            stream: format!("{name}-events"),
            bucket: format!("{name}-archive"),
            expired: format!("{name}-expired"),
            table: format!("{name}-ledger"),
            data_key: format!("alias/{name}-data"),
            ledger_key: format!("alias/{name}-ledger"),
            signing_key: format!("alias/{name}-signing"),
            ingest: format!("{name}-ingest"),
            checkpoint: format!("{name}-checkpoint"),
            schedule: format!("{name}-schedule"),
            operator: format!("{name}-operator"),
            break_glass: format!("{name}-break-glass"),
        }
    }
}
