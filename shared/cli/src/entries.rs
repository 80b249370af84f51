//! `cairn log`: what the log says, entry by entry.

use cairn_ledger::{Checkpoint, Entry, Hash, Note};
use cairn_store::{Objects, StoreError, Table};
use serde::Serialize;

use crate::cloud::{Cloud, CloudError};
use crate::log::{self, LogError};

/// What the log has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// Entries, by the ledger table.
    pub size: u64,
    /// The config bundles that it has entered, in the order of the log.
    pub changes: Vec<Change>,
}

/// A config change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its position.
    pub position: u64,
    /// SHA-256 of the bundle, which is at `config/<hash>`.
    pub bundle: Hash,
}

/// Why the log cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum EntriesError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The table or the archive could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// There is no such entry.
    #[error("expected a position below {size}, the size of the published log, found {position}")]
    Beyond {
        /// The position.
        position: u64,
        /// Entries that the published checkpoint covers.
        size: u64,
    },
}

/// How large the log is, and which bundles it has entered.
pub async fn overview(cloud: &Cloud) -> Result<Overview, EntriesError> {
    overview_of(&cloud.objects()?, &cloud.table()?).await
}

async fn overview_of(objects: &impl Objects, table: &impl Table) -> Result<Overview, EntriesError> {
    let Some(head) = table.log_head().await? else {
        return Ok(Overview { size: 0, changes: Vec::new() });
    };
    let cursors = log::cursors(objects, &head.to.cursors).await?;
    let change = |(bundle, position): (&Hash, u64)| Change { position, bundle: *bundle };
    let mut changes: Vec<Change> = cursors.bundles().map(change).collect();
    changes.sort_by_key(|change| change.position);
    Ok(Overview { size: head.to.size, changes })
}

/// The entry at a position of the published log, as it lies there.
pub async fn entry(cloud: &Cloud, position: u64) -> Result<Entry, EntriesError> {
    entry_in(&cloud.objects()?, position).await
}

async fn entry_in(objects: &impl Objects, position: u64) -> Result<Entry, EntriesError> {
    let size = match log::checkpoint_note(objects).await? {
        None => 0,
        Some(note) => published_size(&note)?,
    };
    let entry = log::entry(objects, position, size).await?;
    entry.ok_or(EntriesError::Beyond { position, size })
}

fn published_size(note: &str) -> Result<u64, LogError> {
    let note = Note::parse(note).map_err(cairn_ledger::CheckpointError::from)?;
    let (checkpoint, _) = Checkpoint::parse(note.text())?;
    Ok(checkpoint.size)
}

#[cfg(test)]
mod tests;
