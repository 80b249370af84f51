//! Finds a leaf in the archive.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cairn_batch::{BatchError, Columns, keys};
use cairn_event::Leaf;
use cairn_ledger::{Hash, Order, SealedHeader};
use cairn_store::{ObjectVersion, Objects, StoreError, VersionId};
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use jiff::Timestamp;

/// Objects that are read at the same time.
const CONCURRENCY: usize = 16;

/// Bytes of a batch's columns, decompressed: several times what one invocation can seal.
pub(crate) const MAX_BATCH: u64 = 1 << 30;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The event with this id; where several have it, the one that is found first.
    Id(String),
    /// The leaf at this place, as `batches/.../<number>.parquet#<index>`: rejections have no id.
    Place {
        /// Key of the batch's object.
        key: String,
        /// Index in the batch.
        index: u64,
    },
}

/// A leaf, where it lies, and what it takes to prove it.
#[derive(Debug, Clone)]
pub struct Found {
    /// The leaf.
    pub leaf: Leaf,
    /// Its index in the batch.
    pub index: u64,
    /// The batch's header.
    pub header: SealedHeader,
    /// The version of the batch's object that was read.
    pub version: VersionId,
    /// The leaf hashes of the whole batch.
    pub leaves: Vec<Hash>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// It is not there.
    #[error("expected the event {query} in the archive, found it in none of {batches} batches")]
    Nowhere {
        /// What was looked for.
        query: String,
        /// How many batches were looked through.
        batches: usize,
    },
    /// It may be in a batch that cannot be read.
    #[error(
        "expected the event {query} in the archive, found it in none of {batches} batches that can be read; {unreadable} cannot, among them {example}"
    )]
    Unreadable {
        /// What was looked for.
        query: String,
        /// How many batches were looked through.
        batches: usize,
        /// How many could not be read.
        unreadable: usize,
        /// One of them, and why.
        example: String,
    },
    /// The archive could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FromStr for Query {
    type Err = std::convert::Infallible;

    /// Any text that does not name a place is an id.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let place = text.rsplit_once('#').filter(|(key, _)| key.starts_with("batches/"));
        match place.and_then(|(key, index)| Some((key, index.parse().ok()?))) {
            Some((key, index)) => Ok(Self::Place { key: key.to_owned(), index }),
            None => Ok(Self::Id(text.to_owned())),
        }
    }
}

impl std::fmt::Display for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Place { key, index } => write!(f, "{key}#{index}"),
        }
    }
}

/// Looks through the archive's batches, likely ones first, several at a time, and stops at the
/// first hit. Reads the first version of each object: the one that was sealed.
pub async fn find(
    objects: &impl Objects,
    query: &Query,
    bar: &ProgressBar,
) -> Result<Found, FindError> {
    let prefix = match query {
        Query::Id(_) => "batches/",
        Query::Place { key, .. } => key,
    };
    let mut candidates = sealed(objects.versions(prefix).await?);
    if let Query::Id(id) = query {
        order(&mut candidates, id);
    }
    let batches = candidates.len();
    bar.set_length(batches as u64);
    let acknowledged = acknowledged(objects).await?;
    let (last, first): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|object| acknowledged.contains(&object.key));
    let mut unreadable = Vec::new();
    for (candidates, batch) in [(first, true), (last, false)] {
        let mut reads = stream::iter(candidates)
            .map(|object| async move { (search(objects, &object, query).await, object) })
            .buffer_unordered(CONCURRENCY);
        while let Some((result, object)) = reads.next().await {
            bar.inc(1);
            match result {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(Unreadable::Store(error)) => return Err(error.into()),
                Err(Unreadable::Batch(_)) if !batch => {}
                Err(Unreadable::Batch(error)) => {
                    unreadable.push(format!("{}: {error}", object.key));
                }
            }
        }
    }
    let query = query.to_string();
    match unreadable.first() {
        None => Err(FindError::Nowhere { query, batches }),
        Some(example) => {
            let (unreadable, example) = (unreadable.len(), example.clone());
            Err(FindError::Unreadable { query, batches: batches - unreadable, unreadable, example })
        }
    }
}

/// The keys of what orders acknowledge as no batch: the same events may lie in one that is. Looked through
/// last, and not passed over, as an order may lie.
async fn acknowledged(objects: &impl Objects) -> Result<BTreeSet<String>, StoreError> {
    let mut found = BTreeSet::new();
    let versions = objects.versions("orders/").await?;
    for version in versions.iter().filter(|version| version.latest && !version.delete_marker) {
        let object = objects.read(&version.key).await?;
        if let Some(order) = object.and_then(|object| Order::parse(&object.body).ok()) {
            found.insert(keys::batch(&order.chain, order.number()));
        }
    }
    Ok(found)
}

enum Unreadable {
    Store(StoreError),
    Batch(BatchError),
}

