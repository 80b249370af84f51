//! The event source mapping driver: what AWS does between a Kinesis stream and a function, on this
//! machine. It polls the shards, spawns the function's real binary, serves it Lambda's Runtime API,
//! and treats its answers as AWS documents it; the emulator's own mapping does not.
//!
//! What is decided is decided by pure parts ([`gather`], [`work`], [`answer`], [`lineage`]), each with
//! the documentation's sentences beside its tests. Positions are kept in memory: a driver that is started
//! again begins anew.

pub mod answer;
pub mod detached;
pub mod discarded;
pub mod event;
pub mod gather;
mod id;
pub mod lineage;
mod mapping;
mod observe;
mod poller;
mod pool;
mod process;
mod reader;
mod runtime_api;
pub mod work;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use tokio::task::{AbortHandle, JoinSet};

pub use mapping::{Mapping, MappingError};
pub use observe::Happening;
pub use pool::{Invocation, Pool};
pub use process::{Function, Handle, Outcome, Process};

use crate::aws;
use event::Source;
use lineage::Lineage;
use observe::Observer;
use poller::{Poller, Shared};

/// How quick a driver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between two reads of a shard that has nothing new.
    pub poll: Duration,
    /// The pause after a first failure; it doubles with each further one.
    pub backoff: Duration,
    /// The longest pause.
    pub longest_backoff: Duration,
}

impl Default for Pace {
    /// "Lambda polls each shard in your Kinesis stream for records at a base rate of once per second":
    /// <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>. No page tells the pauses.
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { poll: seconds(1), backoff: seconds(1), longest_backoff: seconds(60) }
    }
}

/// What is to be driven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The mapping.
    pub mapping: Mapping,
    /// Its function.
    pub function: Function,
    /// How quick it is.
    pub pace: Pace,
    /// How many readers each shard has: 1, or more to deliver everything more than once and at the
    /// same time. "Lambda event source mappings process each event at least once, and duplicate
    /// processing of records can occur":
    /// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html>
    pub readers: usize,
}

/// A driver at work. It stops, and its processes are killed, when this value is dropped.
pub struct Driver {
    shared: Arc<Shared>,
    task: AbortHandle,
}

impl Driver {
    /// Starts it. Needs a tokio runtime; `watch` is told what happens.
    pub fn start(
        config: &SdkConfig,
        settings: Settings,
        watch: impl Fn(Happening) + Send + Sync + 'static,
    ) -> Self {
        let Settings { mapping, function, pace, readers } = settings;
        let shared = Arc::new(Shared {
            mapping,
            pace,
            pool: Arc::new(Pool::new(function)),
            kinesis: aws_sdk_kinesis::Client::new(config),
            s3: aws::s3(config),
            observer: Observer::new(watch),
        });
        let task = tokio::spawn(drive(Arc::clone(&shared), readers)).abort_handle();
        Self { shared, task }
    }

    /// The function's processes.
    pub fn pool(&self) -> &Arc<Pool> {
        &self.shared.pool
    }

    /// Stops it and waits until every process has gone.
    pub async fn stop(self) {
        self.task.abort();
        self.shared.pool.kill_all().await;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn drive(shared: Arc<Shared>, readers: usize) {
    let mut lineage = Lineage::new(shared.mapping.start);
    let mut pollers = JoinSet::new();
    let region = shared.mapping.stream.split(':').nth(3).unwrap_or_default().to_owned();
    loop {
        match reader::shards(&shared.kinesis, &shared.mapping.stream).await {
            Ok(listed) => {
                for (shard, start) in lineage.ready(&listed, readers) {
                    for _ in 0..readers {
                        let stream = shared.mapping.stream.clone();
                        let (shard, region) = (shard.clone(), region.clone());
                        let source = Source { stream, shard: shard.clone(), region };
                        let poller = Poller::new(Arc::clone(&shared), source);
                        pollers.spawn(async move {
                            poller.run(start).await;
                            shard
                        });
                    }
                }
            }
            Err(error) => shared.observer.trouble(error),
        }
        tokio::select! {
            Some(ended) = pollers.join_next() => match ended {
                Ok(shard) => {
                    lineage.finished(&shard);
                    shared.observer.tell(Happening::Finished { shard });
                }
                Err(error) => shared.observer.trouble(format!("a reader ended: {error}")),
            },
            () = tokio::time::sleep(shared.pace.poll) => {}
        }
    }
}
