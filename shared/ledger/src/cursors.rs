//! Cursors: how far into each chain the log reaches. SPEC.md §9.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::canonical::{MAX_INTEGER, write};
use crate::document::{DocumentError, check};
use crate::{ChainId, Hash, Lineage, SealedHeader};

/// How far into each chain the log reaches. Pure: a fold over the log's entries, in their order,
/// or over the batches that are about to become its entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursors {
    chains: BTreeMap<ChainId, Cursor>,
}

/// How far into one chain the log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Link hash of the last header that is in the log.
    pub link: Hash,
    /// Number of the next.
    pub next: u64,
}

/// Why a header is not the next of its chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It belongs to another chain.
    #[error("expected a header of chain {expected}, found one of {found}")]
    Chain {
        /// The chain it was taken from.
        expected: ChainId,
        /// The chain it names.
        found: ChainId,
    },
    /// It has another number.
    #[error("{chain}: expected number {expected}, found {found}")]
    Number {
        /// The chain.
        chain: ChainId,
        /// The next number.
        expected: u64,
        /// Its number.
        found: u64,
    },
    /// It follows another header, or none.
    #[error("{chain} number {number}: expected the previous link {expected}, found {found}")]
    Previous {
        /// The chain.
        chain: ChainId,
        /// Its number.
        number: u64,
        /// Link hash of the header before it.
        expected: Hash,
        /// What it says it follows.
        found: String,
    },
    /// It is the first, but follows a header of its own chain.
    #[error("{chain}: expected number 0 to name parents, found the previous link {found}")]
    Genesis {
        /// The chain.
        chain: ChainId,
        /// What it says it follows.
        found: Hash,
    },
    /// It follows a header of a parent chain that is not the last one the log has of that chain.
    /// Where the log has not reached that header yet, the chain is not broken: its turn comes
    /// when the parent is logged.
    #[error(
        "{chain}: expected the log to reach {expected} of the parent {parent}, found {}",
        or_nothing(found)
    )]
    Parent {
        /// The chain.
        chain: ChainId,
        /// Its parent.
        parent: ChainId,
        /// The header it says it follows.
        expected: Hash,
        /// The last header that the log has of the parent.
        found: Option<Hash>,
    },
}

fn or_nothing(hash: &Option<Hash>) -> String {
    hash.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string())
}

/// The JSON, its members declared in canonical order. Chains are ASCII, so their order by bytes
/// is that of RFC 8785.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    chains: BTreeMap<ChainId, Cursor>,
    kind: String,
    version: u32,
}

impl Cursors {
    /// The cursor of a chain, if the log has anything of it.
    pub fn get(&self, chain: &ChainId) -> Option<Cursor> {
        self.chains.get(chain).copied()
    }

    /// The number of the chain's next header: 0 for a chain of which the log has nothing.
    pub fn next(&self, chain: &ChainId) -> u64 {
        self.get(chain).map_or(0, |cursor| cursor.next)
    }

    /// The cursors, in order of chains.
    pub fn iter(&self) -> impl Iterator<Item = (&ChainId, Cursor)> {
        self.chains.iter().map(|(chain, cursor)| (chain, *cursor))
    }

    /// Number of chains.
    pub fn len(&self) -> usize {
        self.chains.len()
    }

    /// Whether the log has nothing yet.
    pub fn is_empty(&self) -> bool {
        self.chains.is_empty()
    }

    /// Moves past the next header of `chain`. Refuses any other, and changes nothing then.
    pub fn advance(&mut self, chain: &ChainId, header: &SealedHeader) -> Result<(), CursorError> {
        let found = &header.header;
        if found.chain != *chain {
            let (expected, found) = (chain.clone(), found.chain.clone());
            return Err(CursorError::Chain { expected, found });
        }
        let expected = self.next(chain);
        if found.number != expected {
            let (chain, found) = (chain.clone(), found.number);
            return Err(CursorError::Number { chain, expected, found });
        }
        match self.get(chain) {
            Some(cursor) => follows(chain, cursor, &found.lineage)?,
            None => self.begins(chain, &found.lineage)?,
        }
        let cursor = Cursor { link: header.link(), next: found.number.saturating_add(1) };
        self.chains.insert(chain.clone(), cursor);
        Ok(())
    }