/// The first version of each key.
fn sealed(versions: Vec<ObjectVersion>) -> Vec<ObjectVersion> {
    let mut first: BTreeMap<String, ObjectVersion> = BTreeMap::new();
    for version in versions.into_iter().filter(|version| !version.delete_marker) {
        first.insert(version.key.clone(), version);
    }
    first.into_values().collect()
}

/// Newest first; an id that tells its time (UUIDv7) is looked for around that time first.
fn order(objects: &mut [ObjectVersion], id: &str) {
    match uuid_time(id) {
        None => objects.sort_by_key(|object| Reverse(object.modified)),
        Some(time) => objects.sort_by_key(|object| object.modified.duration_since(time).abs()),
    }
}

/// The time in a UUIDv7 (RFC 9562 §5.7).
fn uuid_time(id: &str) -> Option<Timestamp> {
    let uuid = uuid::Uuid::try_parse(id).ok().filter(|uuid| uuid.get_version_num() == 7)?;
    Timestamp::from_millisecond(i64::try_from(uuid.as_u128() >> 80).ok()?).ok()
}

async fn search(
    objects: &impl Objects,
    object: &ObjectVersion,
    query: &Query,
) -> Result<Option<Found>, Unreadable> {
    let read = objects.read_version(&object.key, &object.version).await;
    let Some(read) = read.map_err(Unreadable::Store)? else { return Ok(None) };
    let columns = Columns::read(&read.body, MAX_BATCH).map_err(Unreadable::Batch)?;
    let leaf = match query {
        Query::Id(id) => with_id(&columns, id),
        Query::Place { key, index } if *key == object.key => at(&columns, *index),
        Query::Place { .. } => None,
    };
    let Some((index, leaf)) = leaf else { return Ok(None) };
    Ok(Some(Found {
        leaf,
        index: index as u64,
        header: columns.header().clone().seal(Hash::of(&read.body)),
        version: read.version,
        leaves: (0..columns.rows()).map(|row| Hash::leaf(columns.event(row))).collect(),
    }))
}

fn at(columns: &Columns, index: u64) -> Option<(usize, Leaf)> {
    let row = usize::try_from(index).ok().filter(|row| *row < columns.rows())?;
    Some((row, Leaf::parse(columns.event(row)).ok()?))
}

fn with_id(columns: &Columns, id: &str) -> Option<(usize, Leaf)> {
    // A string in canonical form is written one way only: most leaves need no parsing.
    let member = format!("\"id\":{}", serde_json::Value::from(id));
    (0..columns.rows())
        .filter(|row| contains(columns.event(*row), member.as_bytes()))
        .filter_map(|row| Some((row, Leaf::parse(columns.event(row)).ok()?)))
        .find(|(_, leaf)| leaf.event.as_ref().is_some_and(|event| event.id == id))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn object(key: &str, version: &str, second: i64, delete_marker: bool) -> ObjectVersion {
        ObjectVersion {
            key: key.into(),
            version: VersionId::new(version),
            delete_marker,
            latest: false,
            size: 1,
            modified: Timestamp::from_second(second).unwrap(),
        }
    }

    #[test]
    fn the_version_that_was_sealed_is_read_whatever_was_put_over_it() {
        let versions = vec![
            object("a", "3", 30, true),
            object("a", "2", 20, false),
            object("a", "1", 10, false),
            object("b", "1", 15, false),
        ];
        let found: Vec<_> =
            sealed(versions).iter().map(|v| format!("{} {}", v.key, v.version.as_str())).collect();
        assert_eq!(found, ["a 1", "b 1"]);
    }

    #[test]
    fn newer_batches_come_first_unless_the_id_tells_its_time() {
        let mut objects: Vec<_> = [10, 1_000, 500, 900].map(|s| object("k", "v", s, false)).into();
        let order_for = |objects: &mut Vec<ObjectVersion>, id: &str| -> Vec<i64> {
            order(objects, id);
            objects.iter().map(|object| object.modified.as_second()).collect()
        };
        assert_eq!(order_for(&mut objects, "some-id"), [1_000, 900, 500, 10]);
        // A UUIDv7 of the 520th second.
        let millis = 520_000_u64;
        let id =
            uuid::Builder::from_unix_timestamp_millis(millis, &[7; 10]).into_uuid().to_string();
        assert_eq!(uuid_time(&id), Some(Timestamp::from_second(520).unwrap()));
        assert_eq!(order_for(&mut objects, &id), [500, 900, 1_000, 10]);
    }

    #[test]
    fn a_place_is_told_from_an_id() {
        let place = "batches/s/20260131T235959Z/shardId-0/00000000000000000007.parquet#12";
        let query: Query = place.parse().unwrap();
        assert!(matches!(&query, Query::Place { index: 12, .. }), "{query:?}");
        assert_eq!(query.to_string(), place);
        for id in ["evt#12", "batches/x", "batches/x#y", "", "0198c0de-0000-7000-8000-000000000001"]
        {
            assert_eq!(id.parse(), Ok(Query::Id(id.to_owned())));
        }
    }
}
