//! What goes wrong, and where.

use std::fmt;

use crate::StoreError;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Not applied; the answer is `Unknown`.
    Lost,
    /// Applied; the answer is `Unknown`, unless the call failed of itself.
    Applied,
    /// Applied; the answer is `Conflict`, unless the call failed of itself: as if a client had
    /// lost the answer, tried again by itself, and met its own write.
    AppliedThenConflict,
    /// Not applied; the answer is `Throttled`.
    Throttled,
    /// Not applied; the answer is `Conflict`.
    Conflict,
    /// Not applied; the answer is `Refused`.
    Refused,
    /// The process dies before the call is applied: see [`Faults::until_crash`](super::Faults::until_crash).
    CrashBefore,
    /// The process dies after the call is applied, before the answer arrives.
    CrashAfter,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Lost,
        Self::Applied,
        Self::AppliedThenConflict,
        Self::Throttled,
        Self::Conflict,
        Self::Refused,
        Self::CrashBefore,
        Self::CrashAfter,
    ];

    /// Whether the call is applied all the same.
    pub fn applies(self) -> bool {
        matches!(self, Self::Applied | Self::AppliedThenConflict | Self::CrashAfter)
    }

    /// Whether it kills the process.
    pub fn is_crash(self) -> bool {
        matches!(self, Self::CrashBefore | Self::CrashAfter)
    }

    /// The answer in place of the call's own; of a crash, the one that nobody should see.
    pub(super) fn answer(self, call: &Call) -> StoreError {
        let detail = format_args!("injected fault: {self:?}");
        match self {
            Self::Lost | Self::Applied => StoreError::unknown(call, detail),
            Self::AppliedThenConflict | Self::Conflict => StoreError::conflict(call, detail),
            Self::Throttled => StoreError::throttled(call, detail),
            Self::Refused | Self::CrashBefore | Self::CrashAfter => {
                StoreError::refused(call, detail)
            }
        }
    }
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Which one.
    pub operation: Operation,
    /// What it was about: an object's key, a prefix, `<chain>` or `<chain>#<batch number>`, the
    /// log's new size, an item's coordinates, `<stream>` or `<stream>/<shard>`; empty for the signing key.
    pub key: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.operation, self.key)
    }
}

/// The methods of the storage traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Operation {
    Create,
    Replace,
    Read,
    ReadVersion,
    Versions,
    List,
    Chain,
    Commit,
    Stop,
    Resume,
    Chains,
    Batches,
    LogHead,
    AdvanceLog,
    Redrive,
    MoveRedrive,
    Redrives,
    PublicKey,
    Sign,
    Created,
    Parents,
    Records,
    Put,
    Scan,
}

impl Operation {
    /// Whether it changes what is stored.
    pub fn is_write(self) -> bool {
        use Operation::{AdvanceLog, Commit, Create, MoveRedrive, Put, Replace, Resume, Stop};
        matches!(self, Create | Replace | Commit | Stop | Resume | AdvanceLog | MoveRedrive | Put)
    }
}

/// Which call a fault befalls. Counts start at 0, so that the `n`th of [`Faults::calls`](super::Faults::calls)
/// is `At::call(n)`, and the `n`th of [`Faults::writes`](super::Faults::writes) is `At::write(n)`; they start when the
/// fault is injected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    what: What,
    prefix: String,
    skip: usize,
    lasting: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Call,
    Write,
    Operation(Operation),
}

impl At {
    /// The `n`th call of any kind.
    pub fn call(n: usize) -> Self {
        Self { what: What::Call, prefix: String::new(), skip: n, lasting: false }
    }

    /// The `n`th write.
    pub fn write(n: usize) -> Self {
        Self { what: What::Write, ..Self::call(n) }
    }

    /// The `n`th call of one operation.
    pub fn operation(operation: Operation, n: usize) -> Self {
        Self { what: What::Operation(operation), ..Self::call(n) }
    }

    /// Counts only calls whose [key](Call::key) starts with `prefix`.
    #[must_use]
    pub fn under(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Every such call from the `n`th on, not the `n`th alone.
    #[must_use]
    pub fn and_after(self) -> Self {
        Self { lasting: true, ..self }
    }

    /// Counts the call if it is one of these; whether it is the one.
    pub(super) fn meets(&mut self, call: &Call) -> bool {
        let counts = match self.what {
            What::Call => true,
            What::Write => call.operation.is_write(),
            What::Operation(operation) => call.operation == operation,
        };
        if !(counts && call.key.starts_with(&self.prefix)) {
            return false;
        }
        let met = self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        met
    }

    pub(super) fn is_lasting(&self) -> bool {
        self.lasting
    }
}
