//! What the handles of a producer and its dispatcher share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::queue::Queue;

pub(crate) struct Shared {
    queue: Mutex<Queue>,
    /// Wakes the dispatcher.
    pub(crate) work: Notify,
    /// Wakes the first in line.
    pub(crate) room: Notify,
    /// Wakes whoever waits for the end.
    pub(crate) ended: Notify,
    /// The line, in order of arrival: whoever holds it is the first.
    pub(crate) line: tokio::sync::Mutex<()>,
}

impl Shared {
    pub(crate) fn new(queue: Queue) -> Self {
        Self {
            queue: Mutex::new(queue),
            work: Notify::new(),
            room: Notify::new(),
            ended: Notify::new(),
            line: tokio::sync::Mutex::new(()),
        }
    }

    /// The queue. Held for moments only, never across an await.
    pub(crate) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
