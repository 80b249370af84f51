#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::put::record::{MAX_RECORD, Place};

/// A stream that refuses records as a script says, and checks what it is asked to take.
#[derive(Default)]
struct Stream {
    /// For each request, which of its records (modulo the script's length) are refused.
    script: RefCell<VecDeque<Script>>,
    taken: RefCell<Vec<String>>,
    requests: RefCell<Vec<usize>>,
}

#[derive(Debug, Clone)]
enum Script {
    Refuse(BTreeSet<usize>),
    RefuseAll,
    Again,
    /// The records are taken, and the answer is lost.
    Lost,
    Final,
}

impl Sink for Stream {
    async fn put(&self, records: &[&Record]) -> Result<Vec<Answer>, SinkError> {
        assert!((1..=500).contains(&records.len()));
        assert!(records.iter().map(|record| record.size()).sum::<usize>() <= 5 << 20);
        self.requests.borrow_mut().push(records.len());
        let script = self.script.borrow_mut().pop_front();
        let refused = match script.unwrap_or(Script::Refuse(BTreeSet::new())) {
            Script::Refuse(which) => which,
            Script::RefuseAll => (0..500).collect(),
            Script::Again => return Err(SinkError::Again { why: "reset".into() }),
            Script::Lost => {
                self.taken.borrow_mut().extend(records.iter().map(|record| record.key.clone()));
                return Err(SinkError::Lost { why: "reset".into() });
            }
            Script::Final => return Err(SinkError::Final { why: "no such stream".into() }),
        };
        let answer = |(i, record): (usize, &&Record)| {
            if refused.contains(&i) {
                return Answer::Refused { why: "throughput".into() };
            }
            let mut taken = self.taken.borrow_mut();
            taken.push(record.key.clone());
            let sequence = taken.len().to_string().parse().unwrap();
            Answer::Taken { shard: format!("shard-{}", i % 2), sequence }
        };
        Ok(records.iter().enumerate().map(answer).collect())
    }
}

#[derive(Default)]
struct Pauses {
    longest: RefCell<Vec<Duration>>,
    total: Cell<u32>,
}

impl Pause for Pauses {
    async fn pause(&self, longest: Duration) {
        self.longest.borrow_mut().push(longest);
        self.total.set(self.total.get() + 1);
    }
}

fn record(n: usize, size: usize) -> Record {
    let key = format!("{n:010}");
    let data = vec![b'x'; size.min(MAX_RECORD - key.len())].into();
    let from = Place { path: "events.ndjson".into(), number: n as u64 + 1, line: 1 };
    Record { data, key, pieces: 1, from }
}

/// Puts records of these sizes; the answer, what was put, and the names of the pauses.
fn put(sizes: &[usize], script: Vec<Script>) -> (Result<(), GaveUp>, Sent, Stream, Pauses) {
    let stream = Stream { script: RefCell::new(script.into()), ..Stream::default() };
    let pauses = Pauses::default();
    let mut sender = Sender::new(&stream, &pauses);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(async {
        for (n, size) in sizes.iter().enumerate() {
            sender.add(record(n, *size)).await?;
        }
        sender.flush().await
    });
    let sent = sender.sent().clone();
    (result, sent, stream, pauses)
}

#[test]
fn requests_are_full() {
    let (result, sent, stream, pauses) = put(&[100; 1_201], Vec::new());
    assert_eq!(result, Ok(()));
    assert_eq!(*stream.requests.borrow(), [500, 500, 201]);
    assert_eq!((sent.records, sent.bytes, sent.requests, sent.retries), (1_201, 120_100, 3, 0));
    assert_eq!(pauses.total.get(), 0);
    let (_, sent, stream, _) = put(&[MAX_RECORD; 12], Vec::new());
    assert_eq!(*stream.requests.borrow(), [5, 5, 2], "five records of 1 MiB are 5 MiB");
    assert_eq!(sent.records, 12);
}

#[test]
fn only_what_was_refused_is_put_again_beside_what_is_new() {
    let script = vec![Script::Refuse([3, 7, 499].into())];
    let (result, sent, stream, pauses) = put(&[10; 700], script);
    assert_eq!(result, Ok(()));
    assert_eq!(*stream.requests.borrow(), [500, 203]);
    assert_eq!((sent.records, sent.retries, pauses.total.get()), (700, 3, 1));
    assert_eq!(
        stream.taken.borrow()[497..501],
        ["0000000003", "0000000007", "0000000499", "0000000500"]
    );
}

