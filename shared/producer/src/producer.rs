//! The handle that an application holds.

mod receipt;
mod slot;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

pub use receipt::{Place, Receipt};
pub use slot::Slot;

use crate::config::{Config, ConfigError};
use crate::counters::Counters;
use crate::dispatch::dispatch;
use crate::event::Event;
use crate::queue::{How, NoRoom, Queue};
use crate::shared::Shared;
use crate::sink::{Kinesis, Sink};
use crate::spill::{Spill, SpillError};

/// Why a producer did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It cannot do what it was told.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// There is nowhere to spill to.
    #[error(transparent)]
    Spill(#[from] SpillError),
}

/// The producer takes no more events, as it was shut down, or its runtime was. The event is handed back.
#[derive(Debug, thiserror::Error)]
#[error("expected a producer that runs, found one that was shut down")]
pub struct Closed(pub Event);

/// Why an event was not taken at once; it is handed back.
#[derive(Debug, thiserror::Error)]
pub enum TrySendError {
    /// There is no room for it now.
    #[error("expected room in the queue, found it full")]
    Full(Event),
    /// The producer takes no more.
    #[error("expected a producer that runs, found one that was shut down")]
    Closed(Event),
}

/// An event that was accepted and not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// The event, as it was sent.
    pub event: Event,
    /// Whether it was in a request that nobody knows the outcome of: it may be in the stream.
    pub possibly_delivered: bool,
}

/// How a producer ended.
#[derive(Debug, Default)]
#[must_use = "events may be left that nobody else has"]
pub struct Shutdown {
    /// Events that were not delivered, in the order of their acceptance. Empty where there is a spill
    /// folder that could be written.
    pub undelivered: Vec<Undelivered>,
    /// Events that are in the spill folder, for the next start.
    pub spilled: u64,
}

/// Takes events and puts them on the stream. Cheap to clone: all clones are one producer.
///
/// Once the last clone is gone, nothing more is accepted, and what is queued is delivered as long as
/// the runtime lives. [`Producer::shutdown`] is the way to know what became of it.
#[derive(Clone)]
pub struct Producer {
    shared: Arc<Shared>,
    _alive: Arc<Alive>,
}

impl std::fmt::Debug for Producer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Producer").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl Producer {
    /// Starts a producer on the Tokio runtime that this is called from. The client's credentials need
    /// `kinesis:PutRecords` on the stream, and `kms:GenerateDataKey` on its key. Its own retries and
    /// timeouts are not used.
    ///
    /// With a spill folder, what an earlier run has left there is read once, to check it, and is
    /// delivered first.
    pub fn start(config: Config, kinesis: aws_sdk_kinesis::Client) -> Result<Self, StartError> {
        let sink = Kinesis::new(&kinesis, &config);
        Self::with_sink(config, sink)
    }

    pub(crate) fn with_sink(config: Config, sink: impl Sink) -> Result<Self, StartError> {
        config.check()?;
        let spill = config.spill.as_ref().map(Spill::open).transpose()?;
        let run = Uuid::now_v7().to_string();
        let shared = Arc::new(Shared::new(Queue::new(config.clone(), &run, spill)));
        tokio::spawn(dispatch(shared.clone(), sink, config));
        let alive = Arc::new(Alive(shared.clone()));
        Ok(Self { shared, _alive: alive })
    }

    /// The id that its events carry as `producer.id`, with a counter from 0.
    pub fn id(&self) -> Arc<str> {
        self.shared.queue().id()
    }

    /// Hands an event over, waiting while there is no room. When this returns, the event is accepted: it
    /// has its number, and is delivered unless the process dies or is shut down before. If the
    /// future is dropped earlier, it was not accepted.
    pub async fn send(&self, event: Event) -> Result<(), Closed> {
        self.queue(event, None).await
    }

    /// The same, with a receipt that tells when the event is in the stream.
    pub async fn send_confirmed(&self, event: Event) -> Result<Receipt, Closed> {
        let (sender, receipt) = receipt::pair();
        self.queue(event, Some(sender)).await?;
        Ok(receipt)
    }

    /// Hands an event over if there is room now, and nobody waits for some.
    pub fn try_send(&self, event: Event) -> Result<(), TrySendError> {
        match self.admit(event, &mut None, How::New) {
            Ok(()) => Ok(()),
            Err(NoRoom::Full(event)) => Err(TrySendError::Full(event)),
            Err(NoRoom::Closed(event)) => Err(TrySendError::Closed(event)),
        }
    }

    async fn queue(&self, event: Event, receipt: Option<receipt::Sender>) -> Result<(), Closed> {
        let mut receipt = receipt;
        let mut event = match self.admit(event, &mut receipt, How::New) {
            Ok(()) => return Ok(()),
            Err(NoRoom::Closed(event)) => return Err(Closed(event)),
            Err(NoRoom::Full(event)) => event,
        };
        let _waiting = Waiting::new(&self.shared);
        let _first = self.shared.line.lock().await;
        loop {
            event = match self.admit(event, &mut receipt, How::First) {
                Ok(()) => return Ok(()),
                Err(NoRoom::Closed(event)) => return Err(Closed(event)),
                Err(NoRoom::Full(event)) => event,
            };
            self.shared.room.notified().await;
        }
    }

    fn admit(
        &self,
        event: Event,
        receipt: &mut Option<receipt::Sender>,
        how: How,
    ) -> Result<(), NoRoom> {
        let mut queue = self.shared.queue();
        let admitted = queue.admit(event, receipt, how, Instant::now());
        queue.counters.full +=
            u64::from(how == How::New && matches!(admitted, Err(NoRoom::Full(_))));
        drop(queue);
        // Only then: the dispatcher wakes whoever is first in line, who would wake it in turn.
        if admitted.is_ok() {
            self.shared.work.notify_one();
        }
        admitted
    }

    /// Waits until everything that was accepted before this call is in the stream. What waits for
    /// company in a record is put at once. `false`: the producer ended first, or a spill file was damaged.
    pub async fn flush(&self) -> bool {
        let flushed = self.shared.queue().flush();
        self.shared.work.notify_one();
        flushed.await.is_ok()
    }

    /// Accepts no more, delivers what is queued, and gives up once `patience` is over: then what is left goes
    /// to the spill folder, or is handed back to the first who called this.
    pub async fn shutdown(&self, patience: Duration) -> Shutdown {
        self.shared.queue().close(Instant::now().checked_add(patience));
        self.shared.work.notify_one();
        self.shared.room.notify_one();
        loop {
            let ended = self.shared.ended.notified();
            if let Some(ended) = &mut self.shared.queue().ended {
                let undelivered = std::mem::take(&mut ended.undelivered);
                return Shutdown { undelivered, spilled: ended.spilled };
            }
            ended.await;
        }
    }

    /// What it has done so far, and what it holds.
    pub fn counters(&self) -> Counters {
        self.shared.queue().counters.clone()
    }
}

/// Somebody stands in line.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.queue().waiting += 1;
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.queue().waiting -= 1;
        // The next in line is the first now.
        self.0.room.notify_one();
    }
}

/// Tells the dispatcher when the last handle is gone.
struct Alive(Arc<Shared>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.queue().close(None);
        self.0.work.notify_one();
    }
}

#[cfg(test)]
mod tests;
