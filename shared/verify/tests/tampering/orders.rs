//! Chains that were stopped, and the orders by which they go on.

use cairn_batch::keys;
use cairn_ledger::{ChainId, Hash, Lineage, Order};
use cairn_verify::{FindingCode as Code, LockMode, Report};
use jiff::SignedDuration;

use crate::world::{DAY, World, chain, codes, event, finding};

/// All is logged; the second chain was stopped, and ordered to go on.
fn ordered() -> World {
    let mut world = World::usual();
    world.log();
    world.stop(&chain(1));
    let order = world.order(&chain(1));
    world.put_order(&order);
    world
}

/// The same, and its successor has a batch that is logged, and one that is not.
fn resumed() -> World {
    let mut world = ordered();
    world.seal(&successor(), &[event("acme", 1), b"not json".to_vec()]);
    world.log();
    world.seal(&successor(), &[event("acme", 2)]);
    world
}

fn successor() -> ChainId {
    chain(1).successor()
}

fn key() -> String {
    keys::order(&chain(1))
}

/// The key of what the order acknowledges.
fn evidence() -> String {
    World::batch_key(1, 3)
}

fn contains(report: &Report, code: Code) {
    assert!(codes(report).contains(&code), "no {code} in {:?}", report.findings);
}

#[test]
fn an_order_that_is_followed_is_green_and_told_apart() {
    for world in [ordered(), resumed()] {
        let mut archive = world.options();
        archive.heads = None;
        for options in [world.options(), archive] {
            let report = world.verify_with(&options);
            assert!(report.ok, "{:#?}", report.findings);
            let [known] = &report.acknowledged[..] else { panic!("{:?}", report.acknowledged) };
            assert_eq!((&known.order, &known.key, known.versions.len()), (&key(), &evidence(), 1));
            assert_eq!((&known.chain, known.why.as_str()), (&chain(1), "planted by a drill"));
            assert_eq!(known.reason, "it is another's");
            let [version] = &known.versions[..] else { panic!("{:?}", known.versions) };
            assert_eq!(version.found.sha256, Some(Hash::of(b"another's")));
            assert_eq!(version.unsealed, None);
        }
    }
    let report = resumed().verify();
    assert_eq!((report.chains, report.batches, report.unlogged), (3, 9, 1));
}

#[test]
fn a_chain_that_was_stopped_before_its_first_batch_goes_on() {
    let mut world = World::usual();
    world.stop(&chain(7));
    let order = world.order(&chain(7));
    assert_eq!(order.after, None);
    world.put_order(&order);
    assert!(world.verify().ok);
    world.seal(&chain(7).successor(), &[event("acme", 1)]);
    world.log();
    let report = world.verify();
    assert!(report.ok, "{:#?}", report.findings);
}

#[test]
fn a_successor_that_was_stopped_goes_on_too() {
    let mut world = ordered();
    world.stop(&successor());
    let order = world.order(&successor());
    world.put_order(&order);
    let second = successor().successor();
    let mut draft = world.draft(&second, &[event("acme", 1)]);
    // The first successor has no batch: what is followed lies before it.
    let Lineage::Ordered { parents, .. } = &mut draft.header.lineage else { panic!("ordered") };
    *parents = vec![world.end(1)];
    world.seal_draft(draft);
    world.log();
    let report = world.verify();
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!(report.acknowledged.len(), 2);
}

/// What would have been the next batch may be acknowledged as none: whoever reads the report is told.
#[test]
fn a_batch_that_would_have_followed_is_told_apart() {
    for (begun, of) in [(true, chain(1)), (false, chain(7))] {
        let mut world = World::usual();
        world.log();
        let mut other = world.clone();
        let events = [event("acme", 1), event("acme", 2)];
        let sealed = other.seal(&of, &events);
        world.objects = other.objects;
        world.heads.entry(of.clone()).or_default().stopped = Some("another record".to_owned());
        let order = world.order(&of);
        assert_eq!((order.after.is_some(), order.found.len()), (begun, 1));
        world.put_order(&order);
        // None of its records is sealed anew, then one, then both.
        for unsealed in [2, 1, 0] {
            let report = world.verify();
            assert!(report.ok, "{:#?}", report.findings);
            let [known] = &report.acknowledged[..] else { panic!("{:?}", report.acknowledged) };
            assert_eq!(known.key, sealed.header.key);
            assert_eq!(known.versions[0].unsealed, Some(unsealed));
            world.seal(&of.successor(), &[event("acme", 3)]);
        }
    }
}