    /// Whether the log has reached what the first header of a chain follows.
    fn begins(&self, chain: &ChainId, lineage: &Lineage) -> Result<(), CursorError> {
        let parents = match lineage {
            Lineage::Genesis(parents) => parents,
            Lineage::Previous(found) => {
                return Err(CursorError::Genesis { chain: chain.clone(), found: *found });
            }
        };
        for parent in parents {
            let found = self.get(&parent.chain).map(|cursor| cursor.link);
            if found != Some(parent.link) {
                let (chain, expected) = (chain.clone(), parent.link);
                let parent = parent.chain.clone();
                return Err(CursorError::Parent { chain, parent, expected, found });
            }
        }
        Ok(())
    }

    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        let chains = self.chains.clone();
        write(&Wire { chains, kind: "cursors".to_owned(), version: 1 })
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &[u8]) -> Result<Self, DocumentError> {
        let wire: Wire = serde_json::from_slice(json)?;
        check("kind", "cursors", &wire.kind)?;
        check("version", "1", &wire.version.to_string())?;
        for cursor in wire.chains.values() {
            if !(1..=MAX_INTEGER).contains(&cursor.next) {
                let found = cursor.next.to_string();
                return Err(DocumentError::field("next", "an integer from 1 to 2^53 - 1", found));
            }
        }
        let cursors = Self { chains: wire.chains };
        match cursors.to_json().as_bytes() == json {
            true => Ok(cursors),
            false => Err(DocumentError::NotCanonical),
        }
    }

    /// SHA-256 of the canonical JSON: the name of the object that holds it.
    pub fn hash(&self) -> Hash {
        Hash::of(self.to_json().as_bytes())
    }
}

