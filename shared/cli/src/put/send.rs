//! Puts records in full requests, and again those that were not taken.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::time::Duration;

use cairn_ledger::SequenceNumber;
use serde::Serialize;

use super::record::Record;

/// Records of one request
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>).
const MAX_RECORDS: usize = 500;

/// Bytes of one request, partition keys included. AWS takes 10 MiB since 2025, LocalStack and older
/// endpoints 5 MiB; a shard takes 1 MiB a second, so that a larger request gains nothing.
const MAX_REQUEST: usize = 5 << 20;

/// The first pause is at most this long, each further one twice as long as the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// No pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Requests in a row of which not one record was taken, before it is given up.
const FRUITLESS: u32 = 10;

/// Requests in a row that came to nothing as a whole, before it is given up.
const LOST: u32 = 8;

/// Takes records.
pub(crate) trait Sink {
    /// Puts records; answers for each in order.
    fn put(&self, records: &[&Record]) -> impl Future<Output = Result<Vec<Answer>, SinkError>>;
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is in the stream.
    Taken { shard: String, sequence: SequenceNumber },
    /// It is not; it may be put again.
    Refused { why: String },
}

/// Why a whole request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SinkError {
    /// It was refused, and may be made again.
    Again { why: String },
    /// Nobody knows what became of it. It may be made again, but its records may have been taken,
    /// and are then in the stream twice.
    Lost { why: String },
    /// It would fail again.
    Final { why: String },
}

/// Waits.
pub(crate) trait Pause {
    /// Waits for a random while of at most `longest`: "full jitter", which keeps many producers
    /// from coming back at once
    /// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
    fn pause(&self, longest: Duration) -> impl Future<Output = ()>;
}

/// What was put.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Sent {
    /// Records that the stream has taken.
    pub records: u64,
    /// Pieces of the input in them.
    pub pieces: u64,
    /// Bytes of them, as they were put.
    pub bytes: u64,
    /// Requests made.
    pub requests: u64,
    /// How often a record was put again because it had not been taken.
    pub retries: u64,
    /// Records that may be in the stream twice: they were put again after a request that nobody
    /// knows the outcome of.
    pub possibly_twice: u64,
    /// What went to each shard.
    pub shards: BTreeMap<String, Shard>,
}

/// What went to a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shard {
    /// Records.
    pub records: u64,
    /// The greatest sequence number that one of them got.
    pub last: SequenceNumber,
}

/// Why it was given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{left} records were not taken{}, the first of them number {number} of {path}: {why}; what follows them was not put",
    unless(*.doubtful)
)]
pub struct GaveUp {
    /// Records in hand that were not taken.
    pub left: u64,
    /// Those of them that may have been taken all the same.
    pub doubtful: u64,
    /// File of the first of them.
    pub path: String,
    /// Its place in that file, from 1.
    pub number: u64,
    /// The last answer.
    pub why: String,
}

fn unless(doubtful: u64) -> String {
    match doubtful {
        0 => String::new(),
        n => format!(" (or {n} of them were, in a request that got no answer)"),
    }
}

/// A record that is to be put.
struct Queued {
    record: Record,
    /// Whether it was in a request that nobody knows the outcome of.
    doubtful: bool,
}

/// Collects records until a request is full.
pub(crate) struct Sender<'a, S, P> {
    sink: &'a S,
    pause: &'a P,
    queue: VecDeque<Queued>,
    queued_bytes: usize,
    /// Requests in a row that left something over.
    pressed: u32,
    /// Requests in a row that changed nothing.
    fruitless: u32,
    /// Requests in a row that got no answer.
    lost: u32,
    sent: Sent,
}

impl<'a, S: Sink, P: Pause> Sender<'a, S, P> {
    pub(crate) fn new(sink: &'a S, pause: &'a P) -> Self {
        let (queue, sent) = (VecDeque::new(), Sent::default());
        Self { sink, pause, queue, queued_bytes: 0, pressed: 0, fruitless: 0, lost: 0, sent }
    }

    /// What was put so far.
    pub(crate) fn sent(&self) -> &Sent {
        &self.sent
    }

