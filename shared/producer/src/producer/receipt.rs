//! Knowing that an event is in the stream.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

pub(crate) type Sender = oneshot::Sender<Place>;

/// Where an event is: in the record with this number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The shard.
    pub shard: Arc<str>,
    /// The record's sequence number.
    pub sequence: Arc<str>,
}

/// Tells when an event is in the stream, where Kinesis keeps it in three zones. `None`: the producer ended
/// before that was known; shutdown tells what became of the event.
#[derive(Debug)]
#[must_use = "a receipt tells only whoever awaits it"]
pub struct Receipt(oneshot::Receiver<Place>);

pub(super) fn pair() -> (Sender, Receipt) {
    let (sender, receiver) = oneshot::channel();
    (sender, Receipt(receiver))
}

impl Future for Receipt {
    type Output = Option<Place>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(Result::ok)
    }
}
