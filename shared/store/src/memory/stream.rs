//! Streams: shards with parents, and records.

use std::collections::BTreeMap;

use bytes::Bytes;
use cairn_ledger::{Hash, SequenceNumber};
use jiff::{SignedDuration, Timestamp};

use super::Memory;
use crate::objects::whole_second_before;
use crate::{Placed, StoreError, StoreResult, StoredRecord, Stream};

pub(super) type Streams = BTreeMap<String, StreamState>;

#[derive(Clone)]
pub(super) struct StreamState {
    created: Timestamp,
    shards: BTreeMap<String, Shard>,
    /// Shards and records there ever were: their names and numbers never come again.
    made: u64,
    records: u64,
    /// From when on it has every record.
    whole: Timestamp,
}

#[derive(Clone, Default)]
struct Shard {
    parents: Vec<String>,
    records: Vec<StoredRecord>,
}

impl StreamState {
    fn add_shard(&mut self, parents: Vec<String>) -> String {
        let name = format!("shardId-{:012}", self.made);
        self.made += 1;
        self.shards.insert(name.clone(), Shard { parents, records: Vec::new() });
        name
    }

    /// Takes note that records are forgotten.
    fn forget<'a>(&mut self, records: impl Iterator<Item = &'a StoredRecord>) {
        let after = records.map(|record| record.arrived + SignedDuration::from_millis(1));
        self.whole = after.fold(self.whole, Timestamp::max);
    }

    /// The open shard that a key leads to.
    fn shard_of(&self, key: &str) -> Option<String> {
        let parents: Vec<&String> = self.shards.values().flat_map(|shard| &shard.parents).collect();
        let open: Vec<&String> =
            self.shards.keys().filter(|name| !parents.contains(name)).collect();
        let place = usize::from(Hash::of(key.as_bytes()).as_bytes()[0]) % open.len().max(1);
        open.get(place).map(|name| (*name).clone())
    }
}

/// What producers and operators do to streams.
impl Memory {
    /// Makes a stream, in place of one of the same name; returns its shards.
    pub fn create_stream(&self, stream: &str, shards: usize) -> Vec<String> {
        let created = whole_second_before(self.now());
        let (none, whole) = (BTreeMap::new(), Timestamp::MIN);
        let mut made = StreamState { created, shards: none, made: 0, records: 0, whole };
        let names = (0..shards).map(|_| made.add_shard(Vec::new())).collect();
        self.state().streams.insert(stream.to_owned(), made);
        names
    }

    /// Puts a record; returns it with its sequence number, of 56 digits as Kinesis's have, and its
    /// time of arrival, to the millisecond as Kinesis's is.
    ///
    /// # Panics
    /// If there is no such stream or shard.
    #[track_caller]
    pub fn put_record(&self, stream: &str, shard: &str, data: impl Into<Vec<u8>>) -> StoredRecord {
        let arrived = Timestamp::from_millisecond(self.now().as_millisecond()).unwrap_or_default();
        let mut state = self.state();
        let Some(found) = state.streams.get_mut(stream) else { panic!("no stream {stream}") };
        found.records += 1;
        let digits = format!("4959{:052}", found.records);
        let Ok(sequence) = digits.parse() else { panic!("{digits} is no sequence number") };
        let record = StoredRecord { sequence, arrived, data: data.into() };
        push(found, shard, record.clone());
        record
    }

    /// Adds a record as it is: with a sequence number and arrival time of the caller's choice.
    ///
    /// # Panics
    /// If there is no such stream or shard, or the sequence number does not rise.
    #[track_caller]
    pub fn append_record(&self, stream: &str, shard: &str, record: StoredRecord) {
        let mut state = self.state();
        let Some(found) = state.streams.get_mut(stream) else { panic!("no stream {stream}") };
        push(found, shard, record);
    }

