//! What the verifier found.

use std::collections::BTreeMap;
use std::fmt;

use cairn_ledger::{ChainId, Found, Hash};
use serde::Serialize;

/// The outcome of a verification.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether nothing is wrong. Never true unless everything was checked: against a checkpoint that
    /// verifies, or because nothing was sealed yet.
    pub ok: bool,
    /// Name of the log.
    pub origin: String,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// Root hash of the checkpoint.
    pub root: Hash,
    /// Chains.
    pub chains: u64,
    /// Batches checked, logged or not.
    pub batches: u64,
    /// Batches that are sealed but that no checkpoint covers yet.
    pub unlogged: u64,
    /// Records they account for.
    pub records: u64,
    /// Events they hold.
    pub events: u64,
    /// Rejections they hold.
    pub rejections: u64,
    /// Rejections whose raw bytes are not in quarantine any more: resolved.
    pub resolved: u64,
    /// Bytes of batch objects read.
    pub bytes: u64,
    /// What operators ordered about stopped chains: where nothing else lies there, it is no finding any more.
    pub acknowledged: Vec<Acknowledged>,
    /// What is wrong, each with its name; at most [`Findings::PER_CODE`] of each kind.
    pub findings: Vec<Finding>,
    /// How many more there are of a kind than `findings` lists.
    pub suppressed: BTreeMap<FindingCode, u64>,
    /// The checkpoint that was verified against, as a signed note: keep it, outside the account.
    /// Empty if there is none to be believed.
    pub checkpoint: String,
}

/// A stopped chain that goes on by an operator's order, and what lies at its next key, as the order says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// Key of the order.
    pub order: String,
    /// The stopped chain.
    pub chain: ChainId,
    /// Why it was stopped.
    pub reason: String,
    /// Who ordered that it goes on.
    pub by: String,
    /// When.
    pub at: String,
    /// Why, in that person's words.
    pub why: String,
    /// The key whose versions and delete markers are no batch of the chain.
    pub key: String,
    /// All of these, newest first.
    pub versions: Vec<AcknowledgedVersion>,
}

/// A version, or a delete marker, that is acknowledged as no batch of its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AcknowledgedVersion {
    /// What the order says of it.
    #[serde(flatten)]
    pub found: Found,
    /// Of one that is, by its own header, the batch that would have come next: how many of its records no
    /// later chain of the shard has sealed. If they do not come, they are in this object alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsealed: Option<u64>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind.
    pub code: FindingCode,
    /// What it is about: an object key, `<key>#<row>`, a chain, the checkpoint.
    pub subject: String,
    /// What was expected and what was found.
    pub detail: String,
}

