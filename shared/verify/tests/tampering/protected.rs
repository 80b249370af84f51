//! Locks, encryption, versions, delete markers, and the heads of the table.

use cairn_ledger::Hash;
use cairn_verify::{Encryption, FindingCode as Code, Options};
use jiff::SignedDuration;

use crate::world::{World, chain, codes, finding};

/// One key of each kind of object, with the days that it is locked for.
fn kinds(world: &World) -> Vec<String> {
    let prefixes = [
        "batches/",
        "quarantine/",
        "config/",
        "log/tile/0/",
        "log/tile/entries/",
        "log/checkpoints/",
        "log/plans/",
        "log/cursors/",
    ];
    let last = |prefix: &&str| {
        world.objects.keys().rfind(|key| key.starts_with(*prefix)).expect(prefix).clone()
    };
    prefixes.iter().map(last).collect()
}

#[test]
fn an_object_without_lock_is_named() {
    let usual = World::usual();
    for key in kinds(&usual) {
        let mut world = usual.clone();
        world.stored(&key).lock = None;
        let report = world.verify();
        assert_eq!(codes(&report), [Code::LockMissing], "{key}");
        assert_eq!(finding(&report, Code::LockMissing).subject, key);
    }
}

#[test]
fn too_short_a_lock_is_named() {
    let usual = World::usual();
    for key in kinds(&usual) {
        let mut world = usual.clone();
        let shorter = |world: &mut World, minutes| {
            let stored = world.stored(&key);
            stored.lock.as_mut().unwrap().until -= SignedDuration::from_mins(minutes);
        };
        shorter(&mut world, 4);
        assert!(world.verify().ok, "{key}");
        shorter(&mut world, 2);
        let report = world.verify();
        assert_eq!(codes(&report), [Code::LockShort], "{key}");
        assert_eq!(finding(&report, Code::LockShort).subject, key);
    }
}

#[test]
fn full_tiles_are_locked_for_as_long_as_the_log() {
    let mut world = World::new();
    for _ in 0..256 {
        world.seal(&chain(0), &[crate::world::event("acme", 1)]);
    }
    world.log();
    for key in ["log/tile/0/000", "log/tile/entries/000"] {
        let mut world = world.clone();
        let stored = world.stored(key);
        stored.lock.as_mut().unwrap().until = stored.modified + SignedDuration::from_hours(35 * 24);
        let report = world.verify();
        assert_eq!(codes(&report), [Code::LockShort]);
        assert_eq!(finding(&report, Code::LockShort).subject, key);
    }
}

#[test]
fn an_object_without_encryption_is_named() {
    let usual = World::usual();
    for key in kinds(&usual).into_iter().chain(["log/checkpoint".to_owned()]) {
        let mut world = usual.clone();
        world.stored(&key).encryption = Encryption::Other("AES256".to_owned());
        let report = world.verify();
        assert_eq!(codes(&report), [Code::EncryptionMissing], "{key}");
        assert_eq!(finding(&report, Code::EncryptionMissing).subject, key);

        world.stored(&key).encryption = Encryption::Kms("other-key".to_owned());
        assert_eq!(codes(&world.verify()), [Code::EncryptionKey], "{key}");
        let any_key = Options { data_key: None, ..world.options() };
        assert!(world.verify_with(&any_key).ok);
        // S3 may name the key by its id alone.
        world.stored(&key).encryption = Encryption::Kms("data".to_owned());
        assert!(world.verify().ok);
    }
}

#[test]
fn extra_versions_are_named() {
    let usual = World::usual();
    for key in kinds(&usual) {
        let mut world = usual.clone();
        let body = world.body(&key);
        let days = if key.starts_with("config/") || key.starts_with("log/checkpoints/") {
            3650
        } else {
            35
        };
        world.put(&key, body, Some(days));
        let report = world.verify();
        let found = codes(&report);
        assert!(found.contains(&Code::VersionExtra), "{key}: {found:?}");
        assert_eq!(finding(&report, Code::VersionExtra).subject, key);
    }
}

#[test]
fn a_version_that_covers_a_sealed_batch_is_named() {
    let mut world = World::usual();
    let key = World::batch_key(0, 1);
    world.put(&key, "something else", Some(35));
    let found = codes(&world.verify());
    assert!(
        found.contains(&Code::VersionExtra) && found.contains(&Code::ObjectAltered),
        "{found:?}"
    );
}

#[test]
fn delete_markers_are_named() {
    let usual = World::usual();
    for key in kinds(&usual) {
        // What is resolved or expires is deleted in its time.
        let expires = ["quarantine/", "log/plans/", "log/cursors/"];
        if expires.iter().any(|prefix| key.starts_with(prefix)) {
            continue;
        }
        let mut world = usual.clone();
        world.delete(&key);
        let report = world.verify();
        let found = codes(&report);
        let named = [Code::DeleteMarker, Code::TileMissing, Code::EntriesMissing];
        assert!(found.iter().any(|code| named.contains(code)), "{key}: {found:?}");
    }
}

#[test]
fn a_batch_behind_a_delete_marker_is_named_and_still_checked() {
    let mut world = World::usual();
    let key = World::batch_key(0, 1);
    world.delete(&key);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::BatchMissing, Code::DeleteMarker]);
    assert_eq!(report.batches, 7);
}

#[test]
fn a_rolled_back_head_is_named() {
    let mut world = World::usual();
    world.head(0).number = 1;
    let report = world.verify();
    assert!(codes(&report).contains(&Code::HeadRolledBack), "{:?}", report.findings);
    assert_eq!(finding(&report, Code::HeadRolledBack).subject, chain(0).as_str());
}

#[test]
fn a_head_that_is_missing_is_named() {
    let mut world = World::usual();
    world.heads.remove(&chain(1));
    let report = world.verify();
    assert_eq!(codes(&report), [Code::HeadMissing]);
    assert_eq!(finding(&report, Code::HeadMissing).subject, chain(1).as_str());
}

#[test]
fn a_head_of_another_header_or_version_is_named() {
    for shard in 0..2 {
        let mut world = World::usual();
        world.head(shard).link = Hash::of(b"x");
        assert_eq!(codes(&world.verify()), [Code::HeadMismatch]);
        let mut world = World::usual();
        world.head(shard).version = "v0".to_owned();
        assert_eq!(codes(&world.verify()), [Code::HeadMismatch]);
    }
}

#[test]
fn a_stopped_chain_is_named() {
    let mut world = World::usual();
    world.heads.get_mut(&chain(1)).unwrap().stopped = Some("a leaf differs".to_owned());
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ChainStopped]);
    assert!(finding(&report, Code::ChainStopped).detail.contains("a leaf differs"));
}

#[test]
fn without_the_table_the_archive_stands_for_itself() {
    let mut world = World::usual();
    world.heads.clear();
    assert!(!world.verify().ok);
    assert!(world.verify_with(&Options { heads: None, ..world.options() }).ok);
}

#[test]
fn findings_of_a_kind_are_counted_beyond_those_that_are_listed() {
    let mut world = World::new();
    for _ in 0..130 {
        world.seal(&chain(0), &[crate::world::event("acme", 1)]);
    }
    world.log();
    for number in 0..130 {
        world.stored(&World::batch_key(0, number)).lock = None;
    }
    let report = world.verify();
    assert_eq!(report.findings.len(), 100);
    assert_eq!(report.suppressed[&Code::LockMissing], 30);
    let subject = |number: u64| World::batch_key(0, number);
    assert_eq!(report.findings[7].subject, subject(7), "in order");
}
