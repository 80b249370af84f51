//! Objects that were sealed, and what somebody did to them.

use cairn_batch::{decode, encode_rows, keys};
use cairn_ledger::Hash;
use cairn_verify::FindingCode as Code;

use crate::world::{World, chain, codes, event, finding};

/// Rewrites the rows of a sealed object, its header as it was.
fn rewrite(world: &mut World, key: &str, change: impl FnOnce(&mut Vec<cairn_batch::Row>)) {
    let mut batch = decode(world.body(key), 1 << 30).unwrap();
    change(&mut batch.rows);
    world.stored(key).body = encode_rows(&batch.header, &batch.rows).unwrap().into();
}

#[test]
fn an_altered_event_is_named() {
    let mut world = World::usual();
    let key = World::batch_key(0, 1);
    rewrite(&mut world, &key, |rows| {
        let other = String::from_utf8(rows[0].leaf.bytes.clone()).unwrap().replace("u-0", "u-7");
        rows[0].leaf = cairn_event::Leaf::parse(other.as_bytes()).unwrap();
    });
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ObjectAltered, Code::EventAltered]);
    assert_eq!(finding(&report, Code::EventAltered).subject, key);
}

#[test]
fn an_event_that_is_altered_without_care_is_named_with_its_row() {
    let mut world = World::usual();
    let key = World::batch_key(0, 1);
    rewrite(&mut world, &key, |rows| {
        let bytes = &mut rows[2].leaf.bytes;
        *bytes = String::from_utf8(bytes.clone()).unwrap().replace("d-2", "d-3").into_bytes();
    });
    let report = world.verify();
    let altered = [Code::ObjectAltered, Code::EventAltered, Code::ColumnMismatch];
    assert_eq!(codes(&report), altered);
    let finding = finding(&report, Code::ColumnMismatch);
    assert_eq!(finding.subject, format!("{key}#2"));
    assert!(finding.detail.contains("resource_id"), "{}", finding.detail);
}

#[test]
fn a_missing_event_is_named() {
    let mut world = World::usual();
    rewrite(&mut world, &World::batch_key(0, 1), |rows| {
        rows.remove(1);
    });
    let report = world.verify();
    assert!(codes(&report).contains(&Code::EventMissing), "{:?}", report.findings);
}

#[test]
fn an_extra_event_is_named() {
    let mut world = World::usual();
    let other = decode(world.body(&World::batch_key(1, 1)), 1 << 30).unwrap().rows.remove(0);
    rewrite(&mut world, &World::batch_key(0, 1), |rows| rows.push(other));
    let report = world.verify();
    assert!(codes(&report).contains(&Code::EventExtra), "{:?}", report.findings);
    assert!(codes(&report).contains(&Code::EventCoordinates), "{:?}", report.findings);
}

#[test]
fn an_event_that_was_repeated_is_named() {
    let mut world = World::usual();
    rewrite(&mut world, &World::batch_key(0, 1), |rows| rows.insert(1, rows[0].clone()));
    let report = world.verify();
    assert!(codes(&report).contains(&Code::EventDuplicated), "{:?}", report.findings);
    assert!(!codes(&report).contains(&Code::EventExtra), "{:?}", report.findings);
}

#[test]
fn reordered_events_are_named() {
    let mut world = World::usual();
    rewrite(&mut world, &World::batch_key(0, 1), |rows| rows.swap(1, 2));
    let report = world.verify();
    assert!(codes(&report).contains(&Code::EventReordered), "{:?}", report.findings);
    assert!(!codes(&report).contains(&Code::EventAltered), "{:?}", report.findings);
}

#[test]
fn a_typed_column_that_was_altered_is_named_with_its_row() {
    let mut world = World::usual();
    let key = World::batch_key(0, 1);
    rewrite(&mut world, &key, |rows| {
        rows[3].leaf.event.as_mut().unwrap().actor_id = "somebody-else".into();
    });
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ObjectAltered, Code::ColumnMismatch]);
    assert_eq!(finding(&report, Code::ColumnMismatch).subject, format!("{key}#3"));
}

