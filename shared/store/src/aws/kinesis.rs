//! Kinesis streams.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{Record, Shard, ShardIteratorType};
use cairn_ledger::SequenceNumber;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

use super::error::failure;
use crate::objects::whole_second_before;
use crate::{StoreError, StoreResult, StoredRecord, Stream};

/// The streams of an account and region.
#[derive(Debug, Clone)]
pub struct Kinesis {
    client: Client,
}

impl Kinesis {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    async fn shard(&self, stream: &str, shard: &str) -> StoreResult<Option<Shard>> {
        let operation = format!("ListShards {stream}");
        let mut token: Option<String> = None;
        loop {
            let list = self.client.list_shards();
            // A page is asked for by its token alone.
            let list = match token {
                None => list.stream_name(stream),
                Some(token) => list.next_token(token),
            };
            let page = list.send().await.map_err(|error| failure(&operation, &error))?;
            let found = page.shards.unwrap_or_default().into_iter().find(|s| s.shard_id == shard);
            token = page.next_token;
            if found.is_some() || token.is_none() {
                return Ok(found);
            }
        }
    }

    /// An iterator at a record; `None` if the shard has left the stream, or never gave that number.
    async fn iterator(
        &self,
        stream: &str,
        shard: &str,
        first: &SequenceNumber,
    ) -> StoreResult<Option<String>> {
        let get = self.client.get_shard_iterator().stream_name(stream).shard_id(shard);
        let get = get
            .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
            .starting_sequence_number(first.as_str());
        match get.send().await {
            Ok(answer) => Ok(answer.shard_iterator),
            Err(error)
                if error.as_service_error().is_some_and(|error| {
                    error.is_resource_not_found_exception() || error.is_invalid_argument_exception()
                }) =>
            {
                Ok(None)
            }
            Err(error) => Err(failure(format_args!("GetShardIterator {stream}/{shard}"), &error)),
        }
    }
}

impl Stream for Kinesis {
    async fn created(&self, stream: &str) -> StoreResult<Timestamp> {
        let operation = format!("DescribeStreamSummary {stream}");
        let answer = self.client.describe_stream_summary().stream_name(stream).send().await;
        let answer = answer.map_err(|error| failure(&operation, &error))?;
        let missing = || StoreError::corrupt(&operation, "expected a summary, found none");
        let summary = answer.stream_description_summary.ok_or_else(missing)?;
        time(&operation, &summary.stream_creation_timestamp).map(whole_second_before)
    }

    async fn parents(&self, stream: &str, shard: &str) -> StoreResult<Option<Vec<String>>> {
        let found = self.shard(stream, shard).await?;
        let parents = |shard: Shard| {
            shard.parent_shard_id.into_iter().chain(shard.adjacent_parent_shard_id).collect()
        };
        Ok(found.map(parents))
    }

    async fn records(
        &self,
        stream: &str,
        shard: &str,
        first: &SequenceNumber,
        last: &SequenceNumber,
    ) -> StoreResult<Vec<StoredRecord>> {
        let operation = format!("GetRecords {stream}/{shard}");
        let mut found = Vec::new();
        let mut iterator = self.iterator(stream, shard, first).await?;
        while let Some(position) = iterator {
            let answer = self.client.get_records().shard_iterator(position).send().await;
            let answer = answer.map_err(|error| failure(&operation, &error))?;
            // An empty answer may lie before the records: Kinesis walks over time, not over
            // records. It has reached the tip when it is no longer behind.
            let at_tip = answer.records.is_empty() && answer.millis_behind_latest.unwrap_or(0) == 0;
            for record in answer.records {
                let record = stored(&operation, record)?;
                if record.sequence > *last {
                    return Ok(found);
                }
                if record.sequence >= *first {
                    found.push(record);
                }
            }
            if at_tip || found.last().is_some_and(|record| record.sequence == *last) {
                break;
            }
            iterator = answer.next_shard_iterator;
        }
        Ok(found)
    }
}

fn stored(operation: &str, record: Record) -> StoreResult<StoredRecord> {
    let sequence = record.sequence_number.parse();
    let sequence = sequence.map_err(|error| StoreError::corrupt(operation, error))?;
    let missing = || StoreError::corrupt(operation, "expected an arrival time, found none");
    let arrived = record.approximate_arrival_timestamp.ok_or_else(missing)?;
    let arrived = whole_millisecond(time(operation, &arrived)?);
    Ok(StoredRecord { sequence, arrived, data: record.data.into_inner() })
}

fn time(operation: &str, time: &DateTime) -> StoreResult<Timestamp> {
    Timestamp::from_nanosecond(time.as_nanos())
        .map_err(|error| StoreError::corrupt(operation, error))
}

/// The nearest millisecond. Kinesis counts in milliseconds and writes seconds with a fraction, of
/// which a double holds a little less or more.
fn whole_millisecond(time: Timestamp) -> Timestamp {
    let round = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::HalfExpand);
    time.round(round).unwrap_or(time)
}
