//! The log: checkpoints, entries, tiles, plans and cursors.

use cairn_batch::keys;
use cairn_ledger::{Checkpoint, Hash};
use cairn_verify::{FindingCode as Code, Options, VerifyError, verify};
use jiff::SignedDuration;

use crate::world::{ORIGIN, World, chain, codes, event, finding, sign, signing_key, verifier_key};

#[test]
fn nothing_sealed_is_nothing_to_verify() {
    // A bucket that is the wrong one looks like this too.
    let world = World::new();
    let result = verify(&world, &world.options(), &crate::world::Silent);
    assert!(matches!(result, Err(VerifyError::Nothing)), "{result:?}");
}

#[test]
fn batches_without_any_checkpoint_are_named() {
    let mut world = World::new();
    world.seal(&chain(0), &[event("acme", 1)]);
    assert_eq!(codes(&world.verify()), [Code::CheckpointMissing]);
}

#[test]
fn an_archive_that_was_emptied_is_named() {
    let trusted = String::from_utf8(World::usual().body(keys::CHECKPOINT).to_vec()).unwrap();
    let found = codes(&World::new().verify_since(&trusted));
    assert_eq!(found, [Code::CheckpointMissing, Code::CheckpointRolledBack]);
    let mut world = World::new();
    world.heads = World::usual().heads;
    let found = codes(&world.verify());
    assert!(found.contains(&Code::CheckpointMissing), "{found:?}");
    assert!(found.contains(&Code::BatchMissing), "{found:?}");
}

#[test]
fn a_checkpoint_that_is_missing_among_others_is_named() {
    let mut world = World::usual();
    world.objects.remove(keys::CHECKPOINT);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::CheckpointMissing]);
    assert_eq!(report.size, 7);
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_named() {
    let mut world = World::usual();
    world.stored(keys::CHECKPOINT).body = "no checkpoint".into();
    assert_eq!(codes(&world.verify()), [Code::CheckpointUnreadable]);
}

/// Whoever can sign can claim anything: nobody looks for each of 2^62 entries.
#[test]
fn a_size_beyond_what_is_there_is_one_finding() {
    for size in [100_000, 1 << 62] {
        let mut world = World::usual();
        let claim = Checkpoint { origin: ORIGIN.to_owned(), size, root: Hash::of(b"none") };
        world.put(keys::CHECKPOINT, sign(&claim, &signing_key(1)), None);
        let report = world.verify();
        let expected = format!("a log of size {size}, found 3 bundles of at most 256");
        let named = |finding: &cairn_verify::Finding| finding.detail.contains(&expected);
        assert!(report.findings.iter().any(named), "{size}");
        assert!(report.findings.len() < 100, "{} findings", report.findings.len());
        assert_eq!(report.size, size);
    }
}

#[test]
fn a_checkpoint_by_another_key_is_named() {
    let mut world = World::usual();
    let note = sign(&world.checkpoint(), &signing_key(2));
    world.stored(keys::CHECKPOINT).body = note.into();
    assert_eq!(codes(&world.verify()), [Code::CheckpointKey]);
}

#[test]
fn a_false_signature_is_named() {
    let mut world = World::usual();
    let note = sign(&world.checkpoint(), &world.signer);
    let other = Checkpoint { size: 6, ..world.checkpoint() };
    let signature = note.split_once("\n\n").unwrap().1;
    world.stored(keys::CHECKPOINT).body = format!("{other}\n{signature}").into();
    assert_eq!(codes(&world.verify()), [Code::CheckpointKey]);
}

#[test]
fn a_checkpoint_of_another_origin_is_named() {
    let other =
        Checkpoint { origin: "other.example.com/log".to_owned(), ..World::usual().checkpoint() };
    for signer in [signing_key(1), signing_key(2)] {
        let mut world = World::usual();
        world.stored(keys::CHECKPOINT).body = sign(&other, &signer).into();
        assert_eq!(codes(&world.verify()), [Code::CheckpointOrigin]);
    }
}

#[test]
fn a_checkpoint_older_than_one_that_was_signed_is_named() {
    let mut world = World::usual();
    let older = world.body(&keys::checkpoint(5));
    world.stored(keys::CHECKPOINT).body = older;
    assert!(world.verify().ok, "it may just be about to be published");
    world.now += SignedDuration::from_mins(6);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::CheckpointRolledBack]);
    assert_eq!(report.size, 7, "what was signed counts");
}

