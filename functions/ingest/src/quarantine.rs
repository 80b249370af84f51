//! Reads back the salts of rejections, so that their leaves can be rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use cairn_adopt::AdoptedLeaf;
use cairn_batch::keys;
use cairn_ledger::{BatchHeader, Hash, SequenceNumber};
use cairn_store::{Objects, StoreError};
use serde::Deserialize;

/// Of each rejection, by the sequence number of its record and its index in it: the salt, and
/// the hash of the quarantine object that holds it.
pub(crate) type Salts = BTreeMap<(SequenceNumber, u32), ([u8; 32], Hash)>;

/// A line of a quarantine object, as far as it holds a salt.
#[derive(Deserialize)]
struct LineView {
    coordinates: CoordinatesView,
    salt: String,
}

#[derive(Deserialize)]
struct CoordinatesView {
    sequence: SequenceNumber,
    index: u32,
}

/// The salts of a batch's rejections; the reason, where a quarantine object is missing or is not
/// the one that the leaves name.
pub(crate) async fn salts(
    objects: &impl Objects,
    header: &BatchHeader,
    leaves: &[AdoptedLeaf<'_>],
) -> Result<Result<Salts, String>, StoreError> {
    let named: BTreeSet<Hash> =
        leaves.iter().filter_map(|leaf| leaf.raw).map(|raw| raw.quarantine).collect();
    let mut salts = Salts::new();
    for hash in named {
        let key = keys::quarantine(&header.chain, header.number, &hash);
        let Some(object) = objects.read(&key).await? else {
            return Ok(Err(format!("{key} is missing: the bytes of its rejections are not kept")));
        };
        let found = Hash::of(&object.body);
        if found != hash {
            return Ok(Err(format!("{key}: has SHA-256 {found}")));
        }
        for line in object.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let Some((place, salt)) = read(line) else {
                return Ok(Err(format!("{key}: a line is not one of quarantine")));
            };
            salts.insert(place, (salt, hash));
        }
    }
    Ok(Ok(salts))
}

fn read(line: &[u8]) -> Option<((SequenceNumber, u32), [u8; 32])> {
    let line: LineView = serde_json::from_slice(line).ok()?;
    let mut salt = [0; 32];
    hex::decode_to_slice(line.salt, &mut salt).ok()?;
    Some(((line.coordinates.sequence, line.coordinates.index), salt))
}