/// Declares the kinds of findings, each with the name it has in reports.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// The kinds of findings. The name in reports is dotted lower case, such as `object.altered`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        pub enum FindingCode {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant,)+
        }

        impl FindingCode {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in reports.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

codes! {
    /// There is no checkpoint, though there is something that one must cover.
    CheckpointMissing = "checkpoint.missing",
    /// A checkpoint cannot be read.
    CheckpointUnreadable = "checkpoint.unreadable",
    /// A checkpoint is not signed by a key of the log, or its signature is false.
    CheckpointKey = "checkpoint.key",
    /// A checkpoint is of another log.
    CheckpointOrigin = "checkpoint.origin",
    /// The checkpoint is older than one that was trusted before, or than one that was signed.
    CheckpointRolledBack = "checkpoint.rolled_back",
    /// A checkpoint's name or root is not that of the log at its size.
    CheckpointMismatch = "checkpoint.mismatch",
    /// The log does not extend a checkpoint that was trusted before.
    LogFork = "log.fork",
    /// The entries do not make the root that the checkpoint signs.
    LogRoot = "log.root",
    /// A tile of hashes is missing.
    TileMissing = "tile.missing",
    /// A tile holds other hashes than those of the entries.
    TileAltered = "tile.altered",
    /// There is a file among the tiles that the log does not have.
    TileUnexpected = "tile.unexpected",
    /// An entry bundle is missing.
    EntriesMissing = "entries.missing",
    /// An entry bundle holds other entries than those that were logged.
    EntriesAltered = "entries.altered",
    /// A plan disagrees with the log.
    PlanMismatch = "plan.mismatch",
    /// A plan is missing between others, or at the end.
    PlanMissing = "plan.missing",
    /// Cursors disagree with the log, or with their name.
    CursorsMismatch = "cursors.mismatch",
    /// The cursors that the latest plan names are missing.
    CursorsMissing = "cursors.missing",
    /// A chain lacks a number.
    ChainGap = "chain.gap",
    /// A number was logged twice.
    ChainFork = "chain.fork",
    /// A header does not follow the one before it.
    ChainLink = "chain.link",
    /// A chain begins from something else than the ends of its parents, or a parent goes on.
    ChainParent = "chain.parent",
    /// Sequence numbers do not rise from batch to batch.
    ChainSequence = "chain.sequence",
    /// A chain was stopped, and does not go on by an order: an alarm by itself.
    ChainStopped = "chain.stopped",
    /// An object lies among the orders that is none of this log, at its proper key.
    OrderUnreadable = "order.unreadable",
    /// An order that a chain goes on by, or that the table names, is not there.
    OrderMissing = "order.missing",
    /// An order is not the one that a chain goes on by, or not about the end of a stopped chain.
    OrderMismatch = "order.mismatch",
    /// At or behind the next key of a stopped chain lies something else than what the order acknowledges.
    OrderEvidence = "order.evidence",
    /// The table's head is behind the batches that are there.
    HeadRolledBack = "head.rolled_back",
    /// The table's head names another header, or another version of its object.
    HeadMismatch = "head.mismatch",
    /// The table has no head of a chain that has committed batches.
    HeadMissing = "head.missing",
    /// The table's head of the log is behind what was signed.
    LogHeadRolledBack = "log_head.rolled_back",
    /// The table's head of the log has another root than the log at its size.
    LogHeadMismatch = "log_head.mismatch",
    /// An entry is neither a batch header of this log at its proper key nor a config change of it.
    HeaderInvalid = "header.invalid",
    /// A batch that must be there is not.
    BatchMissing = "batch.missing",
    /// A batch was put long ago, and no checkpoint covers it.
    BatchUnlogged = "batch.unlogged",
    /// A batch was put long ago, and the table's head does not cover it.
    BatchUncommitted = "batch.uncommitted",
    /// An object lies among the batches that cannot be one.
    BatchUnexpected = "batch.unexpected",
    /// The bytes of an object are not those its header was sealed over.
    ObjectAltered = "object.altered",
    /// An object is as it was sealed, but for bytes that were appended.
    ObjectAppended = "object.appended",
    /// An object is that of another batch.
    ObjectSwapped = "object.swapped",
    /// An object lies where nothing of an archive does.
    ObjectUnexpected = "object.unexpected",
    /// An object has the bytes that were sealed, but is no batch.
    ObjectUnreadable = "object.unreadable",
    /// The header in an object's own metadata is not the one that was logged.
    MetadataMismatch = "metadata.mismatch",
    /// A row is not a canonical event or rejection.
    EventUnreadable = "event.unreadable",
    /// Events were altered.
    EventAltered = "event.altered",
    /// Events are missing.
    EventMissing = "event.missing",
    /// There are more events than were sealed.
    EventExtra = "event.extra",
    /// Events are not in the order of their records.
    EventReordered = "event.reordered",
    /// An event is there twice.
    EventDuplicated = "event.duplicated",
    /// An event names the coordinates of another chain.
    EventCoordinates = "event.coordinates",
    /// A typed column is not what derives from the event.
    ColumnMismatch = "column.mismatch",
    /// A header's root is not that of its leaves.
    RootMismatch = "root.mismatch",
    /// A header's tenants are not those of its events.
    TenantsMismatch = "tenants.mismatch",
    /// A header's counts or ranges are not those of its leaves.
    CountsMismatch = "counts.mismatch",
    /// A config bundle that batches name is missing, or the location database of one.
    ConfigMissing = "config.missing",
    /// A config bundle, or what one names, is not what its name says, or none at all.
    ConfigAltered = "config.altered",
    /// An object lies among the config bundles that is neither one nor named by one.
    ConfigUnexpected = "config.unexpected",
    /// A batch was judged by a bundle that no entry before it enters.
    ConfigUnlogged = "config.unlogged",
    /// A config change stands in the log again.
    ConfigRepeated = "config.repeated",
    /// No batch that its bundle judged follows a config change.
    ConfigMisplaced = "config.misplaced",
    /// A quarantine object is not what its name says.
    QuarantineAltered = "quarantine.altered",
    /// A rejection's raw bytes in quarantine are not those it commits to.
    QuarantineMismatch = "quarantine.mismatch",
    /// A key has more than one version.
    VersionExtra = "version.extra",
    /// A key is hidden by a delete marker.
    DeleteMarker = "delete.marker",
    /// An object is not locked.
    LockMissing = "lock.missing",
    /// An object's lock can be bypassed, where none must be.
    LockMode = "lock.mode",
    /// An object is locked for too short a time.
    LockShort = "lock.short",
    /// An object is not encrypted under KMS.
    EncryptionMissing = "encryption.missing",
    /// An object is encrypted under another key.
    EncryptionKey = "encryption.key",
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Findings as they come: all of them counted, of each kind only so many kept.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    count: BTreeMap<FindingCode, u64>,
}

impl Findings {
    /// How many of a kind are kept.
    pub const PER_CODE: u64 = 100;

    /// Adds one.
    pub(crate) fn add(
        &mut self,
        code: FindingCode,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) {
        let count = self.count.entry(code).or_default();
        *count += 1;
        if *count <= Self::PER_CODE {
            self.kept.push(Finding { code, subject: subject.into(), detail: detail.into() });
        }
    }

    /// Adds those of another, behind these.
    pub(crate) fn append(&mut self, other: Self) {
        let mut others = other.count;
        for finding in other.kept {
            if let Some(left) = others.get_mut(&finding.code) {
                *left -= 1;
            }
            self.add(finding.code, finding.subject, finding.detail);
        }
        for (code, more) in others {
            *self.count.entry(code).or_default() += more;
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.is_empty()
    }

    /// Those that were kept, and how many more there are of each kind.
    pub(crate) fn into_parts(self) -> (Vec<Finding>, BTreeMap<FindingCode, u64>) {
        let more = |(code, count): (FindingCode, u64)| {
            let more = count.checked_sub(Self::PER_CODE).filter(|more| *more > 0)?;
            Some((code, more))
        };
        (self.kept, self.count.into_iter().filter_map(more).collect())
    }
}
