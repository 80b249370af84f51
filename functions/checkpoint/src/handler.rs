//! Works on one tick: finishes what the head of the log says was begun, then moves the log on.

use std::time::Duration;

use cairn_batch::keys;
use cairn_ledger::{Cursors, Entry, Growth, Hash, LogTree, Plan, TileError};
use cairn_metrics::{
    CHAINS_BROKEN, CHECKPOINT_AGE, LOG_ENTRIES, LOG_LATENCY, LOG_SIZE, document, milliseconds,
};
use cairn_store::{LockMode, LogHead, LogPoint, Objects, Signer, StoreError, Table};
use jiff::{SignedDuration, Timestamp};

use crate::plan::{self, MAX_BATCHES};
use crate::signers::Signers;
use crate::{collect, publish};

/// How often one tick starts again when another writer moved the log, or an answer was lost.
const ATTEMPTS: u32 = 4;

/// What the handler works with: made once, shared by all invocations of a warm function.
pub struct Deps<O, T, G> {
    /// The archive.
    pub objects: O,
    /// The ledger table.
    pub table: T,
    /// The signing keys.
    pub signers: Signers<G>,
    /// What the operator decided.
    pub settings: Settings,
    /// The clock: for retention and the names of plans alone.
    pub now: fn() -> Timestamp,
}

/// What the operator decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the log.
    pub origin: String,
    /// Lock mode of the archive.
    pub lock_mode: LockMode,
    /// For how long partial tiles, plans and cursors are locked.
    pub batch_retention: SignedDuration,
    /// For how long full tiles and checkpoints are locked.
    pub log_retention: SignedDuration,
}

/// What a tick did: the function's answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tick {
    /// Entries of the log.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// Entries that this tick added.
    pub added: u64,
    /// Chains whose next batch could not be logged, and why. Raises an alarm.
    pub broken: Vec<String>,
    /// When the log last moved.
    #[serde(skip)]
    pub moved: Option<Timestamp>,
    /// Milliseconds from the arrival of the oldest record that this tick added to the end of the tick.
    #[serde(skip)]
    pub latency: Option<u64>,
}

impl Tick {
    /// The line for CloudWatch.
    pub fn line(&self, origin: &str, at: Timestamp) -> String {
        let mut values = vec![
            (&LOG_SIZE, self.size),
            (&LOG_ENTRIES, self.added),
            (&CHAINS_BROKEN, self.broken.len() as u64),
        ];
        values.extend(self.latency.map(|latency| (&LOG_LATENCY, latency)));
        values.extend(self.moved.map(|moved| (&CHECKPOINT_AGE, milliseconds(moved, at))));
        document(origin, None, at, &values)
    }
}

/// Why a tick could not be done. Nothing is lost: the next tick takes up where this one stopped.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A store did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tiles in the archive are not those of the log's head.
    #[error("tiles: {0}")]
    Tiles(#[from] TileError),
    /// The ledger table and the archive disagree: nothing is signed until an operator has looked.
    #[error("{what}: expected {expected}, found {found}")]
    Disagreement {
        /// What they disagree on.
        what: String,
        /// What one says.
        expected: String,
        /// What the other says.
        found: String,
    },
    /// Other writers kept moving the log, or answers kept being lost.
    #[error("gave up after {ATTEMPTS} attempts: {last}")]
    Attempts {
        /// The last failure.
        last: StoreError,
    },
}

/// Moves the log over all batches that are new, and publishes the signed checkpoint.
pub async fn handle<O: Objects, T: Table, G: Signer>(
    deps: &Deps<O, T, G>,
) -> Result<Tick, CheckpointError> {
    let mut attempts = 0;
    loop {
        match tick(deps).await {
            Err(CheckpointError::Store(
                error @ (StoreError::Conflict { .. } | StoreError::Unknown { .. }),
            )) => {
                attempts += 1;
                tracing::warn!(error = %error, attempts, "the tick starts again from the head");
                if attempts == ATTEMPTS {
                    return Err(CheckpointError::Attempts { last: error });
                }
                // The other writer, or the store, needs a moment.
                tokio::time::sleep(Duration::from_millis(50 << attempts)).await;
            }
            done => return done,
        }
    }
}

