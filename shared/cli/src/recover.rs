//! `cairn recover`: rebuilds the ledger table from the archive alone.
//!
//! The archive is verified first, and nothing is written unless it is whole. Then each chain is
//! committed anew, batch by batch, by the very transaction that ingest uses, whose conditions guard it; those that
//! go on by an operator's order are stopped again; at last the log's head is set, to where the latest plan leads: a move that was begun and not finished is
//! finished by the next tick, as ever. What is in the table already must be what would be written, so
//! that a run that died is simply run again; anything else is a disagreement, and stays as it is.

mod chains;
mod log;
mod orders;

use bytes::Bytes;
use cairn_batch::keys;
use cairn_ledger::{Cursors, Hash, VerifierKey};
use cairn_store::{LockMode, LogHead, Objects, Retention, StoreError, Table};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cloud::{Cloud, CloudError};
use crate::log::LogError;
use crate::verify::{self, VerificationError, Verified};
use chains::Chains;

/// Why the table is not rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The archive could not be verified.
    #[error(transparent)]
    Verify(#[from] VerificationError),
    /// A store did not do what was asked. Run it again: what is there is left as it is.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Table and archive, or the parts of the archive, disagree: nothing of it is overwritten.
    #[error("{what}: expected {expected}, found {found}")]
    Disagreement {
        /// What it is about.
        what: String,
        /// What the archive says.
        expected: String,
        /// What was found.
        found: String,
    },
}

impl RecoverError {
    /// Whether it tells that something is wrong, and not merely that it could not be done.
    pub fn is_finding(&self) -> bool {
        matches!(self, Self::Disagreement { .. })
    }
}

pub(crate) fn disagreement(
    what: impl ToString,
    expected: impl ToString,
    found: impl ToString,
) -> RecoverError {
    let (what, expected, found) = (what.to_string(), expected.to_string(), found.to_string());
    RecoverError::Disagreement { what, expected, found }
}

/// What the table was rebuilt to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Chains.
    pub chains: u64,
    /// Batches that the table has now.
    pub batches: u64,
    /// Those of them that were written by this run; the others were there.
    pub written: u64,
    /// Those of them that are not logged yet: the next tick takes them.
    pub unlogged: u64,
    /// Entries of the log.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// What to rebuild by.
#[derive(Debug, Clone)]
pub struct Context {
    /// The log's public keys, any of which may have signed.
    pub keys: Vec<VerifierKey>,
    /// Lock mode of the archive.
    pub lock_mode: LockMode,
    /// For how long cursors are locked.
    pub retention: SignedDuration,
    /// The clock.
    pub now: Timestamp,
}

/// Verifies the archive, and rebuilds the table if nothing is wrong with it; `None`: it is not whole.
pub async fn recover(
    cloud: &Cloud,
    options: &verify::Options,
    verifying: &ProgressBar,
    bar: &ProgressBar,
) -> Result<(Verified, Option<Rebuilt>), RecoverError> {
    let verified = verify::verify(cloud, options, verifying).await?;
    if !verified.report.ok {
        return Ok((verified, None));
    }
    let settings = cloud.settings();
    let days = i64::from(settings.batch_retention_days()?);
    let context = Context {
        keys: settings.verifier_keys()?,
        lock_mode: settings.required_lock_mode()?,
        retention: SignedDuration::from_hours(24 * days),
        now: Timestamp::now(),
    };
    let (objects, table) = (cloud.objects_for_writing()?, cloud.table()?);
    let rebuilt = rebuild(&objects, &table, &context, bar).await?;
    Ok((verified, Some(rebuilt)))
}

/// Rebuilds the table from an archive that was verified. May be run again at any time while the
/// functions stand still.
pub async fn rebuild<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    context: &Context,
    bar: &ProgressBar,
) -> Result<Rebuilt, RecoverError> {
    let mut chains = Chains::list(objects, table).await?;
    bar.set_length(chains.batches());
    let standing = log::standing(objects, &context.keys).await?;
    let mut cursors = Cursors::default();
    if let Some(standing) = &standing {
        for position in (0..standing.signed.size).step_by(log::STEP) {
            let entries = log::entries(objects, position, standing.signed.size).await?;
            for entry in &entries {
                let followed = cursors.follow(entry);
                followed.map_err(|error| disagreement("the log", "the next entry", error))?;
            }
            let batches = entries.into_iter().filter_map(log::batch);
            chains.commit(table, batches.collect(), bar).await?;
        }
    }
    let logged = cursors.clone();
    let unlogged = chains.commit_the_rest(objects, table, bar).await?;
    chains.carry_out_orders(table).await?;
    chains.check_nothing_else(table).await?;
    let (mut size, mut root) = (0, Hash::EMPTY_ROOT);
    if let Some(standing) = standing {
        let head = standing.head(&logged)?;
        if standing.is_finished() {
            keep_cursors(objects, context, &logged).await?;
        }
        set_head(table, &head).await?;
        (size, root) = (head.to.size, head.to.root);
    }
    let Chains { written, .. } = chains;
    let (count, batches) = (chains.len(), chains.batches());
    Ok(Rebuilt { chains: count, batches, written, unlogged, size, root })
}

/// The cursors, which the head refers to: they may have gone, where nothing was logged for long.
async fn keep_cursors(
    objects: &impl Objects,
    context: &Context,
    cursors: &Cursors,
) -> Result<(), RecoverError> {
    let key = keys::cursors(&cursors.hash());
    if objects.read(&key).await?.is_some() {
        return Ok(());
    }
    let retention = Retention { mode: context.lock_mode, until: context.now + context.retention };
    let body = Bytes::from(cursors.to_json());
    match objects.create(&key, body, Some(retention)).await {
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn set_head(table: &impl Table, head: &LogHead) -> Result<(), RecoverError> {
    let say = |head: &LogHead| format!("size {} and root {}", head.to.size, head.to.root);
    for _ in 0..ATTEMPTS {
        match table.log_head().await? {
            Some(there) if there.to == head.to => return Ok(()),
            Some(there) => return Err(disagreement("the log's head", say(head), say(&there))),
            None => {}
        }
        match table.advance_log(None, head).await {
            // Whatever came of it, the head tells.
            Ok(()) | Err(StoreError::Unknown { .. } | StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let detail = "no answer to several writes".to_owned();
    Err(StoreError::Unknown { operation: "setting the log's head".to_owned(), detail }.into())
}

/// How often a write is tried whose outcome nobody tells.
const ATTEMPTS: u32 = 8;
