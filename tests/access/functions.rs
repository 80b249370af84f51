//! The functions do their work under their roles, and an auditor verifies it under theirs.

use std::time::{Duration, Instant};

use cairn_local::build::{self, Profile};
use cairn_local::cloud::{self, Options, Policy};
use cairn_local::driver::{Driver, Outcome, Pace, Pool, Settings};
use serde_json::{Value, json};

use crate::stage::{Actor, BATCHES, By, Session, Stage, done, refused};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn the_functions_seal_and_log_under_their_roles_and_an_auditor_verifies() {
    let stage = Stage::of(Options::default()).await;
    let producer = stage.somebody(Policy::Producer).await;
    let auditor = stage.session_of("auditor", &stage.cloud.policy(Policy::Auditor)).await;
    put_events(&producer, 10).await;
    sealed(&stage, &auditor, 10).await;
    cloud::checkpoint(stage.cloud.config(), "cairn").await.unwrap();
    verified(&stage, &auditor, 10);

    another_function_gains_nothing_by_their_roles(&stage).await;
    // Without their policies they can do nothing.
    let iam = stage.root().iam;
    for role in ["cairn-ingest", "cairn-checkpoint"] {
        let take = iam.delete_role_policy().role_name(role).policy_name(role);
        take.send().await.unwrap();
    }
    put_events(&producer, 1).await;
    let failed = cloud::checkpoint(stage.cloud.config(), "cairn").await.unwrap_err().to_string();
    let expected = "assumed-role/cairn-checkpoint/cairn-checkpoint is not authorized to perform";
    assert!(failed.contains(expected), "{failed}");
    let expected = "assumed-role/cairn-ingest/cairn-ingest is not authorized to perform";
    let (log, begun) = (stage.cloud.emulator().folder().join("emulator.log"), Instant::now());
    while !std::fs::read_to_string(&log).unwrap().contains(expected) {
        assert!(begun.elapsed() < PATIENCE, "{}", stage.cloud.emulator().log_tail());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    verified(&stage, &auditor, 10);
}

#[tokio::test]
async fn a_driver_runs_the_functions_under_their_roles() {
    let options = Options { functions: false, ..Options::default() };
    let stage = Stage::of(options.clone()).await;
    let binaries = build::functions(Profile::default()).unwrap();
    let mut ingest = stage.cloud.function("ingest", &binaries.ingest);
    ingest.environment.extend(stage.cloud.session("cairn-ingest").await.unwrap());
    let mut checkpoint = stage.cloud.function("checkpoint", &binaries.checkpoint);
    checkpoint.environment.extend(stage.cloud.session("cairn-checkpoint").await.unwrap());
    let mapping = stage.cloud.mapping(&options).await.unwrap();
    let settings = Settings { mapping, function: ingest, pace: Pace::default(), readers: 1 };
    let driver = Driver::start(stage.cloud.config(), settings, |_| {});

    let producer = stage.somebody(Policy::Producer).await;
    let auditor = stage.session_of("auditor", &stage.cloud.policy(Policy::Auditor)).await;
    put_events(&producer, 10).await;
    sealed(&stage, &auditor, 10).await;
    driver.stop().await;
    let ticked = Pool::new(checkpoint).invoke("{}".into()).await.unwrap();
    assert!(matches!(ticked.outcome, Outcome::Answered(_)), "{ticked:?}");
    verified(&stage, &auditor, 10);
}

/// Lambda names a session after the function that it is for.
async fn another_function_gains_nothing_by_their_roles(stage: &Stage) {
    let (ingest, checkpoint) = ("cairn-ingest", "cairn-checkpoint");
    for (function, key) in [(ingest, "batches/x"), (checkpoint, "log/plans/x")] {
        let worn_by = async |name| stage.session(function, name, &[]).await.unwrap();
        let other = if function == ingest { checkpoint } else { ingest };
        let put = worn_by(other).await.seal(key, BATCHES).send().await;
        refused("s3:PutObject", By::Silence, put);
        if function == checkpoint {
            done(worn_by(function).await.sign().await);
            refused("kms:Sign", By::Silence, worn_by(other).await.sign().await);
        } else {
            done(worn_by(function).await.look_up("chain#a").await);
            refused("dynamodb:GetItem", By::Silence, worn_by(other).await.look_up("chain#a").await);
        }
    }
}

pub(crate) async fn put_events(producer: &Actor, count: usize) {
    let event = json!({
        "tenant": "acme",
        "time": "2026-03-01T09:30:00Z",
        "action": "document.share",
        "actor": { "type": "user", "id": "u-1" },
        "resource": { "type": "document", "id": "d-1" },
        "outcome": "success",
    });
    for _ in 0..count {
        let put = producer.kinesis.put_record().stream_name(&producer.deployment.stream);
        let data = aws_sdk_kinesis::primitives::Blob::new(event.to_string());
        done(put.partition_key("key").data(data).send().await);
    }
}

/// Waits until so many events are sealed.
pub(crate) async fn sealed(stage: &Stage, auditor: &Session, events: u64) {
    let begun = Instant::now();
    loop {
        let (_, said) = stage.cairn(auditor, &["verify"]);
        // Where there is nothing yet it does not verify.
        let report = serde_json::from_str::<Value>(&said).unwrap_or_default();
        if report["events"].as_u64() >= Some(events) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{said}\n{}", stage.cloud.emulator().log_tail());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Asserts that the archive holds so many events, all of them logged, and that nothing is wrong.
pub(crate) fn verified(stage: &Stage, auditor: &Session, events: u64) {
    let (code, said) = stage.cairn(auditor, &["verify"]);
    let report: Value = serde_json::from_str(&said).unwrap();
    let found = (code, report["events"].as_u64(), report["unlogged"].as_u64());
    assert_eq!(found, (Some(0), Some(events), Some(0)), "{report:#}");
    assert_eq!(report["ok"], true);
}
