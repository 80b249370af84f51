//! A writer that lies, with every right: its headers are hashed, chained, logged and signed.

use cairn_event::Leaf;
use cairn_ledger::{Hash, Lineage};
use cairn_verify::FindingCode as Code;

use crate::world::{Draft, World, chain, codes, event, finding};

/// Seals a batch that is not what it says, logs and signs it, and gives the kinds of findings.
fn lie(tell: impl FnOnce(&mut Draft, &World)) -> Vec<Code> {
    let mut world = World::usual();
    let events: Vec<Vec<u8>> = (0..5).map(|n| event("acme", n)).collect();
    let mut draft = world.draft(&chain(0), &[events, vec![b"no event".to_vec()]].concat());
    tell(&mut draft, &world);
    world.seal_draft(draft);
    world.log();
    codes(&world.verify())
}

#[test]
fn the_truth_is_no_lie() {
    assert_eq!(lie(|_, _| {}), []);
}

#[test]
fn a_typed_column_that_does_not_derive_from_its_event_is_named() {
    type Change = fn(&mut cairn_batch::Row);
    let changes: [(&str, Change); 19] = [
        ("time", |row| row.leaf.event.as_mut().unwrap().time += 1),
        ("arrived", |row| row.leaf.arrived += jiff::SignedDuration::from_micros(1)),
        ("tenant", |row| row.leaf.event.as_mut().unwrap().tenant.push('x')),
        ("actor_type", |row| row.leaf.event.as_mut().unwrap().actor_type.push('x')),
        ("actor_id", |row| row.leaf.event.as_mut().unwrap().actor_id.push('x')),
        ("action", |row| row.leaf.event.as_mut().unwrap().action.push('x')),
        ("resource_type", |row| row.leaf.event.as_mut().unwrap().resource_type.push('x')),
        ("resource_id", |row| row.leaf.event.as_mut().unwrap().resource_id.push('x')),
        ("outcome", |row| row.leaf.event.as_mut().unwrap().outcome.push('x')),
        ("source_ip", |row| row.leaf.event.as_mut().unwrap().source_ip = None),
        ("session", |row| row.leaf.event.as_mut().unwrap().session = Some("s".into())),
        ("trace_id", |row| row.leaf.event.as_mut().unwrap().trace_id = Some("t".into())),
        ("id", |row| row.leaf.event.as_mut().unwrap().id.push('x')),
        ("chain", |row| row.chain.push('x')),
        ("number", |row| row.number += 1),
        ("index", |row| row.index += 1),
        ("sequence_number", |row| row.leaf.sequence = "1".parse().unwrap()),
        ("private", |row| row.private = Some(vec![1])),
        ("key_id", |row| row.key_id = Some("k".into())),
    ];
    for (column, change) in changes {
        let mut world = World::usual();
        let events: Vec<Vec<u8>> = (0..5).map(|n| event("acme", n)).collect();
        let mut draft = world.draft(&chain(0), &events);
        change(&mut draft.rows[1]);
        let sealed = world.seal_draft(draft);
        world.log();
        let report = world.verify();
        assert_eq!(codes(&report), [Code::ColumnMismatch], "{column}");
        let finding = finding(&report, Code::ColumnMismatch);
        assert_eq!(finding.subject, format!("{}#1", sealed.header.key));
        assert!(finding.detail.contains(&format!("`{column}`")), "{column}: {}", finding.detail);
    }
}

#[test]
fn an_event_column_of_a_rejection_is_named() {
    let found = lie(|draft, _| {
        let columns = draft.rows[0].leaf.event.clone();
        draft.rows.last_mut().unwrap().leaf.event = columns;
    });
    assert_eq!(found, [Code::ColumnMismatch]);
}

#[test]
fn false_header_fields_are_named() {
    assert_eq!(lie(|draft, _| draft.header.root = Hash::EMPTY_ROOT), [Code::RootMismatch]);
    assert_eq!(lie(|draft, _| draft.header.tenants = Hash::EMPTY_ROOT), [Code::TenantsMismatch]);
    assert_eq!(lie(|draft, _| draft.header.counts.records -= 1), [Code::CountsMismatch]);
    assert_eq!(
        lie(|draft, _| draft.header.arrived[0].replace_range(0..4, "2025")),
        [Code::CountsMismatch]
    );
    let found = lie(|draft, _| draft.header.first = "1".parse().unwrap());
    assert_eq!(found, [Code::ChainSequence, Code::CountsMismatch]);
    // What no header can say is no header, wherever it stands.
    let found = lie(|draft, _| draft.header.counts.records += 1);
    assert_eq!(found, [Code::HeaderInvalid, Code::ObjectUnreadable]);
    assert_eq!(lie(|draft, _| draft.header.origin.push('x')), [Code::HeaderInvalid]);
    assert_eq!(lie(|draft, _| draft.header.key = World::batch_key(0, 77)), [Code::HeaderInvalid]);
    let found = lie(|draft, _| draft.header.bundle = Hash::of(b"another bundle"));
    assert_eq!(found, [Code::ConfigMissing]);
}

