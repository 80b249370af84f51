//! What a warm function remembers from one invocation to the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_event::Rules;
use cairn_ledger::{ChainId, Hash};
use cairn_store::ChainHead;
use jiff::{SignedDuration, Timestamp};

use crate::succession::InForce;

/// What a warm function remembers. Every part may be stale or missing.
#[derive(Debug, Default)]
pub struct Warm {
    /// By the chain that the shard began with.
    in_force: Mutex<HashMap<ChainId, InForce>>,
    heads: Mutex<HashMap<ChainId, (ChainHead, Timestamp)>>,
    streams: Mutex<HashMap<String, Created>>,
    rules: Mutex<Option<(Hash, Arc<Rules>)>>,
}

/// When a stream was created, and when that was asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Created {
    pub(crate) at: Timestamp,
    pub(crate) asked: Timestamp,
}

/// For how long a stream is taken to be the same one: one that is made again under its name has
/// other chains. Short enough for that, and few enough requests (Kinesis answers 20 a second for an
/// account) for some thousand shards.
const SAME_STREAM: SignedDuration = SignedDuration::from_mins(5);

/// For how long a head is remembered that was neither read nor made anew. Whoever remembers one does not look
/// whether its chain was stopped since, and puts a batch at the next key if no object lies there; so an
/// operator who orders a chain to go on knows when the last of them is gone: this and an invocation later.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

impl Created {
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        now.duration_since(self.asked) < SAME_STREAM
    }
}

impl Warm {
    pub(crate) fn head(&self, chain: &ChainId, now: Timestamp) -> Option<ChainHead> {
        let mut heads = lock(&self.heads);
        let (head, seen) = heads.get(chain)?;
        if now.duration_since(*seen) < FRESH {
            return Some(head.clone());
        }
        heads.remove(chain);
        None
    }

    pub(crate) fn remember(&self, chain: &ChainId, head: Option<&ChainHead>, now: Timestamp) {
        let mut heads = lock(&self.heads);
        match (head, heads.get(chain)) {
            // Remembered, and not seen again: it grows old.
            (Some(head), Some((known, _))) if head == known => {}
            (Some(head), _) => {
                heads.insert(chain.clone(), (head.clone(), now));
            }
            (None, _) => {
                heads.remove(chain);
            }
        }
    }

    /// The chain of a shard that was in force last, where it is not the one that the shard began with.
    pub(crate) fn in_force(&self, original: &ChainId) -> Option<InForce> {
        lock(&self.in_force).get(original).cloned()
    }

    pub(crate) fn remember_in_force(&self, original: &ChainId, chain: &InForce) {
        lock(&self.in_force).insert(original.clone(), chain.clone());
    }

    pub(crate) fn stream(&self, stream: &str) -> Option<Created> {
        lock(&self.streams).get(stream).copied()
    }

    pub(crate) fn remember_stream(&self, stream: &str, created: Created) {
        lock(&self.streams).insert(stream.to_owned(), created);
    }

    /// The rules of a bundle, by its hash.
    pub(crate) fn rules(&self, bundle: &Hash) -> Option<Arc<Rules>> {
        let known = lock(&self.rules);
        known.as_ref().filter(|(known, _)| known == bundle).map(|(_, rules)| rules.clone())
    }

    pub(crate) fn remember_rules(&self, bundle: Hash, rules: &Arc<Rules>) {
        *lock(&self.rules) = Some((bundle, rules.clone()));
    }
}

/// A poisoned lock guards nothing that an invocation rests on: what can always be read again, or numbers.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
