//! Works on one request: does the steps that [`Protocol`] decides.

use std::time::Duration;

use bytes::Bytes;
use cairn_batch::keys;
use cairn_event::{Record, Rules};
use cairn_ledger::{ChainId, Hash, Lineage, Parent};
use cairn_metrics::milliseconds;
use cairn_store::{ChainHead, LockMode, Objects, Retention, StoreError, Stream, Table};
use jiff::{SignedDuration, Timestamp};

use crate::adopt;
use crate::build::{self, Built, Context};
use crate::lineage;
use crate::measured::{Measured, Tally};
use crate::protocol::{Answer, Candidate, Outcome, Protocol, Step};
use crate::request::{Request, RequestError, Response, ShardRecords};
use crate::succession::{self, InForce, Resumed};
use crate::warm::{Created, Warm};

/// What the handler works with: made once, shared by all invocations of a warm function.
pub struct Deps<O, T, S> {
    /// The archive.
    pub objects: O,
    /// The ledger table.
    pub table: T,
    /// The stream.
    pub stream: S,
    /// What the operator decided.
    pub settings: Settings,
    /// The clock: for retention, and for how long what is remembered holds.
    pub now: fn() -> Timestamp,
    /// Fresh random salts.
    pub salt: fn() -> [u8; 32],
    /// What a warm function remembers.
    pub warm: Warm,
}

/// What the operator decided.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the log.
    pub origin: String,
    /// SHA-256 of the config bundle in force.
    pub bundle: Hash,
    /// Lock mode of the archive.
    pub lock_mode: LockMode,
    /// For how long batches are locked.
    pub batch_retention: SignedDuration,
    /// Whether the traces of events are told.
    pub traces: bool,
}

/// Why a request cannot be worked on at all.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The request is not what Lambda sends for a Kinesis stream.
    #[error("request: {0}")]
    Request(#[from] RequestError),
    /// A store did not answer before the first step.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stream's name or shard cannot name a chain.
    #[error(transparent)]
    Chain(#[from] cairn_ledger::ChainIdError),
    /// The config bundle that the settings name, or the location database that the bundle names, is
    /// not in the archive, or is not that object.
    #[error("{key}: expected {expected}, found {found}")]
    Config {
        /// Key of the object.
        key: String,
        /// What it must be.
        expected: &'static str,
        /// What was found.
        found: String,
    },
}

/// What became of a request.
#[derive(Debug)]
pub struct Handled {
    /// The answer to Lambda.
    pub response: Response,
    /// What was done, as numbers.
    pub measured: Measured,
    /// Segments for the traces of events that were sealed.
    pub segments: Vec<String>,
}

/// Seals and commits the records of one request.
pub async fn handle<O: Objects, T: Table, S: Stream>(
    deps: &Deps<O, T, S>,
    request: Request,
) -> Result<Handled, IngestError> {
    let started = (deps.now)();
    let ShardRecords { stream, shard, records } = request.into_shard()?;
    let created = deps.created(&stream).await?;
    let original = ChainId::new(&stream, created, &shard)?;
    let rules = deps.rules().await?;
    let tally = Tally::default();
    let (in_force, open, outcome) =
        succession::work(deps, original, &rules, &records, &tally).await;
    let shard = Shard::new(deps, &in_force, &rules, open, &tally);
    let measured = shard.measured(started, &records, &outcome);
    Ok(Handled { response: shard.response(outcome), measured, segments: tally.segments() })
}

/// The executor: one invocation's work on one shard.
pub(crate) struct Shard<'a, O, T, S> {
    pub(crate) deps: &'a Deps<O, T, S>,
    pub(crate) chain: &'a ChainId,
    /// What the chain goes on from, if it succeeds a stopped one.
    pub(crate) resumed: Option<&'a Resumed>,
    pub(crate) rules: &'a Rules,
    pub(crate) records: &'a [Record],
    pub(crate) tally: &'a Tally,
}

impl<'a, O: Objects, T: Table, S: Stream> Shard<'a, O, T, S> {
    pub(crate) fn new(
        deps: &'a Deps<O, T, S>,
        in_force: &'a InForce,
        rules: &'a Rules,
        records: &'a [Record],
        tally: &'a Tally,
    ) -> Self {
        let InForce { chain, resumed } = in_force;
        Self { deps, chain, resumed: resumed.as_ref(), rules, records, tally }
    }