#[test]
fn an_order_about_a_successor_that_none_was_ordered_to_be_is_named() {
    let mut world = World::usual();
    world.log();
    world.heads.entry(successor()).or_default().stopped = Some("why".to_owned());
    let order = world.order(&successor());
    world.put_order(&order);
    assert_eq!(finding(&world.verify(), Code::OrderMissing).subject, keys::order(&successor()));
    let mut archive = world.options();
    archive.heads = None;
    assert_eq!(codes(&world.verify_with(&archive)), [Code::OrderMissing]);
}

/// Nobody can be ordered to be the thousand millionth: the name alone costs a verifier nothing.
#[test]
fn a_successor_of_any_generation_is_judged() {
    let mut world = ordered();
    let mut draft = world.draft(&successor(), &[event("acme", 1)]);
    let far: ChainId = format!("{}.999999999", chain(1)).parse().unwrap();
    draft.rows[0].chain = far.to_string();
    draft.header.key = keys::batch(&far, 0);
    draft.header.chain = far;
    world.seal_draft(draft);
    world.log();
    contains(&world.verify(), Code::OrderMissing);
}

#[test]
fn a_successor_that_begins_once_a_child_has_is_named() {
    let mut world = ordered();
    let mut child = world.draft(&chain(9), &[event("acme", 3)]);
    child.header.lineage = Lineage::Genesis(vec![world.end(1)]);
    world.seal_draft(child);
    world.log();
    assert!(world.verify().ok, "the successor has no batch, so it is passed over");
    world.seal(&successor(), &[event("acme", 1)]);
    world.log();
    assert_eq!(codes(&world.verify()), [Code::ChainParent]);
}

#[test]
fn a_stop_without_an_order_that_the_table_names_is_named() {
    let mut world = ordered();
    world.heads.get_mut(&chain(1)).unwrap().continued = None;
    assert_eq!(codes(&world.verify()), [Code::ChainStopped]);
    world.heads.get_mut(&chain(1)).unwrap().continued = Some(Hash::of(b"another order"));
    assert_eq!(codes(&world.verify()), [Code::ChainStopped, Code::OrderMismatch]);
}

#[test]
fn an_order_that_is_gone_is_named() {
    let mut world = resumed();
    world.objects.remove(&key());
    let report = world.verify();
    contains(&report, Code::OrderMissing);
    contains(&report, Code::ChainStopped);
    contains(&report, Code::ObjectUnreadable);
    let mut archive = world.options();
    archive.heads = None;
    contains(&world.verify_with(&archive), Code::OrderMissing);
    let mut world = ordered();
    world.objects.remove(&key());
    contains(&world.verify(), Code::OrderMissing);
}

#[test]
fn an_order_that_was_altered_is_named() {
    let mut world = resumed();
    let text = String::from_utf8(world.body(&key()).to_vec()).unwrap();
    world.stored(&key()).body = text.replace("by a drill", "by nobody").into();
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ChainStopped, Code::OrderMismatch]);
    let mut archive = world.options();
    archive.heads = None;
    let report = world.verify_with(&archive);
    let found = finding(&report, Code::OrderMismatch);
    assert_eq!(found.subject, keys::batch(&successor(), 0));
}

#[test]
fn what_is_no_order_of_this_log_is_named() {
    type Change = fn(&mut Order);
    let changes: [Change; 2] =
        [|order| order.origin = "other.example".to_owned(), |order| order.chain = chain(0)];
    for change in changes {
        let mut world = ordered();
        let mut order = world.order(&chain(1));
        change(&mut order);
        world.stored(&key()).body = order.to_json().into();
        assert_eq!(finding(&world.verify(), Code::OrderUnreadable).subject, key());
    }
    let mut world = ordered();
    world.change(&key(), |body| body.push(b' '));
    assert_eq!(finding(&world.verify(), Code::OrderUnreadable).subject, key());
    for stray in ["orders/x", "orders/x.json"] {
        let mut world = ordered();
        world.put(stray, "x", Some(3650));
        assert_eq!(codes(&world.verify()), [Code::ObjectUnexpected]);
    }
}

