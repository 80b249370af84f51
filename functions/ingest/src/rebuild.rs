//! Whether an adopted batch holds what the shard's records make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use cairn_adopt::{AdoptedBatch, AdoptedLeaf, Refusal};
use cairn_event::{Item, Record, TRANSFORM};
use cairn_ledger::{BatchHeader, SequenceNumber};
use cairn_store::{Objects, StoreError, StoredRecord, Stream};

use crate::handler::Shard;
use crate::quarantine;

/// Compares an adopted batch with the records at hand and, where they are not all of its records,
/// with what the stream still has of them:
///
/// - a record that the batch passes over would never be sealed;
/// - a record that the shard does not have was invented;
/// - under the running bundle and code, its leaves are those that its records make.
pub(crate) async fn compare<O: Objects, T, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    header: &BatchHeader,
    batch: &AdoptedBatch<'_>,
    first: usize,
) -> Result<Result<(), Refusal>, StoreError> {
    let mut adopted: BTreeMap<&SequenceNumber, Vec<&AdoptedLeaf<'_>>> = BTreeMap::new();
    for leaf in &batch.leaves {
        adopted.entry(&leaf.sequence).or_default().push(leaf);
    }
    let known = Known::of(shard, header, first, adopted.keys().copied()).await?;
    for record in known.records() {
        if !adopted.contains_key(&record.sequence) {
            let reason = format!("record {} is passed over", record.sequence);
            return Ok(Err(Refusal::Foreign(reason)));
        }
    }
    if let Some(invented) = adopted.keys().find(|sequence| known.refutes(sequence)) {
        let reason = format!("record {invented} is not one of the shard's");
        return Ok(Err(Refusal::Foreign(reason)));
    }
    let same_rules = header.bundle == shard.deps.settings.bundle && header.transform == TRANSFORM;
    if !same_rules {
        return Ok(Ok(()));
    }
    let salts = match quarantine::salts(&shard.deps.objects, header, &batch.leaves).await? {
        Ok(salts) => salts,
        Err(reason) => return Ok(Err(Refusal::Foreign(reason))),
    };
    let (original, mut items) = (shard.chain.original(), Vec::new());
    for record in known.records() {
        items.clear();
        cairn_event::transform(&original, record, shard.rules, &mut items);
        let leaves = adopted.get(&record.sequence).map(Vec::as_slice).unwrap_or_default();
        let same = items.len() == leaves.len()
            && items.iter().zip(leaves).all(|(item, leaf)| match item {
                Item::Event(rebuilt) => rebuilt.bytes == leaf.bytes,
                Item::Rejection(rebuilt) => {
                    salts.get(&(rebuilt.sequence.clone(), rebuilt.index)).is_some_and(
                        |(salt, hash)| rebuilt.leaf(&original, salt, hash).bytes == leaf.bytes,
                    )
                }
            });
        if !same {
            let reason = format!("the leaves of record {} are not those it makes", record.sequence);
            return Ok(Err(Refusal::Foreign(reason)));
        }
    }
    Ok(Ok(()))
}

/// What is known of the records that a batch should hold.
struct Known<'a> {
    at_hand: Vec<&'a Record>,
    /// What else the stream has.
    fetched: Vec<Record>,
    sequences: BTreeSet<SequenceNumber>,
    /// From these on, up to the others, the shard has no records but the known ones: Lambda and the
    /// stream leave none out between those they give. What lies before may have expired.
    complete: Vec<RangeInclusive<SequenceNumber>>,
}

impl<'a> Known<'a> {
    /// The records at hand up to the batch's last, and, unless the batch holds just those, what
    /// the stream still has from its first on.
    async fn of<O, T, S: Stream>(
        shard: &Shard<'a, O, T, S>,
        header: &BatchHeader,
        first: usize,
        adopted: impl Iterator<Item = &SequenceNumber>,
    ) -> Result<Self, StoreError> {
        let at_hand: Vec<&Record> =
            shard.records[first..].iter().filter(|record| record.sequence <= header.last).collect();
        let sequences = at_hand.iter().map(|record| record.sequence.clone()).collect();
        let mut known = Self { at_hand, fetched: Vec::new(), sequences, complete: Vec::new() };
        if adopted.eq(known.at_hand.iter().map(|record| &record.sequence)) {
            return Ok(known);
        }
        let mut lowest = &header.first;
        if let [from, ..] = known.at_hand[..] {
            let to = known.at_hand[known.at_hand.len() - 1];
            known.complete.push(from.sequence.clone()..=to.sequence.clone());
            lowest = lowest.min(&from.sequence);
        }
        let (stream, id) = (shard.chain.stream(), shard.chain.shard());
        let fetched = shard.deps.stream.records(stream, id, lowest, &header.last).await?;
        if let Some(from) = fetched.first() {
            known.complete.push(from.sequence.clone()..=header.last.clone());
        }
        for StoredRecord { sequence, arrived, data } in fetched {
            if known.sequences.insert(sequence.clone()) {
                known.fetched.push(Record { sequence, arrived, data });
            }
        }
        Ok(known)
    }

    fn records(&self) -> impl Iterator<Item = &Record> {
        self.at_hand.iter().copied().chain(&self.fetched)
    }

    /// Whether the shard surely has no record of this number.
    fn refutes(&self, sequence: &SequenceNumber) -> bool {
        !self.sequences.contains(sequence)
            && self.complete.iter().any(|range| range.contains(sequence))
    }
}