#[test]
fn an_archive_older_than_a_trusted_checkpoint_is_named() {
    let older = World::usual();
    let mut newer = older.clone();
    let trusted = newer.log();
    assert!(newer.verify_since(&trusted).ok);
    assert_eq!(codes(&older.verify_since(&trusted)), [Code::CheckpointRolledBack]);
}

#[test]
fn an_archive_that_extends_a_trusted_checkpoint_is_green() {
    let mut world = World::usual();
    let trusted = world.log();
    for n in 0..3 {
        world.seal(&chain(n), &[event("acme", 1)]);
        world.log();
    }
    assert!(world.verify_since(&trusted).ok);
}

#[test]
fn a_fork_is_named() {
    // Two histories from the same beginning, both signed.
    let mut ours = World::usual();
    let mut theirs = ours.clone();
    ours.seal(&chain(1), &[event("acme", 1)]);
    let trusted = ours.log();
    theirs.seal(&chain(1), &[event("acme", 2)]);
    theirs.log();
    assert!(theirs.verify().ok);
    assert_eq!(codes(&theirs.verify_since(&trusted)), [Code::LogFork]);
    theirs.seal(&chain(1), &[event("acme", 3)]);
    theirs.log();
    assert_eq!(codes(&theirs.verify_since(&trusted)), [Code::LogFork]);
}

#[test]
fn a_rewritten_history_that_is_signed_again_is_named() {
    let trusted = String::from_utf8(World::usual().body(&keys::checkpoint(3)).to_vec()).unwrap();
    let mut world = World::new();
    for shard in 0..3 {
        world.seal(&chain(shard), &[event("acme", 7)]);
    }
    world.log();
    assert!(world.verify().ok);
    assert_eq!(codes(&world.verify_since(&trusted)), [Code::LogFork]);
}

#[test]
fn a_signed_checkpoint_of_another_root_is_named() {
    let mut world = World::usual();
    let other = Checkpoint { size: 5, root: Hash::of(b"x"), origin: ORIGIN.to_owned() };
    let key = keys::checkpoint(5);
    world.stored(&key).body = sign(&other, &signing_key(1)).into();
    let report = world.verify();
    assert_eq!(codes(&report), [Code::CheckpointMismatch]);
    assert_eq!(finding(&report, Code::CheckpointMismatch).subject, key);
}

#[test]
fn a_signed_checkpoint_under_another_size_is_named() {
    let mut world = World::usual();
    let note = world.body(&keys::checkpoint(5));
    world.put(&keys::checkpoint(6), note, Some(3650));
    assert_eq!(codes(&world.verify()), [Code::CheckpointMismatch]);
}

#[test]
fn an_altered_entry_is_named() {
    let mut world = World::usual();
    let key = "log/tile/entries/000.p/7";
    world.change(key, |body| {
        let at = body.windows(12).position(|part| part == b"\"records\":5,").unwrap();
        body[at + 10] = b'4';
    });
    let report = world.verify();
    assert_eq!(codes(&report), [Code::EntriesAltered]);
    assert_eq!(finding(&report, Code::EntriesAltered).subject, key);
}

#[test]
fn entries_that_were_permuted_are_named() {
    let mut world = World::usual();
    let key = "log/tile/entries/000.p/7";
    world.change(key, |body| {
        let first = 2 + usize::from(u16::from_be_bytes([body[0], body[1]]));
        let second = 2 + usize::from(u16::from_be_bytes([body[first], body[first + 1]]));
        body[..first + second].rotate_left(first);
    });
    let report = world.verify();
    assert_eq!(codes(&report), [Code::EntriesAltered]);
    assert_eq!(finding(&report, Code::EntriesAltered).subject, key);
}

#[test]
fn a_bundle_that_cannot_be_parsed_is_named() {
    let mut world = World::usual();
    world.change("log/tile/entries/000.p/7", |body| body.truncate(100));
    assert_eq!(codes(&world.verify()), [Code::EntriesAltered]);
}

#[test]
fn a_missing_bundle_is_named() {
    let mut world = World::usual();
    world.objects.remove("log/tile/entries/000.p/7");
    let report = world.verify();
    assert_eq!(codes(&report), [Code::EntriesMissing]);
    assert_eq!(report.batches, 7, "the objects are checked all the same");
}

