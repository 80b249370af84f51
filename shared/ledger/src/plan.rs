//! Plans: which header stands at which position of the log. SPEC.md §9.

use serde::{Deserialize, Serialize};

use crate::canonical::{MAX_INTEGER, write};
use crate::document::{DocumentError, check};
use crate::note::is_key_name;
use crate::{ChainId, Hash};

/// What the log grew by in one step: made before the log's head moves, so that a restart can
/// finish it, and kept to map headers to positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Name of the log.
    pub origin: String,
    /// Size of the log before.
    pub from: u64,
    /// Size of the log after.
    pub to: u64,
    /// Root of the log after.
    pub root: Hash,
    /// SHA-256 of the cursors after.
    pub cursors: Hash,
    /// The entries at the positions `from..to`, in order.
    pub entries: Vec<PlanEntry>,
}

/// The header at one position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanEntry {
    /// Its chain.
    pub chain: ChainId,
    /// Its link hash: the leaf hash at that position.
    pub link: Hash,
    /// Its number.
    pub number: u64,
}

/// The JSON, its members declared in canonical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    cursors: Hash,
    entries: Vec<PlanEntry>,
    from: u64,
    kind: String,
    origin: String,
    root: Hash,
    to: u64,
    version: u32,
}

impl Plan {
    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        write(&Wire {
            cursors: self.cursors,
            entries: self.entries.clone(),
            from: self.from,
            kind: "plan".to_owned(),
            origin: self.origin.clone(),
            root: self.root,
            to: self.to,
            version: 1,
        })
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &[u8]) -> Result<Self, DocumentError> {
        let wire: Wire = serde_json::from_slice(json)?;
        check("kind", "plan", &wire.kind)?;
        check("version", "1", &wire.version.to_string())?;
        if !is_key_name(&wire.origin) {
            let expected = "a name without spaces and plus signs";
            return Err(DocumentError::field("origin", expected, wire.origin));
        }
        let grown = wire.to.checked_sub(wire.from).filter(|grown| *grown > 0);
        if wire.to > MAX_INTEGER || grown != Some(wire.entries.len() as u64) {
            let expected = "`from` plus the number of entries, at most 2^53 - 1";
            return Err(DocumentError::field("to", expected, wire.to.to_string()));
        }
        if let Some(entry) = wire.entries.iter().find(|entry| entry.number > MAX_INTEGER) {
            let expected = "an integer up to 2^53 - 1";
            return Err(DocumentError::field("number", expected, entry.number.to_string()));
        }
        let plan = Self {
            origin: wire.origin,
            from: wire.from,
            to: wire.to,
            root: wire.root,
            cursors: wire.cursors,
            entries: wire.entries,
        };
        match plan.to_json().as_bytes() == json {
            true => Ok(plan),
            false => Err(DocumentError::NotCanonical),
        }
    }

    /// SHA-256 of the canonical JSON.
    pub fn hash(&self) -> Hash {
        Hash::of(self.to_json().as_bytes())
    }

    /// The position of a header, if it is among the entries.
    pub fn position(&self, chain: &ChainId, number: u64) -> Option<u64> {
        let at = |entry: &PlanEntry| entry.chain == *chain && entry.number == number;
        self.entries.iter().position(at).map(|place| self.from + place as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn plan() -> Plan {
        let chain: ChainId = "events/20260131T235959Z/shardId-000000000000".parse().unwrap();
        let entry = |number| PlanEntry { chain: chain.clone(), link: Hash::leaf(b"h"), number };
        Plan {
            origin: "example.com/log".into(),
            from: 5,
            to: 7,
            root: Hash::leaf(b"root"),
            cursors: Hash::of(b"cursors"),
            entries: vec![entry(3), entry(4)],
        }
    }

    #[test]
    fn the_json_is_canonical() {
        let json = plan().to_json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), json);
        assert_eq!(Plan::parse(json.as_bytes()).unwrap(), plan());
        assert_eq!(plan().hash(), Hash::of(json.as_bytes()));
    }

    #[test]
    fn a_header_is_found_at_its_position() {
        let plan = plan();
        let chain = plan.entries[0].chain.clone();
        assert_eq!(plan.position(&chain, 4), Some(6));
        assert_eq!(plan.position(&chain, 5), None);
        assert_eq!(plan.position(&chain.sibling("other").unwrap(), 4), None);
    }

    #[test]
    fn other_json_is_refused() {
        let good = plan().to_json();
        let bad = [
            good.replace("\"to\":7", "\"to\":8"),
            good.replace("\"from\":5", "\"from\":7"),
            good.replace("\"from\":5", "\"from\":9"),
            good.replace("\"kind\":\"plan\"", "\"kind\":\"plans\""),
            good.replace("\"version\":1", "\"version\":0"),
            good.replace("example.com/log", "example.com log"),
            good.replace("\"number\":4", "\"number\":9007199254740992"),
            good.replace("\"number\":4", "\"number\":4 "),
            good.replace("\"number\":4", "\"number\":4,\"number\":4"),
            format!(" {good}"),
        ];
        for bad in bad {
            assert!(Plan::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Plan::parse(&bytes).is_err());
        }
    }
}