    /// Makes a shard that follows the given ones: one parent for a split, two for a merge.
    ///
    /// # Panics
    /// If there is no such stream.
    #[track_caller]
    pub fn add_shard(&self, stream: &str, parents: &[&str]) -> String {
        let mut state = self.state();
        let Some(found) = state.streams.get_mut(stream) else { panic!("no stream {stream}") };
        found.add_shard(parents.iter().map(|&parent| parent.to_owned()).collect())
    }

    /// Forgets a shard, as the end of its records' retention does.
    pub fn expire_shard(&self, stream: &str, shard: &str) {
        if let Some(found) = self.state().streams.get_mut(stream) {
            let removed = found.shards.remove(shard).unwrap_or_default();
            found.forget(removed.records.iter());
        }
    }

    /// Forgets the records of a shard up to one, as the end of their retention does.
    pub fn expire_records(&self, stream: &str, shard: &str, through: &SequenceNumber) {
        let mut state = self.state();
        let Some(found) = state.streams.get_mut(stream) else { return };
        let Some(shard) = found.shards.get_mut(shard) else { return };
        let is_kept = |record: &StoredRecord| record.sequence > *through;
        let records = std::mem::take(&mut shard.records);
        let (kept, forgotten): (Vec<_>, Vec<_>) = records.into_iter().partition(is_kept);
        shard.records = kept;
        found.forget(forgotten.iter());
    }
}

#[track_caller]
fn push(stream: &mut StreamState, shard: &str, record: StoredRecord) {
    let Some(shard) = stream.shards.get_mut(shard) else { panic!("no shard {shard}") };
    let last = shard.records.last().map(|last| &last.sequence);
    assert!(last < Some(&record.sequence), "{} does not follow {last:?}", record.sequence);
    shard.records.push(record);
}

impl Stream for Memory {
    async fn created(&self, stream: &str) -> StoreResult<Timestamp> {
        let state = self.state();
        let found = find(&state.streams, "created", stream)?;
        Ok(found.created)
    }

    async fn parents(&self, stream: &str, shard: &str) -> StoreResult<Option<Vec<String>>> {
        let state = self.state();
        let found = find(&state.streams, "parents", stream)?;
        Ok(found.shards.get(shard).map(|shard| shard.parents.clone()))
    }

    async fn records(
        &self,
        stream: &str,
        shard: &str,
        first: &SequenceNumber,
        last: &SequenceNumber,
    ) -> StoreResult<Vec<StoredRecord>> {
        let state = self.state();
        let found = find(&state.streams, "records", stream)?;
        let records = found.shards.get(shard).map(|shard| shard.records.as_slice());
        let within = |record: &&StoredRecord| (first..=last).contains(&&record.sequence);
        Ok(records.unwrap_or_default().iter().filter(within).cloned().collect())
    }

    async fn put(&self, stream: &str, key: &str, data: Bytes) -> StoreResult<Placed> {
        let shard = find(&self.state().streams, "put", stream)?.shard_of(key);
        let no_shard = || StoreError::refused(format_args!("put {stream}"), "no open shard");
        let shard = shard.ok_or_else(no_shard)?;
        let record = self.put_record(stream, &shard, data);
        Ok(Placed { shard, sequence: record.sequence })
    }

    async fn scan(
        &self,
        stream: &str,
        since: Timestamp,
        mut visit: impl FnMut(&str, StoredRecord) + Send,
    ) -> StoreResult<Timestamp> {
        let state = self.state();
        let found = find(&state.streams, "scan", stream)?;
        for (name, shard) in &found.shards {
            let records = shard.records.iter().filter(|record| record.arrived >= since);
            records.cloned().for_each(|record| visit(name, record));
        }
        Ok(found.whole)
    }
}

fn find<'a>(streams: &'a Streams, operation: &str, stream: &str) -> StoreResult<&'a StreamState> {
    let missing = || StoreError::refused(format_args!("{operation} {stream}"), "no such stream");
    streams.get(stream).ok_or_else(missing)
}
