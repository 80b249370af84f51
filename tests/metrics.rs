//! What the functions tell CloudWatch and X-Ray.

#![allow(clippy::unwrap_used, reason = "tests")]

use cairn_ingest::Measured;
use cairn_metrics::{CHECKPOINT, INGEST, Metric};
use cairn_store::faults::{At, Fault, Operation};
use cairn_tests::{ORIGIN, World};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The number of a metric in a line, after checking that the line defines it as CloudWatch demands.
fn number(line: &str, name: &str) -> Option<u64> {
    let line: Value = serde_json::from_str(line).unwrap();
    let [directive] = &line["_aws"]["CloudWatchMetrics"].as_array().unwrap()[..] else {
        panic!("one directive in {line}")
    };
    for dimension in directive["Dimensions"][0].as_array().unwrap() {
        assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension} has a value");
    }
    let defined = directive["Metrics"].as_array().unwrap();
    for metric in defined {
        assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{metric} has a number");
    }
    defined.iter().any(|metric| metric["Name"] == name).then(|| line[name].as_u64().unwrap())
}

fn event(n: u32) -> String {
    json!({
        "tenant": "acme", "time": "2026-03-01T09:30:00Z", "action": "document.share",
        "actor": { "type": "user", "id": "u-1" }, "resource": { "type": "document", "id": n.to_string() },
        "outcome": "success",
    })
    .to_string()
}

#[tokio::test]
async fn ingest_counts_what_it_committed_and_rejections_by_reason() {
    let world = World::new(1).await;
    let (one, two) = (event(1), event(2));
    let records = [
        world.put(0, format!("{one}\n{two}")),
        world.put(0, "no event"),
        world.put(0, event(3).replace("success", "good")),
        world.put(0, "no event either"),
    ];
    let sent: usize = records.iter().map(|record| record.data.len()).sum();
    let handled = world.process().ingest_measured(0, &records).await.unwrap().unwrap();
    let lines = handled.measured.lines(ORIGIN, Timestamp::now());
    let [all, by_reason @ ..] = &lines[..] else { panic!("{lines:?}") };
    let expected = [
        ("Records", 4),
        ("Events", 2),
        ("Rejections", 3),
        ("BytesReceived", sent as u64),
        ("Batches", 1),
        ("Adoptions", 0),
        ("RecordsLeft", 0),
        ("ChainsBlocked", 0),
        ("ChainsStopped", 0),
    ];
    for (name, value) in expected {
        assert_eq!(number(all, name), Some(value), "{name} in {all}");
    }
    assert!(number(all, "BytesSealed").unwrap() > 0);
    assert!(number(all, "SealLatency").is_some());
    let reasons: Vec<_> = by_reason
        .iter()
        .map(|line| {
            let reason: Value = serde_json::from_str(line).unwrap();
            (reason["Reason"].as_str().unwrap().to_owned(), number(line, "Rejections").unwrap())
        })
        .collect();
    assert_eq!(reasons, [("field.value".to_owned(), 1), ("json.syntax".to_owned(), 2)]);
    assert!(!lines.concat().contains("acme"), "no word of events");
}

#[tokio::test]
async fn an_adopted_batch_is_counted_once_and_as_adopted() {
    let world = World::new(1).await;
    let records = [world.put(0, event(1)), world.put(0, event(2))];
    let dying = world.process();
    dying.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(dying.ingest(0, &records).await.is_none(), "it died between object and commit");
    let handled = world.process().ingest_measured(0, &records).await.unwrap().unwrap();
    let Measured { counts, batches, adoptions, bytes_sealed, .. } = handled.measured;
    assert_eq!((counts.records, batches, adoptions), (2, 1, 1));
    assert_eq!(bytes_sealed, 0, "another sealed it");
}

