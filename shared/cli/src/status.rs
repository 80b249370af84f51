//! `cairn status`: how far everything is.

use cairn_batch::keys;
use cairn_ledger::{Checkpoint, CheckpointError, Hash, Note, SequenceNumber, VerifierKey};
use cairn_store::{ChainHead, Objects, StoreError, Table};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cloud::{Cloud, CloudError};
use crate::log::{self, LogError};

/// Chains that are read at the same time.
const CONCURRENCY: usize = 16;

/// How long after a move of the log its checkpoint must be there.
const DUE: SignedDuration = SignedDuration::from_mins(5);

/// How far a deployment is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Its chains, by name.
    pub chains: Vec<Chain>,
    /// Entries that the log has, by the ledger table.
    pub log_size: u64,
    /// The published checkpoint.
    pub checkpoint: Option<Published>,
    /// Whether the log moved so long ago that a checkpoint must have followed.
    pub overdue: bool,
    /// Batches that are sealed but not logged.
    pub unlogged: u64,
    /// The deployment's verifier keys, as whoever verifies is given them; none where none is known.
    pub keys: Vec<String>,
}

/// How far a chain is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chain {
    /// Its name.
    pub chain: String,
    /// Number of its last batch.
    pub number: Option<u64>,
    /// Link hash of its last batch.
    pub link: Option<Hash>,
    /// Sequence number of its last record.
    pub last: Option<SequenceNumber>,
    /// Batches that are sealed but not logged.
    pub unlogged: u64,
    /// Why it was stopped, if it was.
    pub stopped: Option<String>,
    /// Hash of the order by which its successor goes on, if an operator gave one.
    pub continued: Option<Hash>,
    /// The chain that goes on in its place, then.
    pub successor: Option<String>,
}

/// The published checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Name of the log.
    pub origin: String,
    /// Entries it covers.
    pub size: u64,
    /// Root hash.
    pub root: Hash,
    /// When it was put, to the second.
    #[serde(serialize_with = "crate::as_text")]
    pub modified: Timestamp,
    /// Whether its signature holds under one of the deployment's keys; `None` where no key is known.
    pub signed: Option<bool>,
}

/// Why there is no status.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The table or the archive could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Status {
    /// Whether nothing needs an operator: a chain that was stopped and does not go on, or a checkpoint
    /// that does not verify or is missing.
    pub fn is_fine(&self) -> bool {
        let missing = self.checkpoint.is_none() && self.overdue;
        let forged = self.checkpoint.as_ref().is_some_and(|found| found.signed == Some(false));
        let stands = |chain: &Chain| chain.stopped.is_some() && chain.continued.is_none();
        !missing && !forged && !self.chains.iter().any(stands)
    }
}

/// Reads heads and checkpoint.
pub async fn status(cloud: &Cloud) -> Result<Status, StatusError> {
    let settings = cloud.settings();
    // None is known: then the signature is not checked, and that is said. A malformed one is an error.
    let keys = settings.has_verifier_key().then(|| settings.verifier_keys()).transpose()?;
    status_of(&cloud.objects()?, &cloud.table()?, keys.as_deref()).await
}

async fn status_of(
    objects: &impl Objects,
    table: &impl Table,
    keys: Option<&[VerifierKey]>,
) -> Result<Status, StatusError> {
    // The log first: what is logged meanwhile was sealed before.
    let head = table.log_head().await?;
    let cursors = match &head {
        Some(head) => log::cursors(objects, &head.to.cursors).await?,
        None => Default::default(),
    };
    let chains: Vec<Chain> = stream::iter(table.chains().await?)
        .map(|id| {
            let logged = cursors.next(&id);
            async move {
                let state = table.chain(&id).await?;
                let sealed = ChainHead::next_number(state.head.as_ref());
                Ok::<_, StoreError>(Chain {
                    chain: id.to_string(),
                    number: state.head.as_ref().map(|head| head.number),
                    link: state.head.as_ref().map(|head| head.link),
                    last: state.head.map(|head| head.last),
                    unlogged: sealed.saturating_sub(logged),
                    stopped: state.stopped,
                    successor: state.continued.map(|_| id.successor().to_string()),
                    continued: state.continued,
                })
            }
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(Status {
        unlogged: chains.iter().map(|chain| chain.unlogged).sum(),
        chains,
        overdue: head.as_ref().is_some_and(|head| head.moved < Timestamp::now() - DUE),
        log_size: head.map_or(0, |head| head.to.size),
        checkpoint: published(objects, keys).await?,
        keys: keys.unwrap_or_default().iter().map(VerifierKey::to_string).collect(),
    })
}

async fn published(
    objects: &impl Objects,
    keys: Option<&[VerifierKey]>,
) -> Result<Option<Published>, StatusError> {
    let Some(object) = objects.read(keys::CHECKPOINT).await? else { return Ok(None) };
    let note = str::from_utf8(&object.body).map_err(|_| LogError::NotText)?;
    let signed = keys.map(|keys| log::open(note, keys).is_ok());
    let note = Note::parse(note).map_err(|error| LogError::from(CheckpointError::from(error)))?;
    let (checkpoint, _) = Checkpoint::parse(note.text()).map_err(LogError::from)?;
    let Checkpoint { origin, size, root } = checkpoint;
    Ok(Some(Published { origin, size, root, modified: object.modified, signed }))
}

#[cfg(test)]
mod tests;
