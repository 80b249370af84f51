//! Redrives one item.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use cairn_event::{Envelope, Record, Rules, transform};
use cairn_ledger::{Coordinates, Hash};
use cairn_store::{Objects, Placed, Redrive, StoreError, Stream, Table};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::seek::Seen;
use super::{Context, Done, Options, RedriveError, raw};
use crate::put::{Jitter, MAX_RECORD, Pause, gzip};
use crate::quarantine::{Item, Redrives, Standing, Stores};

/// For how long after it was begun an item is in the hands of the run that began it. Longer than any
/// request takes, and than clocks of two machines are apart.
pub(super) const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// For how long after it was begun a run still puts an item.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// How often a marker is written that says that a record is on the stream, before it is left to a
/// later run to find the record.
const ATTEMPTS: u32 = 5;

/// What was done with an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// It was put on the stream.
    Put {
        /// As a record of this shard.
        shard: String,
        /// With this sequence number.
        sequence: String,
    },
    /// An earlier run had put it; that is known now.
    Found {
        /// As a record of this shard.
        shard: String,
        /// With this sequence number.
        sequence: String,
    },
    /// It had been redriven before.
    Already {
        /// As a record with this sequence number.
        sequence: String,
    },
    /// It would be put: this was a rehearsal.
    Would,
    /// It would be rejected again; nothing was done.
    Rejected,
    /// Another run has begun it; nothing was done.
    Busy {
        /// When, by the clock of that run.
        begun: String,
    },
    /// It was put, and nobody knows whether the stream took it: a later run will look.
    Unknown {
        /// What was answered.
        why: String,
    },
    /// The stream did not take it.
    Refused {
        /// What was answered.
        why: String,
    },
    /// An earlier run has begun it, so long ago that the stream cannot tell whether it was put.
    Forgotten {
        /// When, by the clock of that run.
        begun: String,
    },
    /// Its bytes are gone, or are not those that were rejected.
    Lost {
        /// What is wrong with them.
        why: String,
    },
    /// It was sealed, though Lambda gave it up.
    Sealed,
    /// It may be sealed still: a function may have it in hand, or an object that holds it waits to be
    /// committed.
    InHand,
}

impl Outcome {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Put { .. } => "put",
            Self::Found { .. } => "found",
            Self::Already { .. } => "already",
            Self::Would => "would",
            Self::Rejected => "rejected",
            Self::Busy { .. } => "busy",
            Self::Unknown { .. } => "unknown",
            Self::Refused { .. } => "refused",
            Self::Forgotten { .. } => "forgotten",
            Self::Lost { .. } => "lost",
            Self::Sealed => "sealed",
            Self::InHand => "in_hand",
        }
    }

    /// Whether somebody must look, or come again.
    pub fn is_wrong(&self) -> bool {
        !matches!(
            self,
            Self::Put { .. }
                | Self::Found { .. }
                | Self::Already { .. }
                | Self::Would
                | Self::Sealed
        )
    }
}

/// What an item would be if it were read under the bundle in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Would {
    /// Events.
    pub events: u64,
    /// Rejections, by their codes.
    pub rejections: BTreeMap<String, u64>,
}

/// The redrives of items by runs that cannot have them in hand any more, and that nobody told the end of.
pub(super) fn lapsed<'r>(
    redrives: &'r Redrives,
    items: &[Item],
    now: Timestamp,
) -> impl Iterator<Item = &'r Redrive> {
    let redrives = items.iter().filter_map(|item| redrives.get(&item.coordinates));
    redrives.filter(move |redrive| redrive.put.is_none() && !is_held(redrive, now))
}

fn is_held(redrive: &Redrive, now: Timestamp) -> bool {
    now.duration_since(redrive.begun) < LEASE
}

/// What one item needs to know.
pub(super) struct Run<'a, O, T, S> {
    pub(super) stores: &'a Stores<O, T, S>,
    pub(super) context: &'a Context<'a>,
    pub(super) options: &'a Options,
    pub(super) rules: &'a Rules,
    pub(super) redrives: &'a Redrives,
    pub(super) seen: Option<&'a Seen>,
}

