//! The commit protocol of the log, as a pure state machine: it is told what the last step answered
//! and says which step is next. It does no I/O, so that it can be model-checked as it runs.
//!
//! 1. Read the *published* checkpoint, then the log's *head*. In this order: the head moves before
//!    its checkpoint is published, so one that was read first is never ahead of the head, unless the
//!    head was rolled back. Then nothing is signed any more.
//! 2. A head whose checkpoint is not published was moved by a tick that did not end: its move is made
//!    again from what is stored, and published.
//! 3. *Collect* new batches, and plan the move over them. Nothing new, nothing written.
//! 4. *Look beyond*: a signed checkpoint beyond the head is either that of a writer who moved it
//!    meanwhile, or shows that it was rolled back: to go on would be to sign a fork.
//! 5. *Keep the cursors* where the new head refers to them, then *advance* the head, on condition that
//!    it has not moved. This is the linearisation point: of two writers one moves the log.
//! 6. Publish: plan, tiles, the signed checkpoint, `log/checkpoint`, in an order in which each only
//!    refers to what is there. All of it is a function of the head and may be repeated, by anybody.
//! 7. Whatever is lost, or was done by another: start again from 1, never assume.

use std::fmt::Display;

use bytes::Bytes;
use cairn_batch::keys;
use cairn_ledger::{Checkpoint, Hash};
use cairn_store::{ETag, LogHead};

use crate::plan::Move;

/// How often one tick starts again when another writer moved the log, or an answer was lost.
pub const ATTEMPTS: u32 = 4;

/// A step of the protocol, to be done by the executor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Read `log/checkpoint`.
    ReadPublished,
    /// Read the log's head.
    ReadHead {
        /// What was published before.
        published: Option<Checkpoint>,
    },
    /// Make the move that the head records again, from what is stored.
    Remake {
        /// The head.
        head: LogHead,
    },
    /// Plan the move over all batches that are new.
    Collect {
        /// Where the log stands.
        head: Option<LogHead>,
    },
    /// See whether a signed checkpoint lies beyond the head.
    LookBeyond {
        /// Where the log stands.
        head: Option<LogHead>,
        /// The move that is planned.
        planned: Move,
    },
    /// Read the head once more: one lies beyond what it was.
    ReadHeadAgain {
        /// What it was.
        head: Option<LogHead>,
        /// The key of what lies beyond it.
        beyond: String,
    },
    /// Put the cursors where the new head refers to them.
    KeepCursors {
        /// Where the log stands.
        head: Option<LogHead>,
        /// The move that is planned.
        planned: Move,
    },
    /// Move the head.
    Advance {
        /// From here.
        head: Option<LogHead>,
        /// Over this.
        planned: Move,
    },
    /// Write the plan.
    KeepPlan(Publication),
    /// Write the tiles and entry bundles.
    KeepTiles(Publication),
    /// Read the signed checkpoint of this size.
    ReadSigned {
        /// What is published.
        publication: Publication,
        /// Whether it must be there: its creation was refused because of it.
        taken: bool,
    },
    /// Sign the checkpoint.
    Sign(Publication),
    /// Create the signed checkpoint, as it is kept for good.
    KeepSigned {
        /// What is published.
        publication: Publication,
        /// The note.
        note: Bytes,
    },
    /// Read `log/checkpoint` as it is now.
    ReadCurrent {
        /// What is published.
        publication: Publication,
        /// The note.
        note: Bytes,
    },
    /// Replace `log/checkpoint`.
    Replace {
        /// What is published.
        publication: Publication,
        /// The note.
        note: Bytes,
        /// What is replaced.
        expected: Option<ETag>,
    },
    /// End the tick.
    Finish(Outcome),
}

/// A move of the log that is being published.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Publication {
    /// The log's head, moved.
    pub head: LogHead,
    /// The move.
    pub planned: Move,
    /// Whether an earlier tick began it: then this one goes on to what is new.
    pub earlier: bool,
}

impl Publication {
    /// The checkpoint that it is about.
    pub fn checkpoint(&self) -> Checkpoint {
        let (to, origin) = (&self.head.to, self.planned.plan.origin.clone());
        Checkpoint { origin, size: to.size, root: to.root }
    }
}

