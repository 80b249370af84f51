//! The rejections of a batch, with their raw bytes, as far as these are what the leaves commit to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_batch::{Columns, keys};
use cairn_event::{LeafParts, RawCommitment};
use cairn_ledger::{Coordinates, Hash};
use cairn_store::{BatchItem, Objects};
use serde::Deserialize;

use super::{Item, Kept, QuarantineError, Reason, State};
use crate::find::MAX_BATCH;

/// A line of a quarantine object (SPEC.md §4.4), as far as it holds bytes.
#[derive(Deserialize)]
struct Line {
    coordinates: Coordinates,
    raw: String,
    salt: String,
}

/// A rejection's leaf, as far as it is no commitment.
#[derive(Deserialize)]
struct Said {
    arrived: String,
    reason: Reason,
}

/// Salt and bytes, by item; or why there are none.
type Lines = Result<BTreeMap<Coordinates, ([u8; 32], Vec<u8>)>, (Kept, Option<String>)>;

/// The rejections of a batch. The batch must be the one that the table names, the leaves those of
/// its object, and the bytes those that the leaves commit to: what is not is told as altered.
pub(crate) async fn rejected(
    objects: &impl Objects,
    batch: &BatchItem,
) -> Result<Vec<Item>, QuarantineError> {
    let header = &batch.header.header;
    let fail = |detail: String| QuarantineError::Batch { key: header.key.clone(), detail };
    let object = objects.read_version(&header.key, &batch.version).await?;
    let object = object.ok_or_else(|| fail("expected the object, found none".to_owned()))?;
    let found = Hash::of(&object.body);
    if found != batch.header.sha256 {
        let expected = batch.header.sha256;
        return Err(fail(format!("expected the SHA-256 {expected}, found {found}")));
    }
    let columns =
        Columns::read(&object.body, MAX_BATCH).map_err(|error| fail(error.to_string()))?;
    let mut kept: BTreeMap<Hash, Lines> = BTreeMap::new();
    let mut items = Vec::new();
    for row in 0..columns.rows() {
        let leaf = columns.event(row);
        let parts = LeafParts::parse(leaf).map_err(|error| fail(format!("row {row}: {error}")))?;
        let Some(raw) = parts.raw else { continue };
        let said: Said = serde_json::from_slice(leaf).map_err(|error| fail(error.to_string()))?;
        let object = keys::quarantine(&header.chain, header.number, &raw.quarantine);
        let lines = match kept.entry(raw.quarantine) {
            Entry::Occupied(read) => read.into_mut(),
            Entry::Vacant(space) => space.insert(lines(objects, &object, &raw.quarantine).await?),
        };
        let LeafParts { chain, index, sequence, .. } = parts;
        let coordinates = Coordinates { chain, index, sequence };
        let (kept, problem) = match lines {
            Ok(lines) => bytes(lines, &coordinates, &raw),
            Err(without) => without.clone(),
        };
        items.push(Item {
            coordinates,
            arrived: said.arrived,
            given_up: None,
            bytes: raw.bytes,
            reason: Some(said.reason),
            object,
            kept,
            problem,
            state: State::Open,
        });
    }
    Ok(items)
}

async fn lines(objects: &impl Objects, key: &str, hash: &Hash) -> Result<Lines, QuarantineError> {
    let Some(object) = objects.read(key).await? else { return Ok(Err((Kept::Gone, None))) };
    let found = Hash::of(&object.body);
    if found != *hash {
        let problem = format!("expected an object of the SHA-256 {hash}, found {found}");
        return Ok(Err((Kept::Altered, Some(problem))));
    }
    let read = |line: &[u8]| {
        let Line { coordinates, raw, salt } = serde_json::from_slice(line).ok()?;
        let mut salted = [0; 32];
        hex::decode_to_slice(salt, &mut salted).ok()?;
        Some((coordinates, (salted, STANDARD.decode(raw).ok()?)))
    };
    let lines = object.body.split(|byte| *byte == b'\n').filter_map(read);
    Ok(Ok(lines.collect()))
}

/// The bytes of an item, if they are those of its leaf.
fn bytes(
    lines: &mut BTreeMap<Coordinates, ([u8; 32], Vec<u8>)>,
    item: &Coordinates,
    expected: &RawCommitment,
) -> (Kept, Option<String>) {
    let altered = |problem: &str| (Kept::Altered, Some(problem.to_owned()));
    let Some((salt, raw)) = lines.remove(item) else {
        return altered("expected its line in the quarantine object, found none");
    };
    let commitment = Hash::of(&[&salt[..], &raw].concat());
    if (raw.len() as u64, commitment) != (expected.bytes, expected.sha256) {
        return altered("expected the bytes that its leaf commits to, found others");
    }
    (Kept::Raw(raw), None)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_line_counts_only_if_its_leaf_commits_to_it() {
        let at: Coordinates = "events/20260131T120000Z/shardId-000000000000#7#0".parse().unwrap();
        let (salt, raw) = ([5; 32], b"raw".to_vec());
        let sha256 = Hash::of(&[&salt[..], &raw].concat());
        let expected = RawCommitment { bytes: 3, quarantine: Hash::EMPTY_ROOT, sha256 };
        let kept = |at: &Coordinates, salt: [u8; 32], raw: &[u8], expected: &RawCommitment| {
            let mut lines = BTreeMap::from([(at.clone(), (salt, raw.to_vec()))]);
            let at = "events/20260131T120000Z/shardId-000000000000#7#0".parse().unwrap();
            bytes(&mut lines, &at, expected).0
        };
        assert_eq!(kept(&at, salt, &raw, &expected), Kept::Raw(raw.clone()));
        assert_eq!(kept(&at, [6; 32], &raw, &expected), Kept::Altered, "another salt");
        assert_eq!(kept(&at, salt, b"war", &expected), Kept::Altered, "other bytes");
        let longer = RawCommitment { bytes: 4, ..expected };
        assert_eq!(kept(&at, salt, &raw, &longer), Kept::Altered, "another length");
        let elsewhere = Coordinates { index: 1, ..at };
        assert_eq!(kept(&elsewhere, salt, &raw, &expected), Kept::Altered, "another item's");
    }
}
