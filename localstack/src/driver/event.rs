//! The event that a function is handed for records of a shard. Pure.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cairn_ledger::SequenceNumber;
use jiff::Timestamp;
use serde_json::json;

const FRAME: (&str, &str) = ("{\"Records\":[", "]}");

/// A record, as it stands in an event.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its number.
    pub sequence: SequenceNumber,
    /// When it arrived.
    pub arrived: Timestamp,
    rendered: String,
}

/// Where records are from.
#[derive(Debug, Clone)]
pub struct Source {
    /// ARN of the stream.
    pub stream: String,
    /// The shard.
    pub shard: String,
    /// The stream's region.
    pub region: String,
}

impl Record {
    /// A record of a shard.
    pub fn new(
        source: &Source,
        sequence: SequenceNumber,
        arrived: Timestamp,
        partition_key: &str,
        data: &[u8],
    ) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
        let seconds = arrived.as_millisecond() as f64 / 1000.0;
        let rendered = json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": partition_key,
                "sequenceNumber": sequence.as_str(),
                "data": STANDARD.encode(data),
                "approximateArrivalTimestamp": seconds,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("{}:{sequence}", source.shard),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/cairn-local",
            "awsRegion": source.region,
            "eventSourceARN": source.stream,
        });
        Self { sequence, arrived, rendered: rendered.to_string() }
    }

    /// Bytes that it adds to an event.
    pub fn size(&self) -> usize {
        self.rendered.len() + 1
    }
}

/// The event that holds these records.
pub fn event(records: &[Record]) -> Bytes {
    let size = records.iter().map(Record::size).sum::<usize>();
    let mut event = String::with_capacity(FRAME.0.len() + size + FRAME.1.len());
    event.push_str(FRAME.0);
    for (n, record) in records.iter().enumerate() {
        if n > 0 {
            event.push(',');
        }
        event.push_str(&record.rendered);
    }
    event.push_str(FRAME.1);
    event.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The example of the page above, but for the records' contents.
    #[test]
    fn an_event_is_what_the_documentation_shows() {
        let source = Source {
            stream: "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream".to_owned(),
            shard: "shardId-000000000006".to_owned(),
            region: "us-east-2".to_owned(),
        };
        let number = "49590338271490256608559692538361571095921575989136588898";
        let arrived = Timestamp::from_millisecond(1_545_084_650_987).unwrap();
        let record = |data| Record::new(&source, number.parse().unwrap(), arrived, "1", data);
        let records = [record(b"Hello, this is a test."), record(b"\0\xff")];
        let event: serde_json::Value = serde_json::from_slice(&event(&records)).unwrap();
        let first = json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "1",
                "sequenceNumber": number,
                "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
                "approximateArrivalTimestamp": 1_545_084_650.987,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("shardId-000000000006:{number}"),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/cairn-local",
            "awsRegion": "us-east-2",
            "eventSourceARN": "arn:aws:kinesis:us-east-2:123456789012:stream/lambda-stream",
        });
        assert_eq!(event["Records"][0], first);
        assert_eq!(event["Records"][1]["kinesis"]["data"], "AP8=");
        assert_eq!(event["Records"].as_array().unwrap().len(), 2);
    }
}
