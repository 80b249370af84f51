//! What is kept out: of the log, of the table, of its chain, of the archive.

use cairn_batch::keys;
use cairn_verify::FindingCode as Code;
use jiff::SignedDuration;

use crate::world::{DAY, World, chain, codes, event, finding};

#[test]
fn a_batch_that_is_kept_out_of_the_log_is_named() {
    let mut world = World::usual();
    world.now += SignedDuration::from_mins(14);
    assert!(world.verify().ok);
    world.now += SignedDuration::from_mins(2);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::BatchUnlogged]);
    assert_eq!(finding(&report, Code::BatchUnlogged).subject, World::batch_key(0, 3));
    let mut options = world.options();
    options.heads = None;
    assert_eq!(codes(&world.verify_with(&options)), [Code::BatchUnlogged]);
}

#[test]
fn an_extra_batch_that_nobody_commits_is_named() {
    for shard in [1, 7] {
        let mut world = World::usual();
        world.log();
        let heads = world.heads.clone();
        let extra = world.seal(&chain(shard), &[event("acme", 1)]).header.key;
        world.heads = heads;
        assert!(world.verify().ok);
        world.now += SignedDuration::from_mins(16);
        let report = world.verify();
        assert_eq!(codes(&report), [Code::BatchUncommitted]);
        assert_eq!(finding(&report, Code::BatchUncommitted).subject, extra);
    }
}

#[test]
fn a_signed_checkpoint_that_is_not_kept_is_named() {
    for size in [3, 5, 7] {
        let mut world = World::usual();
        let key = keys::checkpoint(size);
        world.objects.remove(&key);
        let report = world.verify();
        assert_eq!(codes(&report), [Code::CheckpointMissing]);
        assert_eq!(finding(&report, Code::CheckpointMissing).subject, key);
    }
}

#[test]
fn plans_that_are_all_gone_are_named_while_they_cannot_have_expired() {
    let mut world = World::usual();
    world.log();
    world.objects.retain(|key, _| !key.starts_with("log/plans/"));
    assert_eq!(codes(&world.verify()), [Code::PlanMissing]);
    world.now += SignedDuration::from_secs(36 * DAY);
    assert!(world.verify().ok);
}

#[test]
fn a_bucket_that_was_emptied_but_for_its_traces_is_named() {
    for prefix in ["log/plans/", "log/cursors/", "quarantine/"] {
        let mut world = World::usual();
        world.heads.clear();
        world.objects.retain(|key, _| key.starts_with(prefix));
        let mut options = world.options();
        options.heads = None;
        let found = codes(&world.verify_with(&options));
        assert!(found.contains(&Code::CheckpointMissing), "{prefix}: {found:?}");
    }
}

#[test]
fn a_parent_that_goes_on_after_its_child_began_is_named() {
    let mut world = World::usual();
    let mut child = world.draft(&chain(9), &[event("acme", 1)]);
    child.header.lineage = cairn_ledger::Lineage::Genesis(vec![world.end(1)]);
    world.seal_draft(child);
    world.log();
    assert!(world.verify().ok);
    let late = world.seal(&chain(1), &[event("acme", 2)]).header.key;
    world.log();
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ChainParent]);
    assert_eq!(finding(&report, Code::ChainParent).subject, late);
}

#[test]
fn a_plan_or_tile_of_batches_that_are_not_there_is_named() {
    let mut world = World::usual();
    let before = world.clone();
    world.log();
    world.objects.remove(&keys::checkpoint(8));
    *world.objects.get_mut(keys::CHECKPOINT).unwrap() = before.objects[keys::CHECKPOINT].clone();
    assert!(world.verify().ok);
    let mut tile = world.clone();
    tile.change("log/tile/0/000.p/8", |body| body[200] ^= 1);
    assert_eq!(codes(&tile.verify()), [Code::TileAltered]);
    let plan = world.objects.keys().rfind(|key| key.starts_with("log/plans/")).unwrap().clone();
    let text = String::from_utf8(world.body(&plan).to_vec()).unwrap();
    world.stored(&plan).body = text.replace("\"number\":3", "\"number\":4").into();
    let report = world.verify();
    assert_eq!(codes(&report), [Code::PlanMismatch]);
    assert_eq!(finding(&report, Code::PlanMismatch).subject, plan);
}

#[test]
fn a_full_file_beside_a_partial_one_does_not_stand_for_it() {
    let mut world = World::usual();
    world.put("log/tile/entries/000", "x", Some(3650));
    world.put("log/tile/0/000", "x", Some(3650));
    let report = world.verify();
    assert_eq!(codes(&report), [Code::TileUnexpected]);
    assert_eq!(report.findings.len(), 2);
}
