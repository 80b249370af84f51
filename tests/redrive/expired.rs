//! What Lambda gave up on comes back from the bucket of its failure destination.

use cairn_cli::quarantine::State;
use cairn_cli::redrive::Options;
use cairn_store::StoredRecord;
use cairn_store::faults::{At, Fault, Operation};
use cairn_store::memory::Memory;
use cairn_tests::{STREAM, World, lambda_event};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::story::{LATER, Operator, event, leaves, records};

const KEY: &str = "aws/lambda/8c3d5d1e-0000-4000-8000-000000000000/shardId-000000000000/2026/11/25/2026-11-25T08.55.58-1";

pub(crate) const EXPIRED: Options = Options {
    selection: cairn_cli::quarantine::Selection {
        coordinates: std::collections::BTreeSet::new(),
        reason: None,
        chain: None,
        since: None,
    },
    expired: true,
    dry_run: false,
    force: false,
    again: false,
};

/// What Lambda sends to a failure destination in S3:
/// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>
fn document(records: &[StoredRecord], given_up: Timestamp) -> Value {
    json!({
        "requestContext": {
            "requestId": "c9b8fa9f-5a7f-4e1b-af9c-0c604cde93a5",
            "functionArn": "arn:aws:lambda:us-east-2:123456789012:function:ingest",
            "condition": "RecordAgeExceeded",
            "approximateInvokeCount": 1,
        },
        "version": "1.0",
        "timestamp": format!("{given_up:.3}"),
        "KinesisBatchInfo": { "shardId": "shardId-000000000000", "batchSize": records.len() },
        "payload": lambda_event(STREAM, 0, records).to_string(),
    })
}

/// An operator of a deployment where these records have expired just now.
fn operator(world: &World, records: &[StoredRecord], later: SignedDuration) -> Operator {
    operator_since(world, records, later, Timestamp::now())
}

pub(crate) fn operator_since(
    world: &World,
    records: &[StoredRecord],
    later: SignedDuration,
    given_up: Timestamp,
) -> Operator {
    let bucket = Memory::new(Timestamp::now);
    bucket.operator().put(KEY, document(records, given_up).to_string(), None);
    // The same records twice, as a batch that was cut in two and given up in both forms; once as JSON
    // within JSON, once as it stands.
    let mut half = document(&records[..1], given_up);
    half["payload"] = lambda_event(STREAM, 0, &records[..1]);
    bucket.operator().put(&format!("{KEY}2"), half.to_string(), None);
    let mut operator = Operator::new(world, later);
    operator.stores.expired = Some(operator.faults.wrap(bucket));
    operator
}

async fn deliver(world: &World, records: &[StoredRecord]) {
    let answer = world.process().ingest(0, records).await.unwrap().unwrap();
    assert!(answer.failures.is_empty());
}

#[tokio::test]
async fn what_has_expired_is_accounted_for_once_and_what_was_sealed_is_not_put() {
    let world = World::new(1).await;
    let mixed = format!("[{},1]", event("acme"));
    let put = [event("acme"), mixed, "no event".to_owned(), event("globex")];
    let put = put.map(|data| world.put(0, data));
    deliver(&world, &put[3..]).await;
    let operator = operator(&world, &put, LATER);
    assert_eq!(operator.list().await.unwrap().len(), 4);
    assert_eq!(operator.redrive(&EXPIRED).await, ["put", "put", "put", "sealed"]);
    assert_eq!(operator.redrive(&EXPIRED).await, ["already", "already", "already", "sealed"]);

    let again = records(&world).await;
    assert_eq!(again.len(), 4 + 3);
    deliver(&world, &again[4..]).await;
    let report = world.verify().await;
    assert!(report.ok, "{:#?}", report.findings);
    let sealed = leaves(&world).await;
    let said: Vec<&str> = sealed.iter().map(|leaf| leaf["kind"].as_str().unwrap()).collect();
    assert_eq!(said, ["event", "event", "event", "rejection", "rejection"]);
    assert_eq!(sealed[1]["redrive"]["sequence"], put[0].sequence.as_str());
    assert_eq!(sealed[2]["redrive"]["sequence"], put[1].sequence.as_str());
    assert_eq!(sealed[0].get("redrive"), None);
}

#[tokio::test]
async fn what_a_function_may_have_in_hand_is_left_alone() {
    let world = World::new(1).await;
    let put = [world.put(0, event("acme"))];
    let soon = operator(&world, &put, SignedDuration::ZERO);
    assert_eq!(soon.redrive(&EXPIRED).await, ["in_hand"]);
    let later = operator(&world, &put, LATER);
    assert_eq!(later.redrive(&EXPIRED).await, ["put"]);
    assert_eq!(records(&world).await.len(), 2);
}

#[tokio::test]
async fn an_envelope_that_has_expired_is_put_as_it_is() {
    let world = World::new(1).await;
    let first = "events/20260131T120000Z/shardId-000000000000#7#3".parse().unwrap();
    let raw = event("acme").into_bytes();
    let envelope = cairn_event::Envelope { first, raw }.to_bytes();
    let put = [world.put(0, envelope.clone())];
    assert_eq!(operator(&world, &put, LATER).redrive(&EXPIRED).await, ["put"]);
    assert_eq!(records(&world).await[1].data, envelope);
}

#[tokio::test]
async fn another_document_is_named_and_stands_in_nobodys_way() {
    let world = World::new(1).await;
    let put = [world.put(0, event("acme"))];
    let mut operator = operator(&world, &put, LATER);
    let bucket = Memory::new(Timestamp::now);
    let stray = KEY.replace("shardId", "a");
    bucket.operator().put(&stray, r#"{"version":"1.0"}"#, None);
    bucket.operator().put(KEY, document(&put, Timestamp::now()).to_string(), None);
    operator.stores.expired = Some(operator.faults.wrap(bucket));
    let error = operator.try_redrive(&EXPIRED).await.unwrap().unwrap_err().to_string();
    assert!(error.contains(&stray) && error.contains("payload"), "{error}");
    assert_eq!(records(&world).await.len(), 2, "all else was put");
}

/// Whoever comes next may commit it.
#[tokio::test]
async fn what_waits_to_be_committed_is_not_put() {
    let world = World::new(1).await;
    let put = [world.put(0, event("acme")), world.put(0, event("globex"))];
    let dying = world.process();
    dying.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(dying.ingest(0, &put).await.is_none());
    let operator = operator(&world, &put, LATER);
    assert_eq!(operator.redrive(&EXPIRED).await, ["in_hand"; 2]);
    deliver(&world, &[world.put(0, event("initech"))]).await;
    assert_eq!(operator.redrive(&EXPIRED).await, ["sealed"; 2]);
    let states = operator.list().await.unwrap();
    assert!(states.iter().all(|item| item.state == State::Sealed), "{states:?}");
    assert_eq!(leaves(&world).await.len(), 3);
    assert!(world.verify().await.ok);
}

/// Nothing of the shard was ever sealed: no table names its chain.
#[tokio::test]
async fn what_was_put_without_an_answer_is_found_for_a_chain_that_has_nothing_else() {
    let world = World::new(1).await;
    let put = [world.put(0, event("acme"))];
    let given_up = Timestamp::now() - LATER;
    let first = operator_since(&world, &put, SignedDuration::ZERO, given_up);
    first.faults.inject(At::operation(Operation::Put, 0), Fault::CrashAfter);
    assert!(first.try_redrive(&EXPIRED).await.is_none());
    let later = operator(&world, &put, LATER);
    assert_eq!(later.redrive(&EXPIRED).await, ["found"]);
    assert_eq!(records(&world).await.len(), 2);
}