#[tokio::test]
async fn a_tick_tells_size_growth_and_age_of_the_log() {
    let world = World::new(1).await;
    let process = world.process();
    let quiet = process.tick().await.unwrap().line(ORIGIN, Timestamp::now());
    assert_eq!((number(&quiet, "LogSize"), number(&quiet, "CheckpointAge")), (Some(0), None));
    process.ingest(0, &[world.put(0, event(1))]).await.unwrap().unwrap();
    let grown = process.tick().await.unwrap();
    let line = grown.line(ORIGIN, grown.moved.unwrap() + jiff::SignedDuration::from_secs(3));
    assert_eq!(number(&line, "LogEntries"), Some(grown.added));
    assert_eq!(number(&line, "LogSize"), Some(grown.size));
    assert_eq!(number(&line, "CheckpointAge"), Some(3_000));
    assert!(number(&line, "LogLatency").is_some());
    let still = process.tick().await.unwrap().line(ORIGIN, Timestamp::now());
    assert_eq!((number(&still, "LogEntries"), number(&still, "LogLatency")), (Some(0), None));
}

#[tokio::test]
async fn the_traces_of_committed_events_are_told_where_they_were_sealed() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let world = World::new(1).await;
    let with = |n: u32, trace: Value| {
        let mut event: Value = serde_json::from_str(&event(n)).unwrap();
        event["trace"] = trace;
        event.to_string()
    };
    let records = [
        world.put(0, event(0)),
        world.put(0, with(1, json!({"trace_id": TRACE, "span_id": "00f067aa0ba902b7"}))),
        world.put(0, with(2, json!({"trace_id": TRACE}))),
        world.put(0, with(3, json!({"request_id": "r-1"}))),
    ];
    let handled = world.process().ingest_measured(0, &records).await.unwrap().unwrap();
    let segments: Vec<Value> =
        handled.segments.iter().map(|segment| serde_json::from_str(segment).unwrap()).collect();
    assert_eq!(segments.len(), 2);
    let places = ["#1", "#2"];
    for (segment, place) in segments.iter().zip(places) {
        assert_eq!(segment["name"], "cairn");
        assert_eq!(segment["trace_id"], "1-4bf92f35-77b34da6a3ce929d0e0e4736");
        assert_eq!(segment["id"].as_str().unwrap().len(), 16);
        let (start, end) = (&segment["start_time"], &segment["end_time"]);
        assert!(start.as_f64().unwrap() > 1.7e9 && end.as_f64() >= start.as_f64());
        let found = segment["annotations"]["place"].as_str().unwrap();
        assert!(found.starts_with("batches/") && found.ends_with(&format!(".parquet{place}")));
    }
    assert_eq!(segments[0]["parent_id"], "00f067aa0ba902b7");
    assert!(segments[1].get("parent_id").is_none());
    assert_ne!(segments[0]["id"], segments[1]["id"]);
    assert!(!handled.segments.concat().contains("acme"), "no word of events");

    // What is not committed is not told.
    let dying = world.process();
    dying.faults.inject(At::operation(Operation::Commit, 0), Fault::Throttled);
    let left = [world.put(0, with(4, json!({"trace_id": TRACE})))];
    let handled = dying.ingest_measured(0, &left).await.unwrap().unwrap();
    assert!(!handled.response.failures.is_empty());
    assert_eq!(handled.segments, [""; 0]);

    // A bill has a bound.
    let many: Vec<_> =
        (0..150).map(|n| world.put(0, with(n, json!({"trace_id": TRACE})))).collect();
    let all = [&left[..], &many].concat();
    let handled = world.process().ingest_measured(0, &all).await.unwrap().unwrap();
    assert!(handled.response.failures.is_empty());
    assert_eq!(handled.segments.len(), 100);
}

#[test]
fn the_readme_lists_every_metric() {
    let readme = include_str!("../functions/README.md");
    let row = |from: &str, Metric { name, unit, meaning }: &Metric| {
        format!("| `{name}` | {from} | {} | {meaning} |", unit.name())
    };
    let rows = INGEST.iter().map(|metric| row("ingest", metric));
    let rows: Vec<_> = rows.chain(CHECKPOINT.iter().map(|m| row("checkpoint", m))).collect();
    let section = readme.split("## Metrics").nth(1).unwrap();
    let listed: Vec<_> = section.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(listed, rows);
}
