//! What is stored: the log's head, and the objects under `log/`. Each method is one request.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cairn_ledger::{Checkpoint, Cursors, Hash, Plan, TilePath};
use cairn_store::{ETag, LogHead, LogPoint};

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cloud {
    /// How many batches of each chain are committed.
    pub committed: Vec<u8>,
    /// The log's head.
    pub head: Option<LogHead>,
    /// `log/cursors/<hash>`.
    pub cursors: BTreeMap<Hash, Cursors>,
    /// `log/plans/...`, by size.
    pub plans: BTreeMap<u64, Plan>,
    /// `log/tile/...`.
    pub tiles: BTreeMap<TilePath, Vec<u8>>,
    /// `log/checkpoints/<size>`.
    pub checkpoints: BTreeMap<u64, Checkpoint>,
    /// `log/checkpoint`, and how often it was written: its entity tag.
    pub published: Option<(Checkpoint, u8)>,
    /// Not stored: what was ever signed, with the leaf hashes that it stands for. A signature may be
    /// kept by whoever saw it.
    pub signed: BTreeSet<(u64, Hash, Vec<Hash>)>,
    /// Not stored: the leaf hashes of each log that was ever planned, by its root.
    pub logs: BTreeMap<Hash, Vec<Hash>>,
}

/// A request that nobody waits for any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Flight {
    /// Create an object.
    Create(Object),
    /// Move the head.
    Advance(Option<LogHead>, LogHead),
    /// Replace `log/checkpoint`.
    Replace(Checkpoint, Option<ETag>),
}

/// An object whose bytes are a function of the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Object {
    /// Cursors.
    Cursors(Hash, Cursors),
    /// A plan.
    Plan(u64, Plan),
    /// A tile or entry bundle.
    Tile(TilePath, Vec<u8>),
    /// A signed checkpoint.
    Checkpoint(Checkpoint),
}

/// What a conditional write answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrote {
    Done,
    /// What is there is the same.
    Same,
    /// What is there is something else.
    Other,
}

impl Cloud {
    pub(crate) fn new(chains: usize) -> Self {
        Self {
            committed: vec![0; chains],
            head: None,
            cursors: BTreeMap::new(),
            plans: BTreeMap::new(),
            tiles: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
            published: None,
            signed: BTreeSet::new(),
            logs: BTreeMap::from([(Hash::EMPTY_ROOT, Vec::new())]),
        }
    }

    /// S3's PutObject with `If-None-Match: *`.
    pub(crate) fn create(&mut self, object: Object) -> Wrote {
        match object {
            Object::Cursors(hash, cursors) => put(&mut self.cursors, hash, cursors),
            Object::Plan(size, plan) => put(&mut self.plans, size, plan),
            Object::Tile(path, bytes) => put(&mut self.tiles, path, bytes),
            Object::Checkpoint(checkpoint) => {
                put(&mut self.checkpoints, checkpoint.size, checkpoint)
            }
        }
    }

    /// The conditional update of the log's head.
    pub(crate) fn advance(
        &mut self,
        expected: Option<&LogHead>,
        next: &LogHead,
        unconditionally: bool,
    ) -> Wrote {
        if self.head.as_ref() != expected && !unconditionally {
            return Wrote::Other;
        }
        self.head = Some(next.clone());
        Wrote::Done
    }

    /// S3's PutObject with `If-Match`, or `If-None-Match: *`.
    pub(crate) fn replace(&mut self, checkpoint: &Checkpoint, expected: Option<&ETag>) -> Wrote {
        let current = self.published.as_ref().map(|(_, tag)| etag(*tag));
        if current.as_ref() != expected {
            return Wrote::Other;
        }
        self.publish(checkpoint);
        Wrote::Done
    }

    pub(crate) fn publish(&mut self, checkpoint: &Checkpoint) {
        let tag = self.published.as_ref().map_or(0, |(_, tag)| tag + 1);
        self.published = Some((checkpoint.clone(), tag));
    }

    pub(crate) fn arrive(&mut self, flight: Flight, unconditionally: bool) {
        match flight {
            Flight::Create(object) => self.create(object),
            Flight::Advance(expected, next) => {
                self.advance(expected.as_ref(), &next, unconditionally)
            }
            Flight::Replace(checkpoint, expected) => self.replace(&checkpoint, expected.as_ref()),
        };
    }

    /// An operator's hand, or that of an attacker: the head is what it was before its last move, as in
    /// a backup.
    pub(crate) fn roll_back(&mut self, published: bool) {
        let Some(head) = self.head.take() else { return };
        let Some(to) = head.from else {
            if published {
                self.published = None;
            }
            return;
        };
        if let Some(checkpoint) = self.checkpoints.get(&to.size).cloned().filter(|_| published) {
            self.publish(&checkpoint);
        }
        let from = self.before(&to);
        self.head = Some(LogHead { to, from, moved: head.moved });
    }

    /// Where the log stood before it moved to a point, as its plan has it.
    fn before(&self, to: &LogPoint) -> Option<LogPoint> {
        let plan = self.plans.get(&to.size)?;
        let before = self.plans.get(&plan.from)?;
        Some(LogPoint { size: before.to, root: before.root, cursors: before.cursors })
    }

    /// Remembers the log that a plan leads to.
    pub(crate) fn remember(&mut self, from: Hash, plan: &Plan) {
        let Some(log) = self.logs.get(&from) else { return };
        let mut log = log.clone();
        log.extend(plan.entries.iter().map(cairn_ledger::PlanEntry::link));
        self.logs.insert(plan.root, log);
    }

    /// Remembers a signature.
    pub(crate) fn sign(&mut self, checkpoint: &Checkpoint) -> Bytes {
        let log = self.logs.get(&checkpoint.root).cloned().unwrap_or_default();
        self.signed.insert((checkpoint.size, checkpoint.root, log));
        checkpoint.to_string().into()
    }
}

pub(crate) fn etag(tag: u8) -> ETag {
    ETag::new(tag.to_string())
}

fn put<K: Ord, V: PartialEq>(objects: &mut BTreeMap<K, V>, key: K, value: V) -> Wrote {
    match objects.get(&key) {
        None => {
            objects.insert(key, value);
            Wrote::Done
        }
        Some(there) if *there == value => Wrote::Same,
        Some(_) => Wrote::Other,
    }
}