#[test]
fn metadata_that_was_altered_is_named() {
    let mut world = World::usual();
    let key = World::batch_key(0, 1);
    let mut batch = decode(world.body(&key), 1 << 30).unwrap();
    batch.header.counts.events += 1;
    world.stored(&key).body = encode_rows(&batch.header, &batch.rows).unwrap().into();
    assert_eq!(codes(&world.verify()), [Code::ObjectAltered, Code::MetadataMismatch]);
}

#[test]
fn appended_bytes_are_named() {
    for appended in [b"x".to_vec(), b"PAR1".to_vec(), vec![0; 1000]] {
        let mut world = World::usual();
        let key = World::batch_key(1, 2);
        world.change(&key, |body| body.extend(&appended));
        let report = world.verify();
        assert_eq!(codes(&report), [Code::ObjectAppended]);
        assert_eq!(finding(&report, Code::ObjectAppended).subject, key);
    }
}

#[test]
fn appended_bytes_that_hide_the_sealed_batch_behind_another_are_named() {
    let mut world = World::usual();
    let other = world.body(&World::batch_key(0, 0));
    world.change(&World::batch_key(0, 1), |body| body.extend(&other));
    assert_eq!(codes(&world.verify()), [Code::ObjectAppended]);
}

#[test]
fn a_truncated_object_is_named() {
    let mut world = World::usual();
    world.change(&World::batch_key(0, 1), |body| body.truncate(body.len() - 1));
    assert!(codes(&world.verify()).contains(&Code::ObjectAltered));
}

#[test]
fn objects_that_were_swapped_are_named() {
    let mut world = World::usual();
    let (a, b) = (World::batch_key(0, 0), World::batch_key(0, 1));
    let (body_a, body_b) = (world.body(&a), world.body(&b));
    world.stored(&a).body = body_b;
    world.stored(&b).body = body_a;
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ObjectSwapped]);
    let subjects: Vec<_> = report.findings.iter().map(|finding| &finding.subject).collect();
    assert!(subjects.contains(&&a) && subjects.contains(&&b), "{subjects:?}");
}

#[test]
fn objects_that_were_swapped_across_chains_are_named() {
    let mut world = World::usual();
    let (a, b) = (World::batch_key(0, 1), World::batch_key(1, 1));
    let (body_a, body_b) = (world.body(&a), world.body(&b));
    world.stored(&a).body = body_b;
    world.stored(&b).body = body_a;
    assert_eq!(codes(&world.verify()), [Code::ObjectSwapped]);
}

#[test]
fn events_that_were_swapped_across_batches_are_named() {
    let mut world = World::usual();
    let (a, b) = (World::batch_key(0, 0), World::batch_key(0, 1));
    let other = decode(world.body(&b), 1 << 30).unwrap().rows[0].leaf.clone();
    let mut mine = None;
    rewrite(&mut world, &a, |rows| mine = Some(std::mem::replace(&mut rows[0].leaf, other)));
    rewrite(&mut world, &b, |rows| rows[0].leaf = mine.unwrap());
    let report = world.verify();
    let altered = report.findings.iter().filter(|finding| finding.code == Code::EventAltered);
    assert_eq!(altered.map(|finding| &finding.subject).collect::<Vec<_>>(), [&a, &b]);
}

#[test]
fn a_line_in_quarantine_that_says_another_reason_or_time_is_named() {
    // A writer who lies in the line, and names it by its own hash.
    for (from, to) in
        [("\"code\":\"", "\"code\":\"x"), ("\"arrived\":\"2026", "\"arrived\":\"2025")]
    {
        let mut world = World::usual();
        let mut draft = world.draft(&chain(0), &[b"not json".to_vec()]);
        let number = draft.header.number;
        let prefix = format!("quarantine/{}/{number:020}-", chain(0));
        let key = world.objects.keys().find(|key| key.starts_with(&prefix)).unwrap().clone();
        let line = String::from_utf8(world.body(&key).to_vec()).unwrap();
        let lie = line.replacen(from, to, 1);
        assert_ne!(lie, line);
        let (old, new) = (Hash::of(line.as_bytes()), Hash::of(lie.as_bytes()));
        world.objects.remove(&key);
        world.put(&keys::quarantine(&chain(0), number, &new), lie, Some(35));
        let leaf = String::from_utf8(draft.rows[0].leaf.bytes.clone()).unwrap();
        let leaf = leaf.replace(&old.to_string(), &new.to_string());
        draft.rows[0].leaf = cairn_event::Leaf::parse(leaf.as_bytes()).unwrap();
        draft.recompute(&world.bundle);
        world.seal_draft(draft);
        assert_eq!(codes(&world.verify()), [Code::QuarantineMismatch]);
    }
}

