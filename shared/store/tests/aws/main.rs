//! AWS's stores keep the contracts, in the local cloud.
//!
//! Where the emulator is not AWS, the suite does not look, or the store itself sees to it:
//! - it takes a retention that is over: S3 refuses it, and the store too, by the clock;
//! - the number of shards cannot be changed at once: they are split and merged: children are looked at at once,
//!   after the records;
//! - it does not say whether a bucket key was used;
//! - it has no 409 for concurrent conditional puts, no throttling and no transaction conflicts:
//!   `answers.rs` has a server that gives such answers.

#![allow(clippy::unwrap_used)]

mod answers;
mod cloud;

use aws_sdk_kinesis::primitives::Blob;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::Hash;
use cairn_store::conformance::{self, Given};
use cairn_store::{Objects, Signer, StoreError, Stream, Table};

use cloud::Run;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3_keeps_the_contract() {
    let run = Run::begin("s3").await;
    conformance::objects(&run.objects(), &run.ground).await;
}

#[tokio::test]
async fn object_lock_keeps_the_contract() {
    let run = Run::begin("lock").await;
    conformance::locks(&run.objects(), &run.probe(), &run.ground).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dynamodb_keeps_the_contract() {
    let run = Run::begin("dynamodb").await;
    conformance::table(&run.table(), &run.ground).await;
}

#[tokio::test]
async fn kms_keeps_the_contract_with_either_algorithm() {
    let run = Run::begin("kms").await;
    conformance::signer(&run.clients.signer(&run.deployment.signing_keys[0])).await;
    let p256 = run.signing_key("ECC_NIST_P256").await;
    conformance::signer(&run.clients.signer(p256)).await;
}

#[tokio::test]
async fn a_key_that_cannot_sign_checkpoints_is_refused() {
    let run = Run::begin("kms-wrong").await;
    let p384 = run.signing_key("ECC_NIST_P384").await;
    for key in [p384.as_str(), "arn:aws:kms:us-east-1:000000000000:key/none"] {
        let answer = run.clients.signer(key).sign(b"1").await;
        assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}");
    }
}

#[tokio::test]
async fn kinesis_keeps_the_contract() {
    let run = Run::begin("kinesis").await;
    let kinesis = aws_sdk_kinesis::Client::new(run.clients.config());
    let stream = run.stream(2).await;
    let mut records = Vec::new();
    for n in 0..5_u8 {
        let data = vec![n; 100];
        let put = kinesis.put_record().stream_name(&stream).partition_key("1");
        // The lowest hash key: always the first shard.
        let put = put.explicit_hash_key("0").data(Blob::new(data.clone())).send().await.unwrap();
        assert_eq!(put.shard_id(), "shardId-000000000000");
        records.push((put.sequence_number().parse().unwrap(), data));
    }
    let shard = |n: u8| format!("shardId-{n:012}");
    let given = Given {
        stream: stream.clone(),
        shard: shard(0),
        records: records.clone(),
        children: vec![(shard(1), Vec::new())],
    };
    conformance::stream(&run.clients.stream(), &given).await;

    let kinesis = run.clients.stream();
    run.split(&stream, &shard(0)).await;
    for child in [2, 3] {
        let parents = kinesis.parents(&stream, &shard(child)).await.unwrap();
        assert_eq!(parents, Some(vec![shard(0)]), "of shard {child}");
    }
    run.merge(&stream, &shard(2), &shard(3)).await;
    let parents = kinesis.parents(&stream, &shard(4)).await.unwrap();
    assert_eq!(parents, Some(vec![shard(2), shard(3)]));
}

#[tokio::test]
async fn s3_takes_the_bytes_that_were_hashed_or_none() {
    let run = Run::begin("checksum").await;
    let key = run.key("checked");
    run.objects().create(&key, "sealed".into(), None).await.unwrap();
    let client = run.s3();
    let head = client.head_object().bucket(&run.deployment.bucket).key(&key);
    let head = head.checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled).send().await.unwrap();
    let expected = STANDARD.encode(Hash::of(b"sealed").as_bytes());
    assert_eq!(head.checksum_sha256(), Some(expected.as_str()));
    let put = client.put_object().bucket(&run.deployment.bucket).key(run.key("wrong"));
    let wrong = put.checksum_sha256(expected).body(b"other".to_vec().into()).send().await;
    assert!(wrong.is_err(), "bytes with another checksum were taken");
}

#[tokio::test]
async fn what_does_not_exist_is_refused() {
    let run = Run::begin("missing").await;
    let objects = run.clients.objects("no-such-bucket", &run.deployment.data_key);
    let answer = objects.read("a").await;
    assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}");
    let answer = objects.create("a", "1".into(), None).await;
    assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}");
    let answer = run.clients.table("no-such-table").log_head().await;
    assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}");
}

#[tokio::test]
async fn an_item_that_is_not_ours_is_corrupt() {
    let run = Run::begin("corrupt").await;
    let chain: cairn_ledger::ChainId =
        format!("{}/20260131T235959Z/shard", run.ground.name).parse().unwrap();
    run.put_item(&format!("chain#{chain}"), "head", "n", "not a number").await;
    let answer = run.table().chain(&chain).await;
    assert!(matches!(answer, Err(StoreError::Corrupt { .. })), "{answer:?}");
    run.put_item(&format!("chain#{chain}"), &format!("batch#{:020}", 0), "o", "origin alone").await;
    let answer = run.table().batches(&chain, 0, 1).await;
    assert!(matches!(answer, Err(StoreError::Corrupt { .. })), "{answer:?}");
}
