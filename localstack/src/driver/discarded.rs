//! What the failure destination is given for records that are given up. Pure.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>

use jiff::Timestamp;
use serde_json::{Value, json};

use super::event::{Record, Source, event};
use super::work::{Condition, Discard};

/// How an invocation ended, as the document tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last {
    /// The request.
    pub request_id: String,
    /// Whether the function failed, rather than answered that records did.
    pub failed: bool,
}

/// The object's bytes. `payload` is the whole event, as text.
pub fn document(
    function: &str,
    source: &Source,
    records: &[Record],
    discard: &Discard,
    last: Option<&Last>,
    now: Timestamp,
) -> Vec<u8> {
    let condition = match discard.condition {
        Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
        Condition::RecordAgeExceeded => "RecordAgeExceeded",
    };
    let mut document = json!({
        "requestContext": {
            "requestId": last.map(|last| last.request_id.as_str()),
            "functionArn": function,
            "condition": condition,
            "approximateInvokeCount": discard.invocations,
        },
        "version": "1.0",
        "timestamp": time(now),
        "KinesisBatchInfo": {
            "shardId": source.shard,
            "startSequenceNumber": records.first().map(|record| record.sequence.as_str()),
            "endSequenceNumber": records.last().map(|record| record.sequence.as_str()),
            "approximateArrivalOfFirstRecord": records.first().map(|record| time(record.arrived)),
            "approximateArrivalOfLastRecord": records.last().map(|record| time(record.arrived)),
            "batchSize": records.len(),
            "streamArn": source.stream,
        },
        "payload": String::from_utf8_lossy(&event(records)),
    });
    if let Some(last) = last {
        let mut context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
        if last.failed {
            context["functionError"] = Value::from("Unhandled");
        }
        document["responseContext"] = context;
    }
    document.to_string().into_bytes()
}

/// The object's key: "aws/lambda/<ESM-UUID>/<shardID>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<Random UUID>".
pub fn key(mapping: &str, shard: &str, now: Timestamp, random: &str) -> String {
    format!("aws/lambda/{mapping}/{shard}/{}-{random}", now.strftime("%Y/%m/%d/%Y-%m-%dT%H.%M.%S"))
}

/// ISO 8601 with milliseconds.
fn time(time: Timestamp) -> String {
    format!("{time:.3}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:us-east-2:123456789012:function:myfunction";

    /// The fixture, which follows the documentation's example.
    fn expected() -> Value {
        let text = include_bytes!("../../../tests/fixtures/failure-destination.json");
        serde_json::from_slice(text).unwrap()
    }

    fn source(expected: &Value) -> Source {
        let info = &expected["KinesisBatchInfo"];
        let text = |name: &str| info[name].as_str().unwrap().to_owned();
        Source { stream: text("streamArn"), shard: text("shardId"), region: "us-east-2".to_owned() }
    }

    fn records(expected: &Value) -> Vec<Record> {
        let event: Value = serde_json::from_str(expected["payload"].as_str().unwrap()).unwrap();
        let record = |record: &Value| {
            let kinesis = &record["kinesis"];
            let text = |name: &str| kinesis[name].as_str().unwrap();
            let arrived = kinesis["approximateArrivalTimestamp"].as_f64().unwrap() * 1000.0;
            #[expect(clippy::cast_possible_truncation, reason = "a time")]
            let arrived = Timestamp::from_millisecond(arrived.round() as i64).unwrap();
            let data = STANDARD.decode(text("data")).unwrap();
            let number = text("sequenceNumber").parse().unwrap();
            Record::new(&source(expected), number, arrived, text("partitionKey"), &data)
        };
        event["Records"].as_array().unwrap().iter().map(record).collect()
    }

    fn made(expected: &Value, last: Option<&Last>, condition: Condition) -> Value {
        let records = records(expected);
        let discard = Discard { records: 0..records.len(), condition, invocations: 1 };
        let now = "2019-11-14T00:38:06.021Z".parse().unwrap();
        let made = document(FUNCTION, &source(expected), &records, &discard, last, now);
        serde_json::from_slice(&made).unwrap()
    }

    /// Whole: members, values, and the text of the event but for the order and role in it.
    #[test]
    fn the_document_is_the_documented_one() {
        let mut expected = expected();
        let request_id = expected["requestContext"]["requestId"].as_str().unwrap().to_owned();
        let last = Last { request_id, failed: true };
        let mut made = made(&expected, Some(&last), Condition::RetryAttemptsExhausted);
        for document in [&mut expected, &mut made] {
            let event = document["payload"].as_str().unwrap().to_owned();
            let mut event: Value = serde_json::from_str(&event).unwrap();
            for record in event["Records"].as_array_mut().unwrap() {
                record["invokeIdentityArn"] = Value::Null;
            }
            document["payload"] = event;
        }
        assert_eq!(made, expected);
    }

    #[test]
    fn what_was_never_invoked_has_no_response() {
        let made = made(&expected(), None, Condition::RecordAgeExceeded);
        assert_eq!(made["requestContext"]["condition"], "RecordAgeExceeded");
        assert_eq!(made["responseContext"], Value::Null);
        let partial = Last { request_id: "r".to_owned(), failed: false };
        let made = self::made(&expected(), Some(&partial), Condition::RecordAgeExceeded);
        assert_eq!(made["responseContext"]["functionError"], Value::Null);
    }

    #[test]
    fn the_key_is_the_documented_one() {
        let now = "2019-11-14T00:38:06.021Z".parse().unwrap();
        assert_eq!(
            key("m-1", "shardId-000000000001", now, "r-2"),
            "aws/lambda/m-1/shardId-000000000001/2019/11/14/2019-11-14T00.38.06-r-2"
        );
    }
}