    /// Adds a record, and makes requests while they would be full.
    pub(crate) async fn add(&mut self, record: Record) -> Result<(), GaveUp> {
        self.queued_bytes += record.size();
        self.queue.push_back(Queued { record, doubtful: false });
        while self.queue.len() >= MAX_RECORDS || self.queued_bytes > MAX_REQUEST {
            self.request().await?;
        }
        Ok(())
    }

    /// Puts all that was added.
    pub(crate) async fn flush(&mut self) -> Result<(), GaveUp> {
        while !self.queue.is_empty() {
            self.request().await?;
        }
        Ok(())
    }

    async fn request(&mut self) -> Result<(), GaveUp> {
        let count = self.full_request();
        let batch: Vec<&Record> =
            self.queue.iter().take(count).map(|queued| &queued.record).collect();
        self.sent.requests += 1;
        let answers = match self.sink.put(&batch).await {
            Ok(answers) => {
                self.lost = 0;
                answers
            }
            Err(error) => {
                if matches!(error, SinkError::Lost { .. }) {
                    self.queue.iter_mut().take(count).for_each(|queued| queued.doubtful = true);
                }
                self.lost += 1;
                match error {
                    SinkError::Again { why } | SinkError::Lost { why } if self.lost < LOST => {
                        vec![Answer::Refused { why }; count]
                    }
                    SinkError::Again { why }
                    | SinkError::Lost { why }
                    | SinkError::Final { why } => return Err(self.gave_up(why)),
                }
            }
        };
        let Some(why) = self.settle(count, answers) else {
            (self.pressed, self.fruitless) = (0, 0);
            return Ok(());
        };
        if self.fruitless >= FRUITLESS {
            return Err(self.gave_up(format!("not taken in {FRUITLESS} requests, at last: {why}")));
        }
        let longest = FIRST_PAUSE.saturating_mul(1 << self.pressed.min(16)).min(LONGEST_PAUSE);
        self.pressed += 1;
        self.pause.pause(longest).await;
        Ok(())
    }

    /// How many of the queue's first records make a full request.
    fn full_request(&self) -> usize {
        let mut bytes = 0;
        let fits = |queued: &&Queued| {
            bytes += queued.record.size();
            bytes <= MAX_REQUEST
        };
        // A single record fits always: it is smaller than a request.
        self.queue.iter().take(MAX_RECORDS).take_while(fits).count().max(1)
    }

    /// Counts what was taken and queues the rest again, in order and first; tells why one of them
    /// was refused, if any was.
    fn settle(&mut self, count: usize, answers: Vec<Answer>) -> Option<String> {
        let mut answers = answers.into_iter();
        let mut refused = Vec::new();
        let mut why = None;
        for mut queued in self.queue.drain(..count).collect::<Vec<_>>() {
            match answers.next() {
                Some(Answer::Taken { shard, sequence }) => {
                    self.queued_bytes -= queued.record.size();
                    self.sent.count(&queued, shard, sequence);
                }
                Some(Answer::Refused { why: reason }) => {
                    why = Some(reason);
                    refused.push(queued);
                }
                None => {
                    why = Some(format!("expected {count} answers, found fewer"));
                    queued.doubtful = true;
                    refused.push(queued);
                }
            }
        }
        self.sent.retries += refused.len() as u64;
        self.fruitless = if refused.len() == count { self.fruitless + 1 } else { 0 };
        for queued in refused.into_iter().rev() {
            self.queue.push_front(queued);
        }
        why
    }

    fn gave_up(&mut self, why: String) -> GaveUp {
        let left = self.queue.len() as u64;
        let doubtful = self.queue.iter().filter(|queued| queued.doubtful).count() as u64;
        let first = self.queue.front().map(|queued| &queued.record.from);
        let (path, number) =
            first.map(|from| (from.path.to_string(), from.number)).unwrap_or_default();
        GaveUp { left, doubtful, path, number, why }
    }
}

impl Sent {
    fn count(&mut self, queued: &Queued, shard: String, sequence: SequenceNumber) {
        let record = &queued.record;
        self.records += 1;
        self.possibly_twice += u64::from(queued.doubtful);
        self.pieces += u64::from(record.pieces);
        self.bytes += record.data.len() as u64;
        let shard =
            self.shards.entry(shard).or_insert(Shard { records: 0, last: sequence.clone() });
        shard.records += 1;
        shard.last = sequence.max(shard.last.clone());
    }
}

#[cfg(test)]
mod tests;
