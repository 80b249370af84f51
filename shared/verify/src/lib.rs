//! The verifier. Recomputes everything from bytes; trusts a public key and, if it is given one, a
//! checkpoint that was kept elsewhere. `README.md` beside this crate lists its steps.

mod archive;
mod batches;
mod chain;
mod checkpoint;
mod config;
mod diagnosis;
mod listing;
mod log;
mod object;
mod plans;
mod protection;
mod quarantine;
mod report;
mod rows;

pub use archive::{Archive, ArchiveError, Encryption, Lock, Object, Version};
pub use report::{Finding, FindingCode, Findings, Report};

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ledger::{ChainId, Checkpoint, Hash, KeyError, VerifierKey};
use jiff::Timestamp;

use crate::batches::{BatchKeys, Walk};
use crate::checkpoint::{Checkpoints, check_age};
use crate::config::Configs;
use crate::listing::{Listed, list};
use crate::log::Log;
use crate::object::Context;
use crate::plans::Plans;
use crate::report::FindingCode::CheckpointMissing;

/// What the verifier is told.
pub struct Options {
    /// Verifier keys of the log (C2SP, `<name>+<id>+<key>`): the name, which all share, is the
    /// origin. Any of them may have signed.
    pub verifier_keys: Vec<String>,
    /// A checkpoint (signed note) that was trusted before.
    pub trusted: Option<String>,
    /// KMS key that objects must be encrypted under; `None`: any KMS key.
    pub data_key: Option<String>,
    /// For how long batches must have been locked when they were put, in seconds.
    pub batch_retention: i64,
    /// The same for full tiles, checkpoints and bundles.
    pub log_retention: i64,
    /// Heads that the ledger table names; `None`: the table is not looked at.
    pub heads: Option<BTreeMap<ChainId, Head>>,
    /// When the heads were read: a head is not behind batches that were put later. `None`: nothing
    /// is put meanwhile.
    pub heads_read: Option<Timestamp>,
}

/// A chain's head as the ledger table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the last batch.
    pub number: u64,
    /// Its link hash.
    pub link: Hash,
    /// Version of its object.
    pub version: String,
    /// Why the chain was stopped, if it was.
    pub stopped: Option<String>,
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
    let checkpoints = Checkpoints::read(archive, options, &keys, &signed, &mut findings)?;
    let plans = list(archive, "log/plans/")?;
    let plans = Plans::read(archive, options, &plans, &mut findings)?;
    let cursors = list(archive, "log/cursors/")?;
    let batches = BatchKeys::new(list(archive, "batches/")?, &mut findings);
    progress.total(batches.len());

    let (checkpoint, note) = match checkpoints.latest {
        Some(believed) => (believed.checkpoint, believed.note),
        None => {
            let committed = options.heads.as_ref().is_some_and(|heads| !heads.is_empty());
            let expected = !tiles.is_empty() || batches.len() > 0 || trusted.is_some() || committed;
            if expected && !checkpoints.any {
                let detail = "expected a checkpoint, found none";
                findings.add(CheckpointMissing, keys::CHECKPOINT, detail);
            }
            let empty = Checkpoint { origin: origin.to_owned(), size: 0, root: Hash::EMPTY_ROOT };
            (empty, String::new())
        }
    };
    if let Some(trusted) = &trusted {
        check_age(checkpoint.size, trusted, &mut findings);
    }
    let log = Log::read(archive, options, &checkpoint, &mut findings)?;
    log.check_checkpoints(&checkpoints.signed, trusted.as_ref(), &mut findings);
    log.check_files(archive, options, &tiles, plans.pending(), &mut findings)?;
    plans.check(&log, origin, &mut findings);
    plans.check_cursors(archive, options, &cursors, &mut findings)?;

    let context = Context { archive, options, origin, configs: Configs::default() };
    let mut walk = Walk::new(&context, progress, &batches, &log, &plans);
    walk.logged()?;
    walk.unlogged()?;
    walk.swapped();
    let current = |chain: &ChainId, number| batches.current(chain, number);
    walk.chains.check_heads(options, current, &mut walk.findings);
    let Walk { chains, totals, findings: found, .. } = walk;
    findings.append(found);

    let configs: Vec<Listed> = list(archive, "config/")?;
    context.configs.finish(archive, options, &configs, &mut findings)?;
    let quarantine = list(archive, "quarantine/")?;
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

fn trusted(options: &Options, keys: &[VerifierKey]) -> Result<Option<Checkpoint>, VerifyError> {
    let Some(note) = &options.trusted else { return Ok(None) };
    match checkpoint::open(note.as_bytes(), keys) {
        Ok(believed) => Ok(Some(believed.checkpoint)),
        Err((_, detail)) => Err(VerifyError::Trusted { detail }),
    }
}
