//! What to do with the records of a batch until none is left: a state machine. Pure.
//!
//! A batch is worked through as *parts*: one at first, more where it is bisected. The parts keep the
//! order of the records, and the first is always the one in work.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::answer::Answer;

/// How failures are handled: the settings of a mapping that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// `BisectBatchOnFunctionError`.
    pub bisect: bool,
    /// `MaximumRetryAttempts`; `None`: without end.
    pub retries: Option<u32>,
    /// `MaximumRecordAgeInSeconds`; `None`: without end.
    pub age: Option<Duration>,
    /// The pause after a first failure; it doubles with each further one.
    pub backoff: Duration,
    /// The longest pause.
    pub longest_backoff: Duration,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// Nothing but time, or what was to be discarded is.
    Tick,
    /// The function was invoked with the first part.
    Answered(Answer),
    /// The function could not be invoked.
    NotInvoked,
}

/// What to do next. Ranges are places in the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Invoke the function with these records.
    Invoke(Range<usize>),
    /// Do nothing before this time.
    Wait(Timestamp),
    /// Give these up: send them to the failure destination, and tick.
    Discard(Discard),
    /// All records are done or discarded: read on.
    Done,
}

/// Records that are given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// Which.
    pub records: Range<usize>,
    /// Why.
    pub condition: Condition,
    /// How often the function was invoked with them.
    pub invocations: u32,
}

/// Why records are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// They were retried as often as the mapping allows.
    RetryAttemptsExhausted,
    /// They are older than the mapping allows.
    RecordAgeExceeded,
}

/// A batch in work.
#[derive(Debug, Clone)]
pub struct Work {
    rules: Rules,
    arrived: Vec<Timestamp>,
    parts: VecDeque<Part>,
    /// Failures since the last success, for the pause.
    failures: u32,
    not_before: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    records: Range<usize>,
    invocations: u32,
    retries: u32,
}

impl Work {
    /// A batch whose records arrived at these times.
    pub fn new(rules: Rules, arrived: Vec<Timestamp>) -> Self {
        let whole = Part { records: 0..arrived.len(), invocations: 0, retries: 0 };
        Self { rules, arrived, parts: VecDeque::from([whole]), failures: 0, not_before: None }
    }

    /// Takes in what happened and decides what is next.
    pub fn step(&mut self, input: Input, now: Timestamp) -> Action {
        match input {
            Input::Tick => {}
            Input::Answered(answer) => self.answered(answer, now),
            Input::NotInvoked => self.pause(now),
        }
        self.next(now)
    }

    fn answered(&mut self, answer: Answer, now: Timestamp) {
        let Some(mut part) = self.parts.pop_front() else { return };
        part.invocations += 1;
        match answer {
            Answer::Success => {
                self.failures = 0;
                self.not_before = None;
                return;
            }
            Answer::From(place) => {
                part.records.start += place;
                // Cut there, it is a split, and those are free; but nothing is cut off at the first.
                if place == 0 || !self.rules.bisect {
                    part.retries += 1;
                }
                self.parts.push_front(part);
            }
            Answer::Failure if self.rules.bisect && part.records.len() > 1 => {
                let middle = part.records.start + part.records.len() / 2;
                let second = Part { records: middle..part.records.end, ..part.clone() };
                part.records.end = middle;
                self.parts.push_front(second);
                self.parts.push_front(part);
            }
            Answer::Failure => {
                part.retries += 1;
                self.parts.push_front(part);
            }
        }
        self.pause(now);
    }

    fn pause(&mut self, now: Timestamp) {
        let pause = self.rules.backoff.saturating_mul(1 << self.failures.min(20));
        let pause = pause.min(self.rules.longest_backoff);
        self.failures += 1;
        self.not_before = Some(now + SignedDuration::try_from(pause).unwrap_or_default());
    }

    fn next(&mut self, now: Timestamp) -> Action {
        let Some(part) = self.parts.front() else { return Action::Done };
        let old = part.records.clone().take_while(|place| self.is_too_old(*place, now)).count();
        if old > 0 {
            return self.discard(old, Condition::RecordAgeExceeded);
        }
        if self.rules.retries.is_some_and(|most| part.retries > most) {
            return self.discard(part.records.len(), Condition::RetryAttemptsExhausted);
        }
        match self.not_before {
            Some(time) if time > now => Action::Wait(time),
            _ => Action::Invoke(part.records.clone()),
        }
    }

    fn is_too_old(&self, place: usize, now: Timestamp) -> bool {
        let age = now.duration_since(self.arrived[place]);
        self.rules.age.is_some_and(|limit| age.as_secs_f64() > limit.as_secs_f64())
    }

    /// Gives up the first records of the first part.
    fn discard(&mut self, count: usize, condition: Condition) -> Action {
        let Some(mut part) = self.parts.pop_front() else { return Action::Done };
        let records = part.records.start..part.records.start + count;
        let invocations = part.invocations;
        part.records.start = records.end;
        if !part.records.is_empty() {
            self.parts.push_front(part);
        }
        Action::Discard(Discard { records, condition, invocations })
    }
}

#[cfg(test)]
mod tests;
