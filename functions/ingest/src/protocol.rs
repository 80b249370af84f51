//! The commit protocol of a chain, as a pure state machine: it is told what the last step
//! answered and says which step is next. It does no I/O, so that it can be model-checked as it runs.
//!
//! 1. *Load* the head (a warm function starts from the one it remembers).
//! 2. Records at or below the head's last sequence number are sealed already.
//! 3. *Seal*: build the next batch and create its object, if no object is there. This put is the
//!    linearisation point: whoever creates number n decides it. After a load, *look* first: whatever
//!    is there is either what a crash left, or a delete marker that the put's condition does not see.
//! 4. *Commit*: move the head to the batch, on condition that it has not moved.
//! 5. The object exists already (a crash before the commit, or another writer): *adopt* it. Its
//!    records may be fewer or more than those at hand; what remains goes on from there.
//! 6. Anything unknown: load again, never assume.
//! 7. An object that cannot be adopted *stops* the chain: an operator must look at it.

use cairn_ledger::{SealedHeader, SequenceNumber};
use cairn_store::{BatchItem, ChainHead, ChainState, VersionId};

/// How often one invocation starts again from the head before it hands its records back to
/// Lambda. Each time somebody else made progress or an answer was lost.
const ATTEMPTS: u32 = 8;

/// A step of the protocol, to be done by the executor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "one exists at a time")]
pub enum Step {
    /// Read the state of the chain.
    Load,
    /// See whether anything is at the key after `head` already, be it a delete marker, which a condition
    /// on a put does not see. A warm function, which put the last one, need not look.
    Look {
        /// What the batch follows.
        head: Option<ChainHead>,
        /// The first record that is not sealed yet.
        first: usize,
    },
    /// Build the batch after `head` from the records from index `first` on, and create its object.
    Seal {
        /// What the batch follows.
        head: Option<ChainHead>,
        /// The first record that is not sealed yet.
        first: usize,
    },
    /// Read the object after `head` and judge whether it may be committed.
    Adopt {
        /// What the batch must follow.
        head: Option<ChainHead>,
        /// The first record that is not sealed yet.
        first: usize,
    },
    /// Move the head.
    Commit {
        /// From here.
        head: Option<ChainHead>,
        /// To here.
        candidate: Candidate,
    },
    /// Stop the chain at `head`.
    Stop {
        /// The head it is stopped at.
        head: Option<ChainHead>,
        /// Why.
        reason: String,
    },
    /// Answer Lambda.
    Finish(Outcome),
}

/// A batch whose object exists and that may become the head.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// The head it would be.
    pub next: ChainHead,
    /// Its item.
    pub item: BatchItem,
}

impl Candidate {
    /// What the header of a batch and the version of its object make.
    pub fn new(header: SealedHeader, version: VersionId) -> Self {
        let item = BatchItem { header, version };
        Self { next: item.head(), item }
    }
}

/// What a step answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::large_enum_variant, reason = "one exists at a time")]
pub enum Answer {
    /// `Load`: the state of the chain.
    Loaded(ChainState),
    /// `Seal` or `Adopt`: the object is there and may be committed.
    Candidate(Candidate),
    /// `Look`: nothing is there.
    Free,
    /// `Look` or `Seal`: something is there already.
    Taken,
    /// `Adopt`: the object must not be committed.
    Foreign(String),
    /// `Commit` or `Stop`: done.
    Done,
    /// `Commit` or `Stop`: the head was another one.
    Conflict,
    /// Nobody knows whether it took effect.
    Unknown(String),
    /// It did not take effect, and will not now.
    Failed(String),
}

/// How an invocation ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Every record is committed.
    Committed,
    /// Records from index `first` on are not committed; Lambda hands them over again.
    Retry {
        /// The first of them.
        first: usize,
        /// Why.
        reason: String,
    },
    /// The chain is stopped; nothing from index `first` on is committed until an operator acts.
    Stopped {
        /// The first record that is not committed.
        first: usize,
        /// Why it was stopped.
        reason: String,
    },
}

