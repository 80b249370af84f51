//! Locks, encryption, versions, delete markers, and keys that nothing has.

use cairn_verify::{Encryption, FindingCode as Code, LockMode, Options};
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
    for key in kinds(&usual).into_iter().chain(["log/checkpoint".to_owned()]) {
        let mut world = usual.clone();
        world.delete(&key);
        let report = world.verify();
        assert_eq!(finding(&report, Code::DeleteMarker).subject, key);
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
fn what_may_go_is_hidden_by_a_marker_once_its_lock_has_ended() {
    let mut world = World::usual();
    let keys: Vec<String> =
        world.objects.keys().filter(|key| key.starts_with("quarantine/")).cloned().collect();
    world.later_when_batches_may_go();
    world.delete(&keys[0]);
    let report = world.verify();
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!(report.resolved, 1);
}

#[test]
fn an_extra_version_is_named_though_a_marker_hides_it() {
    let usual = World::usual();
    for key in kinds(&usual) {
        let mut world = usual.clone();
        world.put(&key, "x", Some(3650));
        world.delete(&key);
        let report = world.verify();
        assert_eq!(finding(&report, Code::VersionExtra).subject, key);
    }
}

#[test]
fn a_lock_that_can_be_bypassed_is_named() {
    let usual = World::usual();
    for key in kinds(&usual) {
        let mut world = usual.clone();
        world.stored(&key).lock.as_mut().unwrap().mode = LockMode::Governance;
        let report = world.verify();
        assert_eq!(codes(&report), [Code::LockMode], "{key}");
        assert_eq!(finding(&report, Code::LockMode).subject, key);
        for lock_mode in [None, Some(LockMode::Governance)] {
            assert!(world.verify_with(&Options { lock_mode, ..world.options() }).ok);
        }
    }
}

#[test]
fn an_object_outside_all_prefixes_is_named() {
    for key in ["notes.txt", "log/notes", "segments/class=a/x.parquet"] {
        let mut world = World::usual();
        world.put(key, "x", Some(35));
        let report = world.verify();
        assert_eq!(codes(&report), [Code::ObjectUnexpected], "{key}");
        assert_eq!(finding(&report, Code::ObjectUnexpected).subject, key);
    }
}

#[test]
fn an_object_of_no_proper_name_is_named() {
    let named = [
        ("quarantine/notes", Code::QuarantineAltered),
        ("log/cursors/notes", Code::CursorsMismatch),
        ("log/plans/notes", Code::PlanMismatch),
    ];
    for (key, code) in named {
        let mut world = World::usual();
        world.put(key, "x", Some(35));
        assert!(codes(&world.verify()).contains(&code), "{key}");
    }
    let mut world = World::usual();
    let plan = world.objects.keys().rfind(|key| key.starts_with("log/plans/")).unwrap().clone();
    let moved = world.objects.remove(&plan).unwrap();
    world.objects.insert(format!("log/plans/x-{}", &plan[plan.len() - 20..]), moved);
    assert_eq!(codes(&world.verify()), [Code::PlanMismatch]);
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
