//! The verifier. Recomputes everything from bytes; trusts a public key and, if it is given one, a
//! checkpoint that was kept elsewhere. `README.md` beside this crate lists its steps.

mod archive;
mod batches;
mod chain;
mod changes;
mod checkpoint;
mod config;
mod diagnosis;
mod listing;
mod log;
mod loghead;
mod object;
mod orders;
mod plans;
mod protection;
mod quarantine;
mod report;
mod rows;
mod unknown;

pub use archive::{Archive, ArchiveError, Encryption, Lock, LockMode, Object, Version};
pub use report::{Acknowledged, AcknowledgedVersion, Finding, FindingCode, Findings, Report};

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ledger::{ChainId, Checkpoint, Hash, KeyError, SequenceNumber, VerifierKey};
use jiff::{SignedDuration, Timestamp};

use crate::batches::{BatchKeys, Walk};
use crate::checkpoint::{Checkpoints, check_age};
use crate::config::Configs;
use crate::listing::{Listed, list};
use crate::log::Log;
use crate::object::Context;
use crate::orders::Orders;
use crate::plans::Plans;
use crate::report::FindingCode::CheckpointMissing;

/// What the verifier is told.
pub struct Options {
    /// Verifier keys of the log (C2SP, `<name>+<id>+<key>`): the name, which all share, is the
    /// origin. Any of them may have signed.
    pub verifier_keys: Vec<String>,
    /// Checkpoints (signed notes) that were trusted before: the log must extend each.
    pub trusted: Vec<String>,
    /// KMS key that objects must be encrypted under; `None`: any KMS key.
    pub data_key: Option<String>,
    /// For how long batches must have been locked when they were put, in seconds.
    pub batch_retention: i64,
    /// The same for full tiles, checkpoints and bundles.
    pub log_retention: i64,
    /// The mode that locks must have; `None`: either. Governance is met by compliance too.
    pub lock_mode: Option<LockMode>,
    /// When the verification began: what was put long before it must be committed and logged.
    pub now: Timestamp,
    /// How long before `now` that is: [`MAX_LAG`] unless a deployment is known to be slower, or to have
    /// stopped. A third of it is what it may take to publish a checkpoint that was signed.
    pub max_lag: SignedDuration,
    /// Chains that the ledger table names; `None`: the table is not looked at.
    pub heads: Option<BTreeMap<ChainId, TableChain>>,
    /// The head of the log that the table names. Not looked at without `heads`.
    pub log_head: Option<LogHead>,
    /// When the heads were read: a head is not behind batches that were put later. `None`: nothing
    /// is put meanwhile.
    pub heads_read: Option<Timestamp>,
}

/// How long a batch may be in the archive before a head and a checkpoint cover it.
pub const MAX_LAG: SignedDuration = SignedDuration::from_mins(15);

/// A chain as the ledger table has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableChain {
    /// Its head; `None` if no batch was committed.
    pub head: Option<Head>,
    /// Why the chain was stopped, if it was.
    pub stopped: Option<String>,
    /// Hash of the order by which its successor goes on, if there is one.
    pub continued: Option<Hash>,
}

/// The head of the log as the ledger table has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Entries.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
}

/// A chain's head as the ledger table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the last batch.
    pub number: u64,
    /// Its link hash.
    pub link: Hash,
    /// Sequence number of its last record. What lies at or below it, ingest takes for sealed.
    pub last: SequenceNumber,
    /// Key of its object.
    pub key: String,
    /// Version of its object.
    pub version: String,
}

/// Told of progress; called from several threads.
pub trait Progress: Sync {
    /// The number of batches to check is known.
    fn total(&self, batches: u64);
    /// One batch was checked; `bytes` is the size of its object.
    fn batch(&self, bytes: u64);
}

/// Why there is no report: the job could not be done.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The archive could not be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A verifier key is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The verifier keys do not name one log.
    #[error("expected verifier keys of one log, found {found:?}")]
    Keys {
        /// Their names.
        found: Vec<String>,
    },
    /// There is no trace of a sealed batch. A wrong or emptied bucket looks the same.
    #[error("nothing to verify: expected a checkpoint or a batch, found an archive without any")]
    Nothing,
    /// The checkpoint that was trusted before is none of this log.
    #[error("the trusted checkpoint: {detail}")]
    Trusted {
        /// What is wrong with it.
        detail: String,
    },
}

