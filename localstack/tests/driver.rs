//! The driver runs functions as Lambda does, and a named cloud with it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::ShardIteratorType;
use cairn_local::build::{self, Profile};
use cairn_local::cloud::{Cloud, Options};
use cairn_local::driver::{Driver, Function, Happening, Outcome, Pace, Pool, Process, Settings};
use cairn_local::{Emulator, aws};
use guard::Named;
use serde_json::{Value, json};

async fn without_functions() -> (Cloud, Options) {
    let options = Options { functions: false, shards: Some(1), ..Options::default() };
    (Cloud::start(&options).await.unwrap(), options)
}

fn nowhere(binary: &str) -> Function {
    Function {
        name: "f".to_owned(),
        arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
        binary: binary.into(),
        environment: HashMap::new(),
        timeout: Duration::from_secs(60),
        memory: 128,
        log: None,
    }
}

/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>
#[tokio::test]
async fn a_function_that_reports_an_error_is_used_again_and_one_that_dies_is_replaced() {
    let (cloud, _) = without_functions().await;
    let functions = build::functions(Profile::default()).unwrap();
    let pool = Pool::new(cloud.function("ingest", &functions.ingest));
    // What the function cannot read it reports to `/invocation/<id>/error`.
    let first = pool.invoke("{\"Records\":[]}".into()).await.unwrap();
    let Outcome::Failed { detail, .. } = &first.outcome else { panic!("{first:?}") };
    let detail: Value = serde_json::from_slice(detail).unwrap();
    assert!(detail["errorMessage"].as_str().unwrap().contains("at least one record"), "{detail}");
    let second = pool.invoke("{}".into()).await.unwrap();
    assert!(matches!(second.outcome, Outcome::Failed { .. }), "{second:?}");
    assert_ne!(first.request_id, second.request_id);

    pool.kill_all().await;
    let third = pool.invoke("{}".into()).await.unwrap();
    assert!(matches!(third.outcome, Outcome::Failed { .. }), "a new one works: {third:?}");
}

#[tokio::test]
async fn a_process_that_ends_before_it_polls_has_died() {
    let functions = build::functions(Profile::default()).unwrap();
    // It has no configuration, and says so.
    let mut process = Process::start(&nowhere(functions.ingest.to_str().unwrap())).await.unwrap();
    let outcome = process.invoke("r", "{}".into()).await;
    assert!(matches!(outcome, Outcome::Died(_)), "{outcome:?}");
    let mut process = Process::start(&nowhere("/bin/true")).await.unwrap();
    let outcome = process.invoke("r", "{}".into()).await;
    assert_eq!(outcome, Outcome::Died("the process ended: exit status: 0".to_owned()));
    assert!(Process::start(&nowhere("/nonexistent")).await.is_err());
}

/// "Before invocation: If a Lambda event source mapping is unable to invoke the function due to
/// throttling or other issues, it retries until the records expire or exceed the maximum age":
/// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>
#[tokio::test]
async fn records_whose_function_never_starts_reach_the_failure_destination() {
    let (cloud, options) = without_functions().await;
    let mut mapping = cloud.mapping(&options).await.unwrap();
    mapping.age = Some(Duration::from_secs(1));
    let poll = Duration::from_millis(50);
    let pace = Pace { poll, backoff: poll, longest_backoff: poll };
    let function = nowhere("/nonexistent");
    let bucket = mapping.expired.clone().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let settings = Settings { mapping, function, pace, readers: 1 };
    let driver = Driver::start(cloud.config(), settings, move |happening| {
        let _heard = tell.send(happening);
    });
    put(&cloud, b"a record").await;
    let told = tokio::task::spawn_blocking(move || {
        let patience = Duration::from_secs(60);
        loop {
            let happening = told.recv_timeout(patience).unwrap();
            if let Happening::Discarded { key, .. } = happening {
                return key.unwrap();
            }
        }
    });
    let key = told.await.unwrap();
    driver.stop().await;
    let object = aws::s3(cloud.config()).get_object().bucket(bucket).key(key).send().await.unwrap();
    let document = object.body.collect().await.unwrap().into_bytes();
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["requestContext"]["condition"], "RecordAgeExceeded");
    assert_eq!(document["requestContext"]["approximateInvokeCount"], 0);
    assert_eq!(document["responseContext"], Value::Null, "it was never invoked");
    assert!(document["payload"].as_str().unwrap().contains("YSByZWNvcmQ="));
}

async fn put(cloud: &Cloud, data: &[u8]) {
    let kinesis = aws_sdk_kinesis::Client::new(cloud.config());
    let put = kinesis.put_record().stream_name(&cloud.deployment().stream);
    put.partition_key("key").data(Blob::new(data)).send().await.unwrap();
}

