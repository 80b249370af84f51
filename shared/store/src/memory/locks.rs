//! What S3 lets anyone with ordinary rights do to objects, and what Object Lock refuses them.

use super::Memory;
use crate::conformance::LockProbe;
use crate::objects::whole_second_after;
use crate::{LockMode, Retention, StoreError, StoreResult, VersionId};

impl LockProbe for Memory {
    /// Puts a delete marker, lock or no lock.
    async fn delete(&self, key: &str) -> StoreResult<()> {
        let now = self.now();
        self.state().bucket.push(key, None, None, now);
        Ok(())
    }

    /// Refused while the version is locked.
    async fn delete_version(&self, key: &str, version: &VersionId) -> StoreResult<()> {
        let now = self.now();
        let mut state = self.state();
        let found = state.bucket.version(key, version);
        if let Some(Retention { until, .. }) = found.and_then(|object| object.retention)
            && until > now
        {
            let operation = format_args!("delete {key} {}", version.as_str());
            return Err(StoreError::refused(operation, format_args!("locked until {until}")));
        }
        state.bucket.remove(key, version);
        Ok(())
    }

    /// Lengthens, never shortens or weakens.
    async fn retain(&self, key: &str, version: &VersionId, wanted: Retention) -> StoreResult<()> {
        let now = self.now();
        let operation = format!("retain {key} {}", version.as_str());
        let mut state = self.state();
        let versions = state.bucket.keys.get_mut(key).map(Vec::as_mut_slice).unwrap_or_default();
        let found = versions.iter_mut().find(|found| found.id == *version && found.body.is_some());
        let Some(found) = found else {
            return Err(StoreError::refused(operation, "no such version"));
        };
        if let Some(held) = found.retention.filter(|held| held.until > now) {
            let weaker = held.mode == LockMode::Compliance && wanted.mode != held.mode;
            if wanted.until < held.until || weaker {
                let detail = format_args!("locked until {} ({:?})", held.until, held.mode);
                return Err(StoreError::refused(operation, detail));
            }
        }
        let until = whole_second_after(wanted.until);
        found.retention = Some(Retention { mode: wanted.mode, until });
        Ok(())
    }
}