fn follows(chain: &ChainId, cursor: Cursor, lineage: &Lineage) -> Result<(), CursorError> {
    let found = match lineage {
        Lineage::Previous(link) if *link == cursor.link => return Ok(()),
        Lineage::Previous(link) => link.to_string(),
        Lineage::Genesis(_) => "parents".to_owned(),
    };
    let (chain, number, expected) = (chain.clone(), cursor.next, cursor.link);
    Err(CursorError::Previous { chain, number, expected, found })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::Parent;
    use crate::header::tests::header;

    fn chain(shard: &str) -> ChainId {
        format!("events/20260131T235959Z/{shard}").parse().unwrap()
    }

    fn sealed(shard: &str, number: u64, lineage: Lineage) -> SealedHeader {
        let mut header = header();
        (header.chain, header.number, header.lineage) = (chain(shard), number, lineage);
        header.seal(Hash::of(b"object"))
    }

    fn genesis(shard: &str) -> SealedHeader {
        sealed(shard, 0, Lineage::Genesis(Vec::new()))
    }

    #[test]
    fn a_chain_is_followed_link_by_link() {
        let mut cursors = Cursors::default();
        let first = genesis("a");
        cursors.advance(&chain("a"), &first).unwrap();
        let second = sealed("a", 1, Lineage::Previous(first.link()));
        cursors.advance(&chain("a"), &second).unwrap();
        assert_eq!(cursors.get(&chain("a")), Some(Cursor { link: second.link(), next: 2 }));
        assert_eq!((cursors.next(&chain("a")), cursors.next(&chain("b"))), (2, 0));
    }

    #[test]
    fn a_header_that_is_not_the_next_is_refused_and_changes_nothing() {
        let mut cursors = Cursors::default();
        let first = genesis("a");
        let early = sealed("a", 1, Lineage::Previous(first.link()));
        let refuse = |cursors: &mut Cursors, header: &SealedHeader| {
            let before = cursors.clone();
            let error = cursors.advance(&chain("a"), header).unwrap_err();
            assert_eq!(*cursors, before);
            error
        };
        let error = refuse(&mut cursors, &early);
        assert_eq!(error, CursorError::Number { chain: chain("a"), expected: 0, found: 1 });
        let error = refuse(&mut cursors, &genesis("b"));
        assert_eq!(error, CursorError::Chain { expected: chain("a"), found: chain("b") });
        let orphan = sealed("a", 0, Lineage::Previous(first.link()));
        let error = refuse(&mut cursors, &orphan);
        assert_eq!(error, CursorError::Genesis { chain: chain("a"), found: first.link() });

        cursors.advance(&chain("a"), &first).unwrap();
        let error = refuse(&mut cursors, &first);
        assert_eq!(error, CursorError::Number { chain: chain("a"), expected: 1, found: 0 });
        for lineage in [Lineage::Previous(early.link()), Lineage::Genesis(Vec::new())] {
            let error = refuse(&mut cursors, &sealed("a", 1, lineage));
            assert!(matches!(error, CursorError::Previous { number: 1, .. }), "{error}");
        }
    }

    #[test]
    fn a_child_shard_follows_the_last_headers_of_its_parents() {
        let mut cursors = Cursors::default();
        let (a, b) = (genesis("a"), genesis("b"));
        let parents = vec![
            Parent { chain: chain("a"), link: a.link() },
            Parent { chain: chain("b"), link: b.link() },
        ];
        let child = sealed("c", 0, Lineage::Genesis(parents));
        cursors.advance(&chain("a"), &a).unwrap();
        let error = cursors.advance(&chain("c"), &child).unwrap_err();
        assert_eq!(error.to_string().rsplit(' ').next(), Some("nothing"));
        assert!(
            matches!(error, CursorError::Parent { parent, found: None, .. } if parent == chain("b"))
        );
        cursors.advance(&chain("b"), &b).unwrap();
        let more = sealed("a", 1, Lineage::Previous(a.link()));
        let mut ahead = cursors.clone();
        ahead.advance(&chain("a"), &more).unwrap();
        let error = ahead.advance(&chain("c"), &child).unwrap_err();
        assert!(
            matches!(error, CursorError::Parent { found: Some(found), .. } if found == more.link())
        );
        cursors.advance(&chain("c"), &child).unwrap();
    }

    #[test]
    fn the_json_is_canonical_and_pinned() {
        let mut cursors = Cursors::default();
        assert_eq!(cursors.to_json(), r#"{"chains":{},"kind":"cursors","version":1}"#);
        let first = genesis("a");
        cursors.advance(&chain("a"), &first).unwrap();
        cursors.advance(&chain("B"), &genesis("B")).unwrap();
        let json = cursors.to_json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), json);
        assert_eq!(Cursors::parse(json.as_bytes()).unwrap(), cursors);
    }

    #[test]
    fn other_json_is_refused() {
        let hash = Hash::leaf(b"");
        let cursor = format!(r#"{{"link":"{hash}","next":1}}"#);
        let good = format!(
            r#"{{"chains":{{"s/20260131T235959Z/a":{cursor}}},"kind":"cursors","version":1}}"#
        );
        assert!(Cursors::parse(good.as_bytes()).is_ok());
        let bad = [
            good.replace("\"next\":1", "\"next\":0"),
            good.replace("\"next\":1", "\"next\":9007199254740992"),
            good.replace("\"next\":1", "\"next\":1.0"),
            good.replace("\"version\":1", "\"version\":2"),
            good.replace("cursors", "cursor"),
            good.replace("s/2026", "2026"),
            good.replace(',', ", "),
            good.replace("\"kind\"", "\"a\":1,\"kind\""),
            format!("{good}\n"),
            good.replace(&cursor, &format!("{cursor},\"s/20260131T235959Z/a\":{cursor}")),
        ];
        for bad in bad {
            assert!(Cursors::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Cursors::parse(&bytes).is_err());
        }
    }
}
