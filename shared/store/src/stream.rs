//! What ingest asks of the Kinesis stream itself.

use std::future::Future;

use cairn_ledger::SequenceNumber;
use jiff::Timestamp;

use crate::StoreResult;
use bytes::Bytes;

/// The stream.
pub trait Stream: Send + Sync {
    /// When the stream was created, to the second: part of its chains' names.
    fn created(&self, stream: &str) -> impl Future<Output = StoreResult<Timestamp>> + Send;

    /// The parent shards of a shard: none, one after a split, two after a merge. Parents that
    /// have left the stream's retention are named all the same; `None` for a shard that itself has
    /// left it, or never was.
    fn parents(
        &self,
        stream: &str,
        shard: &str,
    ) -> impl Future<Output = StoreResult<Option<Vec<String>>>> + Send;

    /// The records of a shard from `first` to `last`, both included, that the stream still has: all of
    /// them, in order. A `first` that the shard never gave has none.
    fn records(
        &self,
        stream: &str,
        shard: &str,
        first: &SequenceNumber,
        last: &SequenceNumber,
    ) -> impl Future<Output = StoreResult<Vec<StoredRecord>>> + Send;

    /// Puts a record on the shard that `key` (1 to 256 characters) leads to, in one request that is
    /// not made again: after `Unknown`, the record may be on the stream, or come to be within the
    /// time that a request can take.
    fn put(
        &self,
        stream: &str,
        key: &str,
        data: Bytes,
    ) -> impl Future<Output = StoreResult<Placed>> + Send;

    /// Hands every record of every shard that arrived at `since` or later, and whose put was answered
    /// before the scan began, to `visit` with its shard's name. Returns the time from which on the
    /// stream, when the scan ended, still had every record that it ever took.
    fn scan(
        &self,
        stream: &str,
        since: Timestamp,
        visit: impl FnMut(&str, StoredRecord) + Send,
    ) -> impl Future<Output = StoreResult<Timestamp>> + Send;
}

/// Where a record is on the stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placed {
    /// Its shard.
    pub shard: String,
    /// Its sequence number.
    pub sequence: SequenceNumber,
}

/// A record as the stream holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// When it arrived, to the millisecond.
    pub arrived: Timestamp,
    /// Its bytes.
    pub data: Vec<u8>,
}
