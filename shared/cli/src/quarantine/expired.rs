//! Records that Lambda gave up on before they were sealed, as it leaves them in the bucket of its
//! failure destination.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>: the object at
//! `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/<time>-<uuid>` holds the whole invocation in `payload`.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::{ChainId, Coordinates, SequenceNumber};
use cairn_store::{Objects, Stream, Table};
use jiff::Timestamp;
use serde::Deserialize;

use super::{Item, Kept, QuarantineError, State, Stores};

/// Where Lambda puts them.
const PREFIX: &str = "aws/lambda/";

/// Keys of one listing.
const PAGE: usize = 1_000;

#[derive(Deserialize)]
struct Document {
    /// The invocation. The destination's other kinds, SQS and SNS, have none.
    payload: Whole,
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

/// All records that have expired, each once, in order of their coordinates; none without a bucket.
pub(crate) async fn expired<O: Objects, T: Table, S: Stream>(
    stores: &Stores<O, T, S>,
) -> Result<Vec<Item>, QuarantineError> {
    let Some(bucket) = &stores.expired else { return Ok(Vec::new()) };
    let mut streams: BTreeMap<String, Timestamp> = BTreeMap::new();
    let mut items: BTreeMap<Coordinates, Item> = BTreeMap::new();
    let mut after: Option<String> = None;
    loop {
        let keys = bucket.list(PREFIX, after.as_deref(), PAGE).await?;
        for key in &keys {
            let Some(object) = bucket.read(key).await? else { continue };
            for wire in records(key, &object.body)? {
                let item = item(key, wire, &stores.stream, &mut streams).await?;
                items.entry(item.coordinates.clone()).or_insert(item);
            }
        }
        match keys.into_iter().last() {
            Some(last) => after = Some(last),
            None => return Ok(items.into_values().collect()),
        }
    }
}

fn records(key: &str, body: &[u8]) -> Result<Vec<Wire>, QuarantineError> {
    let fail = |error: serde_json::Error| wrong(key, error.to_string());
    let document: Document = serde_json::from_slice(body).map_err(fail)?;
    match document.payload {
        Whole::Text(text) => Ok(serde_json::from_str::<Payload>(&text).map_err(fail)?.records),
        Whole::Json(payload) => Ok(payload.records),
    }
}

async fn item<S: Stream>(
    key: &str,
    wire: Wire,
    stream: &S,
    streams: &mut BTreeMap<String, Timestamp>,
) -> Result<Item, QuarantineError> {
    let shard = wire.event_id.split_once(':').map(|(shard, _)| shard.to_owned());
    let shard = shard.ok_or_else(|| wrong(key, "a record without its shard"))?;
    let name = wire.source.split_once(":stream/").and_then(|(_, rest)| rest.split('/').next());
    let name = name.ok_or_else(|| wrong(key, "a record of no stream"))?.to_owned();
    let arrived = milliseconds(wire.kinesis.approximate_arrival_timestamp);
    let arrived = arrived.ok_or_else(|| wrong(key, "a record without its arrival"))?;
    let created = match streams.get(&name) {
        Some(created) => *created,
        None => stream.created(&name).await?,
    };
    streams.insert(name.clone(), created);
    if created > arrived {
        let detail = format!("a record of a stream {name} that was made again since");
        return Err(wrong(key, detail));
    }
    let chain = ChainId::new(&name, created, &shard).map_err(|error| wrong(key, error))?;
    let raw = STANDARD.decode(&wire.kinesis.data).map_err(|_| wrong(key, "data not in base64"))?;
    Ok(Item {
        coordinates: Coordinates { chain, index: 0, sequence: wire.kinesis.sequence_number },
        arrived: format!("{arrived:.3}"),
        bytes: raw.len() as u64,
        reason: None,
        object: key.to_owned(),
        kept: Kept::Raw(raw),
        problem: None,
        state: State::Open,
    })
}

fn wrong(key: &str, detail: impl std::fmt::Display) -> QuarantineError {
    QuarantineError::Expired { key: key.to_owned(), detail: detail.to_string() }
}

/// Kinesis counts arrival in milliseconds; JSON carries it as seconds with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "saturates; what is no time is refused")]
fn milliseconds(seconds: f64) -> Option<Timestamp> {
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}