/// What a step answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// `ReadPublished`: a checkpoint under a signing key.
    Published(Option<Checkpoint>),
    /// `ReadHead`, `ReadHeadAgain`.
    Head(Option<LogHead>),
    /// `Remake`, `Collect`: the move.
    Move(Move),
    /// `Collect`: nothing is new.
    Nothing,
    /// `LookBeyond`: the key of a later checkpoint.
    Beyond(Option<String>),
    /// `Advance`: the head, moved.
    Advanced(LogHead),
    /// A write: what was to be there is there.
    Done,
    /// `KeepSigned`: one is there already.
    Taken,
    /// `ReadSigned`: a checkpoint under a signing key, and its note.
    Signed(Option<(Checkpoint, Bytes)>),
    /// `Sign`: the note.
    Note(Bytes),
    /// `ReadCurrent`: a checkpoint under a signing key, and its entity tag.
    Current(Option<(Checkpoint, ETag)>),
    /// Nobody knows whether it took effect, or another was there first.
    Again,
}

/// How a tick ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Nothing was new.
    Quiet(Option<LogHead>),
    /// The log has moved.
    Moved(LogHead),
    /// The ledger table and the archive disagree: nothing is signed until an operator has looked.
    Disagreement(Disagreement),
    /// Other writers kept moving the log, or answers kept being lost.
    GaveUp,
}

/// What table and archive disagree on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{what}: expected {expected}, found {found}")]
pub struct Disagreement {
    /// What it is about.
    pub what: String,
    /// What one says.
    pub expected: String,
    /// What the other says.
    pub found: String,
}

impl Disagreement {
    /// Says what was expected and what was found.
    pub fn new(what: impl Display, expected: impl Display, found: impl Display) -> Self {
        let (what, expected, found) = (what.to_string(), expected.to_string(), found.to_string());
        Self { what, expected, found }
    }
}

/// The state of one tick.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Protocol {
    attempts: u32,
}

impl Protocol {
    /// Starts a tick.
    pub fn start() -> (Self, Step) {
        (Self::default(), Step::ReadPublished)
    }

    /// How often the tick has started again.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The step after `step`, which answered `answer`.
    pub fn next(&mut self, step: Step, answer: Answer) -> Step {
        match (step, answer) {
            (_, Answer::Again) => self.start_again(),
            (Step::ReadPublished, Answer::Published(published)) => Step::ReadHead { published },
            (Step::ReadHead { published }, Answer::Head(head)) => go_on(head, published),
            (Step::Remake { head }, Answer::Move(planned)) => remade(head, planned),
            (Step::Collect { head }, Answer::Nothing) => Step::Finish(Outcome::Quiet(head)),
            (Step::Collect { head }, Answer::Move(planned)) => Step::LookBeyond { head, planned },
            (Step::LookBeyond { head, planned }, Answer::Beyond(None)) => {
                Step::KeepCursors { head, planned }
            }
            (Step::LookBeyond { head, .. }, Answer::Beyond(Some(beyond))) => {
                Step::ReadHeadAgain { head, beyond }
            }
            (Step::ReadHeadAgain { head, beyond }, Answer::Head(now)) => match now == head {
                false => self.start_again(),
                true => {
                    let size = head.map_or(0, |head| head.to.size);
                    let expected = format!("size {size} to be the latest, as the table has it");
                    disagreement("the log's head", expected, beyond)
                }
            },
            (Step::KeepCursors { head, planned }, Answer::Done) => Step::Advance { head, planned },
            (Step::Advance { planned, .. }, Answer::Advanced(head)) => {
                Step::KeepPlan(Publication { head, planned, earlier: false })
            }
            (step, answer) => publish(step, answer),
        }
    }

    fn start_again(&mut self) -> Step {
        self.attempts += 1;
        match self.attempts == ATTEMPTS {
            true => Step::Finish(Outcome::GaveUp),
            false => Step::ReadPublished,
        }
    }
}

