//! What the real binaries write to their logs: structured lines that name the request and the batch,
//! and nothing of what the records say.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::net::UdpSocket;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_local::build::{self, Profile};
use cairn_local::cloud::{Cloud, Options};
use cairn_local::driver::{Outcome, Process};
use cairn_store::StoredRecord;
use cairn_tests::lambda_event;
use serde_json::Value;

const SECRET: &str = "of-nobodys-concern";

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000001";

fn records() -> Vec<StoredRecord> {
    let event = serde_json::json!({
        "tenant": SECRET,
        "time": "2026-03-01T09:30:00+01:00",
        "action": "document.share",
        "actor": { "type": "user", "id": SECRET },
        "resource": { "type": "document", "id": SECRET },
        "outcome": "success",
        "data": { "what": SECRET },
        "trace": { "trace_id": TRACE },
    });
    let misspelt =
        event.to_string().replace("\"outcome\":\"success\"", "\"outcome\":\"of-nobodys-concern\"");
    [event.to_string(), misspelt, format!("{SECRET} is no event")]
        .into_iter()
        .enumerate()
        .map(|(n, data)| StoredRecord {
            sequence: format!("4959{n:052}").parse().unwrap(),
            arrived: "2026-03-01T09:30:00.123Z".parse().unwrap(),
            data: data.into_bytes(),
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_name_request_and_batch_and_tell_nothing_of_events() {
    let options = Options { functions: false, name: "logs".to_owned(), ..Options::default() };
    let cloud = Cloud::start(&options).await.unwrap();
    let functions = build::functions(Profile::Debug).unwrap();
    let payload = lambda_event(&cloud.deployment().stream, 0, &records());
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let address = daemon.local_addr().unwrap().to_string();
    for level in ["INFO", "DEBUG", "TRACE"] {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut function = cloud.function("test", &functions.ingest);
        // Lambda's own logging controls.
        for (name, value) in [
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
            ("AWS_LAMBDA_LOG_LEVEL", level),
            ("RUST_LOG", level),
            ("CAIRN_TRACES", "xray"),
            ("AWS_XRAY_DAEMON_ADDRESS", &address),
        ] {
            function.environment.insert(name.to_owned(), value.to_owned());
        }
        function.log = Some(log.path().to_owned());
        let mut process = Process::start(&function).await.unwrap();
        let outcome = process.invoke(REQUEST_ID, payload.to_string().into()).await;
        assert_eq!(outcome, Outcome::Answered(r#"{"batchItemFailures":[]}"#.into()));
        process.handle().kill().await;
        let lines = std::fs::read_to_string(log.path()).unwrap();
        let base64 = STANDARD.encode(SECRET);
        for secret in [SECRET, base64.trim_end_matches('=')] {
            let told = lines.lines().find(|line| line.contains(secret));
            assert_eq!(told, None, "{level}");
        }
        if level != "INFO" {
            continue; // the batch is sealed already
        }
        let lines: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let committed = lines.iter().find(|line| line["fields"]["message"] == "batch committed");
        let committed = committed.unwrap_or_else(|| panic!("{lines:#?}"));
        assert_eq!(committed["span"]["requestId"], REQUEST_ID);
        let fields = &committed["fields"];
        assert_eq!(fields["number"], 0);
        assert!(fields["chain"].as_str().unwrap().ends_with("/shardId-000000000000"));
        let counts = ["records", "events", "rejections"].map(|name| fields[name].as_u64());
        assert_eq!(counts, [Some(3), Some(1), Some(2)]);
        // CloudWatch takes metrics from lines of which they are the root.
        let metrics =
            lines.iter().find(|line| line["_aws"].is_object() && line["Reason"].is_null());
        let metrics = metrics.unwrap_or_else(|| panic!("{lines:#?}"));
        assert_eq!((&metrics["Records"], &metrics["Events"]), (&Value::from(3), &Value::from(1)));
        let mut datagram = [0; 65_536];
        let length = daemon.recv(&mut datagram).unwrap();
        let datagram = std::str::from_utf8(&datagram[..length]).unwrap();
        let (header, segment) = datagram.split_once('\n').unwrap();
        let header: Value = serde_json::from_str(header).unwrap();
        assert_eq!(header, serde_json::json!({ "format": "json", "version": 1 }));
        let segment: Value = serde_json::from_str(segment).unwrap();
        assert_eq!(segment["trace_id"], format!("1-{}-{}", &TRACE[..8], &TRACE[8..]));
        assert!(!segment.to_string().contains(SECRET), "{segment}");
    }
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut function = cloud.function("test", &functions.checkpoint);
    function.environment.insert("AWS_LAMBDA_LOG_FORMAT".to_owned(), "JSON".to_owned());
    function.log = Some(log.path().to_owned());
    let mut process = Process::start(&function).await.unwrap();
    let outcome = process.invoke(REQUEST_ID, "{}".into()).await;
    assert!(matches!(outcome, Outcome::Answered(_)), "{outcome:?}");
    process.handle().kill().await;
    let lines = std::fs::read_to_string(log.path()).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let metrics = lines.filter(|line| line["_aws"].is_object()).collect::<Vec<_>>();
    let [metrics] = &metrics[..] else { panic!("{metrics:#?}") };
    // The batch, and before it the bundle that judged it.
    assert_eq!(metrics["LogEntries"], 2);
}
