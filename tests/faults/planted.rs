//! What must not be adopted: an object that lies at the next key and is not the chain's.

use cairn_batch::keys;
use cairn_ledger::{BatchHeader, Hash, Lineage, SealedHeader};
use cairn_store::faults::{At, Fault, Operation};
use cairn_store::{Objects, StoredRecord, Table};
use cairn_tests::{Process, World};

use crate::story::{all_is_well, deliver, records};

/// A chain with one batch, and the object of number 1 made but not committed.
async fn half_made() -> (World, Vec<StoredRecord>) {
    let world = World::new(1).await;
    let records = records(&world);
    deliver(&world.process(), &[&records[..2]]).await;
    let process = world.process();
    process.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(process.ingest(0, &records[2..6]).await.is_none());
    (world, records)
}

async fn key(world: &World) -> String {
    keys::batch(&world.chain(0).await, 1)
}

/// Changes the half-made batch as `change` says, leaves and all.
async fn plant(world: &World, change: impl FnOnce(&mut BatchHeader, &mut Vec<cairn_event::Leaf>)) {
    let key = key(world).await;
    let object = world.cloud.read(&key).await.unwrap().unwrap();
    let batch = cairn_batch::decode(object.body, 1 << 20).unwrap();
    let mut header = batch.header;
    let mut leaves: Vec<_> = batch.rows.into_iter().map(|row| row.leaf).collect();
    change(&mut header, &mut leaves);
    let body = cairn_batch::encode(&header, &leaves).unwrap();
    world.cloud.operator().overwrite(&key, None, body);
}

fn reroot(header: &mut BatchHeader, leaves: &[cairn_event::Leaf]) {
    let mut root = cairn_ledger::tree::Frontier::new();
    let mut tenants = cairn_ledger::TenantTree::new(&[9; 32]);
    for leaf in leaves {
        let hash = Hash::leaf(&leaf.bytes);
        root.push(hash);
        if let Some(event) = &leaf.event {
            tenants.push(&event.tenant, hash);
        }
    }
    header.root = root.root();
    header.tenants = tenants.root();
}

async fn is_stopped(world: &World, records: &[StoredRecord], reason: &str) {
    let process: Process = world.process();
    let before = world.cloud.chain(&world.chain(0).await).await.unwrap().head;
    for _ in 0..2 {
        let response = process.ingest(0, &records[2..6]).await.unwrap().unwrap();
        assert_eq!(response.failures[0].sequence, records[2].sequence.as_str());
    }
    let state = world.cloud.chain(&world.chain(0).await).await.unwrap();
    assert_eq!(state.head, before, "the head is not touched");
    let stopped = state.stopped.expect("the chain is stopped");
    assert!(stopped.contains(reason), "expected {reason:?} in {stopped:?}");
    let report = world.verify().await;
    assert!(!report.ok, "a stopped chain is an alarm");
}

#[tokio::test]
async fn an_object_that_is_the_chains_is_adopted() {
    let (world, records) = half_made().await;
    plant(&world, |_, _| {}).await;
    deliver(&world.process(), &[&records[2..]]).await;
    all_is_well(&world, &records, "adopted").await;
}

#[tokio::test]
async fn an_object_of_another_lineage_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, _| header.lineage = Lineage::Previous(Hash::EMPTY_ROOT)).await;
    is_stopped(&world, &records, "lineage").await;
}

#[tokio::test]
async fn an_object_of_another_origin_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, _| header.origin = "other.example".to_owned()).await;
    is_stopped(&world, &records, "origin").await;
}

#[tokio::test]
async fn an_object_of_another_number_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, _| header.number = 2).await;
    is_stopped(&world, &records, "number").await;
}

#[tokio::test]
async fn an_object_whose_root_does_not_recompute_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, _| header.root = Hash::EMPTY_ROOT).await;
    is_stopped(&world, &records, "root").await;
}

#[tokio::test]
async fn an_object_with_an_event_changed_and_all_hashes_mended_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, leaves| {
        let text = String::from_utf8(leaves[1].bytes.clone()).unwrap();
        let changed = text.replace("\"success\"", "\"failure\"");
        assert_ne!(text, changed);
        leaves[1] = cairn_event::Leaf::parse(changed.as_bytes()).unwrap();
        reroot(header, leaves);
    })
    .await;
    is_stopped(&world, &records, "record").await;
}

#[tokio::test]
async fn an_object_that_passes_over_a_record_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, leaves| {
        let gone = leaves.remove(1).sequence;
        leaves.retain(|leaf| leaf.sequence != gone);
        header.counts.records -= 1;
        header.counts.events -= 1;
        reroot(header, leaves);
    })
    .await;
    is_stopped(&world, &records, "passed over").await;
}

#[tokio::test]
async fn an_object_that_is_no_batch_stops_the_chain() {
    let (world, records) = half_made().await;
    world.cloud.operator().overwrite(&key(&world).await, None, "nonsense");
    is_stopped(&world, &records, "parquet").await;
}

#[tokio::test]
async fn two_versions_at_the_next_key_stop_the_chain() {
    let (world, records) = half_made().await;
    world.cloud.operator().put(&key(&world).await, "another", None);
    is_stopped(&world, &records, "one version").await;
}

#[tokio::test]
async fn a_rejection_whose_bytes_are_gone_stops_the_chain() {
    let (world, records) = half_made().await;
    let quarantine: Vec<_> = world.cloud.operator().keys();
    let quarantine = quarantine.iter().find(|key| key.starts_with("quarantine/")).unwrap();
    world.cloud.operator().delete(quarantine);
    is_stopped(&world, &records, "quarantine").await;
}

/// Under another bundle or another version of the code the leaves cannot be made again; the
/// object is judged by its own bytes and by the records it must hold.
#[tokio::test]
async fn a_batch_made_under_other_rules_is_adopted() {
    let (world, records) = half_made().await;
    plant(&world, |header, _| header.transform = "cairn/0".to_owned()).await;
    deliver(&world.process(), &[&records[2..]]).await;
    all_is_well(&world, &records, "other rules").await;
}

#[tokio::test]
async fn a_sealed_header_survives_its_text() {
    let (world, _) = half_made().await;
    let chain = world.chain(0).await;
    let item = world.cloud.batches(&chain, 0, 1).await.unwrap().remove(0);
    let again = SealedHeader::parse(&item.header.to_json()).unwrap();
    assert_eq!(again, item.header);
}
