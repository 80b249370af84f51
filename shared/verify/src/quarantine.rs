//! Step 8: the raw bytes behind rejections.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_batch::keys;
use cairn_ledger::{BatchHeader, Hash, SequenceNumber};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::listing::Listed;
use crate::protection::{Retention, check_expiring};
use crate::report::FindingCode::{QuarantineAltered, QuarantineMismatch};
use crate::rows::{Place, Rejected, Said};
use crate::{Archive, ArchiveError, Findings, Options};

/// A line of a quarantine object, as far as a rejection commits to it.
#[derive(Deserialize)]
struct Line {
    arrived: Value,
    coordinates: Coordinates,
    raw: String,
    reason: Value,
    salt: String,
}

#[derive(Deserialize)]
struct Coordinates {
    chain: String,
    index: u32,
    sequence: SequenceNumber,
}

/// At a place: length and commitment of the raw bytes, and what is said of them.
type Kept = BTreeMap<Place, (u64, Hash, Said)>;

/// Checks the rejections of a batch against the quarantine objects that are still there. Returns
/// how many are not: resolved.
pub(crate) fn check_rejections(
    archive: &impl Archive,
    key: &str,
    header: &BatchHeader,
    rejections: &[Rejected],
    findings: &mut Findings,
) -> Result<u64, ArchiveError> {
    let mut resolved = 0;
    let named: BTreeSet<Hash> = rejections.iter().map(|rejected| rejected.raw.quarantine).collect();
    for hash in named {
        let object = keys::quarantine(&header.chain, header.number, &hash);
        let of_it = || rejections.iter().filter(|rejected| rejected.raw.quarantine == hash);
        let Some(found) = archive.read(&object, None)? else {
            resolved += of_it().count() as u64;
            continue;
        };
        // Another object under that name is found when quarantine is listed.
        if Hash::of(&found.body) != hash {
            continue;
        }
        let kept = read(&found.body, header.chain.original().as_str());
        for rejected in of_it() {
            let expected = (rejected.raw.bytes, rejected.raw.sha256, rejected.said.clone());
            if kept.get(&rejected.place) != Some(&expected) {
                let subject = format!("{key}#{}", rejected.row);
                let detail = format!("expected its line in {object}, found none or another");
                findings.add(QuarantineMismatch, subject, detail);
            }
        }
    }
    Ok(resolved)
}

fn read(object: &[u8], chain: &str) -> Kept {
    let line = |line: &[u8]| {
        let line: Line = serde_json::from_slice(line)
            .ok()
            .filter(|line: &Line| line.coordinates.chain == chain)?;
        let raw = STANDARD.decode(&line.raw).ok()?;
        let mut salted = hex::decode(&line.salt).ok().filter(|salt| salt.len() == 32)?;
        salted.extend_from_slice(&raw);
        let said = Said { arrived: line.arrived, reason: line.reason };
        let place = Place { sequence: line.coordinates.sequence, index: line.coordinates.index };
        Some((place, (raw.len() as u64, Hash::of(&salted), said)))
    };
    object.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// Checks that every quarantine object is what its name says, and protected.
pub(crate) fn check_objects(
    archive: &impl Archive,
    options: &Options,
    listed: &[Listed],
    findings: &mut Findings,
) -> Result<(), ArchiveError> {
    let checked: Vec<Findings> = listed
        .par_iter()
        .map(|listed| {
            let mut findings = Findings::default();
            check_expiring(archive, options, listed, &mut findings)?;
            let Some(object) = archive.read(&listed.key, None)? else { return Ok(findings) };
            options.check_protection(&listed.key, &object, Retention::Batch, &mut findings);
            let found = Hash::of(&object.body);
            if !is_named(&listed.key, &found) {
                let detail = format!("expected bytes of the SHA-256 in its name, found {found}");
                findings.add(QuarantineAltered, &listed.key, detail);
            }
            Ok(findings)
        })
        .collect::<Result<_, ArchiveError>>()?;
    checked.into_iter().for_each(|found| findings.append(found));
    Ok(())
}

/// Whether a key is `quarantine/<chain>/<number:020>-<hash>.ndjson` for this hash.
fn is_named(key: &str, hash: &Hash) -> bool {
    let place = key.strip_prefix("quarantine/").and_then(|rest| rest.rsplit_once('/'));
    let parsed = place.and_then(|(chain, name)| {
        Some((chain.parse().ok()?, name.split_once('-')?.0.parse().ok()?))
    });
    parsed.is_some_and(|(chain, number)| keys::quarantine(&chain, number, hash) == key)
}