#[test]
fn the_pauses_grow_and_are_bounded() {
    let (result, _, _, pauses) = put(&[10; 1], vec![Script::RefuseAll; 9]);
    assert_eq!(result, Ok(()));
    let millis: Vec<u128> = pauses.longest.borrow().iter().map(Duration::as_millis).collect();
    assert_eq!(millis, [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
}

#[test]
fn it_is_given_up_when_nothing_is_taken_any_more() {
    let script = [vec![Script::Refuse((5..500).collect())], vec![Script::RefuseAll; 50]].concat();
    let (result, sent, stream, _) = put(&[10; 20], script);
    let error = result.unwrap_err();
    assert_eq!((error.left, error.number, sent.records), (15, 6, 5));
    assert_eq!(stream.requests.borrow().len(), 11, "one that took some, ten that took none");
    let text = error.to_string();
    assert!(text.contains("15 records") && text.contains("events.ndjson"), "{text}");
    assert!(text.contains("throughput"), "{text}");
}

#[test]
fn slow_progress_is_not_given_up() {
    let one = Script::Refuse((1..500).collect());
    let (result, sent, _, _) = put(&[10; 40], vec![one; 39]);
    assert_eq!((result, sent.records), (Ok(()), 40));
}

#[test]
fn a_request_without_answer_is_made_again_and_a_refused_one_is_not() {
    let (result, sent, stream, pauses) = put(&[10; 3], vec![Script::Lost; 2]);
    assert_eq!((result, sent.records, sent.retries), (Ok(()), 3, 6));
    assert_eq!((sent.requests, sent.possibly_twice, pauses.total.get()), (3, 3, 2));
    assert_eq!(stream.taken.borrow().len(), 9, "nobody could know");
    let (result, sent, stream, _) = put(&[10; 3], vec![Script::Lost; 9]);
    let error = result.unwrap_err();
    assert_eq!((error.left, error.doubtful), (3, 3));
    let text = error.to_string();
    assert!(text.contains("reset") && text.contains("or 3 of them were"), "{text}");
    assert_eq!((sent.records, sent.possibly_twice, stream.requests.borrow().len()), (0, 0, 8));
    let (result, sent, stream, _) = put(&[10; 3], vec![Script::Final]);
    let error = result.unwrap_err();
    assert_eq!(error.doubtful, 0);
    assert!(error.to_string().contains("no such stream"));
    assert_eq!((sent.records, stream.requests.borrow().len()), (0, 1));
}

#[test]
fn only_the_records_of_a_lost_request_may_be_there_twice() {
    let (result, sent, _, _) = put(&[10; 700], vec![Script::Again, Script::Lost]);
    assert_eq!((result, sent.records, sent.possibly_twice), (Ok(()), 700, 500));
    let (result, sent, _, _) = put(&[10; 700], vec![Script::Again, Script::RefuseAll]);
    assert_eq!((result, sent.possibly_twice), (Ok(()), 0));
}

#[test]
fn the_last_sequence_number_of_a_shard_is_its_greatest() {
    let (_, sent, _, _) = put(&[10; 11], Vec::new());
    let shards: Vec<_> = sent
        .shards
        .iter()
        .map(|(id, shard)| (id.as_str(), shard.records, shard.last.as_str()))
        .collect();
    assert_eq!(shards, [("shard-0", 6, "11"), ("shard-1", 5, "10")]);
}

fn script() -> impl Strategy<Value = Script> {
    prop_oneof![
        prop::collection::btree_set(0..500_usize, 0..300).prop_map(Script::Refuse),
        Just(Script::RefuseAll),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn everything_is_put_exactly_once(
        sizes in prop::collection::vec(prop_oneof![9 => 0..2_000_usize, 1 => 0..MAX_RECORD], 0..900),
        mut script in prop::collection::vec(script(), 0..9),
        lost in 0..9_usize,
    ) {
        script.insert(lost.min(script.len()), Script::Again);
        let (result, sent, stream, _) = put(&sizes, script);
        prop_assert_eq!(result, Ok(()));
        prop_assert_eq!(sent.records as usize, sizes.len());
        let mut taken = stream.taken.borrow().clone();
        taken.sort();
        let expected: Vec<String> = (0..sizes.len()).map(|n| format!("{n:010}")).collect();
        prop_assert_eq!(taken, expected);
        prop_assert_eq!(sent.shards.values().map(|shard| shard.records).sum::<u64>(), sent.records);
    }
}
