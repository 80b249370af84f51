//! Reads the stream: its shards, and the records of one.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::error::DisplayErrorContext;
use aws_sdk_kinesis::types::ShardIteratorType;
use cairn_ledger::SequenceNumber;
use jiff::Timestamp;

use super::event::{Record, Source};
use super::lineage::{Shard, Start};

/// Why the stream could not be read. It is asked again.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("{call}: {detail}")]
    Call { call: &'static str, detail: String },
    #[error("{call}: expected {expected}, found {found:?}")]
    Answer { call: &'static str, expected: &'static str, found: String },
}

/// All shards that the stream still has, closed ones too.
pub(super) async fn shards(kinesis: &Client, stream: &str) -> Result<Vec<Shard>, ReadError> {
    let mut found = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let list = kinesis.list_shards();
        let list = match token {
            None => list.stream_arn(stream),
            Some(token) => list.next_token(token),
        };
        let page = list.send().await.map_err(failed("ListShards"))?;
        found.extend(page.shards.unwrap_or_default().into_iter().map(|shard| {
            Shard {
                id: shard.shard_id,
                parents: [shard.parent_shard_id, shard.adjacent_parent_shard_id]
                    .into_iter()
                    .flatten()
                    .collect(),
            }
        }));
        token = page.next_token;
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Reads a shard's records in order.
pub(super) struct Reader {
    kinesis: Client,
    source: Source,
    start: Start,
    last: Option<SequenceNumber>,
    iterator: Option<String>,
}

/// What one call gave.
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    /// "When getRecordsResult.getNextShardIterator returns null, it indicates that you have read all the
    /// data in the parent shard."
    pub(super) is_last: bool,
}

impl Reader {
    pub(super) fn new(kinesis: Client, source: Source, start: Start) -> Self {
        Self { kinesis, source, start, last: None, iterator: None }
    }

    /// The records after those that were read.
    pub(super) async fn read(&mut self) -> Result<Page, ReadError> {
        let iterator = match self.iterator.take() {
            Some(iterator) => iterator,
            None => self.begin().await?,
        };
        // Where this fails the iterator is gone: the next call begins after the last record.
        let answer = self.kinesis.get_records().stream_arn(&self.source.stream);
        let answer = answer.shard_iterator(iterator).send().await.map_err(failed("GetRecords"))?;
        let mut records = Vec::with_capacity(answer.records.len());
        for record in answer.records {
            records.push(self.record(&record)?);
        }
        if let Some(record) = records.last() {
            self.last = Some(record.sequence.clone());
        }
        let is_last = answer.next_shard_iterator.is_none();
        self.iterator = answer.next_shard_iterator;
        Ok(Page { records, is_last })
    }

    async fn begin(&self) -> Result<String, ReadError> {
        let get = self.kinesis.get_shard_iterator();
        let get = get.stream_arn(&self.source.stream).shard_id(&self.source.shard);
        let get = match (&self.last, self.start) {
            (Some(last), _) => get
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(last.as_str()),
            (None, Start::TrimHorizon) => get.shard_iterator_type(ShardIteratorType::TrimHorizon),
            (None, Start::Latest) => get.shard_iterator_type(ShardIteratorType::Latest),
        };
        let answer = get.send().await.map_err(failed("GetShardIterator"))?;
        let missing = ReadError::Answer {
            call: "GetShardIterator",
            expected: "an iterator",
            found: String::new(),
        };
        answer.shard_iterator.ok_or(missing)
    }

    fn record(&self, record: &aws_sdk_kinesis::types::Record) -> Result<Record, ReadError> {
        let wrong =
            |expected, found: String| ReadError::Answer { call: "GetRecords", expected, found };
        let sequence = record.sequence_number();
        let sequence = sequence
            .parse::<SequenceNumber>()
            .map_err(|_| wrong("a sequence number", sequence.to_owned()))?;
        let arrived = record.approximate_arrival_timestamp();
        let arrived = arrived.ok_or_else(|| wrong("an arrival time", String::new()))?;
        // Kinesis counts milliseconds; a double of seconds holds a little less or more.
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
        let milliseconds = (arrived.as_secs_f64() * 1000.0).round() as i64;
        let arrived = Timestamp::from_millisecond(milliseconds)
            .map_err(|error| wrong("an arrival time", error.to_string()))?;
        let (key, data) = (record.partition_key().unwrap_or_default(), record.data().as_ref());
        Ok(Record::new(&self.source, sequence, arrived, key, data))
    }
}

fn failed<E, R>(
    call: &'static str,
) -> impl FnOnce(aws_sdk_kinesis::error::SdkError<E, R>) -> ReadError
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    move |error| ReadError::Call { call, detail: DisplayErrorContext(error).to_string() }
}
