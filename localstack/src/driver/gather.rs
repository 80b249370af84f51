//! When enough records of a shard have come together for an invocation. Pure.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::event::Record;

/// Bytes that an event may have: 6 MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const PAYLOAD: usize = 6 * 1024 * 1024;

/// Room for what is around the records in an event.
const FRAME: usize = 64;

/// When an invocation is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// `BatchSize`.
    pub records: usize,
    /// `MaximumBatchingWindowInSeconds`.
    pub window: Duration,
    /// [`PAYLOAD`], but in tests.
    pub payload: usize,
}

/// Records that were read and not handed over yet.
#[derive(Debug)]
pub struct Gather {
    limits: Limits,
    waiting: VecDeque<Record>,
    since: Timestamp,
}

/// What is due.
#[derive(Debug)]
pub enum Due {
    /// An invocation with these records.
    Now(Vec<Record>),
    /// Nothing before this time, unless more records come.
    At(Timestamp),
    /// Nothing is waiting.
    Never,
}

impl Gather {
    /// Nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, waiting: VecDeque::new(), since: Timestamp::UNIX_EPOCH }
    }

    /// Adds what was read. The window begins with the first record.
    pub fn add(&mut self, records: impl IntoIterator<Item = Record>, now: Timestamp) {
        if self.waiting.is_empty() {
            self.since = now;
        }
        self.waiting.extend(records);
    }

    /// Whether what waits already makes an invocation, so that nothing more need be read first.
    pub fn is_full(&self) -> bool {
        let fits = self.fits();
        fits >= self.limits.records || fits < self.waiting.len()
    }

    /// What is due now. The window of what is left behind begins anew.
    pub fn due(&mut self, now: Timestamp) -> Due {
        if self.waiting.is_empty() {
            return Due::Never;
        }
        let window = SignedDuration::try_from(self.limits.window).unwrap_or_default();
        let end = self.since + window;
        if !self.is_full() && now < end {
            return Due::At(end);
        }
        let count = self.fits();
        self.since = now;
        Due::Now(self.waiting.drain(..count).collect())
    }

    /// How many of the waiting records fit into an invocation; one always does, as nobody else would
    /// take it.
    fn fits(&self) -> usize {
        let mut size = FRAME;
        let fits = |record: &&Record| {
            size += record.size();
            size <= self.limits.payload
        };
        let fits = self.waiting.iter().take(self.limits.records).take_while(fits).count();
        fits.max(1).min(self.waiting.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::super::event::{Source, event};
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn records(count: usize, size: usize) -> Vec<Record> {
        let (stream, shard) = ("arn:aws:kinesis:r:1:stream/s".to_owned(), "shard".to_owned());
        let source = Source { stream, shard, region: "r".to_owned() };
        let record = |n| {
            let sequence = format!("{}", n + 1).parse().unwrap();
            Record::new(&source, sequence, at(0), "key", &vec![b'x'; size])
        };
        (0..count).map(record).collect()
    }

    fn gather(limits: Limits, count: usize, size: usize) -> Gather {
        let mut gather = Gather::new(limits);
        gather.add(records(count, size), at(0));
        gather
    }

    const LIMITS: Limits = Limits { records: 10, window: Duration::from_secs(5), payload: PAYLOAD };

    #[track_caller]
    fn batch(due: Due) -> Vec<Record> {
        match due {
            Due::Now(records) => records,
            other => panic!("{other:?}"),
        }
    }

    /// "Lambda invokes your function when one of the following three criteria is met: The batching
    /// window reaches its maximum value."
    #[test]
    fn records_wait_for_the_end_of_the_window() {
        let mut gather = gather(LIMITS, 3, 10);
        assert!(matches!(gather.due(at(4)), Due::At(end) if end == at(5)));
        gather.add(records(1, 10), at(4));
        assert_eq!(batch(gather.due(at(5))).len(), 4, "the window began with the first");
        assert!(matches!(gather.due(at(9)), Due::Never));
    }

    /// "The batch size is met."
    #[test]
    fn a_full_batch_does_not_wait() {
        let mut gather = gather(LIMITS, 25, 10);
        assert_eq!(batch(gather.due(at(0))).len(), 10);
        assert_eq!(batch(gather.due(at(0))).len(), 10);
        assert!(matches!(gather.due(at(4)), Due::At(_)), "five are no full batch");
        assert_eq!(batch(gather.due(at(5))).len(), 5);
    }

    /// "The payload size reaches 6 MB."
    #[test]
    fn a_full_payload_does_not_wait_and_is_never_exceeded() {
        let many = Limits { records: 10_000, ..LIMITS };
        let mut gather = gather(many, 10, 1_000_000);
        let mut count = 0;
        while let Due::Now(batch) = gather.due(at(0)) {
            assert!(event(&batch).len() <= PAYLOAD);
            assert_eq!(batch.len(), 4, "four times 1.33 MB");
            count += batch.len();
        }
        assert_eq!(count, 8);
    }

    #[test]
    fn a_record_that_exceeds_the_payload_goes_alone() {
        let mut gather = gather(Limits { payload: 1_000, ..LIMITS }, 3, 2_000);
        for _ in 0..2 {
            assert_eq!(batch(gather.due(at(0))).len(), 1);
        }
        assert_eq!(batch(gather.due(at(5))).len(), 1);
    }

    /// "By default, Lambda invokes your function as soon as records are available."
    #[test]
    fn without_a_window_nothing_waits() {
        let mut gather = gather(Limits { window: Duration::ZERO, ..LIMITS }, 1, 10);
        assert_eq!(batch(gather.due(at(0))).len(), 1);
    }
}
