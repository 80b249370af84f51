//! Works on one tick: does the steps that [`Protocol`] decides.

use std::fmt::Display;
use std::time::Duration;

use cairn_batch::keys;
use cairn_ledger::{Cursors, Entry, Hash, LogTree, TileError};
use cairn_metrics::{
    CHAINS_BROKEN, CHECKPOINT_AGE, LOG_ENTRIES, LOG_LATENCY, LOG_SIZE, document, milliseconds,
};
use cairn_store::{LockMode, LogHead, LogPoint, Objects, Signer, StoreError, Table};
use jiff::{SignedDuration, Timestamp};

use crate::collect::Collected;
use crate::plan::{self, MAX_BATCHES, Move};
use crate::protocol::{ATTEMPTS, Answer, Disagreement, Outcome, Protocol, Step};
use crate::signers::Signers;
use crate::{collect, publish};

/// For how long a tick begins further moves of the log. With the time that the last one takes it must
/// stay well below the function's time-out, and below the minute between two ticks.
const GOES_ON: SignedDuration = SignedDuration::from_secs(20);

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
    /// Whether there may be more to add already.
    #[serde(skip)]
    more: bool,
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
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
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
    let begun = (deps.now)();
    let mut tick = Ticker { deps, found: None }.run().await?;
    // More has piled up than one move takes: there is time for others before the function's is over.
    while tick.more && (deps.now)().duration_since(begun) < GOES_ON {
        let next = Ticker { deps, found: None }.run().await?;
        let (added, latency) = (tick.added + next.added, tick.latency.max(next.latency));
        tick = Tick { added, latency, ..next };
    }
    Ok(tick)
}

/// The executor: the work of one tick.
struct Ticker<'a, O, T, G> {
    deps: &'a Deps<O, T, G>,
    found: Option<Found>,
}

impl<O: Objects, T: Table, G: Signer> Ticker<'_, O, T, G> {
    async fn run(mut self) -> Result<Tick, CheckpointError> {
        let (mut protocol, mut step) = Protocol::start();
        let mut last = overtaken();
        loop {
            let (answer, trouble) = match self.execute(&step).await {
                Ok(answer) => (answer, None),
                Err(CheckpointError::Store(
                    error @ (StoreError::Conflict { .. } | StoreError::Unknown { .. }),
                )) => (Answer::Again, Some(error)),
                Err(error) => return Err(error),
            };
            let attempts = protocol.attempts();
            step = protocol.next(step, answer);
            if protocol.attempts() > attempts {
                let attempts = protocol.attempts();
                last = trouble.unwrap_or_else(overtaken);
                tracing::warn!(error = %last, attempts, "the tick starts again from the head");
            }
            if let Step::Finish(outcome) = step {
                return self.finish(outcome, last);
            }
            if protocol.attempts() > attempts {
                // The other writer, or the store, needs a moment.
                tokio::time::sleep(Duration::from_millis(50 << protocol.attempts())).await;
            }
        }
    }

    async fn execute(&mut self, step: &Step) -> Result<Answer, CheckpointError> {
        let deps = self.deps;
        match step {
            Step::ReadPublished => {
                let current = publish::current(deps).await?;
                Ok(Answer::Published(current.map(|(checkpoint, _)| checkpoint)))
            }
            Step::ReadHead { .. } | Step::ReadHeadAgain { .. } => {
                Ok(Answer::Head(deps.table.log_head().await?))
            }
            Step::Remake { head } => {
                tracing::warn!(size = head.to.size, "an earlier tick did not finish: finishing it");
                Ok(Answer::Move(remake(deps, head).await?))
            }
            Step::Collect { head } => self.collect(head.as_ref()).await,
            Step::LookBeyond { head, .. } => {
                let size = head.as_ref().map_or(0, |head| head.to.size);
                Ok(Answer::Beyond(publish::beyond(deps, size).await?))
            }
            Step::KeepCursors { planned, .. } => publish::keep_cursors(deps, planned).await,
            Step::Advance { head, planned } => self.advance(head.as_ref(), planned).await,
            Step::KeepPlan(publication) => publish::keep_plan(deps, publication).await,
            Step::KeepTiles(publication) => publish::keep_tiles(deps, publication).await,
            Step::ReadSigned { publication, .. } => publish::signed(deps, publication).await,
            Step::Sign(publication) => publish::sign(deps, &publication.checkpoint()).await,
            Step::KeepSigned { publication, note } => {
                publish::keep_signed(deps, publication, note).await
            }
            Step::ReadCurrent { .. } => Ok(Answer::Current(publish::current(deps).await?)),
            Step::Replace { note, expected, .. } => {
                publish::replace(deps, note, expected.as_ref()).await
            }
            Step::Finish(_) => unreachable!("the loop ends there"),
        }
    }

    async fn collect(&mut self, head: Option<&LogHead>) -> Result<Answer, CheckpointError> {
        let at = head.map(|head| &head.to);
        let cursors = load_cursors(self.deps, at).await?;
        let Collected { gathered, broken, more } =
            collect::new_entries(self.deps, cursors, MAX_BATCHES).await?;
        for broken in &broken {
            tracing::error!(alarm = "chain.broken", reason = %broken, "a chain's next batch does not follow");
        }
        let found = self.found.insert(Found::new(&gathered.entries, broken, more));
        if found.added == 0 {
            return Ok(Answer::Nothing);
        }
        let tree = load_tree(self.deps, at).await?;
        Ok(Answer::Move(plan::plan(&self.deps.settings.origin, tree, gathered)?))
    }

    async fn advance(
        &self,
        head: Option<&LogHead>,
        planned: &Move,
    ) -> Result<Answer, CheckpointError> {
        let moved = Timestamp::from_second((self.deps.now)().as_second()).unwrap_or_default();
        let next = planned.head(head, moved);
        self.deps.table.advance_log(head, &next).await?;
        Ok(Answer::Advanced(next))
    }

    fn finish(self, outcome: Outcome, last: StoreError) -> Result<Tick, CheckpointError> {
        let Found { added, broken, oldest, more } = self.found.unwrap_or_default();
        match outcome {
            Outcome::Quiet(head) => {
                let (size, root) = head
                    .as_ref()
                    .map_or((0, Hash::EMPTY_ROOT), |head| (head.to.size, head.to.root));
                let moved = head.map(|head| head.moved);
                Ok(Tick { size, root, added, broken, moved, latency: None, more })
            }
            Outcome::Moved(head) => {
                let (size, root) = (head.to.size, head.to.root);
                tracing::info!(size, root = %root, added, "checkpoint published");
                let latency = oldest.map(|oldest| milliseconds(oldest, (self.deps.now)()));
                Ok(Tick { size, root, added, broken, moved: Some(head.moved), latency, more })
            }
            Outcome::GaveUp => Err(CheckpointError::Attempts { last }),
            Outcome::Disagreement(disagreement) => Err(disagreement.into()),
        }
    }
}

