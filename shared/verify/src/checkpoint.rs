//! Steps 1 and 2: which checkpoint to believe.

use std::collections::BTreeSet;

use cairn_batch::keys;
use cairn_ledger::{Checkpoint, CheckpointError, Note, NoteError, VerifierKey};
use jiff::Timestamp;

use crate::listing::{Listed, read_all};
use crate::protection::{Retention, check_versions};
use crate::report::FindingCode::{
    self, CheckpointKey, CheckpointMismatch, CheckpointMissing, CheckpointOrigin,
    CheckpointRolledBack, CheckpointUnreadable,
};
use crate::{Archive, ArchiveError, Findings, Options};

/// A checkpoint whose signature was verified, and the note it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Believed {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) note: String,
}

/// The checkpoints of an archive.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints {
    /// `log/checkpoint`, or in its place the latest that was signed.
    pub(crate) latest: Option<Believed>,
    /// All of `log/checkpoints/` that can be believed, with their keys.
    pub(crate) signed: Vec<(String, Checkpoint)>,
    /// Sizes of all that can be believed, and when each was put.
    pub(crate) put: Vec<(u64, Timestamp)>,
    /// The keys of `log/checkpoints/` that a read finds.
    listed: BTreeSet<String>,
    /// Whether there is anything that should be one.
    pub(crate) any: bool,
}

/// Reads a note that is claimed to be a checkpoint of this log.
pub(crate) fn open(note: &[u8], keys: &[VerifierKey]) -> Result<Believed, (FindingCode, String)> {
    let origin = keys.first().map_or("", VerifierKey::name);
    let unreadable = |error: String| (CheckpointUnreadable, error);
    let note = str::from_utf8(note).map_err(|error| unreadable(error.to_string()))?;
    match Checkpoint::open(note, keys) {
        Ok(open) if open.checkpoint.origin == origin => {
            Ok(Believed { checkpoint: open.checkpoint, note: note.to_owned() })
        }
        Ok(open) => Err((CheckpointOrigin, other_origin(origin, &open.checkpoint.origin))),
        Err(error) => {
            let claimed =
                Note::parse(note).ok().and_then(|note| Checkpoint::parse(note.text()).ok());
            match (claimed, &error) {
                (Some((claimed, _)), _) if claimed.origin != origin => {
                    Err((CheckpointOrigin, other_origin(origin, &claimed.origin)))
                }
                (_, CheckpointError::Note(NoteError::Malformed { .. })) | (None, _) => {
                    Err(unreadable(error.to_string()))
                }
                _ => Err((CheckpointKey, error.to_string())),
            }
        }
    }
}

fn other_origin(expected: &str, found: &str) -> String {
    format!("expected the origin {expected:?}, found {found:?}")
}

impl Checkpoints {
    /// Reads all checkpoints. `listed` are the keys of `log/checkpoints/`, listed before.
    pub(crate) fn read(
        archive: &impl Archive,
        options: &Options,
        keys: &[VerifierKey],
        listed: &[Listed],
        findings: &mut Findings,
    ) -> Result<Self, ArchiveError> {
        let visible = listed.iter().filter(|listed| listed.visible);
        let mut checkpoints = Self {
            any: !listed.is_empty(),
            listed: visible.map(|listed| listed.key.clone()).collect(),
            ..Self::default()
        };
        let mut newest: Option<Believed> = None;
        for (listed, object) in read_all(archive, listed)? {
            check_versions(listed, findings);
            let Some(object) = object else { continue };
            options.check_protection(&listed.key, &object, Retention::Log, findings);
            let believed = match open(&object.body, keys) {
                Ok(believed) => believed,
                Err((code, detail)) => {
                    findings.add(code, &listed.key, detail);
                    continue;
                }
            };
            let named = keys::checkpoint(believed.checkpoint.size);
            if named != listed.key {
                let detail = format!("expected at {named}, found here");
                findings.add(CheckpointMismatch, &listed.key, detail);
            }
            let newer = |newest: &Believed| newest.checkpoint.size < believed.checkpoint.size;
            checkpoints.put.push((believed.checkpoint.size, object.modified));
            checkpoints.signed.push((listed.key.clone(), believed.checkpoint.clone()));
            if newest.as_ref().is_none_or(newer) {
                newest = Some(believed);
            }
        }
        if let Some(object) = archive.read(keys::CHECKPOINT, None)? {
            checkpoints.any = true;
            options.check_protection(keys::CHECKPOINT, &object, Retention::None, findings);
            match open(&object.body, keys) {
                Ok(believed) => {
                    checkpoints.put.push((believed.checkpoint.size, object.modified));
                    checkpoints.latest = Some(believed);
                }
                Err((code, detail)) => findings.add(code, keys::CHECKPOINT, detail),
            }
        } else if checkpoints.any {
            findings.add(CheckpointMissing, keys::CHECKPOINT, "expected the latest, found none");
        }
        let (published, newest) = (&checkpoints.latest, newest);
        let size = |believed: &Believed| believed.checkpoint.size;
        if let (Some(published), Some(newest)) = (published, &newest)
            && size(published) < size(newest)
            && !checkpoints.under_way(size(published), options)
        {
            let (published, newest) = (size(published), size(newest));
            let detail = format!("expected size {newest}, which was signed, found {published}");
            findings.add(CheckpointRolledBack, keys::CHECKPOINT, detail);
        }
        // What was signed counts, whatever lies at `log/checkpoint`.
        let candidates = [checkpoints.latest.take(), newest];
        checkpoints.latest = candidates.into_iter().flatten().reduce(|published, newest| {
            if size(&newest) > size(&published) { newest } else { published }
        });
        Ok(checkpoints)
    }
}

impl Checkpoints {
    /// Whether the one note beyond the published size is so young that it may just be about to be
    /// published.
    fn under_way(&self, published: u64, options: &Options) -> bool {
        let mut beyond = self.put.iter().filter(|(size, _)| *size > published);
        match (beyond.next(), beyond.next()) {
            (Some((_, put)), None) => *put >= options.now - options.max_lag / 3,
            _ => false,
        }
    }

    /// When the checkpoint of this size was put first.
    pub(crate) fn put_at(&self, size: u64) -> Option<Timestamp> {
        self.put.iter().filter(|(other, _)| *other == size).map(|(_, put)| *put).min()
    }

    /// Checks that every checkpoint that the log must have had is kept. `sizes` are those that
    /// moves of the log led to.
    pub(crate) fn check_kept(
        &self,
        archive: &impl Archive,
        sizes: impl Iterator<Item = u64>,
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        for size in sizes.collect::<BTreeSet<u64>>() {
            let key = keys::checkpoint(size);
            // The list may be older than the checkpoint.
            if !self.listed.contains(&key) && archive.read(&key, None)?.is_none() {
                findings.add(CheckpointMissing, key, "expected what was signed at that size");
            }
        }
        Ok(())
    }
}

/// Checks that the log is not older than a checkpoint that was trusted before.
pub(crate) fn check_age(latest: u64, trusted: &Checkpoint, findings: &mut Findings) {
    if latest < trusted.size {
        let detail = format!("expected at least the trusted size {}, found {latest}", trusted.size);
        findings.add(CheckpointRolledBack, keys::CHECKPOINT, detail);
    }
}