async fn tick<O: Objects, T: Table, G: Signer>(
    deps: &Deps<O, T, G>,
) -> Result<Tick, CheckpointError> {
    // In this order: the head moves before its checkpoint is published, so a checkpoint that was
    // read first is never ahead of the head, unless the head was rolled back.
    let published = publish::published(deps).await?;
    let head = deps.table.log_head().await?;
    match (&head, published) {
        (Some(head), published) => publish::finish(deps, head, published).await?,
        (None, Some(published)) => {
            let expected = format!("at least size {}, as it was published", published.size);
            return Err(disagreement("the log's head".to_owned(), expected, "none"));
        }
        (None, None) => {}
    }
    let at = head.as_ref().map(|head| &head.to);
    let cursors = load_cursors(deps, at).await?;
    let collected = collect::new_entries(deps, cursors, MAX_BATCHES).await?;
    for broken in &collected.broken {
        tracing::error!(alarm = "chain.broken", reason = %broken, "a chain's next batch does not follow");
    }
    let (size, root) = at.map_or((0, Hash::EMPTY_ROOT), |at| (at.size, at.root));
    let added = collected.entries.len() as u64;
    if added == 0 {
        let moved = head.map(|head| head.moved);
        return Ok(Tick { size, root, added, broken: collected.broken, moved, latency: None });
    }
    if let Some(later) = publish::later(deps, size).await? {
        return Err(ahead_of_head(deps, head.as_ref(), later).await?);
    }

    let tree = load_tree(deps, at).await?;
    let step = plan::plan(&deps.settings.origin, tree, collected.cursors, &collected.entries)?;
    publish::keep_cursors(deps, &step.cursors).await?;
    let moved = Timestamp::from_second((deps.now)().as_second()).unwrap_or_default();
    let next = LogHead { to: step.to.clone(), from: at.cloned(), moved };
    deps.table.advance_log(head.as_ref(), &next).await?;
    publish::publish(deps, &next, &step.plan, &step.growth).await?;
    tracing::info!(size = step.to.size, root = %step.to.root, added, "checkpoint published");
    let oldest = collected.entries.iter().filter_map(|entry| match entry {
        Entry::Batch(sealed) => sealed.header.arrived[0].parse().ok(),
        Entry::ConfigChange(_) => None,
    });
    let latency = oldest.min().map(|oldest| milliseconds(oldest, (deps.now)()));
    let (size, root, broken) = (step.to.size, step.to.root, collected.broken);
    Ok(Tick { size, root, added, broken, moved: Some(moved), latency })
}

/// What to make of a signed checkpoint beyond the head: another writer has just moved the head, or
/// the head was rolled back, and to go on would be to sign a fork.
async fn ahead_of_head<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    head: Option<&LogHead>,
    later: String,
) -> Result<CheckpointError, StoreError> {
    if deps.table.log_head().await?.as_ref() != head {
        let (operation, detail) = ("the log's head".to_owned(), "has moved".to_owned());
        return Ok(StoreError::Conflict { operation, detail }.into());
    }
    let size = head.map_or(0, |head| head.to.size);
    let expected = format!("size {size} to be the latest, as the table has it");
    Ok(disagreement("the log's head".to_owned(), expected, later))
}

/// The cursors at a point of the log.
pub(crate) async fn load_cursors<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    at: Option<&LogPoint>,
) -> Result<Cursors, CheckpointError> {
    let Some(at) = at else { return Ok(Cursors::default()) };
    let key = keys::cursors(&at.cursors);
    let body = read(deps, &key).await?;
    let found = Hash::of(&body);
    if found != at.cursors {
        return Err(disagreement(key, at.cursors, found));
    }
    Cursors::parse(&body).map_err(|error| disagreement(key, "cursors", error))
}

/// The right edge of the log's tree at a point of the log, checked against its root.
pub(crate) async fn load_tree<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    at: Option<&LogPoint>,
) -> Result<LogTree, CheckpointError> {
    let Some(at) = at else { return Ok(LogTree::default()) };
    let mut tiles = std::collections::BTreeMap::new();
    for path in LogTree::needs(at.size) {
        let key = keys::tile(&path.to_string());
        tiles.insert(path, read(deps, &key).await?.to_vec());
    }
    Ok(LogTree::load(at.size, &at.root, &tiles)?)
}

/// The move of the log that its head records, made again from what is stored.
pub(crate) async fn remake<O: Objects, T: Table, G>(
    deps: &Deps<O, T, G>,
    head: &LogHead,
) -> Result<(Plan, Growth), CheckpointError> {
    let before = load_cursors(deps, head.from.as_ref()).await?;
    let after = load_cursors(deps, Some(&head.to)).await?;
    let (entries, cursors) = collect::entries_between(deps, &before, &after).await?;
    let tree = load_tree(deps, head.from.as_ref()).await?;
    let step = plan::plan(&deps.settings.origin, tree, cursors, &entries)?;
    if step.to != head.to {
        let what = format!("the log at size {}", head.to.size);
        let at = |to: &LogPoint| format!("root {} and cursors {}", to.root, to.cursors);
        return Err(disagreement(what, at(&head.to), at(&step.to)));
    }
    Ok((step.plan, step.growth))
}

pub(crate) async fn read<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    key: &str,
) -> Result<bytes::Bytes, CheckpointError> {
    match deps.objects.read(key).await? {
        Some(object) => Ok(object.body),
        None => Err(disagreement(key.to_owned(), "an object", "none")),
    }
}

pub(crate) fn disagreement(
    what: String,
    expected: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> CheckpointError {
    CheckpointError::Disagreement { what, expected: expected.to_string(), found: found.to_string() }
}
