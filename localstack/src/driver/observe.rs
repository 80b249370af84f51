//! What a driver tells whoever watches it.

use std::fmt;
use std::sync::Arc;

use super::answer::Answer;
use super::process::Outcome;
use super::work::Condition;

/// Something that happened. Nothing of what records hold is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The function was invoked.
    Invoked {
        /// The shard.
        shard: String,
        /// How many records it was handed.
        records: usize,
        /// The request.
        request_id: String,
        /// How it ended.
        outcome: Outcome,
        /// What that means for the records.
        answer: Answer,
    },
    /// Records were given up, and lie in the failure destination.
    Discarded {
        /// The shard.
        shard: String,
        /// How many.
        records: usize,
        /// Why.
        condition: Condition,
        /// The object, if there is a destination.
        key: Option<String>,
    },
    /// A closed shard was read to its end, and everything in it is done.
    Finished {
        /// The shard.
        shard: String,
    },
    /// Something could not be done, and is tried again.
    Trouble {
        /// What.
        detail: String,
    },
}

/// Whoever watches.
#[derive(Clone)]
pub(super) struct Observer(Arc<dyn Fn(Happening) + Send + Sync>);

impl Observer {
    pub(super) fn new(watch: impl Fn(Happening) + Send + Sync + 'static) -> Self {
        Self(Arc::new(watch))
    }

    pub(super) fn tell(&self, happening: Happening) {
        (self.0)(happening);
    }

    pub(super) fn trouble(&self, detail: impl fmt::Display) {
        self.tell(Happening::Trouble { detail: detail.to_string() });
    }
}

impl fmt::Display for Happening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoked { shard, records, request_id, outcome, answer } => {
                write!(f, "{shard}: {records} records, request {request_id}: ")?;
                match (outcome, answer) {
                    (Outcome::Answered(_), Answer::Success) => write!(f, "done"),
                    (Outcome::Answered(_), Answer::From(place)) => write!(f, "done up to {place}"),
                    (Outcome::Answered(_), Answer::Failure) => {
                        write!(f, "failed: the answer cannot be understood")
                    }
                    (Outcome::Failed { kind, .. }, _) => write!(f, "failed: {kind}"),
                    (Outcome::Died(how), _) => write!(f, "failed: {how}"),
                    (Outcome::TimedOut, _) => write!(f, "failed: it took too long"),
                }
            }
            Self::Discarded { shard, records, condition, key } => {
                let key = key.as_deref().unwrap_or("nowhere: there is no failure destination");
                write!(f, "{shard}: {records} records given up ({condition:?}), to {key}")
            }
            Self::Finished { shard } => write!(f, "{shard}: closed, and read to its end"),
            Self::Trouble { detail } => write!(f, "{detail}"),
        }
    }
}