#[test]
fn entries_and_tiles_that_were_altered_together_are_named() {
    let mut world = World::usual();
    let key = "log/tile/entries/000.p/7";
    world.change(key, |body| {
        let at = body.windows(12).position(|part| part == b"\"records\":5,").unwrap();
        body[at + 10] = b'4';
    });
    let first = world.body(key);
    // The entry behind the config change is the first header.
    let start = 4 + usize::from(u16::from_be_bytes([first[0], first[1]]));
    let length = usize::from(u16::from_be_bytes([first[start - 2], first[start - 1]]));
    let leaf = Hash::leaf(&first[start..start + length]);
    world.change("log/tile/0/000.p/7", |body| body[32..64].copy_from_slice(leaf.as_bytes()));
    let found = codes(&world.verify());
    assert!(found.contains(&Code::LogRoot), "{found:?}");
}

#[test]
fn an_altered_tile_is_named() {
    let mut world = World::usual();
    let key = "log/tile/0/000.p/7";
    world.change(key, |body| body[40] ^= 1);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::TileAltered]);
    assert_eq!(finding(&report, Code::TileAltered).subject, key);
}

#[test]
fn an_altered_old_partial_tile_or_bundle_is_named() {
    let mut world = World::usual();
    world.change("log/tile/0/000.p/5", |body| body[40] ^= 1);
    assert_eq!(codes(&world.verify()), [Code::TileAltered]);
    let mut world = World::usual();
    world.change("log/tile/entries/000.p/5", |body| body[40] ^= 1);
    assert_eq!(codes(&world.verify()), [Code::EntriesAltered]);
}

#[test]
fn old_partial_tiles_may_expire() {
    let mut world = World::usual();
    world.later_when_batches_may_go();
    for key in ["log/tile/0/000.p/5", "log/tile/entries/000.p/5"] {
        world.delete(key);
    }
    world.objects.remove("log/tile/0/000.p/3");
    assert!(world.verify().ok);
}

#[test]
fn a_missing_tile_is_named() {
    let mut world = World::usual();
    let key = "log/tile/0/000.p/7";
    world.objects.remove(key);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::TileMissing]);
    assert_eq!(finding(&report, Code::TileMissing).subject, key);
}

#[test]
fn tiles_of_every_level_are_checked() {
    let mut world = World::new();
    for n in 0..300 {
        world.seal(&chain(n % 3), &[event("acme", 1)]);
    }
    world.log();
    assert!(world.verify().ok);
    for key in ["log/tile/0/000", "log/tile/0/001.p/45", "log/tile/1/000.p/1"] {
        let mut altered = world.clone();
        altered.change(key, |body| body[3] ^= 1);
        let report = altered.verify();
        assert_eq!(codes(&report), [Code::TileAltered]);
        assert_eq!(finding(&report, Code::TileAltered).subject, key);
        let mut missing = world.clone();
        missing.objects.remove(key);
        assert_eq!(codes(&missing.verify()), [Code::TileMissing]);
    }
    // A bundle that is missing hides the headers, not the batches.
    let mut missing = world.clone();
    missing.objects.remove("log/tile/entries/000");
    let report = missing.verify();
    assert_eq!(codes(&report), [Code::EntriesMissing]);
    assert_eq!(report.batches, 300);
}

#[test]
fn a_file_that_the_log_does_not_have_is_named() {
    let mut world = World::usual();
    for key in ["log/tile/0/000.p/9", "log/tile/0/0", "log/tile/entries/001.p/1"] {
        world.put(key, "x", Some(35));
    }
    let report = world.verify();
    assert_eq!(codes(&report), [Code::TileUnexpected]);
    assert_eq!(report.findings.len(), 3);
}

#[test]
fn a_move_of_the_log_that_is_under_way_is_no_fault() {
    let mut world = World::usual();
    let before = world.clone();
    world.log();
    // All but the checkpoint was written when the function died.
    world.objects.remove(&keys::checkpoint(8));
    *world.objects.get_mut(keys::CHECKPOINT).unwrap() = before.objects[keys::CHECKPOINT].clone();
    let report = world.verify();
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!(report.size, 7);
}

