//! Another config bundle comes into force while batches are in flight: what was begun under one is
//! finished under the other, forwards and back, and nothing is lost or sealed twice.

use std::io::Write;

use cairn_event::Bundle;
use cairn_ledger::Hash;
use cairn_store::faults::{At, Fault, Operation};
use cairn_store::{StoredRecord, Table};
use cairn_tests::World;
use serde_json::{Value, json};

use crate::story::{all_is_well, deliver, event, records, rows};

/// A bundle with more members than the one that a world begins with, and another tenant key.
fn bundle(members: &Value) -> Bundle {
    let mut json: Value =
        serde_json::from_str(&Bundle::with_tenant_key([10; 32]).to_json()).unwrap();
    for (name, value) in members.as_object().unwrap() {
        json[name] = value.clone();
    }
    Bundle::compose(json.to_string().as_bytes()).unwrap()
}

fn database() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/location.mmdb")).unwrap()
}

/// Rules that make other leaves of the same records: they reject some, enrich and redact others.
fn strict() -> Bundle {
    bundle(&json!({
        "tenants": {"acme": {}},
        "unknown_tenants": "reject",
        "schemas": {"document.share/1": {"properties": {"n": {"maximum": 6}}}},
        "directory": {"acme": {"user:user-0": {"roles": ["owner"]}}},
        "location": {"database": Hash::of(&database()).to_string(), "detail": "region"},
        "device": true,
        "redaction": [{"pointer": "/data/n", "action": "remove"}],
        "heuristics": ["card", "token"],
    }))
}

/// The deployment before and after the change, on the same cloud; or the other way round.
async fn worlds(back: bool) -> (World, World, Vec<StoredRecord>) {
    let before = World::new(1).await;
    before.add_config(&database()).await;
    let after = before.under(strict()).await;
    let records = records(&before);
    if back { (after, before, records) } else { (before, after, records) }
}

#[tokio::test]
async fn a_bundle_may_change_at_every_step_of_a_batch() {
    for back in [false, true] {
        let calls = {
            let (one, _, records) = worlds(back).await;
            let process = one.process();
            deliver(&process, &[&records[..6]]).await;
            process.faults.calls().len()
        };
        let mut adopted = 0;
        for n in 0..calls {
            for fault in [Fault::CrashBefore, Fault::CrashAfter] {
                // What comes again is handed over the same, bisected, or with more after it.
                for again in [6, 3, 8] {
                    let (one, other, records) = worlds(back).await;
                    let first = one.process();
                    first.faults.inject(At::call(n), fault);
                    assert!(first.ingest(0, &records[..6]).await.is_none());
                    let left = one.cloud.operator().keys();
                    let left = left.iter().any(|key| key.starts_with("batches/"));

                    let next = other.process();
                    deliver(&next, &[&records[..again], &records[again..8]]).await;
                    // And back: a zombie, or a change that is taken back.
                    deliver(&one.process(), &[&records[8..]]).await;
                    let case = format!("{fault:?} at call {n}, {again} again, back: {back}");
                    all_is_well(&one, &records, &case).await;
                    let chain = one.chain(0).await;
                    let batches = one.cloud.batches(&chain, 0, 10).await.unwrap();
                    let made_by_first = batches[0].header.header.bundle == bundle_of(&one).await;
                    assert_eq!(made_by_first, left, "{case}: whoever puts a number decides it");
                    adopted += usize::from(left);
                }
            }
        }
        assert!(
            adopted > 0,
            "some batches were put under one bundle, and committed under the other"
        );
    }
}

/// The bundle that a world's functions run under, as the header of their next batch says.
async fn bundle_of(world: &World) -> Hash {
    let fork = world.fork();
    let record = fork.put(0, event(0));
    deliver(&fork.process(), &[&[record]]).await;
    let chain = fork.chain(0).await;
    let batches = fork.cloud.batches(&chain, 0, 10).await.unwrap();
    batches.last().unwrap().header.header.bundle
}

#[tokio::test]
async fn rules_make_leaves_that_the_verifier_reads() {
    let (_, strict, records) = worlds(false).await;
    deliver(&strict.process(), &[&records]).await;
    all_is_well(&strict, &records, "strict").await;
    let rows = rows(&strict).await;
    let texts: Vec<String> =
        rows.iter().map(|row| String::from_utf8(row.leaf.bytes.clone()).unwrap()).collect();
    let count = |what: &str| texts.iter().filter(|text| text.contains(what)).count();
    // Of acme's 0, 4, 6 and 8, the last is above the schema's maximum; all others are globex's.
    assert_eq!(count(r#""kind":"event""#), 3, "{texts:#?}");
    assert_eq!(count(r#""code":"schema.invalid""#), 1);
    assert_eq!(count(r#""code":"tenant.unknown""#), 6);
    assert_eq!(count(r#""enrichment":{"roles":["owner"]}"#), 1);
    assert_eq!(count(r#""pointer":"/data/n""#), 4);
}

#[tokio::test]
async fn a_batch_that_is_larger_than_the_new_bundle_allows_is_adopted() {
    let world = World::new(1).await;
    let wide = json!({"decoded_bytes": 10 << 20, "depth": 32, "events": 10, "values": 100, "ratio": 65_535});
    let narrow = json!({"decoded_bytes": 1024, "depth": 32, "events": 10, "values": 100});
    let wide = world.under(bundle(&json!({ "limits": wide }))).await;
    let narrow = world.under(bundle(&json!({ "limits": narrow }))).await;
    let mut large: Value = serde_json::from_str(&event(1)).unwrap();
    large["data"] = json!({"text": "x".repeat(9 << 20)});
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(large.to_string().as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    let records: Vec<_> = (0..2).map(|_| world.put(0, body.clone())).collect();
    let first = wide.process();
    first.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(first.ingest(0, &records).await.is_none());
    deliver(&narrow.process(), &[&records]).await;
    all_is_well(&narrow, &records, "larger").await;
}

#[tokio::test]
async fn without_the_database_that_the_bundle_names_nothing_is_written() {
    let world = World::new(1).await;
    let strict = world.under(strict()).await;
    let records = records(&world);
    let process = strict.process();
    let before = world.cloud.operator().keys();
    let error = process.ingest(0, &records).await.unwrap().unwrap_err().to_string();
    let named = format!("config/{}", Hash::of(&database()));
    assert!(error.contains(&named) && error.contains("found no object"), "{error}");
    assert_eq!(world.cloud.operator().keys(), before);

    // One with other bytes is not taken for it.
    world.cloud.operator().put(&named, b"no database".to_vec(), None);
    let error = process.ingest(0, &records).await.unwrap().unwrap_err().to_string();
    assert!(error.contains("an object of SHA-256"), "{error}");

    // Once it is there, the same process goes on, and the records come again.
    world.cloud.operator().delete(&named);
    world.add_config(&database()).await;
    deliver(&process, &[&records]).await;
    all_is_well(&strict, &records, "the database came later").await;
}
