//! Kinesis streams.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::Config;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::primitives::{Blob, DateTime};
use aws_sdk_kinesis::types::{Record, Shard, ShardIteratorType};
use bytes::Bytes;
use cairn_ledger::SequenceNumber;
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use super::error::failure;
use crate::objects::whole_second_before;
use crate::{Placed, StoreError, StoreResult, StoredRecord, Stream};

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
        let all = self.shards(stream).await?;
        Ok(all.into_iter().find(|found| found.shard_id == shard))
    }

    /// All shards, closed ones too as long as the stream has their records.
    async fn shards(&self, stream: &str) -> StoreResult<Vec<Shard>> {
        let operation = format!("ListShards {stream}");
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let list = self.client.list_shards();
            // A page is asked for by its token alone.
            let list = match token {
                None => list.stream_name(stream),
                Some(token) => list.next_token(token),
            };
            let page = list.send().await.map_err(|error| failure(&operation, &error))?;
            found.extend(page.shards.unwrap_or_default());
            token = page.next_token;
            if token.is_none() {
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

impl Kinesis {
    /// When a stream was made, and for how long it keeps records.
    async fn summary(&self, stream: &str) -> StoreResult<(Timestamp, SignedDuration)> {
        let operation = format!("DescribeStreamSummary {stream}");
        let answer = self.client.describe_stream_summary().stream_name(stream).send().await;
        let answer = answer.map_err(|error| failure(&operation, &error))?;
        let missing = || StoreError::corrupt(&operation, "expected a summary, found none");
        let summary = answer.stream_description_summary.ok_or_else(missing)?;
        let retention = SignedDuration::from_hours(summary.retention_period_hours.into());
        Ok((time(&operation, &summary.stream_creation_timestamp)?, retention))
    }

    /// Hands the records of a shard that arrived at `since` or later to `visit`.
    async fn scan_shard(
        &self,
        stream: &str,
        shard: &str,
        since: Timestamp,
        visit: &mut (impl FnMut(&str, StoredRecord) + Send),
    ) -> StoreResult<()> {
        let get = self.client.get_shard_iterator().stream_name(stream).shard_id(shard);
        let get = get
            .shard_iterator_type(ShardIteratorType::AtTimestamp)
            .timestamp(DateTime::from_millis(since.as_millisecond()));
        let operation = format!("GetShardIterator {stream}/{shard}");
        let answer = get.send().await.map_err(|error| failure(&operation, &error))?;
        let mut iterator = answer.shard_iterator;
        let operation = format!("GetRecords {stream}/{shard}");
        while let Some(position) = iterator {
            let answer = self.client.get_records().shard_iterator(position).send().await;
            let answer = answer.map_err(|error| failure(&operation, &error))?;
            for record in answer.records {
                visit(shard, stored(&operation, record)?);
            }
            // The end of a closed shard has no next iterator.
            let at_tip = answer.millis_behind_latest.unwrap_or(0) == 0;
            iterator = answer.next_shard_iterator.filter(|_| !at_tip);
        }
        Ok(())
    }
}

impl Stream for Kinesis {
    async fn created(&self, stream: &str) -> StoreResult<Timestamp> {
        let (created, _) = self.summary(stream).await?;
        Ok(whole_second_before(created))
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

    async fn put(&self, stream: &str, key: &str, data: Bytes) -> StoreResult<Placed> {
        let operation = format!("PutRecord {stream}");
        let put = self.client.put_record().stream_name(stream).partition_key(key);
        // Made again by the SDK, a request whose answer was lost would put the record twice.
        let once = Config::builder().retry_config(RetryConfig::disabled());
        let put = put.data(Blob::new(data.to_vec())).customize().config_override(once);
        let answer = put.send().await.map_err(|error| failure(&operation, &error))?;
        let sequence = answer.sequence_number.parse();
        let sequence = sequence.map_err(|error| StoreError::corrupt(&operation, error))?;
        Ok(Placed { shard: answer.shard_id, sequence })
    }

    async fn scan(
        &self,
        stream: &str,
        since: Timestamp,
        mut visit: impl FnMut(&str, StoredRecord) + Send,
    ) -> StoreResult<Timestamp> {
        for shard in self.shards(stream).await? {
            self.scan_shard(stream, &shard.shard_id, since, &mut visit).await?;
        }
        let (_, retention) = self.summary(stream).await?;
        Ok(Timestamp::now() - retention)
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
