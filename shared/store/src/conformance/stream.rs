//! What every stream promises.

use cairn_ledger::SequenceNumber;

use super::assert_refused;
use crate::Stream;
use jiff::{SignedDuration, Timestamp};

/// A stream that the caller made.
#[derive(Debug, Clone)]
pub struct Given {
    /// Its name.
    pub stream: String,
    /// A shard without parents.
    pub shard: String,
    /// The records that were put to that shard, in order, by sequence number and bytes: three or
    /// more.
    pub records: Vec<(SequenceNumber, Vec<u8>)>,
    /// Shards with their parents.
    pub children: Vec<(String, Vec<String>)>,
}

/// The promises of [`Stream`].
pub async fn stream<S: Stream>(store: &S, given: &Given) {
    let created = store.created(&given.stream).await.unwrap();
    assert_eq!(store.created(&given.stream).await.unwrap(), created);
    assert_eq!(created.subsec_nanosecond(), 0, "to the second");
    assert_refused(store.created("no-such-stream").await);

    assert_eq!(store.parents(&given.stream, &given.shard).await.unwrap(), Some(Vec::new()));
    assert_eq!(store.parents(&given.stream, "shardId-000000009999").await.unwrap(), None);
    for (child, parents) in &given.children {
        let found = store.parents(&given.stream, child).await.unwrap();
        assert_eq!(found.as_ref(), Some(parents), "of {child}");
    }
    records_come_back(store, given).await;
    what_is_put_is_found_by_a_scan(store, given).await;
}

async fn records_come_back<S: Stream>(store: &S, given: &Given) {
    let Given { stream, shard, records, .. } = given;
    assert!(records.len() >= 3, "three records or more");
    let read = async |first: usize, last: usize| {
        let (first, last) = (&records[first].0, &records[last].0);
        let found = store.records(stream, shard, first, last).await.unwrap();
        let to_the_millisecond = |r: &crate::StoredRecord| {
            r.arrived.as_nanosecond() == i128::from(r.arrived.as_millisecond()) * 1_000_000
        };
        assert!(found.iter().all(to_the_millisecond));
        found.into_iter().map(|record| (record.sequence, record.data)).collect::<Vec<_>>()
    };
    let end = records.len() - 1;
    assert_eq!(read(0, end).await, records[..], "all of them");
    assert_eq!(read(0, 0).await, records[..1], "the first");
    assert_eq!(read(end, end).await, records[end..], "the last");
    assert_eq!(read(1, end - 1).await, records[1..end], "without the ends");
    let first = &records[0].0;
    let none = store.records(stream, "shardId-000000009999", first, first).await.unwrap();
    assert_eq!(none, [], "of a shard that the stream does not have");
}

async fn what_is_put_is_found_by_a_scan<S: Stream>(store: &S, given: &Given) {
    let Given { stream, shard, records, .. } = given;
    let first = store.records(stream, shard, &records[0].0, &records[0].0).await.unwrap();
    let start = first[0].arrived;
    let found = async |since: Timestamp| {
        let mut found = Vec::new();
        let visit = |shard: &str, record: crate::StoredRecord| {
            found.push((shard.to_owned(), record.sequence, record.data));
        };
        let whole = store.scan(stream, since, visit).await.unwrap();
        (found, whole)
    };
    let (before, whole) = found(start).await;
    assert!(whole <= start, "the stream has everything since {start}, found since {whole}");
    for (sequence, data) in records {
        assert!(before.contains(&(shard.clone(), sequence.clone(), data.clone())));
    }
    let mut placed = Vec::new();
    for key in ["a", "b", "c"] {
        let put = store.put(stream, key, key.as_bytes().to_vec().into()).await.unwrap();
        placed.push((put.shard, put.sequence, key.as_bytes().to_vec()));
    }
    let (mut after, _) = found(start).await;
    after.retain(|record| !before.contains(record));
    placed.sort();
    after.sort();
    assert_eq!(after, placed, "what was put, and nothing else");
    let (none, _) = found(start + SignedDuration::from_hours(1)).await;
    assert_eq!(none, [], "of what will arrive in an hour");
    assert_refused(store.put("no-such-stream", "a", vec![1].into()).await);
}