/// "When you reshard, data records that were flowing to the parent shards are re-routed to flow to the
/// child shards [...] any data records that were in the parent shards before the reshard remain in the
/// parent shards":
/// <https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html>
#[tokio::test]
async fn a_shard_that_is_split_keeps_its_records_and_is_closed() {
    let emulator = Emulator::start(false).unwrap();
    let kinesis = aws_sdk_kinesis::Client::new(&aws::config(emulator.endpoint()).await);
    kinesis.create_stream().stream_name("s").shard_count(1).send().await.unwrap();
    let put = async |data: &str| {
        let put = kinesis.put_record().stream_name("s").partition_key("key");
        put.data(Blob::new(data)).send().await.unwrap().shard_id
    };
    let parent = put("before").await;
    let split = || kinesis.split_shard().stream_name("s").shard_to_split(&parent);
    let middle = (u128::MAX / 2).to_string();
    split().new_starting_hash_key(&middle).send().await.unwrap();
    assert!(split().new_starting_hash_key(&middle).send().await.is_err(), "it is closed");
    let child = put("after").await;
    assert_ne!(child, parent);

    let shards = kinesis.list_shards().stream_name("s").send().await.unwrap().shards.unwrap();
    let found: Vec<_> = shards
        .iter()
        .map(|shard| {
            let range = shard.sequence_number_range.as_ref().unwrap();
            (shard.parent_shard_id.as_deref(), range.ending_sequence_number.is_some())
        })
        .collect();
    let expected = [(None, true), (Some(parent.as_str()), false), (Some(parent.as_str()), false)];
    assert_eq!(found, expected);
    let summary = kinesis.describe_stream_summary().stream_name("s").send().await.unwrap();
    assert_eq!(summary.stream_description_summary.unwrap().open_shard_count, 2);
    assert_eq!(read(&kinesis, &parent).await, (vec!["before".to_owned()], true));
    assert_eq!(read(&kinesis, &child).await, (vec!["after".to_owned()], false));
}

/// The records of a shard, and whether they are the last.
async fn read(kinesis: &aws_sdk_kinesis::Client, shard: &str) -> (Vec<String>, bool) {
    let begin = kinesis.get_shard_iterator().stream_name("s").shard_id(shard);
    let begin = begin.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.unwrap();
    let records = kinesis.get_records().set_shard_iterator(begin.shard_iterator).send().await;
    let records = records.unwrap();
    let text = |record: aws_sdk_kinesis::types::Record| {
        String::from_utf8(record.data.into_inner()).unwrap()
    };
    (records.records.into_iter().map(text).collect(), records.next_shard_iterator.is_none())
}

fn local(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cairn-local")).args(arguments).output().unwrap()
}

fn status(name: &str) -> Value {
    serde_json::from_slice(&local(&["status", "--json", "--name", name]).stdout).unwrap()
}

#[tokio::test]
async fn a_named_cloud_is_driven_until_it_is_taken_down() {
    let name = Named::new("driven");
    let up = local(&["up", "--driver", "--name", &name]);
    assert_eq!(up.status.code(), Some(0), "{up:?}");
    let state = status(&name);
    let log = state["driver"].as_str().expect("a driver is up").to_owned();
    let endpoint = state["endpoint"].as_str().unwrap();
    let config = aws::config(endpoint).await;
    the_emulators_own_mapping_does_nothing(&config).await;

    let kinesis = aws_sdk_kinesis::Client::new(&config);
    let stream = state["deployment"]["stream"].as_str().unwrap();
    let event = json!({ "no": "event" }).to_string();
    let put = kinesis.put_record().stream_name(stream).partition_key("key");
    put.data(Blob::new(event)).send().await.unwrap();
    let begun = Instant::now();
    while !std::fs::read_to_string(&log).unwrap_or_default().contains("1 records, request") {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(60), "{said}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let said = std::fs::read_to_string(&log).unwrap();
    assert!(said.contains(": done\n"), "{said}");

    // Deployed anew without a driver, it has none.
    assert_eq!(local(&["up", "--name", &name]).status.code(), Some(0));
    assert_eq!(status(&name)["driver"], Value::Null);
    assert_eq!(local(&["up", "--driver", "--name", &name]).status.code(), Some(0));
    assert!(status(&name)["driver"].is_string());
    assert_eq!(local(&["down", "--name", &name]).status.code(), Some(0));
    assert!(!cairn_local::driver::detached::is_up(Path::new(&log).parent().unwrap()));
}

async fn the_emulators_own_mapping_does_nothing(config: &aws_config::SdkConfig) {
    let lambda = aws_sdk_lambda::Client::new(config);
    let mappings = lambda.list_event_source_mappings().send().await.unwrap();
    let states: Vec<_> =
        mappings.event_source_mappings().iter().map(|mapping| mapping.state.clone()).collect();
    assert_eq!(states, [Some("Disabled".to_owned())]);
}