#[test]
fn an_order_is_locked_for_as_long_as_the_log_once_and_for_all() {
    let mut world = resumed();
    world.stored(&key()).lock = None;
    assert_eq!(codes(&world.verify()), [Code::LockMissing]);
    let mut world = resumed();
    world.stored(&key()).lock.as_mut().unwrap().until -= SignedDuration::from_secs(3000 * DAY);
    assert_eq!(codes(&world.verify()), [Code::LockShort]);
    let mut world = resumed();
    world.stored(&key()).lock.as_mut().unwrap().mode = LockMode::Governance;
    assert_eq!(codes(&world.verify()), [Code::LockMode]);
    let mut world = resumed();
    let body = world.body(&key());
    world.put(&key(), body, Some(3650));
    assert_eq!(codes(&world.verify()), [Code::VersionExtra]);
    let mut world = resumed();
    world.delete(&key());
    assert_eq!(codes(&world.verify()), [Code::DeleteMarker]);
}

/// Of what was read before it was put, nothing tells that it is wrong: the next verification does.
#[test]
fn an_order_that_is_put_while_the_verification_runs_is_judged_by_the_next() {
    let mut world = World::usual();
    let order = world.order(&chain(1));
    world.put_locked(&key(), order.to_json(), 3650);
    let mut options = world.options();
    options.heads_read = Some(world.now);
    let report = world.verify_with(&options);
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!(report.acknowledged.len(), 1, "it is told all the same");
    options.heads_read = Some(world.now + SignedDuration::from_mins(2));
    assert_eq!(codes(&world.verify_with(&options)), [Code::OrderMismatch]);

    // The chain had grown by a batch that was not seen.
    let mut world = World::usual();
    world.log();
    world.stop(&chain(1));
    let mut order = world.order(&chain(1));
    order.after.as_mut().unwrap().number += 1;
    order.found.clear();
    world.objects.remove(&evidence());
    world.put_order(&order);
    let mut options = world.options();
    options.heads_read = Some(world.now);
    assert!(world.verify_with(&options).ok);
    options.heads_read = Some(world.now + SignedDuration::from_mins(2));
    contains(&world.verify_with(&options), Code::OrderMismatch);
}

#[test]
fn an_order_about_a_chain_that_goes_on_is_named() {
    // It was never stopped.
    let mut world = World::usual();
    let order = world.order(&chain(1));
    world.put_locked(&key(), order.to_json(), 3650);
    assert_eq!(codes(&world.verify()), [Code::OrderMismatch]);
    // It was, and has more than the order says.
    let mut order = ordered().order(&chain(1));
    let after = order.after.as_mut().unwrap();
    after.number -= 1;
    let mut world = World::usual();
    world.log();
    world.heads.get_mut(&chain(1)).unwrap().stopped = Some("why".to_owned());
    world.put_order(&order);
    assert!(finding(&world.verify(), Code::OrderMismatch).detail.contains("number 2"));
    // It goes on all the same.
    let mut world = ordered();
    world.objects.remove(&evidence());
    world.seal(&chain(1), &[event("acme", 1)]);
    world.log();
    contains(&world.verify(), Code::OrderMismatch);
}

#[test]
fn an_order_that_names_another_end_is_named() {
    type Change = fn(&mut Order);
    let changes: [Change; 3] = [
        |order| order.after.as_mut().unwrap().link = Hash::of(b"x"),
        |order| order.after.as_mut().unwrap().last = "7".parse().unwrap(),
        |order| order.after = None,
    ];
    for change in changes {
        let mut world = World::usual();
        world.log();
        world.stop(&chain(1));
        let mut order = world.order(&chain(1));
        change(&mut order);
        world.put_order(&order);
        contains(&world.verify(), Code::OrderMismatch);
    }
}