/// The state of one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Protocol {
    records: Vec<SequenceNumber>,
    /// Records before this index are known to be committed.
    first: usize,
    attempts: u32,
    known: Option<ChainHead>,
}

impl Protocol {
    /// Starts on records in ascending order, with the head that a warm function remembers, if any.
    /// A remembered head may be stale: the conditions of the steps tell.
    pub fn start(records: Vec<SequenceNumber>, remembered: Option<ChainHead>) -> (Self, Step) {
        let mut protocol = Self { records, first: 0, attempts: 0, known: remembered.clone() };
        let step = match remembered {
            None => Step::Load,
            Some(head) => protocol.go_on_from(Some(head), false),
        };
        (protocol, step)
    }

    /// The head that a warm function is to remember from here on: the last one that was read or made,
    /// and none while nobody knows where it is, nor after an end that the next invocation must look
    /// into.
    pub fn known(&self) -> Option<&ChainHead> {
        self.known.as_ref()
    }

    /// The step after `step`, which answered `answer`.
    pub fn next(&mut self, step: Step, answer: Answer) -> Step {
        let next = self.decide(step, answer);
        let uncertain = match &next {
            Step::Commit { .. } | Step::Stop { .. } => true,
            Step::Finish(outcome) => *outcome != Outcome::Committed,
            _ => false,
        };
        if uncertain {
            self.known = None;
        }
        next
    }

    fn decide(&mut self, step: Step, answer: Answer) -> Step {
        match (step, answer) {
            (Step::Load, Answer::Loaded(state)) => {
                match (self.go_on_from(state.head, true), state.stopped) {
                    (Step::Look { .. }, Some(reason)) => self.stopped(reason),
                    (step, _) => step,
                }
            }
            (Step::Look { head, first }, Answer::Free) => Step::Seal { head, first },
            (Step::Look { head, first } | Step::Seal { head, first }, Answer::Taken) => {
                Step::Adopt { head, first }
            }
            (Step::Seal { head, .. } | Step::Adopt { head, .. }, Answer::Candidate(candidate)) => {
                Step::Commit { head, candidate }
            }
            (Step::Adopt { head, .. }, Answer::Foreign(reason)) => Step::Stop { head, reason },
            (Step::Commit { candidate, .. }, Answer::Done) => {
                self.attempts = 0;
                self.go_on_from(Some(candidate.next), false)
            }
            (Step::Stop { reason, .. }, Answer::Done) => self.stopped(reason),
            (Step::Commit { .. } | Step::Stop { .. }, Answer::Conflict) => {
                self.load_again("the head has moved".to_owned())
            }
            (_, Answer::Unknown(reason)) => self.load_again(reason),
            (_, Answer::Failed(reason)) => self.retry(reason),
            (step, answer) => self.retry(format!("step {step:?} cannot answer {answer:?}")),
        }
    }

    fn go_on_from(&mut self, head: Option<ChainHead>, look: bool) -> Step {
        self.known.clone_from(&head);
        if let Some(head) = &head {
            self.first = self.records.partition_point(|sequence| *sequence <= head.last);
        }
        match (self.first, look) {
            (first, _) if first == self.records.len() => Step::Finish(Outcome::Committed),
            (first, true) => Step::Look { head, first },
            (first, false) => Step::Seal { head, first },
        }
    }

    fn load_again(&mut self, reason: String) -> Step {
        self.attempts += 1;
        if self.attempts == ATTEMPTS {
            return self.retry(reason);
        }
        Step::Load
    }

    fn retry(&self, reason: String) -> Step {
        Step::Finish(Outcome::Retry { first: self.first, reason })
    }

    fn stopped(&self, reason: String) -> Step {
        Step::Finish(Outcome::Stopped { first: self.first, reason })
    }
}

#[cfg(test)]
mod tests;