#[test]
fn a_header_in_the_metadata_that_is_not_the_logged_one_is_named_under_the_right_bytes() {
    // The writer logs another header than the object's own, over the object's very bytes.
    let mut world = World::usual();
    let mut draft = world.draft(&chain(0), &[event("acme", 1)]);
    let object = encode_rows(&draft.header, &draft.rows).unwrap();
    let key = draft.header.key.clone();
    world.put(&key, object.clone(), Some(35));
    draft.header.transform = "cairn/0".to_owned();
    world.commit(draft.header.seal(Hash::of(&object)));
    world.log();
    let report = world.verify();
    assert_eq!(codes(&report), [Code::MetadataMismatch]);
    assert_eq!(finding(&report, Code::MetadataMismatch).subject, key);
}

#[test]
fn a_missing_object_is_named() {
    let mut world = World::usual();
    let key = World::batch_key(0, 1);
    world.objects.remove(&key);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::BatchMissing]);
    assert_eq!(finding(&report, Code::BatchMissing).subject, key);
}

#[test]
fn an_object_that_is_no_batch_is_named() {
    let mut world = World::usual();
    for key in
        ["batches/notes.txt", "batches/events/20260131T120000Z/shardId-000000000000/7.parquet"]
    {
        world.put(key, "x", Some(35));
    }
    let report = world.verify();
    assert_eq!(codes(&report), [Code::BatchUnexpected]);
    assert_eq!(report.findings.len(), 2);
}

#[test]
fn an_extra_object_beyond_the_chain_is_named() {
    // A copy of a batch, under the next number.
    let mut world = World::usual();
    let copy = world.body(&World::batch_key(1, 2));
    world.put(&World::batch_key(1, 3), copy, Some(35));
    assert_eq!(codes(&world.verify()), [Code::ObjectSwapped]);
}

#[test]
fn an_extra_batch_that_somebody_else_made_is_named() {
    // It extends the chain as an honest one would; but the table does not know it.
    let mut world = World::usual();
    let heads = world.heads.clone();
    world.seal(&chain(1), &[event("acme", 1)]);
    world.seal(&chain(1), &[event("acme", 2)]);
    world.heads = heads;
    let report = world.verify();
    assert_eq!(codes(&report), [Code::HeadRolledBack]);
    assert_eq!(finding(&report, Code::HeadRolledBack).subject, chain(1).as_str());
}

#[test]
fn an_unknown_chain_is_named() {
    let mut world = World::usual();
    let heads = world.heads.clone();
    world.seal(&chain(7), &[event("acme", 1)]);
    world.seal(&chain(7), &[event("acme", 2)]);
    world.heads = heads;
    assert_eq!(codes(&world.verify()), [Code::HeadMissing]);
}

#[test]
fn a_batch_that_is_put_but_not_committed_yet_is_no_fault() {
    let mut world = World::usual();
    let heads = world.heads.clone();
    world.seal(&chain(1), &[event("acme", 1)]);
    world.seal(&chain(7), &[event("acme", 1)]);
    world.heads = heads;
    let report = world.verify();
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!(report.unlogged, 3);
}

#[test]
fn batches_that_are_put_while_the_verifier_runs_are_no_fault() {
    let mut world = World::usual();
    let heads = world.heads.clone();
    let read = world.now;
    for _ in 0..3 {
        world.seal(&chain(1), &[event("acme", 1)]);
        world.log();
    }
    let mut options = world.options();
    options.heads = Some(heads);
    assert!(!world.verify_with(&options).ok);
    options.heads_read = Some(read);
    let report = world.verify_with(&options);
    assert!(report.ok, "{:?}", report.findings);
}

