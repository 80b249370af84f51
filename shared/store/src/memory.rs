//! A cloud in memory: the bucket, the ledger table and streams, for tests.
//!
//! It keeps the contracts of the traits, Object Lock's among them, and is fast. What the contracts
//! say only an operator with every right can do, [`Operator`] does.

mod locks;
mod objects;
mod operator;
mod signer;
mod stream;
mod table;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

pub use operator::Operator;
pub use signer::SoftwareSigner;

/// The key under which a [`Memory`] encrypts its objects.
pub const DATA_KEY: &str =
    "arn:aws:kms:eu-central-1:000000000000:key/00000000-0000-4000-8000-000000000000";

/// A cloud in memory. It is its own [`Objects`](crate::Objects), [`Table`](crate::Table) and
/// [`Stream`](crate::Stream); clones are handles of the same cloud. The signing key lies outside,
/// in a [`SoftwareSigner`].
#[derive(Clone)]
pub struct Memory {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// All that a [`Memory`] holds.
#[derive(Clone, Default)]
struct State {
    bucket: objects::Bucket,
    ledger: table::Ledger,
    streams: stream::Streams,
}

impl Memory {
    /// An empty cloud whose clock is `clock`.
    pub fn new(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { state: Arc::default(), clock: Arc::new(clock) }
    }

    /// Another cloud that starts with all that this one holds: a fork, to be told from the original.
    pub fn fork(&self) -> Self {
        let state = self.state().clone();
        Self { state: Arc::new(Mutex::new(state)), clock: self.clock.clone() }
    }

    /// What an operator with every right can do to this cloud.
    pub fn operator(&self) -> Operator {
        Operator::new(self.clone())
    }

    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// A test that panicked elsewhere leaves whole state behind: each call changes it in one piece.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}
