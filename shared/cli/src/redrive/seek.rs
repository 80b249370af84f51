//! Looks on the stream for what was put without an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use cairn_event::{Envelope, Limits};
use cairn_ledger::Hash;
use cairn_store::{Placed, StoreResult, Stream};
use jiff::{SignedDuration, Timestamp};

use super::one::LEASE;
use crate::quarantine::Redrives;

/// How far the clock of whoever began may be ahead of that of Kinesis.
const SKEW: SignedDuration = SignedDuration::from_mins(15);

/// The envelopes that are on the stream and that no redrive is known to have put.
pub(super) struct Seen {
    /// By the hash of the envelope, in the order in which they may be claimed.
    envelopes: Mutex<BTreeMap<Hash, Vec<Placed>>>,
    /// From when on it was looked, and when that began: by the clocks of whoever redrives.
    since: Timestamp,
    at: Timestamp,
    /// From when on the stream has every record that it ever took.
    whole: Timestamp,
    /// When it was made.
    created: Timestamp,
}

/// Reads the stream from a redrive on that nobody knows the end of; it is `at`.
pub(super) async fn seek<S: Stream>(
    stream: &S,
    name: &str,
    redrives: &Redrives,
    limits: &Limits,
    since: Timestamp,
    at: Timestamp,
) -> StoreResult<Seen> {
    let known: BTreeSet<&Placed> =
        redrives.values().filter_map(|redrive| redrive.put.as_ref()).collect();
    let mut envelopes: BTreeMap<Hash, Vec<Placed>> = BTreeMap::new();
    let from = since.checked_sub(SKEW).unwrap_or(Timestamp::MIN);
    let whole = stream
        .scan(name, from, |shard, record| {
            // What the envelope says, not how it is compressed, tells it from others.
            let Some(Ok(envelope)) = Envelope::open(&record.data, limits) else { return };
            let placed = Placed { shard: shard.to_owned(), sequence: record.sequence };
            if !known.contains(&placed) {
                envelopes.entry(Hash::of(&envelope.to_bytes())).or_default().push(placed);
            }
        })
        .await?;
    let created = stream.created(name).await?;
    Ok(Seen { envelopes: Mutex::new(envelopes), since, at, whole, created })
}

impl Seen {
    /// Whether it was looked for what a redrive put that was begun then, after that redrive had
    /// anything in hand.
    pub(super) fn covers(&self, begun: Timestamp) -> bool {
        self.since <= begun && self.at.duration_since(begun) >= LEASE
    }

    /// Claims a record that holds this envelope: two items may have put the same bytes, and each must
    /// find a record of its own.
    pub(super) fn claim(&self, envelope: &Hash) -> Option<Placed> {
        let mut envelopes = self.envelopes.lock().unwrap_or_else(PoisonError::into_inner);
        envelopes.get_mut(envelope).and_then(Vec::pop)
    }

    /// Whether the stream reaches back to a redrive that was begun then; one that was made again since
    /// does not.
    pub(super) fn reaches(&self, begun: Timestamp) -> bool {
        self.created <= begun && begun.checked_sub(SKEW).is_ok_and(|from| self.whole <= from)
    }
}
