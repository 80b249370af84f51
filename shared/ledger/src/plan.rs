//! Plans: which entry stands at which position of the log. SPEC.md §9.

use serde::{Deserialize, Serialize};

use crate::canonical::{MAX_INTEGER, write};
use crate::document::{DocumentError, check};
use crate::note::is_key_name;
use crate::{ChainId, ConfigChange, Entry, Hash};

/// What the log grew by in one step: made before the log's head moves, so that a restart can
/// finish it, and kept to map headers to positions. Its last entry is a batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// The entry at one position. The members are declared in canonical order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum PlanEntry {
    /// A batch.
    Batch {
        /// Its chain.
        chain: ChainId,
        /// The header's link hash: the leaf hash at that position.
        link: Hash,
        /// Its number.
        number: u64,
    },
    /// A config change.
    ConfigChange {
        /// The bundle.
        bundle: Hash,
        /// Its link hash: the leaf hash at that position.
        link: Hash,
    },
}

impl PlanEntry {
    /// What a plan says of an entry.
    pub fn of(entry: &Entry) -> Self {
        let link = entry.link();
        match entry {
            Entry::Batch(sealed) => {
                let (chain, number) = (sealed.header.chain.clone(), sealed.header.number);
                Self::Batch { chain, link, number }
            }
            Entry::ConfigChange(change) => Self::ConfigChange { bundle: change.bundle, link },
        }
    }

    /// The leaf hash at its position.
    pub fn link(&self) -> Hash {
        match self {
            Self::Batch { link, .. } | Self::ConfigChange { link, .. } => *link,
        }
    }
}

impl std::fmt::Display for PlanEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Batch { chain, number, .. } => write!(f, "{chain} number {number}"),
            Self::ConfigChange { bundle, .. } => write!(f, "the change to the bundle {bundle}"),
        }
    }
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
        check_entries(&wire)?;
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
        let at = |entry: &PlanEntry| matches!(entry, PlanEntry::Batch { chain: c, number: n, .. } if c == chain && *n == number);
        self.entries.iter().position(at).map(|place| self.from + place as u64)
    }
}

/// Whether batches have numbers, and each config change is what its bundle makes it, with a batch
/// behind it.
fn check_entries(wire: &Wire) -> Result<(), DocumentError> {
    let mut entering = None;
    for entry in &wire.entries {
        match entry {
            PlanEntry::Batch { number, .. } => {
                if *number > MAX_INTEGER {
                    let expected = "an integer up to 2^53 - 1";
                    return Err(DocumentError::field("number", expected, number.to_string()));
                }
                entering = None;
            }
            PlanEntry::ConfigChange { bundle, link } => {
                let change = ConfigChange { origin: wire.origin.clone(), bundle: *bundle };
                if change.link() != *link {
                    let expected = "that of the change to this bundle";
                    return Err(DocumentError::field("link", expected, link.to_string()));
                }
                if entering.replace(*bundle).is_some() {
                    break;
                }
            }
        }
    }
    match entering {
        None => Ok(()),
        Some(bundle) => {
            let found = format!("none after the change to {bundle}");
            Err(DocumentError::field("entries", "a batch after each config change", found))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn plan() -> Plan {
        let chain: ChainId = "events/20260131T235959Z/shardId-000000000000".parse().unwrap();
        let entry =
            |number| PlanEntry::Batch { chain: chain.clone(), link: Hash::leaf(b"h"), number };
        let (origin, bundle) = ("example.com/log".to_owned(), Hash::of(b"bundle"));
        let change = ConfigChange { origin: origin.clone(), bundle };
        Plan {
            origin,
            from: 5,
            to: 8,
            root: Hash::leaf(b"root"),
            cursors: Hash::of(b"cursors"),
            entries: vec![entry(3), PlanEntry::of(&change.into()), entry(4)],
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
        let chain: ChainId = "events/20260131T235959Z/shardId-000000000000".parse().unwrap();
        assert_eq!(plan.position(&chain, 4), Some(7));
        assert_eq!(plan.position(&chain, 5), None);
        assert_eq!(plan.position(&chain.sibling("other").unwrap(), 4), None);
    }

    #[test]
    fn other_json_is_refused() {
        let good = plan().to_json();
        let bad = [
            good.replace("\"to\":8", "\"to\":9"),
            good.replace("\"from\":5", "\"from\":8"),
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

    #[test]
    fn a_config_change_is_that_of_its_bundle_and_a_batch_follows_it() {
        let parse = |entries: &[&PlanEntry]| {
            let entries: Vec<_> = entries.iter().map(|entry| (*entry).clone()).collect();
            let plan = Plan { to: 5 + entries.len() as u64, entries, ..plan() };
            Plan::parse(plan.to_json().as_bytes()).map_err(|error| error.to_string())
        };
        let [batch, change, last] = &plan().entries[..] else { panic!() };
        let (origin, bundle) = (plan().origin, Hash::of(b"other"));
        let other = PlanEntry::of(&ConfigChange { origin, bundle }.into());
        assert!(parse(&[change, batch, &other, last]).is_ok());
        for misplaced in [&[batch, change][..], &[change, &other, batch]] {
            let error = parse(misplaced).unwrap_err();
            assert!(error.contains("a batch after each config change"), "{error}");
        }
        let forged = PlanEntry::ConfigChange { bundle, link: change.link() };
        let error = parse(&[&forged, batch]).unwrap_err();
        assert!(error.contains("that of the change to this bundle"), "{error}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Plan::parse(&bytes).is_err());
        }
    }
}