#[test]
fn an_event_that_is_left_out_of_its_record_is_named() {
    let found = lie(|draft, world| {
        *draft = {
            let mut world = world.clone();
            let record = [b"[".as_slice(), &event("a", 1), b",", &event("a", 2), b"]"].concat();
            world.draft(&chain(0), &[record])
        };
        draft.rows.remove(0);
        draft.rows[0].index = 0;
        draft.recompute(&world.bundle);
    });
    assert_eq!(found, [Code::EventMissing]);
}

#[test]
fn events_out_of_order_are_named() {
    let found = lie(|draft, world| {
        draft.rows.swap(1, 2);
        draft.rows[1].index = 1;
        draft.rows[2].index = 2;
        draft.recompute(&world.bundle);
    });
    assert_eq!(found, [Code::EventReordered]);
}

#[test]
fn an_event_that_is_sealed_twice_is_named() {
    let found = lie(|draft, world| {
        draft.rows[2].leaf = draft.rows[1].leaf.clone();
        draft.recompute(&world.bundle);
    });
    assert_eq!(found, [Code::EventDuplicated]);
}

#[test]
fn an_event_of_another_chain_is_named() {
    let found = lie(|draft, world| {
        let bytes = String::from_utf8(draft.rows[1].leaf.bytes.clone()).unwrap();
        let other = bytes.replace(chain(0).as_str(), chain(1).as_str());
        draft.rows[1].leaf = Leaf::parse(other.as_bytes()).unwrap();
        draft.recompute(&world.bundle);
    });
    assert_eq!(found, [Code::EventCoordinates]);
}

#[test]
fn an_event_that_is_not_canonical_is_named() {
    let found = lie(|draft, world| {
        draft.rows[1].leaf.bytes.insert(1, b' ');
        draft.recompute(&world.bundle);
    });
    assert!(found.contains(&Code::EventUnreadable), "{found:?}");
}

#[test]
fn a_rejection_of_other_bytes_than_those_in_quarantine_is_named() {
    let found = lie(|draft, world| {
        let row = draft.rows.last_mut().unwrap();
        let text = String::from_utf8(row.leaf.bytes.clone()).unwrap();
        row.leaf.bytes = text.replace("\"bytes\":8", "\"bytes\":9").into_bytes();
        draft.recompute(&world.bundle);
    });
    assert_eq!(found, [Code::QuarantineMismatch]);
}

#[test]
fn a_header_that_does_not_follow_is_named() {
    let found = lie(|draft, _| draft.header.lineage = Lineage::Previous(Hash::of(b"x")));
    assert_eq!(found, [Code::ChainLink]);
}

#[test]
fn a_number_that_was_skipped_is_named() {
    let mut world = World::usual();
    let mut draft = world.draft(&chain(0), &[event("acme", 1)]);
    draft.header.number += 1;
    draft.header.key = World::batch_key(0, 5);
    draft.rows[0].number += 1;
    world.seal_draft(draft);
    world.log();
    assert_eq!(codes(&world.verify()), [Code::ChainGap]);
}

#[test]
fn a_number_that_is_logged_twice_is_named() {
    let mut world = World::usual();
    let other = world.clone().seal(&chain(0), &[event("acme", 1)]);
    world.seal(&chain(0), &[event("globex", 2)]);
    world.commit(other);
    world.log();
    let found = codes(&world.verify());
    assert!(found.contains(&Code::ChainFork), "{found:?}");
    assert!(found.contains(&Code::ObjectAltered), "{found:?}");
}

#[test]
fn records_that_do_not_come_after_those_before_are_named() {
    let mut world = World::usual();
    let mut older = world.clone();
    let replayed = older.draft(&chain(0), &[event("acme", 1)]);
    world.seal(&chain(0), &[event("acme", 2), event("acme", 3)]);
    let mut draft = world.draft(&chain(0), &[event("acme", 4)]);
    let (number, lineage) = (draft.header.number, draft.header.lineage.clone());
    draft.rows = replayed.rows;
    draft.rows[0].number = number as i64;
    draft.header.lineage = lineage;
    draft.recompute(&world.bundle);
    world.seal_draft(draft);
    world.log();
    assert_eq!(codes(&world.verify()), [Code::ChainSequence]);
}

#[test]
fn a_chain_begins_from_the_ends_of_its_parents() {
    let mut world = World::usual();
    let ends = [world.end(0), world.end(1)];
    let mut draft = world.draft(&chain(5), &[event("acme", 1)]);
    draft.header.lineage = Lineage::Genesis(ends.to_vec());
    world.seal_draft(draft);
    assert!(world.verify().ok);
    world.log();
    assert!(world.verify().ok);

    let mut draft = world.draft(&chain(6), &[event("acme", 1)]);
    let mut parent = world.end(1);
    parent.link = Hash::of(b"no header");
    draft.header.lineage = Lineage::Genesis(vec![parent]);
    world.seal_draft(draft);
    world.log();
    assert_eq!(codes(&world.verify()), [Code::ChainParent]);
}