impl<O: Objects, T: Table, S: Stream> Run<'_, O, T, S> {
    pub(super) async fn one(&self, item: Item, standing: Standing) -> Result<Done, RedriveError> {
        let coordinates = item.coordinates.clone();
        let code = item.reason.as_ref().map(|reason| reason.code.clone());
        let (would, outcome) = self.outcome(item, standing).await?;
        Ok(Done { coordinates, code, would, outcome })
    }

    async fn outcome(
        &self,
        item: Item,
        standing: Standing,
    ) -> Result<(Option<Would>, Outcome), StoreError> {
        let marker = self.redrives.get(&item.coordinates);
        if let Some(Placed { sequence, .. }) = marker.and_then(|marker| marker.put.as_ref()) {
            return Ok((None, Outcome::Already { sequence: sequence.to_string() }));
        }
        match standing {
            Standing::Open => {}
            Standing::Sealed => return Ok((None, Outcome::Sealed)),
            Standing::InHand => return Ok((None, Outcome::InHand)),
        }
        let at = item.coordinates.clone();
        let (expired, problem) = (item.reason.is_none(), item.problem.clone());
        let Some(raw) = raw(item.kept) else {
            let why = problem.unwrap_or_else(|| "its quarantine object is gone".to_owned());
            return Ok((None, Outcome::Lost { why }));
        };
        let envelope = match Envelope::open(&raw, &self.rules.bundle().limits) {
            Some(Ok(envelope)) => envelope,
            _ => Envelope { first: at.clone(), raw },
        };
        let would = self.would(&envelope, &item.arrived);
        if let Some(marker) = marker {
            if is_held(marker, (self.context.now)()) {
                return Ok((Some(would), busy(marker)));
            }
            if let Some(outcome) = self.earlier(&at, marker, &envelope).await? {
                return Ok((Some(would), outcome));
            }
        }
        // What has expired is in no chain yet: sealed as a rejection, it would be.
        if would.events == 0 && !expired && !self.options.force {
            return Ok((Some(would), Outcome::Rejected));
        }
        if self.options.dry_run {
            return Ok((Some(would), Outcome::Would));
        }
        let outcome = match self.begin(&at, marker).await? {
            Ok(begun) => self.put(&at, &begun, &envelope).await,
            Err(outcome) => outcome,
        };
        Ok((Some(would), outcome))
    }

    /// What an envelope would be if it were a record.
    fn would(&self, envelope: &Envelope, arrived: &str) -> Would {
        let first = &envelope.first;
        let record = Record {
            sequence: first.sequence.clone(),
            arrived: arrived.parse().unwrap_or_default(),
            data: envelope.to_bytes(),
        };
        let mut items = Vec::new();
        transform(&first.chain, &record, self.rules, &mut items);
        let mut would = Would { events: 0, rejections: BTreeMap::new() };
        for item in items {
            match item {
                cairn_event::Item::Event(_) => would.events += 1,
                cairn_event::Item::Rejection(rejection) => {
                    *would.rejections.entry(rejection.reason.code.to_owned()).or_default() += 1;
                }
            }
        }
        would
    }

    /// What became of a redrive that an earlier run has begun and not ended; `None` if nothing did.
    async fn earlier(
        &self,
        at: &Coordinates,
        marker: &Redrive,
        envelope: &Envelope,
    ) -> Result<Option<Outcome>, StoreError> {
        // One that lapsed only since it was looked may have put its record after that.
        let seen = self.seen.filter(|seen| seen.covers(marker.begun));
        let Some(seen) = seen else { return Ok(Some(busy(marker))) };
        let hash = Hash::of(&envelope.to_bytes());
        match seen.claim(&hash) {
            Some(placed) if self.options.dry_run => Ok(Some(found(placed))),
            Some(placed) => {
                let put = Redrive { put: Some(placed.clone()), ..marker.clone() };
                match self.stores.table.move_redrive(at, Some(marker), &put).await {
                    Ok(()) => Ok(Some(found(placed))),
                    Err(error) => self.reloaded(at, &put, error).await.map(|again| match again {
                        Ok(()) => Some(found(placed)),
                        Err(outcome) => Some(outcome),
                    }),
                }
            }
            None if seen.reaches(marker.begun) || self.options.again => Ok(None),
            None => Ok(Some(Outcome::Forgotten { begun: format!("{:.3}", marker.begun) })),
        }
    }

    /// Begins an item: of all runs, one does.
    async fn begin(
        &self,
        at: &Coordinates,
        marker: Option<&Redrive>,
    ) -> Result<Result<Redrive, Outcome>, StoreError> {
        let now = (self.context.now)();
        // As the table keeps it: whoever compares must find the same.
        let begun = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let next = Redrive { run: self.context.run.clone(), begun, put: None };
        match self.stores.table.move_redrive(at, marker, &next).await {
            Ok(()) => Ok(Ok(next)),
            Err(error) => Ok(self.reloaded(at, &next, error).await?.map(|()| next)),
        }
    }

    /// After a write of `next` that failed: whether it is there all the same, or what is.
    async fn reloaded(
        &self,
        at: &Coordinates,
        next: &Redrive,
        error: StoreError,
    ) -> Result<Result<(), Outcome>, StoreError> {
        if !matches!(error, StoreError::Conflict { .. } | StoreError::Unknown { .. }) {
            return Err(error);
        }
        match self.stores.table.redrive(at).await? {
            Some(found) if found == *next => Ok(Ok(())),
            Some(Redrive { put: Some(Placed { sequence, .. }), .. }) => {
                Ok(Err(Outcome::Already { sequence: sequence.to_string() }))
            }
            Some(found) if matches!(error, StoreError::Conflict { .. }) => Ok(Err(busy(&found))),
            _ => Err(error),
        }
    }

    /// Puts what was begun, and tells so.
    async fn put(&self, at: &Coordinates, begun: &Redrive, envelope: &Envelope) -> Outcome {
        let mut data = envelope.to_bytes();
        let key = Hash::of(&data).to_string()[..32].to_owned();
        if data.len() + key.len() > MAX_RECORD {
            data = gzip(&data);
        }
        let data = Bytes::from(data);
        let mut longest = Duration::from_millis(100);
        let placed = loop {
            if (self.context.now)().duration_since(begun.begun) > PATIENCE {
                return Outcome::Refused { why: "it took too long".to_owned() };
            }
            match self.stores.stream.put(self.context.stream, &key, data.clone()).await {
                Ok(placed) => break placed,
                Err(StoreError::Throttled { .. }) => Jitter.pause(longest).await,
                Err(error @ StoreError::Refused { .. }) => {
                    return Outcome::Refused { why: error.to_string() };
                }
                Err(error) => return Outcome::Unknown { why: error.to_string() },
            }
            longest = longest.saturating_mul(2).min(Duration::from_secs(5));
        };
        self.tell(at, begun, &placed).await;
        let Placed { shard, sequence } = placed;
        Outcome::Put { shard, sequence: sequence.to_string() }
    }

    /// Writes into the table that an item is on the stream. Where that fails, a later run finds it there.
    async fn tell(&self, at: &Coordinates, begun: &Redrive, placed: &Placed) {
        let put = Redrive { put: Some(placed.clone()), ..begun.clone() };
        for _ in 0..ATTEMPTS {
            match self.stores.table.move_redrive(at, Some(begun), &put).await {
                // Moved already: by an attempt whose answer was lost, or by a run that found the record.
                Ok(()) | Err(StoreError::Conflict { .. }) => return,
                Err(_) => Jitter.pause(Duration::from_millis(500)).await,
            }
        }
    }
}

fn busy(marker: &Redrive) -> Outcome {
    Outcome::Busy { begun: format!("{:.3}", marker.begun) }
}

fn found(placed: Placed) -> Outcome {
    Outcome::Found { shard: placed.shard, sequence: placed.sequence.to_string() }
}
