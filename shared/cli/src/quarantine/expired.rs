//! Records that Lambda gave up on before they were sealed, as it leaves them in the bucket of its
//! failure destination.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>: the object at
//! `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/<time>-<uuid>` holds the whole invocation in `payload`.

use std::collections::{BTreeMap, HashSet, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::{ChainId, Coordinates, Hash, SequenceNumber};
use cairn_store::{Objects, StoreError, Stream, Table};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Item, Kept, QuarantineError, Selection, State, Stores};

/// Where Lambda puts them.
const PREFIX: &str = "aws/lambda/";

/// Keys of one listing.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
struct Document {
    /// The invocation. The destination's other kinds, SQS and SNS, have none.
    payload: Whole,
    /// When Lambda gave it up.
    timestamp: String,
}

/// AWS's page shows a string, and does not say what is in it: JSON as text is taken, and as it stands.
#[derive(Deserialize)]
#[serde(untagged)]
enum Whole {
    Text(String),
    Json(Payload),
}

#[derive(Deserialize)]
struct Payload {
    #[serde(rename = "Records")]
    records: Vec<Wire>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(rename = "eventSourceARN")]
    source: String,
    kinesis: Kinesis,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kinesis {
    sequence_number: SequenceNumber,
    data: String,
    approximate_arrival_timestamp: f64,
}

/// Reads the bucket object by object: what a day of outage leaves there does not fit into memory.
pub(crate) struct Expired<'a, O, T, S> {
    stores: &'a Stores<O, T, S>,
    keys: VecDeque<String>,
    after: Option<String>,
    /// When streams were created.
    streams: BTreeMap<String, Timestamp>,
    /// Whatever was in an earlier object: a batch may be given up whole, and its halves too.
    met: HashSet<Hash>,
    /// What is not what Lambda puts there. It stands in nobody's way.
    pub(crate) unreadable: Vec<QuarantineError>,
}

impl<'a, O: Objects, T: Table, S: Stream> Expired<'a, O, T, S> {
    pub(crate) fn new(stores: &'a Stores<O, T, S>) -> Self {
        let (keys, after, streams) = (VecDeque::new(), None, BTreeMap::new());
        Self { stores, keys, after, streams, met: HashSet::new(), unreadable: Vec::new() }
    }

    /// What is meant of the next object, in its order; `None` after the last object.
    pub(crate) async fn next(
        &mut self,
        selection: &Selection,
    ) -> Result<Option<Vec<Item>>, StoreError> {
        let Some(bucket) = &self.stores.expired else { return Ok(None) };
        if self.keys.is_empty() {
            self.keys = bucket.list(PREFIX, self.after.as_deref(), PAGE).await?.into();
        }
        let Some(key) = self.keys.pop_front() else { return Ok(None) };
        self.after = Some(key.clone());
        let Some(object) = bucket.read(&key).await? else { return Ok(Some(Vec::new())) };
        let (given_up, records) = match records(&key, &object.body) {
            Ok(found) => found,
            Err(error) => {
                self.unreadable.push(error);
                return Ok(Some(Vec::new()));
            }
        };
        let mut items = Vec::new();
        for wire in records {
            match self.item(&key, wire, given_up).await {
                Ok(item) => {
                    let met = Hash::of(item.coordinates.to_string().as_bytes());
                    if selection.takes(&item) && self.met.insert(met) {
                        items.push(item);
                    }
                }
                Err(QuarantineError::Store(error)) => return Err(error),
                Err(error) => self.unreadable.push(error),
            }
        }
        Ok(Some(items))
    }

    async fn item(
        &mut self,
        key: &str,
        wire: Wire,
        given_up: Timestamp,
    ) -> Result<Item, QuarantineError> {
        let shard = wire.event_id.split_once(':').map(|(shard, _)| shard.to_owned());
        let shard = shard.ok_or_else(|| wrong(key, "a record without its shard"))?;
        let name = wire.source.split_once(":stream/").and_then(|(_, rest)| rest.split('/').next());
        let name = name.ok_or_else(|| wrong(key, "a record of no stream"))?.to_owned();
        let arrived = milliseconds(wire.kinesis.approximate_arrival_timestamp);
        let arrived = arrived.ok_or_else(|| wrong(key, "a record without its arrival"))?;
        let created = match self.streams.get(&name) {
            Some(created) => *created,
            None => match self.stores.stream.created(&name).await {
                Ok(created) => created,
                Err(error @ StoreError::Refused { .. }) => return Err(wrong(key, error)),
                Err(error) => return Err(error.into()),
            },
        };
        self.streams.insert(name.clone(), created);
        if created > arrived {
            let detail = format!("a record of a stream {name} that was made again since");
            return Err(wrong(key, detail));
        }
        let chain = ChainId::new(&name, created, &shard).map_err(|error| wrong(key, error))?;
        let raw = STANDARD.decode(&wire.kinesis.data);
        let raw = raw.map_err(|_| wrong(key, "data not in base64"))?;
        Ok(Item {
            coordinates: Coordinates { chain, index: 0, sequence: wire.kinesis.sequence_number },
            arrived: format!("{arrived:.3}"),
            given_up: Some(format!("{given_up:.3}")),
            bytes: raw.len() as u64,
            reason: None,
            object: key.to_owned(),
            kept: Kept::Raw(raw),
            problem: None,
            state: State::Open,
        })
    }
}

/// When Lambda gave the invocation up, and its records.
fn records(key: &str, body: &[u8]) -> Result<(Timestamp, Vec<Wire>), QuarantineError> {
    let fail = |error: serde_json::Error| wrong(key, error.to_string());
    let Document { payload, timestamp } = serde_json::from_slice(body).map_err(fail)?;
    let given_up = timestamp.parse().map_err(|error| wrong(key, error))?;
    let payload = match payload {
        Whole::Text(text) => serde_json::from_str::<Payload>(&text).map_err(fail)?,
        Whole::Json(payload) => payload,
    };
    Ok((given_up, payload.records))
}

fn wrong(key: &str, detail: impl std::fmt::Display) -> QuarantineError {
    QuarantineError::Expired { key: key.to_owned(), detail: detail.to_string() }
}

/// Kinesis counts arrival in milliseconds; JSON carries it as seconds with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "saturates; what is no time is refused")]
fn milliseconds(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}
