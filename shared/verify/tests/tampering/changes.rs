//! Config bundles, and the entries that say from where on they judged.

use cairn_batch::keys;
use cairn_event::Bundle;
use cairn_ledger::{ConfigChange, Entry, Hash};
use cairn_verify::FindingCode as Code;
use jiff::SignedDuration;

use crate::world::{World, chain, codes, event, finding};

fn other() -> Bundle {
    Bundle::with_tenant_key([8; 32])
}

/// Another bundle, a batch that it judged, and what an honest writer would log now.
fn changed() -> (World, Vec<Entry>) {
    let mut world = World::usual();
    world.log();
    world.change_bundle(other());
    world.seal(&chain(0), &[event("acme", 1)]);
    world.seal(&chain(1), &[event("acme", 2)]);
    let entries = world.entries();
    assert_eq!(entries.len(), 3);
    (world, entries)
}

/// Logs and signs other entries than an honest writer would, and gives the kinds of findings.
fn lie(tell: impl FnOnce(&mut Vec<Entry>)) -> Vec<Code> {
    let (mut world, mut entries) = changed();
    tell(&mut entries);
    world.log_entries(&entries);
    codes(&world.verify())
}

#[test]
fn an_honest_change_is_green() {
    assert_eq!(lie(|_| {}), []);
}

#[test]
fn two_bundles_in_flight_and_a_way_back_are_green() {
    let mut world = World::usual();
    let first = world.bundle.clone();
    for (shard, bundle) in
        [(0, other()), (1, first.clone()), (0, other()), (1, other()), (0, first.clone())]
    {
        world.change_bundle(bundle);
        world.seal(&chain(shard), &[event("acme", 1)]);
        world.log();
    }
    let report = world.verify();
    assert!(report.ok, "{:#?}", report.findings);
    // Twelve batches, and each bundle once.
    assert_eq!((report.size, report.batches), (14, 12));
}

#[test]
fn a_batch_judged_by_a_bundle_that_no_entry_enters_is_named_once() {
    let (mut world, mut entries) = changed();
    entries.remove(0);
    world.log_entries(&entries);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ConfigUnlogged]);
    assert_eq!(finding(&report, Code::ConfigUnlogged).subject, World::batch_key(0, 4));
}

#[test]
fn a_change_behind_the_batch_that_it_was_to_announce_is_named() {
    let found = lie(|entries| entries.swap(0, 1));
    assert_eq!(found, [Code::ConfigUnlogged]);
}

#[test]
fn a_change_that_is_repeated_is_named() {
    let again = |entries: &mut Vec<Entry>| entries.insert(2, entries[0].clone());
    assert_eq!(lie(again), [Code::ConfigRepeated]);
    // The first bundle's, long after.
    let first = World::change_to(&World::new().bundle);
    let found = lie(|entries| entries.insert(2, first));
    assert_eq!(found, [Code::ConfigRepeated, Code::ConfigMisplaced]);
}

#[test]
fn a_change_that_no_batch_of_its_bundle_follows_is_named() {
    let third = World::change_to(&Bundle::with_tenant_key([6; 32]));
    for at in 0..3 {
        let change = third.clone();
        let found = lie(|entries| entries.insert(at, change));
        assert!(found.contains(&Code::ConfigMisplaced), "{at}: {found:?}");
        assert!(found.contains(&Code::ConfigMissing), "{at}: {found:?}");
    }
    // At the end of the log.
    let found = lie(|entries| entries.push(third));
    assert!(found.contains(&Code::ConfigMisplaced), "{found:?}");
}

#[test]
fn a_change_of_another_log_is_named() {
    let found = lie(|entries| {
        let origin = "other.example.com/log".to_owned();
        entries[0] = ConfigChange { origin, bundle: other().hash() }.into();
    });
    assert!(found.contains(&Code::HeaderInvalid), "{found:?}");
}

#[test]
fn a_change_before_an_entry_that_cannot_be_read_is_not_blamed() {
    let found = lie(|entries| {
        let Entry::Batch(header) = &mut entries[1] else { panic!() };
        header.header.transform = String::new();
    });
    assert!(found.contains(&Code::HeaderInvalid), "{found:?}");
    assert!(!found.contains(&Code::ConfigMisplaced), "{found:?}");
}

