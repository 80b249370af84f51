//! Judges an object that is already there at the next number of a chain: left by a crash between
//! its creation and its commit, or made by another writer a moment ago, or planted.

use std::collections::BTreeMap;

use cairn_batch::{Batch, keys};
use cairn_event::{Item, Leaf, Record, TRANSFORM};
use cairn_ledger::{BatchHeader, Hash, Lineage, SequenceNumber};
use cairn_store::{ChainHead, Objects, StoreError, Stream, Table, VersionId};

use crate::handler::{Shard, candidate};
use crate::protocol::Answer;
use crate::quarantine;
use crate::recompute::recomputes;

/// Bytes of leaves that an adopted object may hold: several times what a batch is built to.
const LEAF_BYTES: u64 = 64 << 20;

/// Reads the object after `head` and judges whether it may be committed: it must be the only
/// version at its key, extend the head, and recompute from its own bytes; and where it was made
/// under the bundle and the code that run now, its leaves must be those its records make.
pub(crate) async fn adopt<O: Objects, T: Table, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    head: Option<&ChainHead>,
    first: usize,
) -> Result<Answer, StoreError> {
    let (number, lineage) = shard.position(head).await?;
    let key = keys::batch(&shard.chain, number);
    let version = match only_version(&shard.deps.objects, &key).await? {
        Ok(version) => version,
        Err(reason) => return Ok(Answer::Foreign(reason)),
    };
    let Some(object) = shard.deps.objects.read_version(&key, &version).await? else {
        return Ok(Answer::Foreign(format!("{key}: version {} has vanished", version.as_str())));
    };
    let sha256 = Hash::of(&object.body);
    let batch = match cairn_batch::decode(object.body, LEAF_BYTES) {
        Ok(batch) => batch,
        Err(error) => return Ok(Answer::Foreign(format!("{key}: {error}"))),
    };
    let extends = extends(shard, &batch.header, number, &lineage, head);
    let sealed = batch.header.clone().seal(sha256);
    let own_bundle = batch.header.bundle == shard.deps.settings.bundle;
    let bundle = own_bundle.then_some(shard.bundle);
    let verdict = match extends.and_then(|()| recomputes(&batch, bundle)) {
        Ok(()) => compare(shard, &batch, first).await?,
        Err(reason) => Err(reason),
    };
    Ok(match verdict {
        Ok(()) => {
            tracing::warn!(adopted = true, %key, %sha256, "an object that was there is adopted");
            Answer::Candidate(candidate(sealed, version))
        }
        Err(reason) => Answer::Foreign(format!("{key}: {reason}")),
    })
}

/// The version at a key, if there is one and nothing else.
async fn only_version(
    objects: &impl Objects,
    key: &str,
) -> Result<Result<VersionId, String>, StoreError> {
    let mut versions = objects.versions(key).await?;
    versions.retain(|version| version.key == key);
    Ok(match &versions[..] {
        [only] if !only.delete_marker => Ok(only.version.clone()),
        [] => Err(format!("{key}: creation was refused, yet no version is there")),
        several => {
            let markers = several.iter().filter(|version| version.delete_marker).count();
            let versions = several.len() - markers;
            Err(format!(
                "{key}: expected one version, found {versions} and {markers} delete markers"
            ))
        }
    })
}

/// Whether the header is the next of this chain.
fn extends<O, T, S>(
    shard: &Shard<'_, O, T, S>,
    header: &BatchHeader,
    number: u64,
    lineage: &Lineage,
    head: Option<&ChainHead>,
) -> Result<(), String> {
    let expect = |what: &str, expected: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        Err(format!("{what}: expected {expected:?}, found {found:?}"))
    };
    if header.origin != shard.deps.settings.origin {
        return expect("origin", &shard.deps.settings.origin, &header.origin);
    }
    if header.chain != shard.chain {
        return expect("chain", &shard.chain, &header.chain);
    }
    if header.number != number {
        return expect("number", &number, &header.number);
    }
    if header.lineage != *lineage {
        return expect("lineage", lineage, &header.lineage);
    }
    if header.key != keys::batch(&shard.chain, number) {
        return expect("object key", &keys::batch(&shard.chain, number), &header.key);
    }
    match head {
        Some(head) if header.first <= head.last => {
            Err(format!("records from {} on, but {} is sealed", header.first, head.last))
        }
        _ => Ok(()),
    }
}

/// Whether what the adopted leaves say of their records is what the records say.
async fn compare<O: Objects, T: Table, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    batch: &Batch,
    first: usize,
) -> Result<Result<(), String>, StoreError> {
    let header = &batch.header;
    let mut adopted: BTreeMap<&SequenceNumber, Vec<&Leaf>> = BTreeMap::new();
    for row in &batch.rows {
        adopted.entry(&row.leaf.sequence).or_default().push(&row.leaf);
    }
    // Records it claims to have passed and does not hold would never be sealed.
    let at_hand: Vec<&Record> =
        shard.records[first..].iter().filter(|record| record.sequence <= header.last).collect();
    if let Some(skipped) = at_hand.iter().find(|record| !adopted.contains_key(&record.sequence)) {
        return Ok(Err(format!("record {} is passed over", skipped.sequence)));
    }
    let same_rules = header.bundle == shard.deps.settings.bundle && header.transform == TRANSFORM;
    if !same_rules {
        return Ok(Ok(()));
    }
    let fetched;
    let records: Vec<&Record> = if at_hand.len() as u64 == header.counts.records {
        at_hand
    } else {
        fetched = fetch(shard, header).await?;
        if fetched.len() as u64 == header.counts.records {
            fetched.iter().collect()
        } else {
            at_hand
        }
    };
    let salts = match quarantine::salts(&shard.deps.objects, header, &batch.rows).await? {
        Ok(salts) => salts,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut items = Vec::new();
    for record in records {
        items.clear();
        cairn_event::transform(&shard.chain, record, shard.bundle, &mut items);
        let leaves = adopted.get(&record.sequence).map(Vec::as_slice).unwrap_or_default();
        let same = items.len() == leaves.len()
            && items.iter().zip(leaves).all(|(item, leaf)| match item {
                Item::Event(rebuilt) => rebuilt.bytes == leaf.bytes,
                Item::Rejection(rebuilt) => {
                    salts.get(&(rebuilt.sequence.clone(), rebuilt.index)).is_some_and(
                        |(salt, hash)| rebuilt.leaf(&shard.chain, salt, hash).bytes == leaf.bytes,
                    )
                }
            });
        if !same {
            return Ok(Err(format!(
                "the leaves of record {} are not those it makes",
                record.sequence
            )));
        }
    }
    Ok(Ok(()))
}

/// The records of an adopted batch, as far as the stream still has them.
async fn fetch<O, T, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    header: &BatchHeader,
) -> Result<Vec<Record>, StoreError> {
    let (stream, id) = (shard.chain.stream(), shard.chain.shard());
    let records = shard.deps.stream.records(stream, id, &header.first, &header.last).await?;
    Ok(records
        .into_iter()
        .map(|r| Record { sequence: r.sequence, arrived: r.arrived, data: r.data })
        .collect())
}
