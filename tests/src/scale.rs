//! A day of many shards: the real checkpoint handler over a simulated cloud that keeps only what the next tick
//! reads, and counts every request, its bytes and its time.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on must stop")]

mod chains;
mod cloud;

use std::time::{Duration, Instant};

use cairn_checkpoint::{Deps, Settings, Signers, Tick, handle};
use cairn_ledger::{Cursors, Entry, Frontier, TilePath, tile};
use cairn_store::memory::SoftwareSigner;
use cairn_store::{LockMode, Table};
use jiff::{SignedDuration, Timestamp};

use chains::Chains;
pub use cloud::{Requests, Simulated};

use crate::world::{ORIGIN, verifier_key};

/// What is simulated.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// Shards at the beginning; splits and merges keep their number about there.
    pub shards: usize,
    /// Minutes, each with one tick.
    pub minutes: usize,
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
        let mut chains = Chains::new(self.shards, self.seed);
        let mut reader = Reader::default();
        let mut ticks = Vec::new();
        let mut plan = 0;
        for minute in 0..self.minutes {
            let due = |minute: usize| minute * self.reshardings / 60;
            for _ in due(minute)..due(minute + 1) {
                chains.reshard();
            }
            chains.minute(self.batches, |item| cloud.commit_batch(item));
            let begun = Instant::now();
            let tick = handle(&deps).await.unwrap();
            ticks.push(begun.elapsed());
            assert!(tick.broken.is_empty(), "minute {minute}: {:?}", tick.broken);
            reader.follow(&cloud, &tick);
            plan = plan.max(cloud.largest("log/plans/"));
            cloud.forget_what_is_behind(tick.size);
            after_tick(minute);
        }
        let head = cloud.log_head().await.unwrap().unwrap();
        let cursors = reader.cursors.to_json().len();
        assert_eq!(reader.cursors.hash(), head.to.cursors, "the cursors are those of the entries");
        Outcome {
            requests: cloud.requests(),
            ticks,
            committed: chains.committed(),
            logged: reader.batches,
            chains: reader.cursors.len(),
            size: head.to.size,
            cursors,
            plan,
        }
    }
}

/// Reads the log as anybody would: from its entry bundles.
#[derive(Default)]
struct Reader {
    cursors: Cursors,
    tree: Frontier,
    read: u64,
    batches: u64,
}

impl Reader {
    fn follow(&mut self, cloud: &Simulated, tick: &Tick) {
        let width = u64::from(tile::WIDTH);
        while self.read < tick.size {
            let index = self.read / width;
            let path = TilePath::at(cairn_ledger::TileKind::Entries, index, tick.size).unwrap();
            let bundle = cloud.body(&cairn_batch::keys::tile(&path.to_string()));
            let entries = tile::decode_bundle(&bundle, path.width()).unwrap();
            for entry in &entries[(self.read - index * width) as usize..] {
                let text = str::from_utf8(entry).unwrap();
                let entry = Entry::parse(text).unwrap();
                self.cursors.follow(&entry).expect("each entry is the next of its chain");
                self.batches += u64::from(matches!(entry, Entry::Batch(_)));
                self.tree.push(entry.link());
                self.read += 1;
            }
        }
        assert_eq!(self.tree.root(), tick.root, "the signed root is that of the entries");
    }
}