#[test]
fn whatever_is_not_acknowledged_is_named() {
    type Tamper = fn(&mut World);
    let tampers: [Tamper; 6] = [
        |world| world.put(&evidence(), "another still", Some(35)),
        |world| world.delete(&evidence()),
        |world| drop(world.objects.remove(&evidence())),
        |world| world.change(&evidence(), |body| body[0] ^= 1),
        |world| world.change(&evidence(), |body| body.push(b'x')),
        |world| world.put(&World::batch_key(1, 4), "behind it", Some(35)),
    ];
    for (n, tamper) in tampers.into_iter().enumerate() {
        for mut world in [ordered(), resumed()] {
            tamper(&mut world);
            let report = world.verify();
            assert_eq!(codes(&report), [Code::OrderEvidence], "{n}: {:?}", report.findings);
            assert_eq!(report.acknowledged.len(), 1, "{n}: the order is told all the same");
        }
    }
}

/// S3 takes it away by itself where nothing lies behind it; it held nothing.
#[test]
fn a_delete_marker_that_is_acknowledged_may_go() {
    let mut world = World::usual();
    world.log();
    world.delete(&evidence());
    world.heads.get_mut(&chain(1)).unwrap().stopped = Some("a delete marker".to_owned());
    let order = world.order(&chain(1));
    world.put_order(&order);
    assert!(world.verify().ok);
    world.objects.remove(&evidence());
    assert!(world.verify().ok);
    world.put(&evidence(), "another's", Some(35));
    assert_eq!(codes(&world.verify()), [Code::OrderEvidence]);
}

#[test]
fn a_successor_without_an_order_is_named() {
    let mut world = World::usual();
    world.log();
    world.stop(&chain(1));
    let order = world.order(&chain(1));
    let mut other = world.clone();
    other.put_order(&order);
    let draft = other.draft(&successor(), &[event("acme", 1)]);
    world.seal_draft(draft);
    contains(&world.verify(), Code::OrderMissing);
    world.log();
    contains(&world.verify(), Code::OrderMissing);

    // Nor as if it were the chain of a shard of its own.
    let mut world = ordered();
    let mut draft = world.draft(&successor(), &[event("acme", 1)]);
    draft.header.lineage = Lineage::Genesis(vec![world.end(1)]);
    world.seal_draft(draft);
    world.log();
    assert!(!world.verify().ok);
}

#[test]
fn a_successor_that_follows_something_else_is_named() {
    let mut world = ordered();
    let mut draft = world.draft(&successor(), &[event("acme", 1)]);
    let Lineage::Ordered { order, .. } = &mut draft.header.lineage else { panic!("ordered") };
    *order = Hash::of(b"another order");
    world.seal_draft(draft);
    world.log();
    assert_eq!(codes(&world.verify()), [Code::OrderMismatch]);

    for others in [false, true] {
        let mut world = ordered();
        let mut draft = world.draft(&successor(), &[event("acme", 1)]);
        let end = if others { vec![world.end(0), world.end(1)] } else { Vec::new() };
        let Lineage::Ordered { parents, .. } = &mut draft.header.lineage else { panic!("ordered") };
        *parents = end;
        world.seal_draft(draft);
        world.log();
        assert_eq!(codes(&world.verify()), [Code::ChainParent]);
    }
}

#[test]
fn a_record_that_was_sealed_before_the_stop_is_not_sealed_again() {
    let mut earlier = World::usual();
    let replayed = earlier.draft(&chain(1), &[event("acme", 1)]);
    let mut world = World::usual();
    world.seal(&chain(1), &[event("acme", 1)]);
    world.log();
    world.stop(&chain(1));
    let order = world.order(&chain(1));
    world.put_order(&order);
    let mut draft = world.draft(&successor(), &[event("acme", 2)]);
    let chain_column = draft.rows[0].chain.clone();
    draft.rows = replayed.rows;
    (draft.rows[0].chain, draft.rows[0].number) = (chain_column, 0);
    draft.recompute(&world.bundle);
    world.seal_draft(draft);
    world.log();
    assert_eq!(codes(&world.verify()), [Code::ChainSequence]);
}

#[test]
fn a_child_follows_the_last_chain_of_its_parent() {
    let mut world = resumed();
    let mut draft = world.draft(&chain(9), &[event("acme", 3)]);
    draft.header.lineage = Lineage::Genesis(vec![world.end(1)]);
    world.seal_draft(draft);
    world.log();
    assert_eq!(codes(&world.verify()), [Code::ChainParent]);
}
