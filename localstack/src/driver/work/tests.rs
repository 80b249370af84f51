#![allow(clippy::unwrap_used)]

use super::*;

/// Pages that the sentences are quoted from:
/// * failures: <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>
/// * partial: <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>
/// * parameters: <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>
const PLAIN: Rules = Rules {
    bisect: false,
    retries: None,
    age: None,
    backoff: Duration::ZERO,
    longest_backoff: Duration::ZERO,
};

const BISECT: Rules = Rules { bisect: true, ..PLAIN };

const FAILED: Input = Input::Answered(Answer::Failure);

const DONE: Input = Input::Answered(Answer::Success);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A batch whose records arrived one a second, from 0 on.
fn work(rules: Rules, records: i64) -> Work {
    Work::new(rules, (0..records).map(at).collect())
}

/// What a batch of eight records leads to.
#[track_caller]
fn leads(rules: Rules, steps: &[(Input, Action)]) {
    let mut work = work(rules, 8);
    for (n, (input, expected)) in steps.iter().enumerate() {
        assert_eq!(work.step(*input, at(0)), *expected, "step {n}: {input:?}");
    }
}

fn invoke(records: Range<usize>) -> Action {
    Action::Invoke(records)
}

fn from(place: usize) -> Input {
    Input::Answered(Answer::From(place))
}

fn discard(records: Range<usize>, condition: Condition, invocations: u32) -> Action {
    Action::Discard(Discard { records, condition, invocations })
}

/// partial: "by default Lambda checkpoints to the highest sequence number of a batch only when the
/// batch is a complete success. Lambda treats all other results as a complete failure and retries
/// processing the batch up to the retry limit."
#[test]
fn a_batch_is_retried_whole_until_it_succeeds() {
    let steps = [
        (Input::Tick, invoke(0..8)),
        (FAILED, invoke(0..8)),
        (FAILED, invoke(0..8)),
        (DONE, Action::Done),
    ];
    leads(PLAIN, &steps);
}

/// failures: "BisectBatchOnFunctionError, which splits a failed batch into two smaller batches"
#[test]
fn a_failed_batch_is_split_in_halves_down_to_the_record_that_fails() {
    let steps = [
        (Input::Tick, invoke(0..8)),
        (FAILED, invoke(0..4)),
        (DONE, invoke(4..8)),
        (FAILED, invoke(4..6)),
        (FAILED, invoke(4..5)),
        (DONE, invoke(5..6)),
        (FAILED, invoke(5..6)),
        (DONE, invoke(6..8)),
        (DONE, Action::Done),
    ];
    leads(BISECT, &steps);
}

/// partial: "When a partial batch success response is received and both BisectBatchOnFunctionError
/// and ReportBatchItemFailures are turned on, the batch is bisected at the returned sequence number,
/// and Lambda retries only the remaining records."
#[test]
fn a_partial_success_goes_on_from_the_number_that_was_returned() {
    for rules in [PLAIN, BISECT] {
        let steps = [
            (Input::Tick, invoke(0..8)),
            (from(3), invoke(3..8)),
            (from(2), invoke(5..8)),
            (DONE, Action::Done),
        ];
        leads(rules, &steps);
    }
}

/// partial: "If the invocation fails and BisectBatchOnFunctionError is turned on, the batch is
/// bisected regardless of your ReportBatchItemFailures setting."
#[test]
fn what_a_partial_success_leaves_is_split_where_it_then_fails() {
    let steps = [
        (Input::Tick, invoke(0..8)),
        (from(2), invoke(2..8)),
        (FAILED, invoke(2..5)),
        (DONE, invoke(5..8)),
        (DONE, Action::Done),
    ];
    leads(BISECT, &steps);
}

/// failures: "If the error handling measures fail, Lambda discards the records and continues
/// processing batches from the stream."
#[test]
fn after_the_last_retry_the_records_are_discarded() {
    let exhausted = |invocations| discard(0..8, Condition::RetryAttemptsExhausted, invocations);
    for (most, invocations) in [(0, 1), (1, 2), (3, 4)] {
        let mut work = work(Rules { retries: Some(most), ..PLAIN }, 8);
        assert_eq!(work.step(Input::Tick, at(0)), invoke(0..8));
        for _ in 1..invocations {
            assert_eq!(work.step(FAILED, at(0)), invoke(0..8), "{most} retries");
        }
        assert_eq!(work.step(FAILED, at(0)), exhausted(invocations), "{most} retries");
        assert_eq!(work.step(Input::Tick, at(0)), Action::Done);
    }
}

