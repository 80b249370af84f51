//! A day of many shards: the real checkpoint handler over a simulated cloud that keeps only what the next tick
//! reads, and counts every request and its bytes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod chains;
mod cloud;
mod reader;

use std::time::{Duration, Instant};

use cairn_checkpoint::{Deps, Settings, Signers, Tick, handle};
use cairn_ledger::Hash;
use cairn_store::memory::SoftwareSigner;
use cairn_store::{LockMode, Table};
use jiff::{SignedDuration, Timestamp};

use chains::Chains;
use cloud::Counted;
pub use cloud::{Requests, Simulated};
use reader::Reader;

use crate::world::{ORIGIN, verifier_key};

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Shards at the beginning; splits and merges keep their number about there.
    pub shards: usize,
    /// Minutes, each with one tick...
    pub minutes: usize,
    /// ... but so many at the beginning, in which the checkpoint function is away.
    pub away: usize,
    /// Batches that a minute brings, over all shards.
    pub batches: usize,
    /// Splits and merges an hour.
    pub reshardings: usize,
    /// Decides which shards they are.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Requests of the checkpoint function.
    pub requests: Requests,
    /// The time that each tick took without waiting for anything.
    pub ticks: Vec<Duration>,
    /// Batches that were committed.
    pub committed: u64,
    /// Batches that the log has at the end.
    pub logged: u64,
    /// Chains that there were.
    pub chains: usize,
    /// Entries of the log.
    pub size: u64,
    /// Bytes of the cursors at the end.
    pub cursors: usize,
    /// Bytes of the largest plan.
    pub plan: usize,
}

impl Scale {
    /// Runs it, and checks after each tick that the log is what a naive reader makes of its entries: every
    /// batch once, in the order of its chain, children after their parents, under the signed root.
    pub fn run(self, after_tick: impl FnMut(usize)) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(self.play(after_tick))
    }

    async fn play(self, mut after_tick: impl FnMut(usize)) -> Outcome {
        let mut simulation = Simulation::new(self.shards, self.seed).await;
        for minute in 0..self.minutes {
            let due = |minute: usize| minute * self.reshardings / 60;
            for _ in due(minute)..due(minute + 1) {
                simulation.chains.reshard();
            }
            simulation.commit(self.batches);
            if minute < self.away {
                continue;
            }
            let tick = simulation.tick().await;
            assert!(tick.broken.is_empty(), "minute {minute}: {:?}", tick.broken);
            after_tick(minute);
        }
        simulation.outcome().await
    }
}

/// A simulation that is led step by step.
pub struct Simulation {
    cloud: Simulated,
    deps: Deps<Simulated, Simulated, Counted>,
    chains: Chains,
    reader: Reader,
    ticks: Vec<Duration>,
    plan: usize,
}

impl Simulation {
    /// A stream of so many shards, and nothing on it.
    pub async fn new(shards: usize, seed: u64) -> Self {
        let cloud = Simulated::default();
        let signer = SoftwareSigner::ed25519([7; 32]);
        let deps = Deps {
            objects: cloud.clone(),
            table: cloud.clone(),
            signers: Signers::new([(verifier_key(&signer).await, cloud.signing(signer))]),
            settings: Settings {
                origin: ORIGIN.to_owned(),
                lock_mode: LockMode::Compliance,
                batch_retention: SignedDuration::from_hours(24 * 35),
                log_retention: SignedDuration::from_hours(24 * 3650),
            },
            now: Timestamp::now,
        };
        let chains = Chains::new(shards, seed);
        Self { cloud, deps, chains, reader: Reader::default(), ticks: Vec::new(), plan: 0 }
    }

    /// So many batches, spread over all open shards.
    pub fn commit(&mut self, batches: usize) {
        self.chains.commit(batches, |item| self.cloud.commit_batch(item));
    }

    /// So many batches of one shard.
    pub fn commit_to_one(&mut self, batches: usize) {
        self.chains.commit_to_one(batches, |item| self.cloud.commit_batch(item));
    }

    /// A batch of the same shard whose item nobody will ever find.
    pub fn lose_one(&mut self) {
        self.chains.commit_to_one(1, drop);
    }

    /// One tick, after which the log is what its entries make it.
    pub async fn tick(&mut self) -> Tick {
        let begun = Instant::now();
        let tick = handle(&self.deps).await.unwrap();
        self.ticks.push(begun.elapsed());
        self.reader.follow(&self.cloud, &tick);
        self.plan = self.plan.max(self.cloud.largest("log/plans/"));
        self.cloud.forget_what_is_behind(tick.size, &self.reader.cursors);
        tick
    }

    /// The requests so far.
    pub fn requests(&self) -> Requests {
        self.cloud.requests()
    }

    /// What came of it all.
    pub async fn outcome(self) -> Outcome {
        let head = self.cloud.log_head().await.unwrap().unwrap();
        let cursors = self.reader.cursors.to_json();
        let hash = Hash::of(cursors.as_bytes());
        assert_eq!(hash, head.to.cursors, "the cursors are those of the entries");
        Outcome {
            requests: self.cloud.requests(),
            ticks: self.ticks,
            committed: self.chains.committed(),
            logged: self.reader.batches,
            chains: self.reader.cursors.len(),
            size: head.to.size,
            cursors: cursors.len(),
            plan: self.plan,
        }
    }
}
