//! How objects must be protected.

use jiff::SignedDuration;

use crate::listing::Listed;
use crate::report::FindingCode::{
    DeleteMarker, EncryptionKey, EncryptionMissing, LockMissing, LockShort, VersionExtra,
};
use crate::{Archive, ArchiveError, Encryption, FindingCode, Findings, LockMode, Object, Options};

/// The writer counts retention from its own clock, a little before S3 takes the object.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// For how long an object must have been locked when it was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retention {
    /// Not at all: the one object that is replaced.
    None,
    /// As batches.
    Batch,
    /// As full tiles.
    Log,
}

impl Options {
    /// Checks the lock and the encryption of an object.
    pub(crate) fn check_protection(
        &self,
        key: &str,
        object: &Object,
        retention: Retention,
        findings: &mut Findings,
    ) {
        let seconds = match retention {
            Retention::None => None,
            Retention::Batch => Some(self.batch_retention),
            Retention::Log => Some(self.log_retention),
        };
        if let Some(seconds) = seconds {
            self.check_lock(key, object, SignedDuration::from_secs(seconds), findings);
        }
        match (&object.encryption, &self.data_key) {
            (Encryption::Kms(found), Some(expected)) if !same_key(found, expected) => {
                findings.add(EncryptionKey, key, format!("expected {expected}, found {found}"));
            }
            (Encryption::Kms(_), _) => {}
            (Encryption::Other(found), _) => {
                findings.add(EncryptionMissing, key, format!("expected aws:kms, found {found}"));
            }
        }
    }

    fn check_lock(
        &self,
        key: &str,
        object: &Object,
        retention: SignedDuration,
        findings: &mut Findings,
    ) {
        let Some(lock) = object.lock else {
            findings.add(LockMissing, key, "expected a lock, found none");
            return;
        };
        if self.lock_mode == Some(LockMode::Compliance) && lock.mode == LockMode::Governance {
            let detail = "expected COMPLIANCE, found GOVERNANCE, which can be bypassed";
            findings.add(FindingCode::LockMode, key, detail);
        }
        let locked = lock.until.duration_since(object.modified);
        if locked < retention - TOLERANCE {
            let (put, until) = (object.modified, lock.until);
            let expected = retention.as_hours() / 24;
            let detail = format!("expected {expected} days from {put} on, found until {until}");
            findings.add(LockShort, key, detail);
        }
    }
}

/// An id and an ARN that ends in it name the same key.
fn same_key(a: &str, b: &str) -> bool {
    let id = |key: &str| key.rsplit_once(":key/").map_or(key, |(_, id)| id).to_owned();
    id(a) == id(b)
}

/// Checks the versions of a key that may go once its lock has ended: then a delete marker hides it
/// before it goes.
pub(crate) fn check_expiring(
    archive: &impl Archive,
    options: &Options,
    listed: &Listed,
    findings: &mut Findings,
) -> Result<(), ArchiveError> {
    let mut newest = None;
    if let (false, Some(version)) = (listed.visible, listed.versions.first()) {
        newest = archive.read(&listed.key, Some(version))?;
    }
    let locked = newest.and_then(|object| object.lock).is_some_and(|lock| lock.until > options.now);
    let excused = !listed.visible && !locked;
    let markers = if excused { 0 } else { listed.markers };
    check_versions(&Listed { markers, ..listed.clone() }, findings);
    Ok(())
}

/// Checks that a key which is written once has one version and nothing hides it.
pub(crate) fn check_versions(listed: &Listed, findings: &mut Findings) {
    if listed.versions.len() > 1 {
        let detail = format!("expected one version, found {}", listed.versions.len());
        findings.add(VersionExtra, &listed.key, detail);
    }
    if listed.markers > 0 {
        let detail = format!("expected no delete marker, found {}", listed.markers);
        findings.add(DeleteMarker, &listed.key, detail);
    }
}
