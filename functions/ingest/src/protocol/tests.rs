#![allow(clippy::unwrap_used)]

use cairn_ledger::{BatchHeader, Counts, Hash, Lineage, SequenceNumber};
use cairn_store::{BatchItem, ChainHead, ChainState, ObjectVersionRef, VersionId};

use super::{ATTEMPTS, Answer, Candidate, Outcome, Protocol, Step};

fn sequences(numbers: impl IntoIterator<Item = u32>) -> Vec<SequenceNumber> {
    numbers.into_iter().map(|n| n.to_string().parse().unwrap()).collect()
}

fn head(number: u64, last: u32) -> ChainHead {
    ChainHead {
        number,
        link: Hash::of(&number.to_be_bytes()),
        last: last.to_string().parse().unwrap(),
        object: ObjectVersionRef { key: number.to_string(), version: VersionId::new("v") },
    }
}

fn batch(number: u64, last: u32) -> Candidate {
    let header = BatchHeader {
        origin: "test".to_owned(),
        chain: "s/20260101T000000Z/shard".parse().unwrap(),
        number,
        lineage: Lineage::Previous(Hash::EMPTY_ROOT),
        root: Hash::EMPTY_ROOT,
        counts: Counts::default(),
        tenants: Hash::EMPTY_ROOT,
        first: "1".parse().unwrap(),
        last: last.to_string().parse().unwrap(),
        arrived: [String::new(), String::new()],
        bundle: Hash::EMPTY_ROOT,
        transform: "test/1".to_owned(),
        key: number.to_string(),
    };
    let item = BatchItem { header: header.seal(Hash::EMPTY_ROOT), version: VersionId::new("v") };
    Candidate { next: head(number, last), item }
}

fn loaded(head: Option<ChainHead>) -> Answer {
    Answer::Loaded(ChainState { head, ..ChainState::default() })
}

#[test]
fn a_cold_function_loads_seals_and_commits() {
    let (mut protocol, step) = Protocol::start(sequences(1..=3), None);
    assert_eq!(step, Step::Load);
    let step = protocol.next(step, loaded(None));
    assert_eq!(step, Step::Look { head: None, first: 0 });
    let step = protocol.next(step, Answer::Free);
    assert_eq!(step, Step::Seal { head: None, first: 0 });
    let step = protocol.next(step, Answer::Candidate(batch(0, 3)));
    assert_eq!(step, Step::Commit { head: None, candidate: batch(0, 3) });
    assert_eq!(protocol.next(step, Answer::Done), Step::Finish(Outcome::Committed));
}

#[test]
fn a_warm_function_starts_from_the_head_it_remembers() {
    let (_, step) = Protocol::start(sequences(4..=6), Some(head(0, 3)));
    assert_eq!(step, Step::Seal { head: Some(head(0, 3)), first: 0 });
}

#[test]
fn records_that_are_sealed_are_left_out() {
    let (_, step) = Protocol::start(sequences(2..=5), Some(head(7, 3)));
    assert_eq!(step, Step::Seal { head: Some(head(7, 3)), first: 2 });
    let (_, step) = Protocol::start(sequences(2..=3), Some(head(7, 3)));
    assert_eq!(step, Step::Finish(Outcome::Committed));
}

#[test]
fn what_an_adopted_batch_leaves_over_goes_into_the_next_one() {
    let (mut protocol, step) = Protocol::start(sequences(1..=5), None);
    let step = protocol.next(step, loaded(None));
    let step = protocol.next(step, Answer::Taken);
    assert_eq!(step, Step::Adopt { head: None, first: 0 });
    let step = protocol.next(step, Answer::Candidate(batch(0, 3)));
    let step = protocol.next(step, Answer::Done);
    assert_eq!(step, Step::Seal { head: Some(head(0, 3)), first: 3 });
}