#[test]
fn a_cut_tail_is_named() {
    let mut world = World::usual();
    let key = World::batch_key(0, 3);
    world.objects.remove(&key);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::BatchMissing]);
    assert_eq!(finding(&report, Code::BatchMissing).subject, key);
}

#[test]
fn a_gap_beyond_the_log_is_named() {
    let mut world = World::usual();
    world.seal(&chain(0), &[event("acme", 1)]);
    world.seal(&chain(0), &[event("acme", 2)]);
    let key = World::batch_key(0, 4);
    world.objects.remove(&key);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::BatchMissing]);
    assert_eq!(finding(&report, Code::BatchMissing).subject, key);
}

#[test]
fn an_altered_batch_beyond_the_log_breaks_its_chain() {
    let mut world = World::usual();
    world.seal(&chain(0), &[event("acme", 1)]);
    rewrite(&mut world, &World::batch_key(0, 3), |rows| {
        rows[0].leaf.bytes = String::from_utf8(rows[0].leaf.bytes.clone())
            .unwrap()
            .replace("acme", "acmf")
            .into_bytes();
    });
    let report = world.verify();
    let expected =
        [Code::ChainLink, Code::ColumnMismatch, Code::RootMismatch, Code::TenantsMismatch];
    for code in &expected {
        assert!(codes(&report).contains(code), "{code} in {:?}", report.findings);
    }
}

#[test]
fn an_altered_last_batch_that_is_consistent_is_named_by_the_head() {
    let mut world = World::usual();
    let heads = world.heads.clone();
    let key = World::batch_key(0, 3);
    let batch = decode(world.body(&key), 1 << 30).unwrap();
    let mut header = batch.header;
    header.transform = "cairn/0".to_owned();
    world.stored(&key).body = encode_rows(&header, &batch.rows).unwrap().into();
    world.heads = heads;
    assert_eq!(codes(&world.verify()), [Code::HeadMismatch]);
}

#[test]
fn quarantine_that_was_altered_is_named_and_what_is_resolved_is_counted() {
    let mut world = World::usual();
    let keys: Vec<String> =
        world.objects.keys().filter(|key| key.starts_with("quarantine/")).cloned().collect();
    assert_eq!(keys.len(), 2);
    world.objects.remove(&keys[0]);
    let report = world.verify();
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!(report.resolved, 1);

    world.change(&keys[1], |body| body[40] ^= 1);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::QuarantineAltered]);
    assert_eq!(finding(&report, Code::QuarantineAltered).subject, keys[1]);
}

#[test]
fn a_config_bundle_that_is_missing_or_altered_is_named() {
    let mut world = World::usual();
    let key = keys::bundle(&world.bundle.hash());
    world.change(&key, |body| body[20] ^= 1);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ConfigAltered]);
    assert_eq!(finding(&report, Code::ConfigAltered).subject, key);
    world.objects.remove(&key);
    assert_eq!(codes(&world.verify()), [Code::ConfigMissing]);
}

#[test]
fn a_location_database_that_is_missing_or_altered_is_named() {
    let mut world = World::usual();
    let database = b"any bytes".to_vec();
    let hash = Hash::of(&database);
    let key = keys::bundle(&hash);
    world.put_locked(&key, database.clone(), 3650);
    assert_eq!(codes(&world.verify()), [Code::ConfigUnexpected]);
    let mut bundle = world.bundle.clone();
    let detail = cairn_event::Detail::Country;
    bundle.location = Some(cairn_event::LocationSource { database: hash, detail });
    world.put_locked(&keys::bundle(&bundle.hash()), bundle.to_json(), 3650);
    let report = world.verify();
    assert!(report.ok, "{:?}", report.findings);

    world.change(&key, |body| body[0] ^= 1);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ConfigAltered]);
    assert_eq!(finding(&report, Code::ConfigAltered).subject, key);
    world.objects.remove(&key);
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ConfigMissing]);
    assert_eq!(finding(&report, Code::ConfigMissing).subject, key);
}
