//! `cairn put`: puts events on the stream, as they stand.
//!
//! Files may hold one event, an array, JSON lines, or lists that CloudTrail and Kubernetes deliver; plain,
//! gzip or zstd. What cannot be cut into events is put all the same, as it is: ingest rejects it with
//! a reason, and keeps it. Whoever names a format has all of it checked first.

mod check;
mod format;
mod kinesis;
mod read;
mod record;
mod send;
mod split;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::sync::mpsc;

use crate::cloud::{Cloud, CloudError};
pub use check::Mismatch;
pub use format::Format;
pub(crate) use kinesis::Jitter;
use kinesis::KinesisSink;
use read::Message;
pub use record::Partition;
pub(crate) use record::{MAX_RECORD, gzip};
use record::{Packer, Record};
pub(crate) use send::Pause;
pub use send::{GaveUp, Sent, Shard};
use send::{Sender, Sink};
use split::Piece;

/// What is read but not yet put is put after this long without more input, so that a slow pipe
/// does not hold events back.
const LINGER: Duration = Duration::from_millis(250);

/// Pieces that are read ahead of what is put.
const READ_AHEAD: usize = 2_048;

/// What to put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, or a directory with all files below it.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// Bytes that the caller holds.
    Bytes {
        /// What to call them in messages.
        name: String,
        /// The bytes, as a file would have them.
        bytes: Bytes,
    },
}

/// How to put it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What decides the shard.
    pub partition: Partition,
    /// Bytes of events to pack into one record as compressed JSON lines; `None`: an event a record.
    pub pack: Option<usize>,
    /// What the input is.
    pub format: Format,
}

/// What was put, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// What the stream has taken.
    #[serde(flatten)]
    pub sent: Sent,
    /// Files that were read to their end.
    pub files: u64,
    /// Pieces that are no JSON, put as they are.
    pub broken: u64,
    /// What could not be read or put, one by one.
    pub failures: Vec<Failure>,
}

/// Something that could not be put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The file, and which of its pieces.
    pub subject: String,
    /// Why not.
    pub reason: String,
}

/// Why putting stopped before the end.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// There is nothing to put it on.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The input is not of the format that was named; nothing was put.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The stream did not take it.
    #[error("{} records were put, then it was given up: {why}", .summary.sent.records)]
    GaveUp {
        /// What was put before.
        summary: Box<Summary>,
        /// Why, and what is left.
        #[source]
        why: GaveUp,
    },
}

/// Puts everything, in full requests. A file that cannot be read does not keep others from being
/// put: it is among the failures of the summary. So is the interruption (Ctrl-C) of standard input:
/// what was read before is put.
pub async fn put(
    cloud: &Cloud,
    inputs: &[Input],
    options: &Options,
    bar: &ProgressBar,
) -> Result<Summary, PutError> {
    let sink = KinesisSink::new(cloud)?;
    let interrupted = crate::interrupted(inputs.contains(&Input::Stdin));
    put_into(&sink, inputs, options, bar, interrupted).await
}

async fn put_into<S: Sink>(
    sink: &S,
    inputs: &[Input],
    options: &Options,
    bar: &ProgressBar,
    interrupted: impl Future<Output = ()>,
) -> Result<Summary, PutError> {
    let inputs = check::checked(inputs, options.format, bar).await?;
    let (sender, mut messages) = mpsc::channel(READ_AHEAD);
    let (raw, reading) = (options.format == Format::Raw, bar.clone());
    let reader = std::thread::spawn(move || read::read(&inputs, raw, &reading, &sender));
    let mut work = Work {
        sender: Sender::new(sink, &Jitter),
        packer: options.pack.map(Packer::new),
        partition: options.partition,
        raw,
        summary: Summary::default(),
    };
    let result = work.run(&mut messages, bar, interrupted).await;
    // Where it ended early, the reader may wait for standard input: it must not be waited for. It
    // ends when nobody listens.
    drop(messages);
    if matches!(result, Ok(End::OfInput))
        && let Err(panic) = reader.join()
    {
        std::panic::resume_unwind(panic);
    }
    let summary = work.finish();
    match result {
        Ok(_) => Ok(summary),
        Err(why) => Err(PutError::GaveUp { summary: Box::new(summary), why }),
    }
}

struct Work<'a, S> {
    sender: Sender<'a, S, Jitter>,
    packer: Option<Packer>,
    partition: Partition,
    raw: bool,
    summary: Summary,
}

/// Why there is nothing more to put.
enum End {
    OfInput,
    Interrupted,
}

impl<S: Sink> Work<'_, S> {
    async fn run(
        &mut self,
        messages: &mut mpsc::Receiver<Message>,
        bar: &ProgressBar,
        interrupted: impl Future<Output = ()>,
    ) -> Result<End, GaveUp> {
        let mut interrupted = std::pin::pin!(interrupted);
        loop {
            let message = tokio::select! {
                message = tokio::time::timeout(LINGER, messages.recv()) => message,
                () = &mut interrupted => {
                    self.interrupt(messages).await?;
                    return Ok(End::Interrupted);
                }
            };
            match message {
                Ok(Some(message)) => self.take(message).await?,
                Ok(None) => {
                    self.flush().await?;
                    return Ok(End::OfInput);
                }
                Err(_) => self.flush().await?,
            }
            bar.set_message(format!("{} records", self.sender.sent().records));
        }
    }

    async fn take(&mut self, message: Message) -> Result<(), GaveUp> {
        match message {
            Message::Piece(piece, from) => self.piece(piece, from).await?,
            Message::Failed(failure) => self.summary.failures.push(failure),
            Message::End => self.summary.files += 1,
        }
        Ok(())
    }

    /// Puts what was read before the interruption, and nothing more.
    async fn interrupt(&mut self, messages: &mut mpsc::Receiver<Message>) -> Result<(), GaveUp> {
        messages.close();
        while let Ok(message) = messages.try_recv() {
            self.take(message).await?;
        }
        self.flush().await?;
        let reason = "interrupted: what was read before was put".to_owned();
        self.summary.failures.push(Failure { subject: "the input".to_owned(), reason });
        Ok(())
    }

    async fn piece(&mut self, piece: Piece, from: record::Place) -> Result<(), GaveUp> {
        self.summary.broken += u64::from(!piece.whole && !self.raw);
        if let Some(packer) = &mut self.packer
            && piece.whole
            && packer.takes(&piece.bytes)
        {
            return match packer.add(&piece.bytes, from) {
                Some(record) => self.sender.add(record).await,
                None => Ok(()),
            };
        }
        let subject = format!("{} number {}", from.path, from.number);
        match Record::single(piece, self.partition, from) {
            Ok(record) => self.sender.add(record).await,
            Err(error) => {
                self.summary.failures.push(Failure { subject, reason: error.to_string() });
                Ok(())
            }
        }
    }

    async fn flush(&mut self) -> Result<(), GaveUp> {
        if let Some(record) = self.packer.as_mut().and_then(Packer::flush) {
            self.sender.add(record).await?;
        }
        self.sender.flush().await
    }

    fn finish(self) -> Summary {
        Summary { sent: self.sender.sent().clone(), ..self.summary }
    }
}

#[cfg(test)]
mod tests;