/// failures: "Splitting batches doesn't consume the retry quota."
#[test]
fn splitting_is_no_retry() {
    let exhausted = |records| discard(records, Condition::RetryAttemptsExhausted, 4);
    let steps = [
        (Input::Tick, invoke(0..8)),
        (FAILED, invoke(0..4)),
        (FAILED, invoke(0..2)),
        (FAILED, invoke(0..1)),
        (FAILED, exhausted(0..1)),
        (Input::Tick, invoke(1..2)),
        (FAILED, exhausted(1..2)),
        (Input::Tick, invoke(2..4)),
    ];
    leads(Rules { retries: Some(0), ..BISECT }, &steps);
    let steps = [(Input::Tick, invoke(0..8)), (from(3), invoke(3..8)), (from(1), invoke(4..8))];
    leads(Rules { retries: Some(0), ..BISECT }, &steps);
}

/// A response that names the first record has done nothing: as a split it would be one without end.
#[test]
fn a_partial_success_of_nothing_is_a_retry() {
    let steps = [
        (Input::Tick, invoke(0..8)),
        (from(0), invoke(0..8)),
        (from(0), discard(0..8, Condition::RetryAttemptsExhausted, 2)),
    ];
    leads(Rules { retries: Some(1), ..BISECT }, &steps);
}

/// parameters: "-1 means infinite: failed records are retried until the record expires"
#[test]
fn without_limits_nothing_is_discarded() {
    let mut work = work(BISECT, 1);
    assert_eq!(work.step(Input::Tick, at(0)), invoke(0..1));
    for second in 0..100_000 {
        assert_eq!(work.step(FAILED, at(second)), invoke(0..1));
    }
}

/// failures: "Lambda retries until the records expire, exceed the maximum age
/// (MaximumRecordAgeInSeconds), or reach the configured retry quota"
#[test]
fn records_that_grow_too_old_are_discarded_and_younger_ones_are_not() {
    let rules = Rules { age: Some(Duration::from_secs(60)), ..PLAIN };
    let mut work = work(rules, 8);
    assert_eq!(work.step(Input::Tick, at(60)), invoke(0..8), "60 s are not more than 60 s");
    let old = discard(0..3, Condition::RecordAgeExceeded, 1);
    assert_eq!(work.step(FAILED, at(63)), old, "records 0, 1 and 2 are older than 60 s");
    assert_eq!(work.step(Input::Tick, at(63)), invoke(3..8));
    assert_eq!(work.step(DONE, at(99)), Action::Done, "what is done does not age");
}

/// failures: "If a Lambda event source mapping is unable to invoke the function due to throttling or
/// other issues, it retries until the records expire or exceed the maximum age"
#[test]
fn what_cannot_be_invoked_ages_but_is_no_retry() {
    let rules = Rules { age: Some(Duration::from_secs(60)), retries: Some(0), ..PLAIN };
    let mut work = work(rules, 2);
    for second in 0..60 {
        assert_eq!(work.step(Input::NotInvoked, at(second)), invoke(0..2));
    }
    let old = discard(0..2, Condition::RecordAgeExceeded, 0);
    assert_eq!(work.step(Input::NotInvoked, at(62)), old);
    assert_eq!(work.step(Input::Tick, at(62)), Action::Done);
}

/// No page says how long the pauses are; that they grow is said in general:
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html>
#[test]
fn pauses_grow_until_something_succeeds() {
    let seconds = Duration::from_secs;
    let mut work = work(Rules { backoff: seconds(1), longest_backoff: seconds(3), ..BISECT }, 4);
    assert_eq!(work.step(Input::Tick, at(0)), invoke(0..4));
    assert_eq!(work.step(FAILED, at(0)), Action::Wait(at(1)));
    assert_eq!(work.step(Input::Tick, at(0)), Action::Wait(at(1)), "it is too early");
    assert_eq!(work.step(Input::Tick, at(1)), invoke(0..2));
    assert_eq!(work.step(FAILED, at(1)), Action::Wait(at(3)));
    assert_eq!(work.step(Input::NotInvoked, at(3)), Action::Wait(at(6)), "3 s, not 4");
    assert_eq!(work.step(Input::Tick, at(6)), invoke(0..1));
    assert_eq!(work.step(DONE, at(6)), invoke(1..2), "no pause after a success");
    assert_eq!(work.step(FAILED, at(6)), Action::Wait(at(7)), "and the next is short again");
}