/// The steps of a publication.
fn publish(step: Step, answer: Answer) -> Step {
    match (step, answer) {
        (Step::KeepPlan(publication), Answer::Done) => Step::KeepTiles(publication),
        (Step::KeepTiles(publication), Answer::Done) => {
            Step::ReadSigned { publication, taken: false }
        }
        (Step::ReadSigned { publication, taken }, Answer::Signed(signed)) => {
            after_signed(publication, taken, signed)
        }
        (Step::Sign(publication), Answer::Note(note)) => Step::KeepSigned { publication, note },
        (Step::KeepSigned { publication, note }, Answer::Done) => {
            Step::ReadCurrent { publication, note }
        }
        // A second signature of the same text may have other bytes (ECDSA), and one is enough.
        (Step::KeepSigned { publication, .. }, Answer::Taken) => {
            Step::ReadSigned { publication, taken: true }
        }
        (Step::ReadCurrent { publication, note }, Answer::Current(current)) => {
            after_current(publication, note, current)
        }
        (Step::Replace { publication, .. }, Answer::Done) => published(publication),
        (step, answer) => {
            let found = format!("{answer:?} to {step:?}");
            disagreement("a step of the protocol", "an answer to it", found)
        }
    }
}

fn after_signed(
    publication: Publication,
    taken: bool,
    signed: Option<(Checkpoint, Bytes)>,
) -> Step {
    let key = || keys::checkpoint(publication.head.to.size);
    match signed {
        Some((kept, note)) if kept == publication.checkpoint() => {
            Step::ReadCurrent { publication, note }
        }
        Some((kept, _)) => {
            let expected = format!("root {}", publication.head.to.root);
            let found = format!("size {} and root {}", kept.size, kept.root);
            disagreement(key(), expected, found)
        }
        None if taken => disagreement(key(), "an object", "none"),
        None => Step::Sign(publication),
    }
}

fn after_current(
    publication: Publication,
    note: Bytes,
    current: Option<(Checkpoint, ETag)>,
) -> Step {
    let ours = publication.checkpoint();
    match current {
        Some((theirs, _)) if theirs.size > ours.size || theirs == ours => published(publication),
        Some((theirs, _)) if theirs.size == ours.size => {
            disagreement(keys::CHECKPOINT, ours.root, theirs.root)
        }
        current => {
            let expected = current.map(|(_, etag)| etag);
            Step::Replace { publication, note, expected }
        }
    }
}

/// What follows from the head and from what was published before it was read.
fn go_on(head: Option<LogHead>, published: Option<Checkpoint>) -> Step {
    match (head, published) {
        (None, None) => Step::Collect { head: None },
        (None, Some(published)) => {
            let expected = format!("at least size {}, as it was published", published.size);
            disagreement("the log's head", expected, "none")
        }
        (Some(head), None) => Step::Remake { head },
        (Some(head), Some(published)) => {
            if (published.size, published.root) == (head.to.size, head.to.root) {
                return Step::Collect { head: Some(head) };
            }
            let before = head.from.as_ref().map_or((0, Hash::EMPTY_ROOT), |at| (at.size, at.root));
            if published.size > before.0
                || (published.size == before.0 && published.root != before.1)
            {
                // The table was rolled back, or somebody else signed. To go on would sign a fork.
                return disagreement(
                    keys::CHECKPOINT,
                    format!("size {} or {}, as the table has it", before.0, head.to.size),
                    format!("size {} and root {}", published.size, published.root),
                );
            }
            Step::Remake { head }
        }
    }
}

/// A move that was made again must be the one that the head records.
fn remade(head: LogHead, planned: Move) -> Step {
    if planned.to == head.to {
        return Step::KeepPlan(Publication { head, planned, earlier: true });
    }
    let at = |to: &cairn_store::LogPoint| format!("root {} and cursors {}", to.root, to.cursors);
    let what = format!("the log at size {}", head.to.size);
    disagreement(what, at(&head.to), at(&planned.to))
}

/// A move is published: one that an earlier tick began makes way for what is new.
fn published(publication: Publication) -> Step {
    match publication.earlier {
        true => Step::Collect { head: Some(publication.head) },
        false => Step::Finish(Outcome::Moved(publication.head)),
    }
}

fn disagreement(what: impl Display, expected: impl Display, found: impl Display) -> Step {
    Step::Finish(Outcome::Disagreement(Disagreement::new(what, expected, found)))
}