#[test]
fn an_unknown_outcome_is_looked_up_and_never_assumed() {
    let look = Step::Look { head: None, first: 0 };
    let seal = Step::Seal { head: None, first: 0 };
    let commit = Step::Commit { head: None, candidate: batch(0, 3) };
    let stop = Step::Stop { head: None, reason: String::new() };
    for step in [Step::Load, look, seal, Step::Adopt { head: None, first: 0 }, commit, stop] {
        let (mut protocol, _) = Protocol::start(sequences(1..=3), None);
        assert_eq!(protocol.next(step, Answer::Unknown(String::new())), Step::Load);
    }
}

#[test]
fn a_head_that_moved_is_loaded_again() {
    let (mut protocol, _) = Protocol::start(sequences(1..=3), None);
    let commit = Step::Commit { head: None, candidate: batch(0, 3) };
    assert_eq!(protocol.next(commit, Answer::Conflict), Step::Load);
    let stop = Step::Stop { head: None, reason: "reason".to_owned() };
    assert_eq!(protocol.next(stop, Answer::Conflict), Step::Load);
}

#[test]
fn a_foreign_object_stops_the_chain_at_the_head_it_does_not_extend() {
    let (mut protocol, _) = Protocol::start(sequences(1..=3), None);
    let adopt = Step::Adopt { head: None, first: 0 };
    let step = protocol.next(adopt, Answer::Foreign("why".to_owned()));
    assert_eq!(step, Step::Stop { head: None, reason: "why".to_owned() });
    let outcome = Outcome::Stopped { first: 0, reason: "why".to_owned() };
    assert_eq!(protocol.next(step, Answer::Done), Step::Finish(outcome));
}

#[test]
fn a_stopped_chain_takes_nothing() {
    let (mut protocol, step) = Protocol::start(sequences(1..=3), None);
    let state =
        ChainState { head: Some(head(0, 1)), stopped: Some("why".to_owned()), continued: None };
    let outcome = Outcome::Stopped { first: 1, reason: "why".to_owned() };
    assert_eq!(protocol.next(step, Answer::Loaded(state)), Step::Finish(outcome));
}

#[test]
fn a_refused_write_leaves_the_uncommitted_records_to_a_retry() {
    let (mut protocol, step) = Protocol::start(sequences(1..=3), Some(head(0, 1)));
    let outcome = Outcome::Retry { first: 1, reason: "no".to_owned() };
    let step = protocol.next(step, Answer::Failed("no".to_owned()));
    assert_eq!(step, Step::Finish(outcome));
}

#[test]
fn lost_answers_without_end_hand_the_records_back() {
    let (mut protocol, mut step) = Protocol::start(sequences(1..=3), None);
    for _ in 0..ATTEMPTS {
        assert_eq!(step, Step::Load);
        step = protocol.next(step, Answer::Unknown("lost".to_owned()));
    }
    let outcome = Outcome::Retry { first: 0, reason: "lost".to_owned() };
    assert_eq!(step, Step::Finish(outcome));
}

#[test]
fn a_head_is_remembered_only_while_it_is_known() {
    let (mut protocol, step) = Protocol::start(sequences(1..=5), Some(head(0, 1)));
    assert_eq!(protocol.known(), Some(&head(0, 1)));
    let step = protocol.next(step, Answer::Candidate(batch(1, 3)));
    assert_eq!(protocol.known(), None, "a commit is under way");
    let step = protocol.next(step, Answer::Done);
    assert_eq!(protocol.known(), Some(&head(1, 3)));
    let step = protocol.next(step, Answer::Unknown(String::new()));
    assert_eq!(step, Step::Load);
    let state = ChainState { head: Some(head(2, 4)), ..ChainState::default() };
    let step = protocol.next(step, Answer::Loaded(state));
    assert_eq!(protocol.known(), Some(&head(2, 4)));
    let step = protocol.next(step, Answer::Failed(String::new()));
    assert!(matches!(step, Step::Finish(Outcome::Retry { .. })));
    assert_eq!(protocol.known(), None, "the next invocation looks before it writes");
}