#[test]
fn plans_and_cursors_that_were_altered_are_named() {
    let usual = World::usual();
    let of = |prefix: &str| -> Vec<String> {
        usual.objects.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    };
    let replace = |key: &str, from: &str, to: &str| {
        let mut world = usual.clone();
        let text = String::from_utf8(world.body(key).to_vec()).unwrap();
        assert!(text.contains(from), "{text}");
        world.stored(key).body = text.replace(from, to).into();
        codes(&world.verify())
    };
    let plans = of("log/plans/");
    assert_eq!(plans.len(), 3);
    assert_eq!(replace(&plans[1], ORIGIN, "other.example.com"), [Code::PlanMismatch]);
    assert_eq!(replace(&plans[1], "\"number\":1", "\"number\":01"), [Code::PlanMismatch]);
    let link = serde_json::from_slice::<serde_json::Value>(&usual.body(&plans[1])).unwrap();
    let link = link["entries"][0]["link"].as_str().unwrap().to_owned();
    let other = Hash::of(b"x").to_string();
    assert_eq!(replace(&plans[1], &link, &other), [Code::PlanMismatch]);
    let root = serde_json::from_slice::<serde_json::Value>(&usual.body(&plans[1])).unwrap();
    let root = root["root"].as_str().unwrap().to_owned();
    assert_eq!(replace(&plans[1], &root, &other), [Code::PlanMismatch]);

    let mut world = usual.clone();
    world.objects.remove(&plans[1]);
    assert_eq!(codes(&world.verify()), [Code::PlanMissing]);
    let mut world = usual.clone();
    world.objects.remove(&plans[2]);
    assert_eq!(codes(&world.verify()), [Code::PlanMissing]);
    let mut world = usual.clone();
    world.objects.remove(&plans[0]);
    assert!(world.verify().ok, "the oldest expire");

    let cursors = of("log/cursors/");
    let found = replace(&cursors[0], "\"version\":1", "\"version\":2");
    assert_eq!(found, [Code::CursorsMismatch]);
    let mut world = usual.clone();
    cursors.iter().for_each(|key| {
        world.objects.remove(key);
    });
    assert_eq!(codes(&world.verify()), [Code::CursorsMissing]);
}

#[test]
fn a_plan_that_names_other_cursors_is_named() {
    let mut world = World::usual();
    let plan = world.objects.keys().rfind(|key| key.starts_with("log/plans/")).unwrap().clone();
    let text = String::from_utf8(world.body(&plan).to_vec()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let other = cairn_ledger::Cursors::default();
    world.put(&keys::cursors(&other.hash()), other.to_json(), Some(35));
    let text = text.replace(json["cursors"].as_str().unwrap(), &other.hash().to_string());
    world.stored(&plan).body = text.into();
    assert_eq!(codes(&world.verify()), [Code::CursorsMismatch]);
}

#[test]
fn what_the_verifier_is_told_must_be_of_one_log() {
    let world = World::usual();
    let with = |options: Options| verify(&world, &options, &crate::world::Silent).err();
    let other = verifier_key("other.example.com/log", &signing_key(1)).to_string();
    let mine = world.options().verifier_keys.remove(0);
    let no_keys = Options { verifier_keys: Vec::new(), ..world.options() };
    assert!(matches!(with(no_keys), Some(VerifyError::Keys { .. })));
    let two = Options { verifier_keys: vec![mine, other], ..world.options() };
    assert!(matches!(with(two), Some(VerifyError::Keys { .. })));
    let none = Options { verifier_keys: vec!["x".to_owned()], ..world.options() };
    assert!(matches!(with(none), Some(VerifyError::Key(_))));
    let forged = sign(&world.checkpoint(), &signing_key(2));
    let forged = Options { trusted: vec![forged], ..world.options() };
    assert!(matches!(with(forged), Some(VerifyError::Trusted { .. })));
}

#[test]
fn either_key_may_sign_while_one_succeeds_the_other() {
    let mut world = World::usual();
    world.signer = signing_key(2);
    world.log();
    let both = [1, 2].map(|seed| verifier_key(ORIGIN, &signing_key(seed)).to_string());
    assert!(!world.verify().ok);
    assert!(world.verify_with(&Options { verifier_keys: both.into(), ..world.options() }).ok);
}
