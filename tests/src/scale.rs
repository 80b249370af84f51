//! A day of many shards: the real checkpoint handler over a simulated cloud that keeps only what the next tick
//! reads, and counts every request and its bytes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod chains;
mod cloud;
mod reader;
mod time;

use std::time::Duration;

use cairn_checkpoint::{Deps, Settings, Signers, Tick, handle};
use cairn_ledger::Hash;
use cairn_store::memory::SoftwareSigner;
use cairn_store::{LockMode, Table};
use jiff::SignedDuration;

use chains::Chains;
use cloud::Counted;
pub use cloud::{Requests, Simulated};
use reader::Reader;
pub use time::Pace;

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
    /// How long what the function does takes.
    pub pace: Pace,
    /// Decides which shards are split and merged.
    pub seed: u64,
}

/// A tick that was done.
#[derive(Debug, Clone, Copy)]
pub struct Ticked {
    /// The time that its code ran, on this machine.
    pub cpu: Duration,
    /// The time that it took where it runs.
    pub whole: Duration,
    /// Batches that were committed and not logged after it.
    pub behind: u64,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Requests of the checkpoint function.
    pub requests: Requests,
    /// All ticks.
    pub ticks: Vec<Ticked>,
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
    pub fn run(self, mut after_tick: impl FnMut(usize)) -> Outcome {
        let mut simulation = Simulation::new(self.shards, self.pace, self.seed);
        for minute in 0..self.minutes {
            let due = |minute: usize| minute * self.reshardings / 60;
            for _ in due(minute)..due(minute + 1) {
                simulation.chains.reshard();
            }
            simulation.commit(self.batches);
            if minute < self.away {
                continue;
            }
            let tick = simulation.tick();
            assert!(tick.broken.is_empty(), "minute {minute}: {:?}", tick.broken);
            after_tick(minute);
        }
        simulation.outcome()
    }
}

/// A simulation that is led step by step.
pub struct Simulation {
    cloud: Simulated,
    deps: Deps<Simulated, Simulated, Counted>,
    chains: Chains,
    reader: Reader,
    ticks: Vec<Ticked>,
    plan: usize,
}

impl Simulation {
    /// A stream of so many shards, and nothing on it.
    pub fn new(shards: usize, pace: Pace, seed: u64) -> Self {
        time::start(&pace);
        let cloud = Simulated::new(pace);
        let signer = SoftwareSigner::ed25519([7; 32]);
        let key = time::run(verifier_key(&signer));
        let deps = Deps {
            objects: cloud.clone(),
            table: cloud.clone(),
            signers: Signers::new([(key, cloud.signing(signer))]),
            settings: Settings {
                origin: ORIGIN.to_owned(),
                lock_mode: LockMode::Compliance,
                batch_retention: SignedDuration::from_hours(24 * 35),
                log_retention: SignedDuration::from_hours(24 * 3650),
            },
            now: time::now,
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
    pub fn tick(&mut self) -> Tick {
        let (cpu, begun) = (time::cpu_time(), time::elapsed());
        let tick = time::run(handle(&self.deps)).unwrap();
        let (cpu, whole) = (time::cpu_time() - cpu, time::elapsed() - begun);
        self.reader.follow(&self.cloud, &tick);
        self.plan = self.plan.max(self.cloud.largest("log/plans/"));
        self.cloud.forget_what_is_behind(tick.size, &self.reader.cursors);
        let behind = self.chains.committed() - self.reader.batches;
        self.ticks.push(Ticked { cpu, whole, behind });
        tick
    }

    /// The requests so far.
    pub fn requests(&self) -> Requests {
        self.cloud.requests()
    }

    /// What came of it all.
    pub fn outcome(self) -> Outcome {
        let head = time::run(self.cloud.log_head()).unwrap().unwrap();
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