/// Verifies a whole archive. What is wrong is in the report's findings; an error means that the
/// job could not be done.
///
/// Reads each object once, each thread one at a time; besides that it holds about 200 bytes a
/// batch. May run while batches are being sealed.
pub fn verify(
    archive: &impl Archive,
    options: &Options,
    progress: &impl Progress,
) -> Result<Report, VerifyError> {
    let keys = verifier_keys(options)?;
    let origin = keys.first().map_or("", VerifierKey::name);
    let trusted = trusted(options, &keys)?;
    let mut findings = Findings::default();

    // What a checkpoint covers was put before it: whatever is listed before it is read may be
    // less than it covers, whatever is listed after it is not.
    let tiles = list(archive, "log/tile/")?;
    let signed = list(archive, keys::checkpoint_prefix())?;
    let mut checkpoints = Checkpoints::read(archive, options, &keys, &signed, &mut findings)?;
    let planned = list(archive, "log/plans/")?;
    let plans = Plans::read(archive, options, &planned, &mut findings)?;
    let cursors = list(archive, "log/cursors/")?;
    let quarantine = list(archive, "quarantine/")?;
    let batches = BatchKeys::new(list(archive, "batches/")?, &mut findings);
    progress.total(batches.len());

    let (checkpoint, note) = match checkpoints.latest.take() {
        Some(believed) => (believed.checkpoint, believed.note),
        None => {
            let committed = options.heads.as_ref().is_some_and(|heads| !heads.is_empty())
                || options.log_head.is_some_and(|head| head.size > 0);
            let traces = [&tiles, &planned, &cursors, &quarantine];
            let sealed = traces.iter().any(|keys| !keys.is_empty()) || batches.len() > 0;
            let expected = sealed || !trusted.is_empty() || committed;
            if !expected && !checkpoints.any {
                return Err(VerifyError::Nothing);
            }
            if expected && !checkpoints.any {
                let detail = "expected a checkpoint, found none";
                findings.add(CheckpointMissing, keys::CHECKPOINT, detail);
            }
            let empty = Checkpoint { origin: origin.to_owned(), size: 0, root: Hash::EMPTY_ROOT };
            (empty, String::new())
        }
    };
    for trusted in &trusted {
        check_age(checkpoint.size, trusted, &mut findings);
    }
    let log = Log::read(archive, options, &checkpoint, &tiles, &mut findings)?;
    log.check_checkpoints(&checkpoints.signed, &trusted, &mut findings);
    loghead::check(options, &checkpoints.put, &log, &mut findings);
    let ahead = plans.ahead(&log);
    log.check_files(archive, options, &tiles, ahead.as_ref(), &mut findings)?;
    let retention = SignedDuration::from_secs(options.batch_retention);
    let young = checkpoints.put_at(log.size).is_some_and(|put| put > options.now - retention);
    plans.check(&log, origin, young, &mut findings);
    let published = Some(log.size).filter(|size| *size > 0 && !note.is_empty());
    checkpoints.check_kept(archive, plans.sizes(log.size).chain(published), &mut findings)?;
    plans.check_cursors(archive, options, &cursors, &mut findings)?;

    let context = Context { archive, options, origin, configs: Configs::default() };
    // Last: whatever follows an order was sealed after it.
    let orders = Orders::read(archive, options, origin, &mut findings)?;
    let mut walk = Walk::new(&context, progress, &batches, &log, &plans, &orders);
    walk.logged()?;
    walk.unlogged()?;
    walk.swapped();
    plans.check_ahead(&log, ahead.as_ref(), &walk.beyond, &walk.changes, &mut walk.findings);
    let current = |chain: &ChainId, number| batches.current(chain, number);
    walk.chains.check_heads(options, &orders, current, &mut walk.findings);
    let Walk { chains, totals, findings: found, .. } = walk;
    findings.append(found);
    let acknowledged = orders.finish(archive, &batches, &chains, &mut findings)?;

    unknown::check(archive, &mut findings)?;
    let configs: Vec<Listed> = list(archive, "config/")?;
    context.configs.finish(archive, options, &configs, &mut findings)?;
    quarantine::check_objects(archive, options, &quarantine, &mut findings)?;

    let ok = findings.is_empty();
    let (findings, suppressed) = findings.into_parts();
    Ok(Report {
        ok,
        origin: origin.to_owned(),
        size: checkpoint.size,
        root: checkpoint.root,
        chains: chains.states.len() as u64,
        batches: totals.batches,
        unlogged: totals.unlogged,
        records: totals.counts.records,
        events: totals.counts.events,
        rejections: totals.counts.rejections,
        resolved: totals.resolved,
        bytes: totals.bytes,
        acknowledged,
        findings,
        suppressed,
        checkpoint: note,
    })
}

fn verifier_keys(options: &Options) -> Result<Vec<VerifierKey>, VerifyError> {
    let keys: Vec<VerifierKey> =
        options.verifier_keys.iter().map(|key| key.parse()).collect::<Result<_, _>>()?;
    let name = keys.first().map(VerifierKey::name);
    if name.is_none() || keys.iter().any(|key| Some(key.name()) != name) {
        let found = keys.iter().map(|key| key.name().to_owned()).collect();
        return Err(VerifyError::Keys { found });
    }
    Ok(keys)
}

fn trusted(options: &Options, keys: &[VerifierKey]) -> Result<Vec<Checkpoint>, VerifyError> {
    let open = |note: &String| match checkpoint::open(note.as_bytes(), keys) {
        Ok(believed) => Ok(believed.checkpoint),
        Err((_, detail)) => Err(VerifyError::Trusted { detail }),
    };
    options.trusted.iter().map(open).collect()
}
