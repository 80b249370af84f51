//! The bucket: versions, entity tags, Object Lock.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use cairn_ledger::Hash;
use jiff::Timestamp;

use super::{DATA_KEY, Memory};
use crate::objects::{LIST_LIMIT, whole_second_after, whole_second_before};
use crate::{
    ETag, Encryption, ObjectVersion, Objects, Retention, StoreError, StoreResult, StoredObject,
    VersionId,
};

/// Versions by key, oldest first.
#[derive(Clone, Default)]
pub(super) struct Bucket {
    pub(super) keys: BTreeMap<String, Vec<Version>>,
    puts: u64,
}

/// One version, or a delete marker.
#[derive(Clone)]
pub(super) struct Version {
    pub(super) id: VersionId,
    pub(super) etag: ETag,
    /// `None` for a delete marker.
    pub(super) body: Option<Bytes>,
    pub(super) modified: Timestamp,
    pub(super) retention: Option<Retention>,
    pub(super) encryption: Encryption,
}

impl Version {
    fn object(&self) -> Option<StoredObject> {
        Some(StoredObject {
            body: self.body.clone()?,
            version: self.id.clone(),
            etag: self.etag.clone(),
            modified: self.modified,
            retention: self.retention,
            encryption: self.encryption.clone(),
        })
    }
}

impl Bucket {
    /// The newest version, unless it is a delete marker.
    pub(super) fn current(&self, key: &str) -> Option<StoredObject> {
        self.keys.get(key)?.last()?.object()
    }

    pub(super) fn version(&self, key: &str, id: &VersionId) -> Option<StoredObject> {
        self.keys.get(key)?.iter().find(|version| version.id == *id)?.object()
    }

    /// Adds a version (`None`: a delete marker) on top of the others.
    pub(super) fn push(
        &mut self,
        key: &str,
        body: Option<Bytes>,
        retention: Option<Retention>,
        now: Timestamp,
    ) -> &Version {
        self.puts += 1;
        // Ids and tags that tell nothing of order or content, as S3's under KMS do not.
        let name = Hash::of(&self.puts.to_be_bytes()).to_string();
        let (id, etag) = name.split_at(32);
        let retention = retention
            .map(|Retention { mode, until }| Retention { mode, until: whole_second_after(until) });
        let version = Version {
            id: VersionId::new(id),
            etag: ETag::new(format!("\"{etag}\"")),
            body,
            modified: whole_second_before(now),
            retention,
            encryption: Encryption::Kms(DATA_KEY.to_owned()),
        };
        let versions = self.keys.entry(key.to_owned()).or_default();
        versions.push(version);
        &versions[versions.len() - 1]
    }

    pub(super) fn remove(&mut self, key: &str, id: &VersionId) -> bool {
        let Some(versions) = self.keys.get_mut(key) else { return false };
        let before = versions.len();
        versions.retain(|version| version.id != *id);
        let removed = versions.len() < before;
        if versions.is_empty() {
            self.keys.remove(key);
        }
        removed
    }

    /// Keys and their versions under a prefix, from after a key on.
    pub(super) fn under<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a String, &'a Vec<Version>)> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        self.keys
            .range::<str, _>((start, Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    pub(super) fn versions(&self, prefix: &str) -> Vec<ObjectVersion> {
        let of_key = |(key, versions): (&String, &Vec<Version>)| {
            let newest = versions.len().saturating_sub(1);
            let listed = |(place, version): (usize, &Version)| ObjectVersion {
                key: key.clone(),
                version: version.id.clone(),
                delete_marker: version.body.is_none(),
                latest: place == newest,
                size: version.body.as_ref().map_or(0, |body| body.len() as u64),
                modified: version.modified,
            };
            versions.iter().enumerate().rev().map(listed).collect::<Vec<_>>()
        };
        self.under(prefix, None).flat_map(of_key).collect()
    }
}

impl Objects for Memory {
    async fn create(
        &self,
        key: &str,
        body: Bytes,
        retention: Option<Retention>,
    ) -> StoreResult<VersionId> {
        let now = self.now();
        if let Some(Retention { until, .. }) = retention
            && until <= now
        {
            let detail = format!("expected a retention that ends after {now}, found {until}");
            return Err(StoreError::refused(format_args!("create {key}"), detail));
        }
        let mut state = self.state();
        if state.bucket.current(key).is_some() {
            let operation = format_args!("create {key}");
            return Err(StoreError::conflict(operation, "a current object is there"));
        }
        Ok(state.bucket.push(key, Some(body), retention, now).id.clone())
    }

    async fn replace(&self, key: &str, body: Bytes, expected: Option<&ETag>) -> StoreResult<ETag> {
        let now = self.now();
        let mut state = self.state();
        let found = state.bucket.current(key).map(|object| object.etag);
        if found.as_ref() != expected {
            let detail = format!("expected entity tag {expected:?}, found {found:?}");
            return Err(StoreError::conflict(format_args!("replace {key}"), detail));
        }
        Ok(state.bucket.push(key, Some(body), None, now).etag.clone())
    }

    async fn read(&self, key: &str) -> StoreResult<Option<StoredObject>> {
        Ok(self.state().bucket.current(key))
    }

    async fn read_version(
        &self,
        key: &str,
        version: &VersionId,
    ) -> StoreResult<Option<StoredObject>> {
        Ok(self.state().bucket.version(key, version))
    }

    async fn versions(&self, prefix: &str) -> StoreResult<Vec<ObjectVersion>> {
        Ok(self.state().bucket.versions(prefix))
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> StoreResult<Vec<String>> {
        let state = self.state();
        let current = state
            .bucket
            .under(prefix, after)
            .filter(|(_, versions)| versions.last().is_some_and(|newest| newest.body.is_some()));
        Ok(current.map(|(key, _)| key.clone()).take(limit.min(LIST_LIMIT)).collect())
    }
}
