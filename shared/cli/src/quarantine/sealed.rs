//! Whether a record that Lambda gave up on was sealed all the same.

use std::collections::{BTreeMap, BTreeSet};

use cairn_batch::{Columns, keys};
use cairn_event::LeafParts;
use cairn_ledger::{ChainId, SequenceNumber};
use cairn_store::{BatchItem, ChainHead, ChainState, Objects, StoreError, Table};
use jiff::{SignedDuration, Timestamp};

use super::{Item, QuarantineError, Stores};
use crate::find::MAX_BATCH;

/// For how long after Lambda gave a record up the last function that was handed it may still write:
/// longer than an invocation, and than a request of it takes that nobody waits for any more.
const IN_HAND: SignedDuration = SignedDuration::from_mins(15);

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was not sealed, and will not be.
    Open,
    /// It was.
    Sealed,
    /// It may still be.
    InHand,
}

/// What was read of chains, to be asked about many records.
pub(crate) struct Sealed<'a, O, T, S> {
    stores: &'a Stores<O, T, S>,
    chains: BTreeMap<ChainId, Chain>,
    batches: BTreeMap<(ChainId, u64), BTreeSet<SequenceNumber>>,
}

/// The chains of a shard, as they were read: the one that it began with, and those that go on where one
/// was stopped.
struct Chain {
    /// The last of their heads.
    head: Option<ChainHead>,
    /// Their batches, in order of records.
    batches: Vec<BatchItem>,
    /// Whether an object is at the key of the next batch of the chain in force: whoever comes next may
    /// commit it.
    uncommitted: bool,
    /// Whether it is to be read again.
    stale: bool,
}

impl<'a, O: Objects, T: Table, S> Sealed<'a, O, T, S> {
    pub(crate) fn new(stores: &'a Stores<O, T, S>) -> Self {
        Self { stores, chains: BTreeMap::new(), batches: BTreeMap::new() }
    }

    /// Whatever is asked from now on is asked of the chains as they are from now on.
    pub(crate) fn refresh(&mut self) {
        self.chains.values_mut().for_each(|chain| chain.stale = true);
    }

    /// How the record of an item stands, at a time. A chain never takes what lies below its last
    /// record, and what lies above it only if a function has it in hand, or its object is there.
    pub(crate) async fn standing(
        &mut self,
        item: &Item,
        now: Timestamp,
    ) -> Result<Standing, QuarantineError> {
        let id = &item.coordinates.chain;
        let known = self.chains.remove(id);
        let chain = match known {
            Some(known) if !known.stale => known,
            known => self.read(id, known).await?,
        };
        let chain = self.chains.entry(id.clone()).or_insert(chain);
        let sequence = &item.coordinates.sequence;
        if chain.head.as_ref().is_none_or(|head| head.last < *sequence) {
            let given_up: Option<Timestamp> =
                item.given_up.as_ref().and_then(|time| time.parse().ok());
            let gone = given_up.is_some_and(|at| now.duration_since(at) > IN_HAND);
            return Ok(match gone && !chain.uncommitted {
                true => Standing::Open,
                false => Standing::InHand,
            });
        }
        let after = chain.batches.partition_point(|batch| batch.header.header.first <= *sequence);
        let batch = after.checked_sub(1).and_then(|place| chain.batches.get(place)).cloned();
        let Some(batch) = batch else { return Ok(Standing::Open) };
        let place = (batch.header.header.chain.clone(), batch.header.header.number);
        if !self.batches.contains_key(&place) {
            let sequences = sequences(&self.stores.objects, &batch).await?;
            self.batches.insert(place.clone(), sequences);
        }
        let held = self.batches.get(&place).is_some_and(|held| held.contains(sequence));
        Ok(if held { Standing::Sealed } else { Standing::Open })
    }

    /// The object before the head, and the head before the batches: whatever is committed meanwhile is
    /// seen as one or the other.
    async fn read(&self, id: &ChainId, known: Option<Chain>) -> Result<Chain, StoreError> {
        let table = &self.stores.table;
        loop {
            let (chains, head) = self.chains_of(id).await?;
            let (in_force, before) = &chains[chains.len() - 1];
            let key = keys::batch(in_force, ChainHead::next_number(before.head.as_ref()));
            let uncommitted = !self.stores.objects.versions_at(&key).await?.is_empty();
            if table.chain(in_force).await? != *before {
                continue;
            }
            let batches = match known {
                Some(known) if known.head == head => known.batches,
                _ => {
                    let mut batches = Vec::new();
                    for (chain, _) in &chains {
                        batches.append(&mut table.batches(chain, 0, usize::MAX).await?);
                    }
                    batches
                }
            };
            return Ok(Chain { head, batches, uncommitted, stale: false });
        }
    }

    /// The chains of a shard that began with `original`, at least that one, and the last of their heads.
    async fn chains_of(
        &self,
        original: &ChainId,
    ) -> Result<(Vec<(ChainId, ChainState)>, Option<ChainHead>), StoreError> {
        let (mut chains, mut head, mut chain) = (Vec::new(), None, original.clone());
        loop {
            let state = self.stores.table.chain(&chain).await?;
            let (successor, goes_on) = (chain.successor(), state.continued.is_none());
            head = state.head.clone().or(head);
            chains.push((chain, state));
            if goes_on {
                return Ok((chains, head));
            }
            chain = successor;
        }
    }
}

/// The sequence numbers of a batch's records.
async fn sequences(
    objects: &impl Objects,
    batch: &BatchItem,
) -> Result<BTreeSet<SequenceNumber>, QuarantineError> {
    let key = &batch.header.header.key;
    let fail = |detail: String| QuarantineError::Batch { key: key.clone(), detail };
    let object = objects.read_version(key, &batch.version).await?;
    let object = object.ok_or_else(|| fail("expected the object, found none".to_owned()))?;
    let columns =
        Columns::read(&object.body, MAX_BATCH).map_err(|error| fail(error.to_string()))?;
    let sequence = |row| {
        let parts = LeafParts::parse(columns.event(row));
        parts.map(|parts| parts.sequence).map_err(|error| fail(format!("row {row}: {error}")))
    };
    (0..columns.rows()).map(sequence).collect()
}