/// What there is to say of an attempt that met no error of a store, but a head that has moved.
fn overtaken() -> StoreError {
    let (operation, detail) = ("the log's head".to_owned(), "has moved".to_owned());
    StoreError::Conflict { operation, detail }
}

/// What a tick found to add.
#[derive(Default)]
struct Found {
    added: u64,
    broken: Vec<String>,
    /// When the oldest record of it arrived.
    oldest: Option<Timestamp>,
    more: bool,
}

impl Found {
    fn new(entries: &[Entry], broken: Vec<String>, more: bool) -> Self {
        let arrivals = entries.iter().filter_map(|entry| match entry {
            Entry::Batch(sealed) => sealed.header.arrived[0].parse().ok(),
            Entry::ConfigChange(_) => None,
        });
        Self { added: entries.len() as u64, broken, oldest: arrivals.min(), more }
    }
}

/// The cursors at a point of the log.
async fn load_cursors<O: Objects, T, G>(
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
async fn load_tree<O: Objects, T, G>(
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
async fn remake<O: Objects, T: Table, G>(
    deps: &Deps<O, T, G>,
    head: &LogHead,
) -> Result<Move, CheckpointError> {
    let before = load_cursors(deps, head.from.as_ref()).await?;
    let after = load_cursors(deps, Some(&head.to)).await?;
    let gathered = collect::entries_between(deps, before, &after).await?;
    let tree = load_tree(deps, head.from.as_ref()).await?;
    Ok(plan::plan(&deps.settings.origin, tree, gathered)?)
}

pub(crate) async fn read<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    key: &str,
) -> Result<bytes::Bytes, CheckpointError> {
    match deps.objects.read(key).await? {
        Some(object) => Ok(object.body),
        None => Err(disagreement(key, "an object", "none")),
    }
}

pub(crate) fn disagreement(
    what: impl Display,
    expected: impl Display,
    found: impl Display,
) -> CheckpointError {
    Disagreement::new(what, expected, found).into()
}
