//! An operator with every right, who tampers.

use bytes::Bytes;
use cairn_ledger::ChainId;
use jiff::Timestamp;

use super::Memory;
use super::objects::Version;
use crate::{
    BatchItem, ChainState, Encryption, LogHead, ObjectVersion, Retention, StoredObject, VersionId,
};

/// What an operator with every right (or whoever holds the disks) can do to a [`Memory`]: no lock
/// and no condition stops it.
///
/// Methods that change an existing version take its id, or `None` for the newest one, and panic
/// where there is none: a test that tampers with nothing would show nothing.
#[derive(Debug, Clone)]
pub struct Operator {
    cloud: Memory,
}

impl Operator {
    pub(super) fn new(cloud: Memory) -> Self {
        Self { cloud }
    }

    /// All keys that have a version or a delete marker, in order.
    pub fn keys(&self) -> Vec<String> {
        self.cloud.state().bucket.keys.keys().cloned().collect()
    }

    /// All versions and delete markers under a prefix, by key, newest first.
    pub fn versions(&self, prefix: &str) -> Vec<ObjectVersion> {
        self.cloud.state().bucket.versions(prefix)
    }

    /// The current object at a key.
    pub fn object(&self, key: &str) -> Option<StoredObject> {
        self.cloud.state().bucket.current(key)
    }

    /// Puts a version on top of the others, whatever is there.
    pub fn put(
        &self,
        key: &str,
        body: impl Into<Bytes>,
        retention: Option<Retention>,
    ) -> VersionId {
        let now = self.cloud.now();
        self.cloud.state().bucket.push(key, Some(body.into()), retention, now).id.clone()
    }

    /// Puts a delete marker on top of the versions.
    pub fn mark_deleted(&self, key: &str) {
        let now = self.cloud.now();
        self.cloud.state().bucket.push(key, None, None, now);
    }

    /// Changes the bytes of a version in place: id, entity tag and time stay.
    #[track_caller]
    pub fn overwrite(&self, key: &str, version: Option<&VersionId>, body: impl Into<Bytes>) {
        self.edit(key, version, |found| found.body = Some(body.into()));
    }

    /// Changes the retention of a version; `None` drops its lock.
    #[track_caller]
    pub fn set_retention(
        &self,
        key: &str,
        version: Option<&VersionId>,
        retention: Option<Retention>,
    ) {
        self.edit(key, version, |found| found.retention = retention);
    }

    /// Changes what the store says of a version's encryption.
    #[track_caller]
    pub fn set_encryption(&self, key: &str, version: Option<&VersionId>, encryption: Encryption) {
        self.edit(key, version, |found| found.encryption = encryption);
    }

    /// Changes what the store says of when a version was put.
    #[track_caller]
    pub fn set_modified(&self, key: &str, version: Option<&VersionId>, modified: Timestamp) {
        self.edit(key, version, |found| found.modified = modified);
    }

    /// Deletes one version, or a delete marker, for good.
    #[track_caller]
    pub fn delete_version(&self, key: &str, version: &VersionId) {
        let removed = self.cloud.state().bucket.remove(key, version);
        assert!(removed, "no version {version:?} of {key}");
    }

    /// Deletes a key with all its versions and delete markers.
    #[track_caller]
    pub fn delete(&self, key: &str) {
        let removed = self.cloud.state().bucket.keys.remove(key);
        assert!(removed.is_some(), "no version of {key}");
    }

    /// Makes the ledger table anew, empty.
    pub fn lose_table(&self) {
        self.cloud.state().ledger = Default::default();
    }

    /// Sets the state of a chain; the default state removes its head.
    pub fn set_chain(&self, chain: &ChainId, state: ChainState) {
        self.cloud.state().ledger.states.insert(chain.clone(), state);
    }

    /// Sets a batch's item at a number; `None` removes it.
    pub fn set_batch(&self, chain: &ChainId, number: u64, item: Option<BatchItem>) {
        let mut state = self.cloud.state();
        let items = state.ledger.batches.entry(chain.clone()).or_default();
        match item {
            Some(item) => items.insert(number, item),
            None => items.remove(&number),
        };
    }

    /// Enters a chain in the registry, or removes it.
    pub fn set_registered(&self, chain: &ChainId, registered: bool) {
        let mut state = self.cloud.state();
        match registered {
            true => state.ledger.registered.insert(chain.clone()),
            false => state.ledger.registered.remove(chain),
        };
    }

    /// Sets the head of the log; `None` removes it.
    pub fn set_log_head(&self, head: Option<LogHead>) {
        self.cloud.state().ledger.log = head;
    }

    #[track_caller]
    fn edit(&self, key: &str, id: Option<&VersionId>, change: impl FnOnce(&mut Version)) {
        let mut state = self.cloud.state();
        let versions = state.bucket.keys.get_mut(key).map(Vec::as_mut_slice).unwrap_or_default();
        let found = match id {
            Some(id) => versions.iter_mut().find(|version| version.id == *id),
            None => versions.last_mut(),
        };
        let Some(found) = found else { panic!("no version {id:?} of {key}") };
        change(found);
    }
}
