//! The task that puts what is queued.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until, timeout};

use crate::config::Config;
use crate::queue::Step;
use crate::shared::Shared;
use crate::sink::{Parcel, PutError, Sink};

/// Runs until the queue ends. However this task ends, the queue ends with it, so that nobody waits
/// for ever.
pub(crate) async fn dispatch(shared: Arc<Shared>, sink: impl Sink, config: Config) {
    let end = End(shared.clone());
    let mut flying = FuturesUnordered::new();
    let sync_every = config.spill.as_ref().map(|spill| spill.sync_every);
    let mut next_sync = sync_every.map(|every| Instant::now() + every);
    loop {
        let step = shared.queue().step(Instant::now());
        shared.room.notify_one();
        let until = match step {
            Step::Put(parcels) => {
                flying.push(put(&sink, parcels, &config));
                continue;
            }
            Step::Wait(until) => until,
            Step::End => break,
        };
        let until = until.into_iter().chain(next_sync).min();
        tokio::select! {
            Some((lanes, result)) = flying.next(), if !flying.is_empty() => {
                shared.queue().settle(&lanes, result, Instant::now());
            }
            () = shared.work.notified() => {}
            () = maybe(until) => {
                if let Some(every) = sync_every.filter(|_| next_sync <= Some(Instant::now())) {
                    sync(&shared).await;
                    next_sync = Some(Instant::now() + every);
                }
            }
        }
    }
    // What is in flight lets go of its records.
    drop(flying);
    drop(end);
}

/// Puts records; the lanes they are from, and what came of it.
async fn put(
    sink: &impl Sink,
    parcels: Vec<Parcel>,
    config: &Config,
) -> (Vec<usize>, Result<Vec<crate::sink::Answer>, PutError>) {
    let lanes = parcels.iter().map(|parcel| parcel.lane).collect();
    // The SDK has the same limit; this one is for what it does not count.
    let limit = config.request_timeout + Duration::from_secs(1);
    let answer = timeout(limit, sink.put(parcels, config.compression)).await;
    let late = |_| Err(PutError { why: format!("no answer within {limit:?}"), doubtful: true });
    (lanes, answer.unwrap_or_else(late))
}

async fn maybe(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Forces what was spilled to the disk.
async fn sync(shared: &Shared) {
    let files = shared.queue().spill.as_mut().map_or_else(Vec::new, |spill| spill.unsynced());
    if files.is_empty() {
        return;
    }
    let synced =
        tokio::task::spawn_blocking(move || files.iter().try_for_each(std::fs::File::sync_data));
    if let Ok(Err(error)) = synced.await {
        tracing::error!(%error, "spilled events could not be forced to the disk");
    }
}

/// Ends the queue.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.queue().end();
        self.0.ended.notify_waiters();
        self.0.room.notify_one();
    }
}
