//! Every format on one stream, whole and broken, through the functions and the verifier: each record
//! is accounted for, as what it is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;
use std::io::Write as _;

use cairn_store::{StoredRecord, Table};
use cairn_tests::{Driven, World};
use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};
use serde_json::{Value, json};

fn event() -> Value {
    json!({
        "tenant": "acme", "time": "2026-03-01T09:30:00+01:00", "action": "document.share",
        "actor": {"type": "user", "id": "u-1"}, "resource": {"type": "document", "id": "d-1"},
        "outcome": "success",
    })
}

fn cloudtrail() -> Value {
    json!({
        "eventVersion": "1.09", "eventID": "e-1", "eventTime": "2026-03-01T08:30:00Z",
        "eventSource": "s3.amazonaws.com", "eventName": "GetObject",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ada"},
    })
}

fn cloudevent() -> Value {
    json!({
        "specversion": "1.0", "id": "c-1", "source": "/docs", "type": "com.example.shared",
        "time": "2026-03-01T08:30:00Z", "data": event(),
    })
}

fn cloudevent_binary() -> Value {
    json!({
        "headers": {"ce-specversion": "1.0", "ce-id": "c-2", "ce-source": "/docs", "ce-type": "shared"},
        "body": event(),
    })
}

fn kubernetes() -> Value {
    json!({
        "auditID": "a-1", "stage": "ResponseComplete", "verb": "get",
        "user": {"username": "ada"}, "responseStatus": {"code": 200},
        "objectRef": {"resource": "pods", "namespace": "shop", "name": "cart-0"},
        "stageTimestamp": "2026-03-01T08:30:00.123456Z",
    })
}

fn ocsf() -> Value {
    json!({
        "metadata": {"version": "1.7.0", "tenant_uid": "acme"}, "class_uid": 3002, "activity_id": 1,
        "status_id": 1, "time": 1_772_353_800_000_i64, "user": {"uid": "u-1"},
    })
}

/// A record of each format without what it needs most.
fn without(mut record: Value, name: &str) -> Value {
    record.as_object_mut().unwrap().remove(name).unwrap();
    record
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 3).unwrap()
}

/// A field of Protocol Buffers that is bytes, with a length of three digits to base 128.
fn field(number: u8, data: &[u8]) -> Vec<u8> {
    let digit = |place: usize| (data.len() >> (7 * place) & 0x7f) as u8;
    let head = [number << 3 | 2, digit(0) | 0x80, digit(1) | 0x80, digit(2)];
    [&head[..], data].concat()
}

/// An aggregate of the Kinesis Producer Library.
fn aggregate(users: &[&[u8]]) -> Vec<u8> {
    let user = |data: &&[u8]| field(3, &[&[0x08, 0x00][..], &field(3, data)].concat());
    let message = [field(1, b"key"), users.iter().flat_map(user).collect()].concat();
    [&[0xf3, 0x89, 0x9a, 0xc2][..], &message, &Md5::digest(&message)].concat()
}