    pub(crate) async fn run(&self) -> Outcome {
        let sequences = self.records.iter().map(|record| record.sequence.clone()).collect();
        let (warm, now) = (&self.deps.warm, self.deps.now);
        let (mut protocol, mut step) = Protocol::start(sequences, warm.head(self.chain, now()));
        let mut loads = 0;
        loop {
            warm.remember(self.chain, protocol.known(), now());
            if let Step::Finish(outcome) = step {
                return outcome;
            }
            if step == Step::Load {
                pause(loads).await;
                loads += 1;
            }
            let answer = self.execute(&step).await;
            step = protocol.next(step, answer);
        }
    }

    fn response(&self, outcome: Outcome) -> Response {
        let (chain, records) = (self.chain, self.records);
        match outcome {
            Outcome::Committed => Response::default(),
            Outcome::Retry { first, reason } => {
                tracing::warn!(%chain, first = %records[first].sequence, reason, "records are left for a retry");
                Response::from_first_uncommitted(&records[first].sequence)
            }
            Outcome::Stopped { first, reason } => {
                tracing::error!(alarm = "chain.stopped", %chain, first = %records[first].sequence, reason, "the chain is stopped");
                Response::from_first_uncommitted(&records[first].sequence)
            }
        }
    }

    /// `received` are all records of the request, those among them that were sealed before it too.
    fn measured(&self, started: Timestamp, received: &[Record], outcome: &Outcome) -> Measured {
        let mut measured = self.tally.measured();
        measured.bytes_received = received.iter().map(|record| record.data.len() as u64).sum();
        measured.duration = milliseconds(started, (self.deps.now)());
        let newest = received.iter().map(|record| record.arrived).max();
        measured.iterator_age = newest.map_or(0, |newest| milliseconds(newest, started));
        if let Outcome::Retry { first, .. } | Outcome::Stopped { first, .. } = outcome {
            measured.records_left = (self.records.len() - first) as u64;
        }
        measured.stopped = matches!(outcome, Outcome::Stopped { .. });
        measured
    }

    async fn execute(&self, step: &Step) -> Answer {
        let result = match step {
            Step::Load => self.load().await,
            Step::Look { head, .. } => self.look(head.as_ref()).await,
            Step::Seal { head, first } => self.seal(head.as_ref(), *first).await,
            Step::Adopt { head, first } => adopt::adopt(self, head.as_ref(), *first).await,
            Step::Commit { head, candidate } => self.commit(head.as_ref(), candidate).await,
            Step::Stop { head, reason } => self.stop(head.as_ref(), reason).await,
            Step::Finish(_) => unreachable!("the loop ends there"),
        };
        result.unwrap_or_else(|error| match error {
            StoreError::Conflict { .. } => Answer::Conflict,
            StoreError::Unknown { .. } => Answer::Unknown(error.to_string()),
            StoreError::Throttled { .. }
            | StoreError::Refused { .. }
            | StoreError::Corrupt { .. } => Answer::Failed(error.to_string()),
        })
    }

    async fn load(&self) -> Result<Answer, StoreError> {
        Ok(Answer::Loaded(self.deps.table.chain(self.chain).await?))
    }

    async fn look(&self, head: Option<&ChainHead>) -> Result<Answer, StoreError> {
        let key = keys::batch(self.chain, ChainHead::next_number(head));
        let free = self.deps.objects.versions_at(&key).await?.is_empty();
        Ok(if free { Answer::Free } else { Answer::Taken })
    }

    async fn seal(&self, head: Option<&ChainHead>, first: usize) -> Result<Answer, StoreError> {
        let (number, lineage) = self.position(head).await?;
        let key = keys::batch(self.chain, number);
        let built = match self.build(number, lineage, &self.records[first..]) {
            Ok(built) => built,
            Err(error) => return Ok(Answer::Failed(format!("cannot build a batch: {error}"))),
        };
        if let Some((key, bytes)) = &built.quarantine {
            self.keep(key, bytes).await?;
        }
        let bytes = built.object.len();
        match self.deps.objects.create(&key, built.object, Some(self.retention())).await {
            Ok(version) => {
                self.tally.created(bytes, built.reasons, built.traced);
                tracing::info!(%key, sha256 = %built.header.sha256, "batch object created");
                Ok(Answer::Candidate(Candidate::new(built.header, version)))
            }
            Err(StoreError::Conflict { .. }) => Ok(Answer::Taken),
            Err(error) => Err(error),
        }
    }

