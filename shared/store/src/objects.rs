//! The object store.

use std::future::Future;

use bytes::Bytes;
use jiff::Timestamp;

use crate::StoreResult;

/// The most keys that one [`Objects::list`] returns, as one page of S3's ListObjectsV2 does.
pub(crate) const LIST_LIMIT: usize = 1000;

/// The object store of a deployment: one versioned bucket with Object Lock, whose objects are
/// encrypted under the deployment's data key.
///
/// Strongly consistent: a read or list that starts after a write was answered sees it.
pub trait Objects: Send + Sync {
    /// Creates the object at `key` unless a current object is there, with the given retention
    /// (none: not locked; its end is rounded up to the second), under the data key, its SHA-256
    /// checked by the store. A retention that is over is `Refused`.
    ///
    /// Atomic: of two creators exactly one succeeds, the other gets `Conflict`. After `Unknown`
    /// (or a retry inside the client) the caller's own object may be what a later `Conflict` is about:
    /// read it, and compare.
    fn create(
        &self,
        key: &str,
        body: Bytes,
        retention: Option<Retention>,
    ) -> impl Future<Output = StoreResult<VersionId>> + Send;

    /// Replaces the object at `key` if its current entity tag is `expected` (`None`: if there is no object).
    /// `Conflict` otherwise. For the one object that changes, `log/checkpoint`; never locked.
    fn replace(
        &self,
        key: &str,
        body: Bytes,
        expected: Option<&ETag>,
    ) -> impl Future<Output = StoreResult<ETag>> + Send;

    /// The current object at `key`; `None` where there is none, or a delete marker hides it.
    fn read(&self, key: &str) -> impl Future<Output = StoreResult<Option<StoredObject>>> + Send;

    /// One version of the object at `key`; `None` where there is no such version.
    fn read_version(
        &self,
        key: &str,
        version: &VersionId,
    ) -> impl Future<Output = StoreResult<Option<StoredObject>>> + Send;

    /// All versions and delete markers of keys under `prefix`, by key, newest first; however many
    /// there are (every page is fetched).
    fn versions(
        &self,
        prefix: &str,
    ) -> impl Future<Output = StoreResult<Vec<ObjectVersion>>> + Send;

    /// Every version and delete marker at a key, newest first, and nothing that merely begins like it.
    fn versions_at(
        &self,
        key: &str,
    ) -> impl Future<Output = StoreResult<Vec<ObjectVersion>>> + Send {
        async move {
            let mut versions = self.versions(key).await?;
            versions.retain(|version| version.key == key);
            Ok(versions)
        }
    }

    /// Keys of current objects under `prefix` that sort after `after`, in order, at most `limit`
    /// (and at most 1,000).
    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> impl Future<Output = StoreResult<Vec<String>>> + Send;
}

/// An S3 version id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId(pub(crate) String);

/// An S3 entity tag, quotes included.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ETag(pub(crate) String);

/// How long an object cannot be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Who may shorten it.
    pub mode: LockMode,
    /// Until when.
    pub until: Timestamp,
}

/// Modes of S3 Object Lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LockMode {
    /// Nobody can shorten the retention, not even the account's root.
    Compliance,
    /// Whoever has `s3:BypassGovernanceRetention` can.
    Governance,
}

/// Why a text is not a [`LockMode`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected COMPLIANCE or GOVERNANCE, found {found:?}")]
pub struct LockModeError {
    found: String,
}

impl std::str::FromStr for LockMode {
    type Err = LockModeError;

    fn from_str(text: &str) -> Result<Self, LockModeError> {
        match text {
            "COMPLIANCE" => Ok(Self::Compliance),
            "GOVERNANCE" => Ok(Self::Governance),
            _ => Err(LockModeError { found: text.to_owned() }),
        }
    }
}

/// Server-side encryption as the store reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// SSE-KMS under this key (id or ARN, as the store reports it).
    Kms(String),
    /// Anything else, by its name; `none` if the store names none.
    Other(String),
}

/// An object, with all that the store says of it.
#[derive(Debug, Clone)]
pub struct StoredObject {
    /// Its bytes.
    pub body: Bytes,
    /// Its version.
    pub version: VersionId,
    /// Its entity tag.
    pub etag: ETag,
    /// When it was put, to the second.
    pub modified: Timestamp,
    /// Its retention, if it is locked.
    pub retention: Option<Retention>,
    /// Its encryption.
    pub encryption: Encryption,
}

/// One version of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The key.
    pub key: String,
    /// The version.
    pub version: VersionId,
    /// Whether it is a delete marker.
    pub delete_marker: bool,
    /// Whether it is the current one.
    pub latest: bool,
    /// Bytes; 0 for a delete marker.
    pub size: u64,
    /// When it was put.
    pub modified: Timestamp,
}

impl VersionId {
    /// Wraps a version id that the store gave.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ETag {
    /// Wraps an entity tag that the store gave.
    pub fn new(tag: impl Into<String>) -> Self {
        Self(tag.into())
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The second that `time` is in: times of objects are kept to the second.
pub(crate) fn whole_second_before(time: Timestamp) -> Timestamp {
    let seconds = time.as_nanosecond().div_euclid(NANOSECONDS);
    i64::try_from(seconds).ok().and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(time)
}

/// The end of the second that `time` is in, so that a lock never ends before it was to.
pub(crate) fn whole_second_after(time: Timestamp) -> Timestamp {
    let seconds = -(-time.as_nanosecond()).div_euclid(NANOSECONDS);
    i64::try_from(seconds).ok().and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(time)
}

const NANOSECONDS: i128 = 1_000_000_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_round_to_whole_seconds_on_the_safe_side() {
        for (time, before, after) in [
            ("2026-01-31T23:59:59Z", "2026-01-31T23:59:59Z", "2026-01-31T23:59:59Z"),
            ("2026-01-31T23:59:59.000000001Z", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"),
            ("2026-01-31T23:59:59.999Z", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"),
            ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58Z", "1969-12-31T23:59:59Z"),
        ] {
            let time: Timestamp = time.parse().unwrap();
            assert_eq!(whole_second_before(time), before.parse().unwrap());
            assert_eq!(whole_second_after(time), after.parse().unwrap());
        }
    }
}
