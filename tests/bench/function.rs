//! The function binaries as they are deployed: size, time to the first poll, memory.

use std::process::Child;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_local::build::{self, Functions, Profile};
use cairn_local::cloud::{Cloud, Options};

use crate::corpus::generated;
use cairn_tests::runtime_api::{self, RuntimeApi};

/// Bytes that an invocation's event may have.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const PAYLOAD: usize = 6_000_000;

const STARTS: usize = 20;

/// Prints the sizes of the release binaries.
pub(crate) fn binaries() {
    let functions = functions();
    for path in [&functions.ingest, &functions.checkpoint] {
        #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
        let megabytes = path.metadata().unwrap().len() as f64 / 1e6;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("  {name:<24} {megabytes:>18.1} MB (budget 15)");
    }
}

/// Prints the time from start to the first poll of the runtime API, and the resident memory of a
/// full invocation of ingest.
pub(crate) fn invocation() {
    let functions = functions();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = Options { functions: false, name: "bench".to_owned(), ..Options::default() };
        let cloud = Cloud::start(&options).await.unwrap();
        for (name, path) in [("ingest", &functions.ingest), ("checkpoint", &functions.checkpoint)] {
            let mut first_polls = Vec::new();
            for _ in 0..STARTS {
                let api = RuntimeApi::bind().await;
                let start = Instant::now();
                let mut process = start_function(path, &api, &cloud);
                let _poll = api.next_poll().await;
                first_polls.push(start.elapsed());
                stop(&mut process);
            }
            first_polls.sort();
            let median = first_polls[STARTS / 2];
            println!("  {name}: start to first poll {:>11.1} ms (budget 50)", millis(median));
        }

        let api = RuntimeApi::bind().await;
        let mut process = start_function(&functions.ingest, &api, &cloud);
        let (payload, records) = payload(&cloud.deployment().stream);
        println!("  invocation of {} bytes, {records} records", payload.len());
        let start = Instant::now();
        let answer = api.next_poll().await.invoke(payload.into()).await;
        println!(
            "  cold invocation {:>25.0} ms (the emulator's time included)",
            millis(start.elapsed())
        );
        assert_eq!(answer, r#"{"batchItemFailures":[]}"#);
        println!("  peak resident memory {:>20.1} MB (budget 128)", peak_megabytes(process.id()));
        stop(&mut process);
    });
}

fn functions() -> Functions {
    build::functions(Profile::Release).unwrap()
}

fn start_function(path: &std::path::Path, api: &RuntimeApi, cloud: &Cloud) -> Child {
    runtime_api::function(path, api, cloud).spawn().unwrap()
}

fn stop(process: &mut Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

/// A full invocation of records of a kilobyte.
fn payload(stream: &str) -> (String, usize) {
    let mut records = Vec::new();
    let mut size = 0;
    for (n, event) in generated(6_000).iter().enumerate() {
        let record = serde_json::json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": format!("user-{n}"),
                "sequenceNumber": format!("4959{n:052}"),
                "data": STANDARD.encode(event),
                "approximateArrivalTimestamp": 1_767_225_600.123,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("shardId-000000000000:4959{n:052}"),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::123456789012:role/cairn-ingest",
            "awsRegion": "eu-central-1",
            "eventSourceARN": format!("arn:aws:kinesis:eu-central-1:123456789012:stream/{stream}"),
        })
        .to_string();
        size += record.len() + 1;
        if size > PAYLOAD {
            break;
        }
        records.push(record);
    }
    (format!("{{\"Records\":[{}]}}", records.join(",")), records.len())
}

/// The most memory that the process had resident: `VmHWM`, proc(5).
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
fn peak_megabytes(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes as f64 / 1024.0
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
