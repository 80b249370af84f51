//! What a warm function remembers from one invocation to the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_event::Rules;
use cairn_ledger::{ChainId, Hash};
use cairn_store::ChainHead;
use jiff::{SignedDuration, Timestamp};

/// What a warm function remembers. Every part may be stale or missing.
#[derive(Debug, Default)]
pub struct Warm {
    heads: Mutex<HashMap<ChainId, ChainHead>>,
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

impl Created {
    pub(crate) fn holds(self, now: Timestamp) -> bool {
        now.duration_since(self.asked) < SAME_STREAM
    }
}

impl Warm {
    pub(crate) fn head(&self, chain: &ChainId) -> Option<ChainHead> {
        lock(&self.heads).get(chain).cloned()
    }

    pub(crate) fn remember(&self, chain: &ChainId, head: Option<&ChainHead>) {
        match head {
            Some(head) => lock(&self.heads).insert(chain.clone(), head.clone()),
            None => lock(&self.heads).remove(chain),
        };
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
