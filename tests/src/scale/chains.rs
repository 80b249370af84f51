//! Chains that grow, end in splits and merges, and begin from the ends of others.

use cairn_batch::keys;
use cairn_ledger::{
    BatchHeader, ChainId, Counts, Hash, Lineage, Parent, SealedHeader, SequenceNumber,
};
use cairn_store::{BatchItem, VersionId};

use crate::world::ORIGIN;

/// All chains that were ever begun.
pub(super) struct Chains {
    /// Those that are open.
    open: Vec<Chain>,
    next_shard: usize,
    committed: u64,
    random: fastrand::Rng,
}

struct Chain {
    id: ChainId,
    number: u64,
    last: Option<Hash>,
    parents: Vec<Parent>,
    sequence: u64,
}

impl Chain {
    fn new(shard: usize, parents: Vec<Parent>, sequence: u64) -> Self {
        let id = format!("events/20260101T000000Z/shardId-{shard:012}").parse().unwrap();
        Self { id, number: 0, last: None, parents, sequence }
    }

    /// As a parent; those of a shard without batches stand for it.
    fn ends(&self) -> Vec<Parent> {
        match self.last {
            Some(link) => vec![Parent { chain: self.id.clone(), link }],
            None => self.parents.clone(),
        }
    }

    fn next(&mut self) -> BatchItem {
        let lineage = match self.last {
            Some(link) => Lineage::Previous(link),
            None => Lineage::Genesis(self.parents.clone()),
        };
        let mut sequence = || -> SequenceNumber {
            self.sequence += 1;
            // As long as real ones.
            format!("495903382714902566085596925383615710959{:017}", self.sequence).parse().unwrap()
        };
        let header = BatchHeader {
            origin: ORIGIN.to_owned(),
            chain: self.id.clone(),
            number: self.number,
            lineage,
            root: Hash::of(&self.number.to_be_bytes()),
            counts: Counts { events: 1, records: 1, rejections: 0 },
            tenants: Hash::EMPTY_ROOT,
            first: sequence(),
            last: sequence(),
            arrived: ["2026-01-01T00:00:00.000Z".to_owned(), "2026-01-01T00:00:00.000Z".to_owned()],
            bundle: Hash::of(b"bundle"),
            transform: "cairn/2".to_owned(),
            key: keys::batch(&self.id, self.number),
        };
        let header: SealedHeader = header.seal(Hash::EMPTY_ROOT);
        self.last = Some(header.link());
        self.number += 1;
        // As long as S3's.
        BatchItem { header, version: VersionId::new("3HL4kqtJvjVBH40Nrjfkd0123456789a") }
    }
}

impl Chains {
    pub(super) fn new(shards: usize, seed: u64) -> Self {
        let open = (0..shards).map(|shard| Chain::new(shard, Vec::new(), 0)).collect();
        Self { open, next_shard: shards, committed: 0, random: fastrand::Rng::with_seed(seed) }
    }

    /// How many batches there are.
    pub(super) fn committed(&self) -> u64 {
        self.committed
    }

    /// A split or a merge.
    pub(super) fn reshard(&mut self) {
        let place = self.random.usize(..self.open.len());
        let parent = self.open.swap_remove(place);
        let (ends, sequence) = (parent.ends(), parent.sequence);
        if self.random.bool() || self.open.is_empty() {
            for _ in 0..2 {
                self.begin(ends.clone(), sequence);
            }
            return;
        }
        let place = self.random.usize(..self.open.len());
        let other = self.open.swap_remove(place);
        let sequence = sequence.max(other.sequence);
        let mut ends = [ends, other.ends()].concat();
        ends.sort();
        ends.dedup();
        self.begin(ends, sequence);
    }

    fn begin(&mut self, parents: Vec<Parent>, sequence: u64) {
        self.open.push(Chain::new(self.next_shard, parents, sequence));
        self.next_shard += 1;
    }

    /// So many batches, spread over the shards.
    pub(super) fn commit(&mut self, batches: usize, mut commit: impl FnMut(BatchItem)) {
        let from = self.random.usize(..self.open.len());
        for n in 0..batches {
            let place = (from + n) % self.open.len();
            commit(self.open[place].next());
            self.committed += 1;
        }
    }

    /// So many batches of one shard, always the same.
    pub(super) fn commit_to_one(&mut self, batches: usize, mut commit: impl FnMut(BatchItem)) {
        for _ in 0..batches {
            commit(self.open[0].next());
            self.committed += 1;
        }
    }
}
