//! What must not be adopted: an object that lies at the next key and is not the chain's.

use cairn_batch::keys;
use cairn_ledger::{BatchHeader, Hash, Lineage, SealedHeader};
use cairn_store::faults::{At, Fault, Operation};
use cairn_store::{Objects, StoredRecord, Table};
use cairn_tests::{Process, World};

use crate::story::{all_is_well, deliver, event, records};

/// A chain with one batch, and the object of number 1 made but not committed.
pub(crate) async fn half_made() -> (World, Vec<StoredRecord>) {
    let world = World::new(1).await;
    let records = records(&world);
    let world = half_made_of(world, &records).await;
    (world, records)
}

async fn half_made_of(world: World, records: &[StoredRecord]) -> World {
    deliver(&world.process(), &[&records[..2]]).await;
    let process = world.process();
    process.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(process.ingest(0, &records[2..6]).await.is_none());
    world
}

async fn key(world: &World) -> String {
    keys::batch(&world.chain(0).await, 1)
}

/// Changes the half-made batch as `change` says, leaves and all.
pub(crate) async fn plant(
    world: &World,
    change: impl FnOnce(&mut BatchHeader, &mut Vec<cairn_event::Leaf>),
) {
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
    reroot_under(header, leaves, &cairn_tests::TENANT_KEY);
}

fn reroot_under(header: &mut BatchHeader, leaves: &[cairn_event::Leaf], tenant_key: &[u8; 32]) {
    let mut root = cairn_ledger::tree::Frontier::new();
    let mut tenants = cairn_ledger::TenantTree::new(tenant_key);
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
    let refused = async || {
        let response = process.ingest(0, &records[2..6]).await.unwrap().unwrap();
        assert_eq!(response.failures[0].sequence, records[2].sequence.as_str());
    };
    refused().await;
    let keys = world.cloud.operator().keys();
    let writes = process.faults.writes().len();
    for _ in 0..4 {
        refused().await;
    }
    assert_eq!(process.faults.writes().len(), writes, "a stopped chain is left alone");
    assert_eq!(world.cloud.operator().keys(), keys);
    let state = world.cloud.chain(&world.chain(0).await).await.unwrap();
    assert_eq!(state.head, before, "the head is not touched");
    let stopped = state.stopped.expect("the chain is stopped");
    assert!(stopped.contains(reason), "expected {reason:?} in {stopped:?}");
    let report = world.verify().await;
    assert!(!report.ok, "a stopped chain is an alarm");
}

/// The records wait, and the chain is not stopped: another writer may be able to judge.
async fn is_blocked(world: &World, records: &[StoredRecord]) {
    let before = world.cloud.chain(&world.chain(0).await).await.unwrap();
    let process = world.process();
    for _ in 0..2 {
        let response = process.ingest(0, &records[2..6]).await.unwrap().unwrap();
        assert_eq!(response.failures[0].sequence, records[2].sequence.as_str());
    }
    assert_eq!(world.cloud.chain(&world.chain(0).await).await.unwrap(), before);
    assert!(process.faults.writes().is_empty());
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

/// Between the records of this shard lie numbers of others': room for an invention.
#[tokio::test]
async fn an_object_with_an_invented_record_stops_the_chain() {
    let world = World::new(2).await;
    let record = |n: usize| {
        world.put(1, "another shard's");
        world.put(0, event(n))
    };
    let records: Vec<_> = (0..10).map(record).collect();
    let world = half_made_of(world, &records).await;
    plant(&world, |header, leaves| {
        let (before, after) = (&records[3].sequence, &records[4].sequence);
        let (digits, last) = after.as_str().split_at(46);
        let invented = format!("{digits}{:010}", last.parse::<u64>().unwrap() - 1);
        assert!(*before < invented.parse().unwrap() && invented.as_str() < after.as_str());
        let text = String::from_utf8(leaves[2].bytes.clone()).unwrap();
        let text = text.replace(after.as_str(), &invented);
        leaves.insert(2, cairn_event::Leaf::parse(text.as_bytes()).unwrap());
        header.counts.records += 1;
        header.counts.events += 1;
        reroot(header, leaves);
    })
    .await;
    is_stopped(&world, &records, "not one of the shard's").await;
}

/// What is not at hand is asked of the stream.
#[tokio::test]
async fn a_record_passed_over_beyond_what_is_at_hand_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, leaves| {
        leaves.retain(|leaf| leaf.sequence != records[4].sequence);
        header.counts.records -= 1;
        header.counts.events -= 1;
        reroot(header, leaves);
    })
    .await;
    let answer = world.process().ingest(0, &records[2..4]).await.unwrap().unwrap();
    assert_eq!(answer.failures[0].sequence, records[2].sequence.as_str());
    is_stopped(&world, &records, "passed over").await;
}

#[tokio::test]
async fn a_record_altered_beyond_what_is_at_hand_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, leaves| {
        let altered = leaves.iter_mut().find(|leaf| leaf.sequence == records[4].sequence).unwrap();
        let text = String::from_utf8(altered.bytes.clone()).unwrap();
        let text = text.replace("\"success\"", "\"failure\"");
        *altered = cairn_event::Leaf::parse(text.as_bytes()).unwrap();
        reroot(header, leaves);
    })
    .await;
    let answer = world.process().ingest(0, &records[2..4]).await.unwrap().unwrap();
    assert_eq!(answer.failures[0].sequence, records[2].sequence.as_str());
    is_stopped(&world, &records, "are not those it makes").await;
}

