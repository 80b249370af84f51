//! Metrics as the line that CloudWatch reads.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::Metric;

/// Namespace of all metrics.
const NAMESPACE: &str = "Cairn";

/// The line for these numbers, which were taken at a time, of the deployment with this origin and,
/// if they are about one, for a reason.
pub fn document(
    origin: &str,
    reason: Option<&str>,
    at: Timestamp,
    values: &[(&Metric, u64)],
) -> String {
    let mut root = Map::new();
    let mut dimensions = vec!["Origin"];
    root.insert("Origin".to_owned(), origin.into());
    if let Some(reason) = reason {
        dimensions.push("Reason");
        root.insert("Reason".to_owned(), reason.into());
    }
    let definitions: Vec<Value> = values
        .iter()
        .map(|(metric, _)| json!({ "Name": metric.name, "Unit": metric.unit.name() }))
        .collect();
    for (metric, value) in values {
        root.insert(metric.name.to_owned(), (*value).into());
    }
    let directive =
        json!({ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": definitions });
    let about = json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": [directive] });
    root.insert("_aws".to_owned(), about);
    Value::Object(root).to_string()
}

/// Milliseconds between two times; none where a clock says that the later was earlier.
pub fn milliseconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{CHECKPOINT, EVENTS, INGEST, REJECTIONS};

    #[test]
    fn the_line_is_an_embedded_metric_document() {
        let at = "2026-03-01T09:30:00.123Z".parse().unwrap();
        let line = document("example.com/audit", None, at, &[(&EVENTS, 7), (&REJECTIONS, 0)]);
        let expected = json!({
            "_aws": {
                "Timestamp": 1_772_357_400_123_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Cairn",
                    "Dimensions": [["Origin"]],
                    "Metrics": [
                        { "Name": "Events", "Unit": "Count" },
                        { "Name": "Rejections", "Unit": "Count" },
                    ],
                }],
            },
            "Origin": "example.com/audit",
            "Events": 7,
            "Rejections": 0,
        });
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), expected);
        assert!(!line.contains('\n'));
    }

    #[test]
    fn a_reason_is_a_dimension() {
        let line = document("o", Some("json.syntax"), Timestamp::UNIX_EPOCH, &[(&REJECTIONS, 1)]);
        let line: Value = serde_json::from_str(&line).unwrap();
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["Origin", "Reason"]]));
        assert_eq!(line["Reason"], "json.syntax");
    }

    #[test]
    fn names_are_different_and_fit_one_directive() {
        let mut names: Vec<_> = INGEST.iter().chain(CHECKPOINT).map(|metric| metric.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        // A directive takes a hundred metrics.
        assert!(INGEST.len().max(CHECKPOINT.len()) <= 100);
    }
}
