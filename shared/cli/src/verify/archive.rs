//! The archive in S3 as the verifier sees it: reads that block.

use cairn_store::{Objects, StoreError, StoredObject, VersionId};
use cairn_verify::{Archive, ArchiveError, Encryption, Lock, LockMode, Object, Version};
use tokio::runtime::Handle;

/// An object store, read from threads that are none of the runtime's.
pub(super) struct Remote<O> {
    objects: O,
    runtime: Handle,
}

impl<O: Objects> Remote<O> {
    pub(super) fn new(objects: O, runtime: Handle) -> Self {
        Self { objects, runtime }
    }
}

impl<O: Objects> Archive for Remote<O> {
    fn versions(&self, prefix: &str) -> Result<Vec<Version>, ArchiveError> {
        let versions = self.runtime.block_on(self.objects.versions(prefix));
        let version = |version: cairn_store::ObjectVersion| Version {
            key: version.key,
            version: version.version.as_str().to_owned(),
            delete_marker: version.delete_marker,
            latest: version.latest,
            size: version.size,
        };
        Ok(versions.map_err(failed(prefix))?.into_iter().map(version).collect())
    }

    fn read(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, ArchiveError> {
        let read = self.runtime.block_on(async {
            match version {
                Some(version) => self.objects.read_version(key, &VersionId::new(version)).await,
                None => self.objects.read(key).await,
            }
        });
        Ok(read.map_err(failed(key))?.map(object))
    }
}

fn object(stored: StoredObject) -> Object {
    Object {
        body: stored.body,
        version: stored.version.as_str().to_owned(),
        modified: stored.modified,
        lock: stored
            .retention
            .map(|retention| Lock { mode: mode(retention.mode), until: retention.until }),
        encryption: match stored.encryption {
            cairn_store::Encryption::Kms(key) => Encryption::Kms(key),
            cairn_store::Encryption::Other(name) => Encryption::Other(name),
        },
    }
}

/// The verifier's word for a mode.
pub(super) fn mode(mode: cairn_store::LockMode) -> LockMode {
    match mode {
        cairn_store::LockMode::Compliance => LockMode::Compliance,
        cairn_store::LockMode::Governance => LockMode::Governance,
    }
}

fn failed(key: &str) -> impl FnOnce(StoreError) -> ArchiveError {
    let key = key.to_owned();
    move |error| ArchiveError { key, detail: error.to_string() }
}
