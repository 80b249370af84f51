//! The function binaries as they are deployed: size, time to the first poll, memory.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_batch::keys;
use cairn_ledger::Hash;
use cairn_local::build::{self, Functions, Profile};
use cairn_local::cloud::{Cloud, Options};
use cairn_local::driver::{Function, Outcome, Process};
use cairn_local::emulator::CREDENTIALS;
use cairn_store::aws::Clients;
use cairn_store::{Objects, Retention, Table};
use jiff::{SignedDuration, Timestamp};

use crate::corpus::generated;
use crate::rules;

/// Bytes that an invocation's event may have.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const PAYLOAD: usize = 6_000_000;

const STARTS: usize = 20;

/// Warm invocations after the cold one.
const WARM: usize = 4;

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
        let name = "bench".to_owned();
        let options = Options { functions: false, name, shards: Some(3), ..Options::default() };
        let cloud = Cloud::start(&options).await.unwrap();
        for (name, path) in [("ingest", &functions.ingest), ("checkpoint", &functions.checkpoint)] {
            let mut first_polls = Vec::new();
            for _ in 0..STARTS {
                let start = Instant::now();
                let process = Process::start(&cloud.function("bench", path)).await.unwrap();
                process.ready().await.unwrap();
                first_polls.push(start.elapsed());
                process.handle().kill().await;
            }
            first_polls.sort();
            let median = first_polls[STARTS / 2];
            println!("  {name}: start to first poll {:>11.1} ms (budget 50)", millis(median));
        }

        let events = full(generated(6_000));
        let rejected = full(vec![vec![b'x'; 1024]; 6_000]);
        let ruled = rule(&cloud).await;
        for (shard, (what, records, bundle)) in [
            ("events", &events, None),
            ("rejections", &rejected, None),
            ("events under schemas, enrichment and redaction", &events, Some(ruled)),
        ]
        .into_iter()
        .enumerate()
        {
            let mut function = cloud.function("bench", &functions.ingest);
            let bundle = bundle.map(|bundle| ("CAIRN_BUNDLE".to_owned(), bundle.to_string()));
            function.environment.extend(bundle);
            memory(&function, &cloud, shard, what, records).await;
        }
    });
}

/// Prints the most that a process has resident over a cold and some warm invocations of these records,
/// and another that meets the first one's object without a commit and adopts it.
async fn memory(function: &Function, cloud: &Cloud, shard: usize, what: &str, records: &[Vec<u8>]) {
    let stream = &cloud.deployment().stream;
    let invoke = async |process: &mut Process, round: usize| {
        let payload = payload(stream, shard, round * records.len(), records);
        let size = payload.len();
        let outcome = process.invoke(&format!("request-{round}"), payload.into()).await;
        assert_eq!(outcome, Outcome::Answered(r#"{"batchItemFailures":[]}"#.into()));
        size
    };
    let mut process = Process::start(function).await.unwrap();
    let size = invoke(&mut process, 0).await;
    let average = records.iter().map(Vec::len).sum::<usize>() / records.len();
    println!("  full invocations: {size} bytes, {} {what} of {average} bytes", records.len());
    println!(
        "    cold: peak resident memory {:>14.1} MB (budget 128)",
        peak_megabytes(process.handle().pid())
    );
    for round in 1..=WARM {
        invoke(&mut process, round).await;
    }
    println!("    {WARM} warm ones after it {:>21.1} MB", peak_megabytes(process.handle().pid()));
    process.handle().kill().await;

    forget(cloud, shard).await;
    let mut process = Process::start(function).await.unwrap();
    invoke(&mut process, 0).await;
    println!("    adopting what is there {:>19.1} MB", peak_megabytes(process.handle().pid()));
    process.handle().kill().await;
}

/// Puts a bundle with rules of all kinds into the archive; its hash.
async fn rule(cloud: &Cloud) -> Hash {
    let deployment = cloud.deployment();
    let objects = clients(cloud).await.objects(&deployment.bucket, &deployment.data_key);
    let bundle = rules::all().bundle().to_json().into_bytes();
    let hash = Hash::of(&bundle);
    let until = Timestamp::now() + SignedDuration::from_hours(24);
    let retention = Retention { mode: deployment.lock_mode, until };
    for body in [rules::database(), bundle] {
        let key = keys::bundle(&Hash::of(&body));
        objects.create(&key, body.into(), Some(retention)).await.unwrap();
    }
    hash
}

async fn clients(cloud: &Cloud) -> Clients {
    let deployment = cloud.deployment();
    let clients = Clients::connect(&deployment.region, deployment.endpoint.as_deref()).await;
    clients.with_access_key(CREDENTIALS.0, CREDENTIALS.1)
}

/// Takes from the table what it knows of a shard's first batch, as if its commit had been lost.
async fn forget(cloud: &Cloud, shard: usize) {
    let table = aws_sdk_dynamodb::Client::new(cloud.config());
    let deployment = cloud.deployment();
    let chains = clients(cloud).await.table(&deployment.table).chains().await.unwrap();
    let shard = format!("shardId-{shard:012}");
    let chain = chains.iter().find(|chain| chain.shard() == shard).unwrap();
    for item in ["head", "batch#00000000000000000000"] {
        let key = |text: String| AttributeValue::S(text);
        table
            .delete_item()
            .table_name(&deployment.table)
            .key("pk", key(format!("chain#{chain}")))
            .key("sk", key(item.to_owned()))
            .send()
            .await
            .unwrap();
    }
}

fn functions() -> Functions {
    build::functions(Profile::Release).unwrap()
}

/// As many of the records as fit a full invocation.
fn full(records: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let frame = payload("", 0, 0, &[Vec::new()]).len();
    let mut size = 0;
    let fits = |record: &Vec<u8>| {
        size += frame + record.len().div_ceil(3) * 4;
        size < PAYLOAD
    };
    records.into_iter().take_while(fits).collect()
}

/// What Lambda hands over for these records of a shard, whose `from`th record is the first of them.
pub(crate) fn payload(stream: &str, shard: usize, from: usize, records: &[Vec<u8>]) -> String {
    let records: Vec<_> = records
        .iter()
        .enumerate()
        .map(|(n, record)| {
            let n = from + n;
            serde_json::json!({
                "kinesis": {
                    "kinesisSchemaVersion": "1.0",
                    "partitionKey": format!("user-{n}"),
                    "sequenceNumber": format!("4959{n:052}"),
                    "data": STANDARD.encode(record),
                    "approximateArrivalTimestamp": 1_767_225_600.123,
                },
                "eventSource": "aws:kinesis",
                "eventVersion": "1.0",
                "eventID": format!("shardId-{shard:012}:4959{n:052}"),
                "eventName": "aws:kinesis:record",
                "invokeIdentityArn": "arn:aws:iam::123456789012:role/cairn-ingest",
                "awsRegion": "eu-central-1",
                "eventSourceARN": format!("arn:aws:kinesis:eu-central-1:123456789012:stream/{stream}"),
            })
        })
        .collect();
    serde_json::json!({ "Records": records }).to_string()
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
