//! Orders: by what a stopped chain goes on. SPEC.md §6.1.

use serde::{Deserialize, Serialize};

use crate::canonical::{MAX_INTEGER, write};
use crate::document::{DocumentError, check};
use crate::header::is_time;
use crate::note::is_key_name;
use crate::{ChainId, Hash, SequenceNumber};

/// The most bytes that an order has.
const MAX_BYTES: usize = 1 << 20;

/// The most characters of what a person says in it.
const MAX_TEXT: usize = 4_096;

/// That a stopped chain is to go on as its [successor](ChainId::successor), and what is known of the
/// stop. There is one for each stopped chain, ever: whoever puts it first decides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Order {
    /// Name of the log.
    pub origin: String,
    /// The stopped chain.
    pub chain: ChainId,
    /// Its last good batch; `None` if it was stopped before its first.
    pub after: Option<LastGood>,
    /// Why the chain was stopped, in the words of the writer that stopped it.
    pub reason: String,
    /// Everything that lies at the key of the next batch, newest first: known, and no batch of the chain.
    pub found: Vec<Found>,
    /// Who ordered it.
    pub by: String,
    /// Why, in that person's words.
    pub why: String,
    /// When: RFC 3339, UTC, milliseconds.
    pub at: String,
}

/// The last good batch of a stopped chain. The members are declared in canonical order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastGood {
    /// Sequence number of its last record.
    pub last: SequenceNumber,
    /// Its link hash.
    pub link: Hash,
    /// Its number.
    pub number: u64,
}

/// A version, or a delete marker, at a key. The members are declared in canonical order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Its bytes; `None` for a delete marker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// SHA-256 of its bytes; `None` where they could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Hash>,
    /// Its version id.
    pub version: String,
}

/// The JSON, its members declared in canonical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<LastGood>,
    at: String,
    by: String,
    chain: ChainId,
    found: Vec<Found>,
    kind: String,
    origin: String,
    reason: String,
    version: u32,
    why: String,
}

impl Order {
    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        write(&Wire {
            after: self.after.clone(),
            at: self.at.clone(),
            by: self.by.clone(),
            chain: self.chain.clone(),
            found: self.found.clone(),
            kind: "order".to_owned(),
            origin: self.origin.clone(),
            reason: self.reason.clone(),
            version: 1,
            why: self.why.clone(),
        })
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &[u8]) -> Result<Self, DocumentError> {
        check_length(json.len())?;
        let wire: Wire = serde_json::from_slice(json)?;
        check("kind", "order", &wire.kind)?;
        check("version", "1", &wire.version.to_string())?;
        let order = Self {
            origin: wire.origin,
            chain: wire.chain,
            after: wire.after,
            reason: wire.reason,
            found: wire.found,
            by: wire.by,
            why: wire.why,
            at: wire.at,
        };
        order.check()?;
        match order.to_json().as_bytes() == json {
            true => Ok(order),
            false => Err(DocumentError::NotCanonical),
        }
    }

    /// What the types alone do not ensure. Whoever writes an order checks it first.
    pub fn check(&self) -> Result<(), DocumentError> {
        let fail = |field, expected, found: &str| {
            let found = found.chars().take(100).collect();
            Err(DocumentError::field(field, expected, found))
        };
        if !is_key_name(&self.origin) {
            return fail("origin", "a name without spaces and plus signs", &self.origin);
        }
        if !is_time(&self.at) {
            return fail("at", "a time such as 2026-01-31T23:59:59.123Z", &self.at);
        }
        for (field, text) in [("by", &self.by), ("why", &self.why)] {
            if text.trim().is_empty() || text.chars().count() > MAX_TEXT {
                return fail(field, "a text of 1 to 4096 characters, not just spaces", text);
            }
        }
        if let Some(after) = self.after.as_ref().filter(|after| after.number >= MAX_INTEGER) {
            return fail("after", "a number below 2^53 - 1", &after.number.to_string());
        }
        for (n, found) in self.found.iter().enumerate() {
            let again = self.found[..n].iter().any(|other| other.version == found.version);
            if found.version.is_empty() || again {
                return fail("found", "each version once, by its id", &found.version);
            }
            let marker = found.bytes.is_none() && found.sha256.is_some();
            if marker || found.bytes.is_some_and(|bytes| bytes > MAX_INTEGER) {
                return fail("found", "`sha256` only beside `bytes`", &found.version);
            }
        }
        check_length(self.to_json().len())
    }

    /// SHA-256 of the canonical JSON: what the first header of the successor names.
    pub fn hash(&self) -> Hash {
        Hash::of(self.to_json().as_bytes())
    }

    /// The number whose key holds what was found: that after the last good batch.
    pub fn number(&self) -> u64 {
        self.after.as_ref().map_or(0, |after| after.number + 1)
    }
}

fn check_length(bytes: usize) -> Result<(), DocumentError> {
    if bytes > MAX_BYTES {
        let expected = "at most 1048576 bytes in all";
        return Err(DocumentError::field("found", expected, bytes.to_string()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