    /// Builds the batch of a number. On the thread's own time: it is all CPU, and there is
    /// nothing else for this function to do.
    fn build(
        &self,
        number: u64,
        lineage: Lineage,
        records: &[Record],
    ) -> Result<Built, cairn_batch::BatchError> {
        let context = Context {
            origin: &self.deps.settings.origin,
            chain: self.chain,
            rules: self.rules,
            bundle_hash: self.deps.settings.bundle,
            traces: self.deps.settings.traces,
        };
        build::build(&context, number, lineage, records, self.deps.salt)
    }

    /// Puts a quarantine object. Its key carries its hash, so one that is there already is this one.
    async fn keep(&self, key: &str, bytes: &Bytes) -> Result<(), StoreError> {
        match self.deps.objects.create(key, bytes.clone(), Some(self.retention())).await {
            Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn commit(
        &self,
        head: Option<&ChainHead>,
        candidate: &Candidate,
    ) -> Result<Answer, StoreError> {
        let Candidate { next, item } = candidate;
        self.deps.table.commit(self.chain, head, next, item).await?;
        let counts = item.header.header.counts;
        self.tally.committed(&item.header.header, (self.deps.now)());
        tracing::info!(
            chain = %self.chain,
            number = next.number,
            link = %next.link,
            records = counts.records,
            events = counts.events,
            rejections = counts.rejections,
            last = %next.last,
            "batch committed"
        );
        Ok(Answer::Done)
    }

    async fn stop(&self, head: Option<&ChainHead>, reason: &str) -> Result<Answer, StoreError> {
        self.deps.table.stop(self.chain, head, reason).await?;
        Ok(Answer::Done)
    }

    /// Number and lineage of the batch after `head`.
    pub(crate) async fn position(
        &self,
        head: Option<&ChainHead>,
    ) -> Result<(u64, Lineage), StoreError> {
        let lineage = match (head, self.resumed) {
            (Some(head), _) => Lineage::Previous(head.link),
            (None, None) => Lineage::Genesis(self.parents().await?),
            (None, Some(Resumed { order, after })) => {
                let parents = match after {
                    Some(end) => vec![end.parent.clone()],
                    None => self.parents().await?,
                };
                Lineage::Ordered { parents, order: *order }
            }
        };
        Ok((ChainHead::next_number(head), lineage))
    }

    /// What the chain that the shard began with follows.
    async fn parents(&self) -> Result<Vec<Parent>, StoreError> {
        let original = self.chain.original();
        lineage::parents(&self.deps.table, &self.deps.stream, &original).await
    }

    fn retention(&self) -> Retention {
        let Settings { lock_mode, batch_retention, .. } = self.deps.settings;
        Retention { mode: lock_mode, until: (self.deps.now)() + batch_retention }
    }
}

/// Waits before the head is loaded again: the other writer, or the store, needs a moment.
async fn pause(loads: u32) {
    if loads > 0 {
        tokio::time::sleep(Duration::from_millis(10 << loads.min(7))).await;
    }
}

impl<O: Objects, T, S: Stream> Deps<O, T, S> {
    async fn created(&self, stream: &str) -> Result<Timestamp, StoreError> {
        let now = (self.now)();
        let known = self.warm.stream(stream);
        if let Some(known) = known
            && known.holds(now)
        {
            return Ok(known.at);
        }
        match (self.stream.created(stream).await, known) {
            (Ok(at), _) => {
                self.warm.remember_stream(stream, Created { at, asked: now });
                Ok(at)
            }
            // Not now: then the next invocation asks.
            (Err(StoreError::Throttled { .. }), Some(known)) => Ok(known.at),
            (Err(error), _) => Err(error),
        }
    }
}