#[tokio::test]
async fn an_object_whose_rows_are_out_of_order_stops_the_chain() {
    let (world, records) = half_made().await;
    plant(&world, |header, leaves| {
        leaves.swap(1, 2);
        reroot(header, leaves);
    })
    .await;
    is_stopped(&world, &records, "later record").await;
}

#[tokio::test]
async fn an_object_with_false_arrivals_stops_the_chain() {
    let (world, records) = half_made().await;
    let time = "2020-01-01T00:00:00.000Z".to_owned();
    plant(&world, |header, _| header.arrived = [time.clone(), time]).await;
    is_stopped(&world, &records, "arrivals").await;
}

#[tokio::test]
async fn an_object_without_a_lock_waits_for_an_operator() {
    let (world, records) = half_made().await;
    let key = key(&world).await;
    let lock = world.cloud.read(&key).await.unwrap().unwrap().retention;
    world.cloud.operator().set_retention(&key, None, None);
    is_blocked(&world, &records).await;
    world.cloud.operator().set_retention(&key, None, lock);
    deliver(&world.process(), &[&records[2..]]).await;
    all_is_well(&world, &records, "locked again").await;
}

/// After a roll-back of the code: what a later version made must not stop the chain for good.
#[tokio::test]
async fn a_leaf_that_only_a_later_version_knows_waits_for_that_version() {
    let (world, records) = half_made().await;
    plant(&world, |header, leaves| {
        header.transform = "cairn/999".to_owned();
        let text = String::from_utf8(leaves[1].bytes.clone()).unwrap();
        let later = text.replace("\"arrived\"", "\"adapter\":\"of-a-later-version\",\"arrived\"");
        assert_ne!(text, later);
        leaves[1].bytes = later.into_bytes();
        reroot(header, leaves);
    })
    .await;
    is_blocked(&world, &records).await;
}

#[tokio::test]
async fn a_delete_marker_at_the_next_key_stops_the_chain() {
    let (world, records) = half_made().await;
    world.cloud.operator().mark_deleted(&key(&world).await);
    is_stopped(&world, &records, "1 delete markers").await;
    assert_eq!(world.cloud.operator().versions(&key(&world).await).len(), 2, "none is added");
}

#[tokio::test]
async fn a_key_that_only_begins_like_the_next_one_is_in_nobodys_way() {
    let world = World::new(1).await;
    let records = records(&world);
    deliver(&world.process(), &[&records[..2]]).await;
    let beside = format!("{}.bak", key(&world).await);
    world.cloud.operator().put(&beside, "a copy", None);
    deliver(&world.process(), &[&records[2..]]).await;
    assert!(world.cloud.chain(&world.chain(0).await).await.unwrap().stopped.is_none());
    world.cloud.operator().delete(&beside);
    all_is_well(&world, &records, "a copy beside").await;
}

#[tokio::test]
async fn a_chain_stopped_before_its_first_batch_is_seen() {
    let world = World::new(1).await;
    let records = records(&world);
    let process = world.process();
    process.faults.inject(At::operation(Operation::Commit, 0), Fault::CrashBefore);
    assert!(process.ingest(0, &records[2..6]).await.is_none());
    // Number 0 passes over the first records: the chain stops before it has begun.
    assert!(!world.process().ingest(0, &records).await.unwrap().unwrap().failures.is_empty());
    let chain = world.chain(0).await;
    assert_eq!(world.cloud.chains().await.unwrap(), std::slice::from_ref(&chain));
    assert!(world.cloud.chain(&chain).await.unwrap().stopped.is_some());
}

#[tokio::test]
async fn faults_while_stopping_stop_it_in_the_end() {
    for fault in Fault::ALL {
        let (world, records) = half_made().await;
        plant(&world, |header, _| header.origin = "other.example".to_owned()).await;
        let process = world.process();
        process.faults.inject(At::operation(Operation::Stop, 0), fault);
        let _ = process.ingest(0, &records[2..6]).await;
        assert_eq!(process.faults.fired().len(), 1, "{fault:?}");
        is_stopped(&world, &records, "origin").await;
    }
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
    all_is_well(&world, &records, "other code").await;

    let (world, records) = half_made().await;
    let bundle = world.add_bundle([10; 32]).await;
    plant(&world, |header, leaves| {
        header.bundle = bundle.hash();
        reroot_under(header, leaves, &bundle.tenant_key);
    })
    .await;
    deliver(&world.process(), &[&records[2..]]).await;
    all_is_well(&world, &records, "another bundle").await;
}

#[tokio::test]
async fn a_sealed_header_survives_its_text() {
    let (world, _) = half_made().await;
    let chain = world.chain(0).await;
    let item = world.cloud.batches(&chain, 0, 1).await.unwrap().remove(0);
    let again = SealedHeader::parse(&item.header.to_json()).unwrap();
    assert_eq!(again, item.header);
}
