//! What the verifier asks of an archive.

use bytes::Bytes;
use jiff::Timestamp;

/// A readable archive: S3, or a copy of it. Called from several threads at once; calls may block.
pub trait Archive: Sync {
    /// All versions and delete markers of keys under `prefix`, by key, newest first.
    fn versions(&self, prefix: &str) -> Result<Vec<Version>, ArchiveError>;

    /// A version of an object (`None`: the current one); `None` if there is none.
    fn read(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, ArchiveError>;
}

/// Why the archive could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {key}: {detail}")]
pub struct ArchiveError {
    /// The key or prefix.
    pub key: String,
    /// What went wrong.
    pub detail: String,
}

/// One version of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The key.
    pub key: String,
    /// The version.
    pub version: String,
    /// Whether it is a delete marker.
    pub delete_marker: bool,
    /// Whether it is the current one.
    pub latest: bool,
    /// Bytes.
    pub size: u64,
}

/// An object, with how it is protected.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its bytes.
    pub body: Bytes,
    /// Its version.
    pub version: String,
    /// When it was put.
    pub modified: Timestamp,
    /// Its lock.
    pub lock: Option<Lock>,
    /// Its encryption.
    pub encryption: Encryption,
}

/// Modes of S3 Object Lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Nobody can shorten it.
    Compliance,
    /// Whoever has the right to bypass it can.
    Governance,
}

/// An Object Lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// How firm it is.
    pub mode: LockMode,
    /// Until when.
    pub until: Timestamp,
}

/// Server-side encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// SSE-KMS under this key.
    Kms(String),
    /// Anything else, by its name.
    Other(String),
}
