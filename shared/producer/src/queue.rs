//! The queue: what was accepted and is not in the stream yet, in lanes, in memory or on disk.
//!
//! Pure but for the disk: it is told the time, and says what is to be put.

mod end;
mod lane;
mod room;
mod settle;

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

pub(crate) use end::Ended;
pub(crate) use room::{How, NoRoom, Reservation};

use crate::config::{Config, Order};
use crate::counters::Counters;
use crate::event::{Event, OrderKeys};
use crate::producer::Place;
use crate::sink::Parcel;
use crate::spill::Spill;
use lane::Lane;

/// Bytes of a request, at most, partition keys included. AWS takes 10 MiB since 2025, older endpoints
/// 5 MiB; a shard takes 1 MiB a second, so that a larger request gains nothing. As there are at most 256
/// lanes, a request never has more than the 500 records that Kinesis takes.
const MAX_REQUEST: usize = 5 << 20;

/// Bytes that an event counts for besides its JSON: what the queue knows of it.
const OVERHEAD: usize = 256;

/// The counter of an event that an earlier run has accepted: it has that run's.
const RECOVERED: u64 = u64::MAX;

/// An event in memory.
pub(crate) struct Item {
    pub(crate) event: Event,
    /// Bytes of its JSON before it was stamped, less the brace at its end.
    cut: usize,
    seq: u64,
    accepted: Instant,
    origin: Origin,
    receipt: Option<oneshot::Sender<Place>>,
    /// Whether it was in a request that nobody knows the outcome of.
    doubtful: bool,
}

/// Where an event in memory comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The application, in this epoch of the spill folder.
    Memory { epoch: u64 },
    /// A file, in which it stays until it is delivered.
    Disk { file: u64 },
}

/// Somebody who waits until all that was accepted before is in the stream.
struct Flush {
    /// The counter of the first event that was accepted later.
    before: u64,
    left: u64,
    done: oneshot::Sender<()>,
}

/// What is to be done next.
pub(crate) enum Step {
    /// Put these.
    Put(Vec<Parcel>),
    /// Wait for something to happen, at most until then.
    Wait(Option<Instant>),
    /// Nothing, any more.
    End,
}

/// How the queue ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closing {
    No,
    /// Once everything is delivered, or then.
    By(Option<Instant>),
    /// It has ended.
    Ended,
}

pub(crate) struct Queue {
    config: Config,
    /// The producer's id: its name, and what makes this start differ from all others.
    id: Arc<str>,
    next_seq: u64,
    lanes: Vec<Lane>,
    pub(crate) counters: Counters,
    pub(crate) spill: Option<Spill>,
    /// Receipts of events that are on disk only.
    receipts: HashMap<u64, oneshot::Sender<Place>>,
    flushes: Vec<Flush>,
    /// Senders that stand in line.
    pub(crate) waiting: usize,
    closing: Closing,
    pub(crate) ended: Option<Ended>,
}

impl Queue {
    pub(crate) fn new(config: Config, run: &str, spill: Option<Spill>) -> Self {
        let lanes = if config.order == Order::Producer { 1 } else { config.lanes };
        let lanes = (0..lanes).map(|lane| Lane::new(format!("{run}-{lane}"))).collect();
        let recovered = spill.as_ref().map_or(0, Spill::unread);
        let mut queue = Self {
            id: format!("{}/{run}", config.name).into(),
            config,
            next_seq: 0,
            lanes,
            counters: Counters { recovered, ..Counters::default() },
            spill,
            receipts: HashMap::new(),
            flushes: Vec::new(),
            waiting: 0,
            closing: Closing::No,
            ended: None,
        };
        queue.count_spilled();
        queue
    }

    pub(crate) fn id(&self) -> Arc<str> {
        self.id.clone()
    }

    /// What is to be done now.
    pub(crate) fn step(&mut self, now: Instant) -> Step {
        self.refill(now);
        if let Closing::By(end) = self.closing
            && (self.outstanding() == 0 || end.is_some_and(|end| end <= now))
        {
            return Step::End;
        }
        let hurry = self.closing != Closing::No || !self.flushes.is_empty();
        let linger = self.config.linger;
        let full = self.config.record_bytes;
        let due = |lane: &Lane| lane.due(linger, full, hurry);
        let first = self.lanes.iter().filter_map(due).min();
        if first.is_some_and(|first| first <= now) {
            return Step::Put(self.request(now));
        }
        let end = match self.closing {
            Closing::By(end) => end,
            _ => None,
        };
        // One that is past waits for room in memory.
        let read = self.spill.as_ref().and_then(Spill::reads_again).filter(|read| *read > now);
        Step::Wait(first.into_iter().chain(end).chain(read).min())
    }

    /// One record of each lane that may put one: a lane has one record in flight, so that no later one
    /// can overtake it. A lane that could wait longer goes along, as its record is then put with
    /// others.
    fn request(&mut self, now: Instant) -> Vec<Parcel> {
        let mut bytes = 0;
        let mut parcels = Vec::new();
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            let Some(record) = lane.record(now, self.config.record_bytes) else { continue };
            let key = lane.key.clone();
            bytes += record.plain_bytes() + key.len();
            if bytes > MAX_REQUEST {
                break;
            }
            lane.busy = true;
            parcels.push(Parcel { lane: number, key, record });
        }
        self.counters.requests += 1;
        parcels
    }

    /// Events that are neither delivered nor handed back, and slots, which may become some.
    pub(crate) fn outstanding(&self) -> u64 {
        self.counters.queued + self.counters.spilled + self.counters.reserved
    }

    fn lane_of(&self, key: u64) -> usize {
        usize::try_from(key % self.lanes.len() as u64).unwrap_or(0)
    }

    fn order_key(&self, keys: &OrderKeys) -> u64 {
        match self.config.order {
            Order::Actor => keys.actor,
            Order::Resource => keys.resource,
            Order::Tenant => keys.tenant,
            Order::Producer => 0,
        }
    }

    fn count_spilled(&mut self) {
        if let Some(spill) = &self.spill {
            self.counters.spilled = spill.unread();
            self.counters.spill_bytes = spill.bytes();
            self.counters.damaged_files = spill.damaged();
        }
    }

    /// Sets the end: nothing more is accepted. The earliest of several counts.
    pub(crate) fn close(&mut self, end: Option<Instant>) {
        self.closing = match self.closing {
            Closing::No => Closing::By(end),
            Closing::By(other) => Closing::By(other.into_iter().chain(end).min()),
            Closing::Ended => Closing::Ended,
        };
    }

    /// Calls when all that was accepted by now is in the stream; drops the sender if that
    /// will not come to pass.
    pub(crate) fn flush(&mut self) -> oneshot::Receiver<()> {
        let (done, flushed) = oneshot::channel();
        let left = self.counters.queued + self.counters.spilled;
        if left == 0 {
            let _nobody = done.send(());
        } else if self.closing != Closing::Ended {
            self.flushes.push(Flush { before: self.next_seq, left, done });
        }
        flushed
    }
}
