//! `cairn prove`: makes the proof file of one event.

use cairn_ledger::{Checked, EventProof, ProofFileError, VerifierKey};
use cairn_store::Objects;
use indicatif::ProgressBar;

use crate::cloud::{Cloud, CloudError};
use crate::find::{FindError, Query, find};
use crate::log::{self, LogError, Standing};

/// A proof file, checked as anybody will check it.
#[derive(Debug, Clone)]
pub struct Proven {
    /// The text of the file.
    pub text: String,
    /// What it proves.
    pub checked: Checked,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The event was not found.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The event's batch is not logged, or not under the published checkpoint.
    #[error(
        "the event is sealed in {key} (index {index}), but no published checkpoint covers it yet: checkpoints are made every minute, try again"
    )]
    Waiting {
        /// Key of the batch's object.
        key: String,
        /// Index of the event.
        index: u64,
    },
    /// The batch is not the one that was logged.
    #[error("{key} is not what was logged for it at position {position}: run `cairn verify`")]
    Altered {
        /// Key of the batch's object.
        key: String,
        /// Position in the log.
        position: u64,
    },
    /// What the archive holds does not prove the event.
    #[error("what the archive holds does not prove the event: {0}: run `cairn verify`")]
    Broken(#[from] ProofFileError),
}

/// Finds an event and makes its proof, up to the published checkpoint. What is returned was
/// checked with the deployment's keys.
pub async fn prove(cloud: &Cloud, query: &Query, bar: &ProgressBar) -> Result<Proven, ProveError> {
    let keys = cloud.settings().verifier_keys()?;
    prove_in(&cloud.objects()?, query, &keys, bar).await
}

async fn prove_in(
    objects: &impl Objects,
    query: &Query,
    keys: &[VerifierKey],
    bar: &ProgressBar,
) -> Result<Proven, ProveError> {
    let found = find(objects, query, bar).await?;
    let waiting =
        || ProveError::Waiting { key: found.header.header.key.clone(), index: found.index };
    let standing = log::standing(objects, &found.header).await?;
    let position = match standing {
        Standing::Logged(position) => position,
        Standing::Waiting => return Err(waiting()),
        Standing::Other(position) => {
            return Err(ProveError::Altered { key: found.header.header.key, position });
        }
    };
    let note = log::checkpoint_note(objects).await?.ok_or_else(waiting)?;
    let size = log::open(&note, keys)?.checkpoint.size;
    if position >= size {
        return Err(waiting());
    }
    let log_path = log::inclusion_path(objects, position, size).await?;
    // A leaf is canonical JSON, so it is text.
    let leaf = String::from_utf8_lossy(&found.leaf.bytes).into_owned();
    let header = found.header.clone();
    let proof =
        EventProof::new(leaf, found.index, &found.leaves, header, position, log_path, note)?;
    let text = proof.to_text();
    let checked = EventProof::check(&text, keys)?;
    Ok(Proven { text, checked })
}

#[cfg(test)]
mod tests;
