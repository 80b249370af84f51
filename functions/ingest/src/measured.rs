//! What one invocation did, as numbers.

use std::collections::BTreeMap;
use std::sync::Mutex;

use cairn_ledger::{BatchHeader, Counts};
use cairn_metrics::{
    ADOPTIONS, BATCH_LATENCY, BATCHES, BYTES_RECEIVED, BYTES_SEALED, CHAINS_BLOCKED,
    CHAINS_STOPPED, EVENTS, ITERATOR_AGE, RECORDS, RECORDS_LEFT, REJECTIONS, SEAL_LATENCY,
    document, milliseconds,
};
use jiff::Timestamp;

use crate::traces::Traced;
use crate::warm::lock;

/// What one invocation did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Of the batches that were committed.
    pub counts: Counts,
    /// Rejections of batches that were built here, by their code.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Batches that were committed.
    pub batches: u64,
    /// Objects that were there, and were adopted.
    pub adoptions: u64,
    /// Bytes of the records that were handed over.
    pub bytes_received: u64,
    /// Bytes of the objects that were created.
    pub bytes_sealed: u64,
    /// Milliseconds from the arrival of the oldest committed record to its commit.
    pub seal_latency: Option<u64>,
    /// Age of the newest record at the start, in milliseconds.
    pub iterator_age: u64,
    /// Milliseconds from start to end.
    pub duration: u64,
    /// Records that are left for a retry.
    pub records_left: u64,
    /// Whether an object could not be judged.
    pub blocked: bool,
    /// Whether the chain is stopped.
    pub stopped: bool,
}

impl Measured {
    /// The lines for CloudWatch: one, and one for each reason of rejections.
    pub fn lines(&self, origin: &str, at: Timestamp) -> Vec<String> {
        let mut values = vec![
            (&RECORDS, self.counts.records),
            (&EVENTS, self.counts.events),
            (&REJECTIONS, self.counts.rejections),
            (&BYTES_RECEIVED, self.bytes_received),
            (&BYTES_SEALED, self.bytes_sealed),
            (&BATCHES, self.batches),
            (&BATCH_LATENCY, self.duration),
            (&ITERATOR_AGE, self.iterator_age),
            (&ADOPTIONS, self.adoptions),
            (&RECORDS_LEFT, self.records_left),
            (&CHAINS_BLOCKED, self.blocked.into()),
            (&CHAINS_STOPPED, self.stopped.into()),
        ];
        values.extend(self.seal_latency.map(|latency| (&SEAL_LATENCY, latency)));
        let mut lines = vec![document(origin, None, at, &values)];
        lines.extend(
            self.reasons.iter().map(|(reason, count)| {
                document(origin, Some(reason), at, &[(&REJECTIONS, *count)])
            }),
        );
        lines
    }
}

/// Takes the numbers down while an invocation runs.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Numbers>);

#[derive(Debug, Default)]
struct Numbers {
    measured: Measured,
    /// The reasons of the batch whose object was created last.
    built: BTreeMap<&'static str, u64>,
    /// The events of that batch whose traces are to be told.
    traced: Vec<Traced>,
    /// What is to be told of batches that were committed.
    segments: Vec<String>,
}

impl Tally {
    /// The numbers so far.
    pub(crate) fn measured(&self) -> Measured {
        lock(&self.0).measured.clone()
    }

    /// Segments for the traces of events whose batches are committed.
    pub(crate) fn segments(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.0).segments)
    }

    /// An object was created.
    pub(crate) fn created(
        &self,
        bytes: usize,
        reasons: BTreeMap<&'static str, u64>,
        traced: Vec<Traced>,
    ) {
        let mut numbers = lock(&self.0);
        numbers.measured.bytes_sealed += bytes as u64;
        (numbers.built, numbers.traced) = (reasons, traced);
    }

    /// An object that was there is adopted. Whoever created it counted its reasons, or crashed.
    pub(crate) fn adopted(&self) {
        let mut numbers = lock(&self.0);
        numbers.measured.adoptions += 1;
        numbers.built.clear();
        numbers.traced.clear();
    }

    /// An object that was there cannot be judged.
    pub(crate) fn blocked(&self) {
        lock(&self.0).measured.blocked = true;
    }

    /// The batch of the object that was created or adopted last is committed.
    pub(crate) fn committed(&self, header: &BatchHeader, at: Timestamp) {
        let Numbers { measured, built, traced, segments } = &mut *lock(&self.0);
        let arrived = header.arrived[0].parse().unwrap_or_default();
        let (counts, latency) = (header.counts, milliseconds(arrived, at));
        measured.batches += 1;
        measured.counts.records += counts.records;
        measured.counts.events += counts.events;
        measured.counts.rejections += counts.rejections;
        measured.seal_latency = measured.seal_latency.max(Some(latency));
        for (reason, count) in std::mem::take(built) {
            *measured.reasons.entry(reason).or_default() += count;
        }
        segments.extend(traced.drain(..).map(|traced| traced.segment(&header.key, at)));
    }
}
