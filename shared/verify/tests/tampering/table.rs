//! The heads of the table.

use cairn_ledger::{Hash, SequenceNumber};
use cairn_verify::{FindingCode as Code, LogHead, TableChain};
use jiff::SignedDuration;

use crate::world::{World, chain, codes, finding};

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
fn a_raised_last_sequence_number_is_named() {
    // Ingest takes all records up to it for sealed.
    let mut world = World::usual();
    let raised: SequenceNumber = "9".repeat(56).parse().unwrap();
    world.head(1).last = raised.clone();
    let report = world.verify();
    assert_eq!(codes(&report), [Code::HeadMismatch]);
    assert!(finding(&report, Code::HeadMismatch).detail.contains(raised.as_str()));
}

#[test]
fn a_head_of_another_object_is_named() {
    let mut world = World::usual();
    world.head(1).key = World::batch_key(0, 0);
    assert_eq!(codes(&world.verify()), [Code::HeadMismatch]);
}

#[test]
fn a_chain_that_was_stopped_before_its_first_batch_is_named() {
    let mut world = World::usual();
    let stopped = Some("the first object is another's".to_owned());
    world.heads.insert(chain(5), TableChain { stopped, ..TableChain::default() });
    let report = world.verify();
    assert_eq!(codes(&report), [Code::ChainStopped]);
    assert_eq!(finding(&report, Code::ChainStopped).subject, chain(5).as_str());
}

#[test]
fn a_head_that_was_rolled_back_before_it_was_read_is_named() {
    let mut world = World::usual();
    let before = world.heads.clone();
    world.seal(&chain(1), &[crate::world::event("acme", 1)]);
    world.log();
    world.now += SignedDuration::from_mins(2);
    let mut options = world.options();
    options.heads = Some(before);
    options.heads_read = Some(world.now);
    assert_eq!(codes(&world.verify_with(&options)), [Code::HeadRolledBack]);
}

#[test]
fn a_rolled_back_or_missing_head_of_the_log_is_named() {
    let mut world = World::usual();
    world.log();
    world.now += SignedDuration::from_mins(2);
    let mut options = world.options();
    let older = LogHead { size: 6, root: world.checkpoint().root };
    for (log_head, read) in [(None, None), (None, Some(world.now)), (Some(older), Some(world.now))]
    {
        options.log_head = log_head;
        options.heads_read = read;
        let report = world.verify_with(&options);
        assert!(codes(&report).contains(&Code::LogHeadRolledBack), "{:?}", report.findings);
    }
    // Read before the checkpoint was put, it is merely older.
    options.log_head = None;
    options.heads_read = Some(world.now - SignedDuration::from_mins(10));
    assert!(world.verify_with(&options).ok);
}

#[test]
fn a_head_of_the_log_with_another_root_is_named() {
    let world = World::usual();
    let mut options = world.options();
    options.log_head = Some(LogHead { size: 7, root: Hash::of(b"x") });
    assert_eq!(codes(&world.verify_with(&options)), [Code::LogHeadMismatch]);
}
