//! Whether a record that Lambda gave up on was sealed all the same.

use std::collections::{BTreeMap, BTreeSet};

use cairn_batch::Columns;
use cairn_event::LeafParts;
use cairn_ledger::{ChainId, SequenceNumber};
use cairn_store::{BatchItem, ChainState, Objects, StoreError, Table};
use jiff::{SignedDuration, Timestamp};

use crate::find::MAX_BATCH;
use crate::quarantine::{Item, QuarantineError, Stores};

/// For how long after its arrival a record may still be in the hands of a function: for as long as
/// the mapping keeps it (6 days) it is asked for again, and an invocation lasts a minute. Only where the chain has
/// not gone beyond it; a chain never takes what lies below its last record.
const IN_HAND: SignedDuration = SignedDuration::from_mins(15);

/// How a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It was not sealed, and will not be.
    Open,
    /// It was.
    Sealed,
    /// It may still be.
    InHand,
}

/// What was read of chains, to be asked about many records.
pub(super) struct Sealed<'a, O, T, S> {
    stores: &'a Stores<O, T, S>,
    chains: BTreeMap<ChainId, (ChainState, Vec<BatchItem>)>,
    batches: BTreeMap<(ChainId, u64), BTreeSet<SequenceNumber>>,
}

impl<'a, O: Objects, T: Table, S> Sealed<'a, O, T, S> {
    pub(super) fn new(stores: &'a Stores<O, T, S>) -> Self {
        Self { stores, chains: BTreeMap::new(), batches: BTreeMap::new() }
    }

    /// How the record of an item stands, at a time.
    pub(super) async fn standing(
        &mut self,
        item: &Item,
        now: Timestamp,
    ) -> Result<Standing, QuarantineError> {
        let chain = &item.coordinates.chain;
        if !self.chains.contains_key(chain) {
            let read = self.read(chain).await?;
            self.chains.insert(chain.clone(), read);
        }
        let Some((state, batches)) = self.chains.get(chain) else { return Ok(Standing::InHand) };
        let sequence = &item.coordinates.sequence;
        let head = state.head.as_ref().map(|head| &head.last);
        if head.is_none_or(|last| last < sequence) {
            let arrived: Option<Timestamp> = item.arrived.parse().ok();
            let gone = arrived.is_some_and(|arrived| now.duration_since(arrived) > IN_HAND);
            return Ok(if gone { Standing::Open } else { Standing::InHand });
        }
        let after = batches.partition_point(|batch| batch.header.header.first <= *sequence);
        let Some(batch) = after.checked_sub(1).and_then(|place| batches.get(place)).cloned() else {
            return Ok(Standing::Open);
        };
        let place = (chain.clone(), batch.header.header.number);
        if !self.batches.contains_key(&place) {
            let sequences = sequences(&self.stores.objects, &batch).await?;
            self.batches.insert(place.clone(), sequences);
        }
        let held = self.batches.get(&place).is_some_and(|held| held.contains(sequence));
        Ok(if held { Standing::Sealed } else { Standing::Open })
    }

    /// The head first: a batch that is committed between the two is only one more to look into.
    async fn read(&self, chain: &ChainId) -> Result<(ChainState, Vec<BatchItem>), StoreError> {
        let state = self.stores.table.chain(chain).await?;
        Ok((state, self.stores.table.batches(chain, 0, usize::MAX).await?))
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
