//! What may be done in the worst hour, and what not even then.

use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use cairn_local::cloud::{self, Options, Policy};
use serde_json::Value;

use crate::auditor::{EXPIRED, reads_everything};
use crate::functions::{put_events, sealed, verified};
use crate::stage::{Actor, BATCHES, By, LOG, PUT, Session, Stage, done, make_table, refused};

const ROLE: &str = "cairn-break-glass";

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn break_glass_recovers_and_orders_and_changes_no_evidence() {
    let stage = Stage::start().await.without_resource_policies().await;
    let places = ["batches/a", "quarantine/a", "log/a", "orders/a"];
    stage.place(&places).await;
    stage.place_expired(EXPIRED).await;
    stage.trust_everybody(ROLE, Policy::TrustBreakGlass).await;
    let actor = stage.role("break-glass").await;
    reads_everything(&actor, &places).await;

    for key in ["log/cursors/a", "orders/b"] {
        done(actor.seal(key, LOG).send().await);
    }
    for key in ["batches/b", "quarantine/b", "log/checkpoint", "log/plans/b", "config/b"] {
        refused(PUT, By::Role, actor.seal(key, BATCHES).send().await);
    }
    let bucket = &stage.deployment().bucket;
    for key in ["batches/a", "orders/a"] {
        let delete = actor.s3.delete_object().bucket(bucket).key(key).send().await;
        refused("s3:DeleteObject", By::Role, delete);
    }
    for partition in ["chain#a", "chains", "log"] {
        done(actor.query(partition).await);
        done(actor.write(partition).await);
    }
    done(actor.look_up("redrive#a").await);
    refused("dynamodb:PutItem", By::Silence, actor.write("redrive#a").await);
    let table = actor.dynamodb.delete_table().table_name(&stage.deployment().table);
    refused("dynamodb:DeleteTable", By::Role, table.send().await);
    let iterator = done(actor.read_stream().await);
    done(actor.kinesis.get_records().shard_iterator(iterator).send().await);
    refused("kinesis:PutRecord", By::Role, actor.put_record().await);
    refused("kms:Sign", By::Role, actor.sign().await);
    refused("kms:GenerateDataKey", By::Silence, actor.take_data_key().await);
    let mut elsewhere = actor.clone();
    elsewhere.deployment.table = "elsewhere".to_owned();
    make_table(&stage.root(), "elsewhere").await;
    for partition in ["chain#a", "chains", "log"] {
        refused("dynamodb:Query", By::Silence, elsewhere.query(partition).await);
        refused("dynamodb:PutItem", By::Silence, elsewhere.write(partition).await);
    }
}

/// With every policy enforced: a chain that was stopped goes on, and the table is made again.
#[tokio::test]
async fn the_worst_hour_is_survived_under_its_role() {
    let options = Options { shards: Some(1), ..Options::default() };
    let stage = Stage::of(options.clone()).await;
    let producer = stage.somebody(Policy::Producer).await;
    let auditor = stage.session_of("auditor", &stage.cloud.policy(Policy::Auditor)).await;
    stage.trust_everybody(ROLE, Policy::TrustBreakGlass).await;
    let session = stage.cloud.session(ROLE).await.unwrap();
    put_events(&producer, 10).await;
    sealed(&stage, &auditor, 10).await;
    cloud::checkpoint(stage.cloud.config(), "cairn").await.unwrap();
    verified(&stage, &auditor, 10);

    plant(&stage, &session).await;
    put_events(&producer, 5).await;
    let begun = Instant::now();
    let stopped = loop {
        let chain = chains(&stage, &session).remove(0);
        if chain["stopped"].is_string() {
            break chain;
        }
        assert!(begun.elapsed() < PATIENCE, "{chain:#}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let order = ["resume", stopped["chain"].as_str().unwrap(), "--why", "planted", "--yes"];
    let (code, said) = stage.cairn(&auditor, &order);
    assert_eq!(code, Some(2), "an auditor ordered it: {said}");
    let (code, said) = stage.cairn(&session, &order);
    assert_eq!(code, Some(0), "{said}");
    // The emulator took ingest's answer for a success: what waited is not offered again.
    put_events(&producer, 5).await;
    let begun = Instant::now();
    while chains(&stage, &session).iter().all(|chain| chain["chain"] == stopped["chain"]) {
        assert!(begun.elapsed() < PATIENCE, "{}", stage.cloud.emulator().log_tail());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    cloud::checkpoint(stage.cloud.config(), "cairn").await.unwrap();
    let (code, said) = stage.cairn(&auditor, &["verify"]);
    let before: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(code, Some(0), "{before:#}");

    lose_table(&stage).await;
    cloud::deploy(
        stage.cloud.emulator().endpoint(),
        &Options { functions: false, auth: true, ..options },
    )
    .await
    .unwrap();
    let recover = ["recover", "--without-checkpoint", "--functions-are-stopped"];
    let (code, said) = stage.cairn(&session, &recover);
    assert_eq!(code, Some(0), "{said}");
    let recovered: Value = serde_json::from_str(&said).unwrap();
    assert!(recovered["stopped"][0]["continued"].is_string(), "{said}");
    let events = before["events"].as_u64().unwrap();
    verified(&stage, &auditor, events);
}

fn chains(stage: &Stage, session: &Session) -> Vec<Value> {
    let (_, said) = stage.cairn(session, &["status"]);
    let status: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
    status["chains"].as_array().unwrap().clone()
}

/// Puts an object at the next key of the only chain, as only somebody can who takes the bucket's policy away.
async fn plant(stage: &Stage, session: &Session) {
    let chain = chains(stage, session).remove(0);
    let number = chain["number"].as_u64().unwrap() + 1;
    let key = format!("batches/{}/{number:020}.parquet", chain["chain"].as_str().unwrap());
    let (root, bucket): (Actor, _) = (stage.root(), &stage.deployment().bucket);
    let policy = root.s3.get_bucket_policy().bucket(bucket).send().await.unwrap().policy.unwrap();
    root.s3.delete_bucket_policy().bucket(bucket).send().await.unwrap();
    let put = root.seal(&key, BATCHES + 1).body(ByteStream::from_static(b"no batch"));
    put.send().await.unwrap();
    root.s3.put_bucket_policy().bucket(bucket).policy(policy).send().await.unwrap();
}

async fn lose_table(stage: &Stage) {
    let (root, table) = (stage.root(), &stage.deployment().table);
    let open = root.dynamodb.update_table().table_name(table);
    open.deletion_protection_enabled(false).send().await.unwrap();
    root.dynamodb.delete_table().table_name(table).send().await.unwrap();
}
