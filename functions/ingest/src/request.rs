//! The event that Lambda hands over, and the answer it expects.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>

use std::fmt;

use base64_simd::STANDARD;
use cairn_event::Record;
use cairn_ledger::SequenceNumber;
use serde::{Deserialize, Deserializer, Serialize, de};

/// A batch of Kinesis records of one shard.
#[derive(Debug, Deserialize)]
pub struct Request {
    #[serde(rename = "Records")]
    records: Vec<WireRecord>,
}

#[derive(Debug, Deserialize)]
struct WireRecord {
    #[serde(rename = "eventID")]
    event_id: String,
    #[serde(rename = "eventSourceARN")]
    source: String,
    kinesis: WireKinesis,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireKinesis {
    sequence_number: SequenceNumber,
    data: Base64,
    approximate_arrival_timestamp: f64,
}

/// Decoded while it is read, so that no second copy of the payload is made.
struct Base64(Vec<u8>);

/// The records of a request, in order, and where they are from.
#[derive(Debug)]
pub struct ShardRecords {
    /// The stream.
    pub stream: String,
    /// The shard.
    pub shard: String,
    /// The records, in the order of their sequence numbers.
    pub records: Vec<Record>,
}

/// Why a request cannot be worked on at all. Lambda then retries it as a whole.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// No record.
    #[error("expected at least one record, found none")]
    Empty,
    /// `eventID` is not `<shard>:<sequence number>`.
    #[error("expected an eventID `<shard>:<sequence number>`, found {0:?}")]
    EventId(String),
    /// `eventSourceARN` is not the ARN of a stream.
    #[error("expected the ARN of a Kinesis stream, found {0:?}")]
    Source(String),
    /// The records are of several shards or streams.
    #[error("expected records of one shard, found {0} and {1}")]
    SeveralShards(String, String),
    /// The arrival time is no time.
    #[error("expected approximateArrivalTimestamp in seconds since 1970, found {0}")]
    Arrival(String),
}

/// What became of a batch: where Lambda goes on. Empty: all is committed.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Response {
    /// The first record that was not committed, if there is one.
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<Failure>,
}

/// A record to go on from.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its sequence number.
    #[serde(rename = "itemIdentifier")]
    pub sequence: String,
}

impl Response {
    /// Lambda goes on from this record.
    pub fn from_first_uncommitted(sequence: &SequenceNumber) -> Self {
        Self { failures: vec![Failure { sequence: sequence.to_string() }] }
    }
}

impl Request {
    /// The records, all of one shard, in order and each once.
    pub fn into_shard(self) -> Result<ShardRecords, RequestError> {
        let first = self.records.first().ok_or(RequestError::Empty)?;
        let (stream, shard) = place(first)?;
        let (stream, shard) = (stream.to_owned(), shard.to_owned());
        let mut records = Vec::with_capacity(self.records.len());
        for record in self.records {
            if place(&record)? != (&stream, &shard) {
                return Err(RequestError::SeveralShards(
                    first_name(&stream, &shard),
                    record.event_id,
                ));
            }
            records.push(Record {
                arrived: milliseconds(record.kinesis.approximate_arrival_timestamp)?,
                sequence: record.kinesis.sequence_number,
                data: record.kinesis.data.0,
            });
        }
        // Lambda keeps the order of a shard; nothing below may depend on its word alone.
        records.sort_by(|a, b| a.sequence.cmp(&b.sequence));
        records.dedup_by(|a, b| a.sequence == b.sequence);
        Ok(ShardRecords { stream, shard, records })
    }
}

fn first_name(stream: &str, shard: &str) -> String {
    format!("{stream}/{shard}")
}

fn place(record: &WireRecord) -> Result<(&str, &str), RequestError> {
    let (shard, _) = record
        .event_id
        .split_once(':')
        .ok_or_else(|| RequestError::EventId(record.event_id.clone()))?;
    // arn:aws:kinesis:us-east-1:123456789012:stream/name, with /consumer/... behind it for enhanced fan-out
    let stream = record
        .source
        .split_once(":stream/")
        .and_then(|(_, rest)| rest.split('/').next())
        .filter(|name| !name.is_empty())
        .ok_or_else(|| RequestError::Source(record.source.clone()))?;
    Ok((stream, shard))
}

/// Kinesis counts arrival in milliseconds; JSON carries it as seconds with a fraction.
fn milliseconds(seconds: f64) -> Result<jiff::Timestamp, RequestError> {
    let fail = || RequestError::Arrival(seconds.to_string());
    if !seconds.is_finite() {
        return Err(fail());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates; the next line refuses what is no time"
    )]
    let milliseconds = (seconds * 1000.0).round() as i64;
    jiff::Timestamp::from_millisecond(milliseconds).map_err(|_| fail())
}

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Base64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("base64 (RFC 4648 §4)")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Base64, E> {
                self.visit_bytes(text.as_bytes())
            }

            fn visit_bytes<E: de::Error>(self, text: &[u8]) -> Result<Base64, E> {
                let data = STANDARD.decode_to_vec(text);
                data.map(Base64).map_err(|_| E::custom("data is not base64"))
            }
        }
        // Not as text: what is base64 is ASCII, and need not be looked at twice.
        deserializer.deserialize_bytes(Visitor)
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn request(ids: &[(&str, &str, &str)]) -> Request {
        let records: Vec<_> = ids
            .iter()
            .map(|(stream, shard, sequence)| {
                serde_json::json!({
                    "kinesis": {
                        "kinesisSchemaVersion": "1.0",
                        "partitionKey": "1",
                        "sequenceNumber": sequence,
                        "data": "SGVsbG8=",
                        "approximateArrivalTimestamp": 1_545_084_650.987,
                    },
                    "eventSource": "aws:kinesis",
                    "eventID": format!("{shard}:{sequence}"),
                    "eventSourceARN": format!("arn:aws:kinesis:us-east-2:123456789012:stream/{stream}"),
                })
            })
            .collect();
        serde_json::from_value(serde_json::json!({ "Records": records })).unwrap()
    }

    #[test]
    fn a_request_is_read_with_its_milliseconds() {
        let shard = request(&[("s", "shardId-0", "7")]).into_shard().unwrap();
        assert_eq!((shard.stream.as_str(), shard.shard.as_str()), ("s", "shardId-0"));
        assert_eq!(shard.records[0].arrived.as_millisecond(), 1_545_084_650_987);
        assert_eq!(shard.records[0].data, b"Hello");
    }

    #[test]
    fn records_are_ordered_as_numbers_and_come_once() {
        let shard =
            request(&[("s", "a", "10"), ("s", "a", "9"), ("s", "a", "10")]).into_shard().unwrap();
        let order: Vec<_> = shard.records.iter().map(|r| r.sequence.as_str()).collect();
        assert_eq!(order, ["9", "10"]);
    }

    #[test]
    fn records_of_two_shards_are_refused() {
        let refused = request(&[("s", "a", "1"), ("s", "b", "2")]).into_shard();
        assert_eq!(refused.unwrap_err(), RequestError::SeveralShards("s/a".into(), "b:2".into()));
    }

    #[test]
    fn an_empty_request_is_refused() {
        assert_eq!(request(&[]).into_shard().unwrap_err(), RequestError::Empty);
    }

    #[test]
    fn the_answer_has_the_names_lambda_reads() {
        let response = Response::from_first_uncommitted(&"42".parse().unwrap());
        let json = serde_json::to_string(&response).unwrap();
        assert_eq!(json, r#"{"batchItemFailures":[{"itemIdentifier":"42"}]}"#);
    }
}