#[test]
fn a_bundle_that_was_entered_is_demanded_as_long_as_the_log() {
    let (mut world, entries) = changed();
    world.log_entries(&entries);
    let key = keys::bundle(&other().hash());

    let mut missing = world.clone();
    missing.objects.remove(&key);
    let report = missing.verify();
    assert_eq!(codes(&report), [Code::ConfigMissing]);
    assert_eq!(finding(&report, Code::ConfigMissing).subject, key);

    let mut altered = world.clone();
    altered.change(&key, |body| body[20] ^= 1);
    let report = altered.verify();
    assert_eq!(codes(&report), [Code::ConfigAltered]);
    assert_eq!(finding(&report, Code::ConfigAltered).subject, key);

    let stored = world.stored(&key);
    stored.lock.as_mut().unwrap().until = stored.modified + SignedDuration::from_hours(35 * 24);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::LockShort]);
    assert_eq!(finding(&report, Code::LockShort).subject, key);
}

#[test]
fn what_is_no_bundle_cannot_stand_for_one() {
    let mut world = World::usual();
    world.log();
    let other = Hash::of(b"no bundle");
    world.put(&keys::bundle(&other), "no bundle", Some(3650));
    let mut draft = world.draft(&chain(0), &[event("acme", 1)]);
    draft.header.bundle = other;
    world.seal_draft(draft);
    world.log();
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ConfigAltered]);
    assert_eq!(finding(&report, Code::ConfigAltered).subject, keys::bundle(&other));
}

#[test]
fn a_bundle_may_wait_for_its_first_batch() {
    let mut world = World::usual();
    world.change_bundle(other());
    assert!(world.verify().ok);
}

#[test]
fn what_is_neither_a_bundle_nor_named_by_one_is_named() {
    let mut world = World::usual();
    let key = keys::bundle(&Hash::of(b"something"));
    world.put(&key, "something", Some(3650));
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ConfigUnexpected]);
    assert_eq!(finding(&report, Code::ConfigUnexpected).subject, key);

    let mut world = World::usual();
    world.put(&key, "something else", Some(3650));
    assert_eq!(codes(&world.verify()), [Code::ConfigAltered]);
    let mut world = World::usual();
    world.put("config/notes", "something", Some(3650));
    assert_eq!(codes(&world.verify()), [Code::ConfigAltered]);
}

#[test]
fn a_plan_ahead_that_enters_a_bundle_is_no_fault_unless_it_is_known() {
    let (mut world, entries) = changed();
    let before = world.clone();
    world.log_entries(&entries);
    let behind = |mut world: World| {
        let size = world.checkpoint().size;
        // All but the checkpoint was written when the function died.
        world.objects.remove(&keys::checkpoint(size));
        let notes = before.objects[keys::CHECKPOINT].clone();
        world.objects.insert(keys::CHECKPOINT.to_owned(), notes);
        world.verify()
    };
    let report = behind(world);
    assert!(report.ok, "{:#?}", report.findings);

    // The same, but for a bundle that was entered before, one that its batch does not name, and none.
    let known = World::change_to(&World::new().bundle);
    for lie in [
        vec![known, entries[1].clone(), entries[2].clone()],
        vec![World::change_to(&Bundle::with_tenant_key([6; 32])), entries[1].clone()],
        entries[1..].to_vec(),
    ] {
        let mut world = before.clone();
        world.log_entries(&lie);
        let found = codes(&behind(world));
        assert!(found.contains(&Code::PlanMismatch), "{lie:?}: {found:?}");
    }
}

#[test]
fn a_change_that_was_altered_in_the_archive_is_named() {
    let (mut world, entries) = changed();
    world.log_entries(&entries);
    let size = world.checkpoint().size;
    let bundle = other().hash().to_string();
    world.change(&format!("log/tile/entries/000.p/{size}"), |body| {
        let at = body.windows(64).rposition(|part| part == bundle.as_bytes());
        let kind = body.windows(13).rposition(|part| part == b"config-change").unwrap();
        assert!(at.is_some());
        body[kind] = b'C';
    });
    assert_eq!(codes(&world.verify()), [Code::EntriesAltered]);
}

#[test]
fn cursors_that_enter_a_bundle_elsewhere_are_named() {
    let (mut world, entries) = changed();
    world.log_entries(&entries);
    let plan = world.objects.keys().rfind(|key| key.starts_with("log/plans/")).unwrap().clone();
    let text = String::from_utf8(world.body(&plan).to_vec()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let named = json["cursors"].as_str().unwrap();
    let cursors = String::from_utf8(world.body(&format!("log/cursors/{named}")).to_vec()).unwrap();
    let at = format!("\"{}\":8", other().hash());
    assert!(cursors.contains(&at), "{cursors}");
    let cursors = cursors.replace(&at, &at.replace(":8", ":7"));
    let other = Hash::of(cursors.as_bytes());
    world.put(&keys::cursors(&other), cursors, Some(35));
    world.stored(&plan).body = text.replace(named, &other.to_string()).into();
    assert_eq!(codes(&world.verify()), [Code::CursorsMismatch]);
}