/// Records, and what becomes of their items: the adapter of an event (`event` if it has none), or the
/// code of a rejection.
fn records() -> Vec<(Vec<u8>, Vec<&'static str>)> {
    let text = |value: &Value| value.to_string().into_bytes();
    let all =
        json!([event(), cloudtrail(), cloudevent(), cloudevent_binary(), kubernetes(), ocsf()]);
    let adapters = vec!["event", "cloudtrail", "cloudevents", "cloudevents", "kubernetes", "ocsf"];
    let lines: Vec<String> = all.as_array().unwrap().iter().map(Value::to_string).collect();
    let lines = lines.join("\n").into_bytes();
    let list = json!({
        "kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {},
        "items": [kubernetes(), without(kubernetes(), "stage")],
    });
    let broken = json!([
        without(event(), "tenant"),
        without(cloudtrail(), "eventID"),
        without(cloudevent(), "data"),
        without(kubernetes(), "stageTimestamp"),
        without(ocsf(), "time"),
        {"more": 1},
        7,
    ]);
    let missing = "field.missing";
    let packed = zstd(&lines);
    let users: [&[u8]; 5] = [&lines, &packed, b"oops", &packed[..packed.len() / 2], b""];
    let mut corrupt = aggregate(&users);
    *corrupt.last_mut().unwrap() ^= 1;
    let mut damaged = packed.clone();
    damaged[0] ^= 0xff;
    vec![
        (text(&all), adapters.clone()),
        (lines.clone(), adapters.clone()),
        (gzip(&lines), adapters.clone()),
        (packed.clone(), adapters.clone()),
        (text(&json!({"Records": [cloudtrail(), 7]})), vec!["cloudtrail", "field.type"]),
        (text(&list), vec!["kubernetes", missing]),
        (
            text(&broken),
            vec![missing, missing, missing, missing, missing, "field.unknown", "field.type"],
        ),
        (
            aggregate(&users),
            [&adapters[..], &adapters[..], &["json.syntax", "zstd.truncated", "record.empty"]]
                .concat(),
        ),
        (corrupt, vec!["kpl.corrupt"]),
        (aggregate(&[]), vec!["record.empty"]),
        (packed[..packed.len() - 1].to_vec(), vec!["zstd.truncated"]),
        ([&packed[..], b"more than it"].concat(), vec!["zstd.corrupt"]),
        (damaged, vec!["utf8.invalid"]),
        (zstd(&vec![b' '; 11 << 20]), vec!["limit.ratio"]),
        (zstd(&gzip(&lines)), vec!["utf8.invalid"]),
        (gzip(&lines)[..50].to_vec(), vec!["gzip.truncated"]),
    ]
}

/// What a leaf says that it is.
fn kind(leaf: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match leaf["kind"].as_str().unwrap() {
        "rejection" => text(&leaf["reason"]["code"]),
        _ => leaf.get("adapter").map_or_else(|| "event".to_owned(), text),
    }
}

#[tokio::test]
async fn every_format_is_sealed_or_rejected_item_by_item_and_verifies() {
    let world = World::new(1).await;
    let records = records();
    let put: Vec<StoredRecord> =
        records.iter().map(|(data, _)| world.put(0, data.clone())).collect();
    let response = world.process().ingest(0, &put).await.unwrap().unwrap();
    assert!(response.failures.is_empty(), "{:?}", response.failures);

    let report = world.verify().await;
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!(report.records, records.len() as u64);

    let chain = world.chain(0).await;
    let mut found = Vec::new();
    for item in world.cloud.batches(&chain, 0, 100).await.unwrap() {
        let leaves = world.leaves(&item.header.header.key).await;
        found.extend(leaves.iter().map(|leaf| kind(&serde_json::from_slice(leaf).unwrap())));
    }
    let expected: Vec<String> =
        records.iter().flat_map(|(_, kinds)| kinds).map(ToString::to_string).collect();
    assert_eq!(found, expected);

    assert_eq!(counts(expected), exact());
    assert_eq!(report.events, EVENTS);
    assert_eq!(report.rejections, found.len() as u64 - report.events);
}

/// Through the real binary, from two shards, in batches as they come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_format_on_a_driven_stream_is_sealed_or_rejected_and_verifies() {
    let driven = Driven::start("formats", 2).await;
    let driver = driven.drive(driven.settings().await);
    let records = records();
    for (n, (data, _)) in records.iter().enumerate() {
        driven.put_bytes(n, vec![data.clone()]).await;
    }
    let report = driven.settle(driver).await;
    let leaves = driven.leaves().await;
    let found = leaves.iter().map(kind).collect();
    assert_eq!(counts(found), exact());
    assert_eq!((report.records, report.events), (records.len() as u64, EVENTS));
}

const EVENTS: u64 = 12 + 7 + 6 + 7 + 6;

fn counts(kinds: Vec<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    kinds.into_iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
    counts
}

/// How many items of each adapter and code there are.
fn exact() -> BTreeMap<String, usize> {
    let exact = [
        ("cloudevents", 12),
        ("cloudtrail", 7),
        ("event", 6),
        ("field.missing", 6),
        ("field.type", 2),
        ("field.unknown", 1),
        ("gzip.truncated", 1),
        ("json.syntax", 1),
        ("kpl.corrupt", 1),
        ("kubernetes", 7),
        ("limit.ratio", 1),
        ("ocsf", 6),
        ("record.empty", 2),
        ("utf8.invalid", 2),
        ("zstd.corrupt", 1),
        ("zstd.truncated", 2),
    ];
    exact.map(|(kind, count)| (kind.to_owned(), count)).into()
}
