//! Cursors: how far into each chain the log reaches, and by which bundles. SPEC.md §9.

mod error;

use std::collections::{BTreeMap, BTreeSet};

pub use error::CursorError;

use serde::{Deserialize, Serialize};

use crate::canonical::{MAX_INTEGER, write};
use crate::document::{DocumentError, check};
use crate::{BatchHeader, ChainId, ConfigChange, Entry, Hash, Lineage, SealedHeader};

/// The most config bundles that a log can enter. Each takes some 75 bytes of the cursors, which are
/// written with every checkpoint.
pub const MAX_BUNDLES: usize = 65_536;

/// How far into each chain the log reaches, and which config bundles it has entered. Pure: a fold
/// over the log's entries, in their order ([`follow`](Self::follow)), or over the batches that are
/// about to become its entries ([`append`](Self::append)).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Cursors {
    chains: BTreeMap<ChainId, Cursor>,
    /// The positions of their config changes.
    bundles: BTreeMap<Hash, u64>,
    /// The bundle of a config change that was the last entry: the next is a batch that names it.
    /// Between two moves of the log there is none.
    entering: Option<Hash>,
}

/// How far into one chain the log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor {
    /// Link hash of the last header that is in the log.
    pub link: Hash,
    /// Number of the next.
    pub next: u64,
}

/// The JSON, its members declared in canonical order. Chains are ASCII, so their order by bytes
/// is that of RFC 8785.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    bundles: BTreeMap<Hash, u64>,
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

    /// The position of the config change that entered a bundle.
    pub fn entered(&self, bundle: &Hash) -> Option<u64> {
        self.bundles.get(bundle).copied()
    }

    /// The bundles that the log has entered with the positions of their config changes, in order of
    /// their hashes.
    pub fn bundles(&self) -> impl Iterator<Item = (&Hash, u64)> {
        self.bundles.iter().map(|(bundle, position)| (bundle, *position))
    }

    /// Entries of the log.
    pub fn size(&self) -> u64 {
        let batches = self.chains.values().map(|cursor| cursor.next);
        batches.fold(self.bundles.len() as u64, u64::saturating_add)
    }

    /// Moves past the log's next entry. Refuses any other, and changes nothing then.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), CursorError> {
        let header = match entry {
            Entry::ConfigChange(change) => return self.enter(change.bundle),
            Entry::Batch(header) => header,
        };
        let BatchHeader { chain, number, bundle, .. } = &header.header;
        self.check(chain, header)?;
        if let Some(expected) = self.entering.filter(|expected| expected != bundle) {
            return Err(CursorError::Unnamed { expected, found: bundle.to_string() });
        }
        if !self.bundles.contains_key(bundle) {
            let (chain, number, bundle) = (chain.clone(), *number, *bundle);
            return Err(CursorError::Bundle { chain, number, bundle });
        }
        self.advance(header);
        Ok(())
    }

    /// Moves past the next header of `chain`, which is about to be logged. Where its bundle is new
    /// to the log, gives the config change that is to be logged before it. Refuses any other header,
    /// and changes nothing then.
    pub fn append(
        &mut self,
        chain: &ChainId,
        header: &SealedHeader,
    ) -> Result<Option<ConfigChange>, CursorError> {
        self.check(chain, header)?;
        let BatchHeader { bundle, origin, .. } = &header.header;
        let change = match self.bundles.contains_key(bundle) {
            true => None,
            false => {
                self.enter(*bundle)?;
                Some(ConfigChange { origin: origin.clone(), bundle: *bundle })
            }
        };
        self.advance(header);
        Ok(change)
    }

    fn enter(&mut self, bundle: Hash) -> Result<(), CursorError> {
        if let Some(expected) = self.entering {
            let found = "another config change".to_owned();
            return Err(CursorError::Unnamed { expected, found });
        }
        if let Some(position) = self.entered(&bundle) {
            return Err(CursorError::Entered { bundle, position });
        }
        if self.bundles.len() == MAX_BUNDLES {
            return Err(CursorError::Bundles { bundle });
        }
        self.bundles.insert(bundle, self.size());
        self.entering = Some(bundle);
        Ok(())
    }

    fn advance(&mut self, header: &SealedHeader) {
        let BatchHeader { chain, number, .. } = &header.header;
        let cursor = Cursor { link: header.link(), next: number.saturating_add(1) };
        self.chains.insert(chain.clone(), cursor);
        self.entering = None;
    }

    /// Whether a header is the next of `chain`.
    fn check(&self, chain: &ChainId, header: &SealedHeader) -> Result<(), CursorError> {
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
        let last = self.last_of_shard(chain).map(|(last, _)| last);
        if let Some(successor) = last.filter(|last| last.generation() > chain.generation()) {
            let (chain, number, successor) = (chain.clone(), found.number, successor.clone());
            return Err(CursorError::Succeeded { chain, number, successor });
        }
        match self.get(chain) {
            Some(cursor) => follows(chain, cursor, &found.lineage),
            None => self.begins(chain, &found.lineage),
        }
    }

    /// Whether the log has reached what the first header of a chain follows.
    fn begins(&self, chain: &ChainId, lineage: &Lineage) -> Result<(), CursorError> {
        if let Lineage::Previous(found) = lineage {
            return Err(CursorError::Genesis { chain: chain.clone(), found: *found });
        }
        let parents = lineage.parents();
        if let Some((stopped, Cursor { link: expected, .. })) = self.last_of_shard(chain)
            && parents.iter().map(|parent| &parent.chain).ne([stopped])
        {
            let (chain, stopped) = (chain.clone(), stopped.clone());
            return Err(CursorError::Stopped { chain, stopped, expected });
        }
        for parent in parents {
            let end = self.last_of_shard(&parent.chain);
            let end = end.map(|(chain, cursor)| (chain, cursor.link));
            if end != Some((&parent.chain, parent.link)) {
                let (chain, expected) = (chain.clone(), parent.link);
                let (parent, found) = (parent.chain.clone(), end.map(|(_, link)| link));
                return Err(CursorError::Parent { chain, parent, expected, found });
            }
        }
        Ok(())
    }

    /// The chain that a shard went on as last, as far as the log has it.
    fn last_of_shard(&self, chain: &ChainId) -> Option<(&ChainId, Cursor)> {
        let last = chain.of_shard(&self.chains).max_by_key(|(chain, _)| chain.generation());
        last.map(|(chain, cursor)| (chain, *cursor))
    }

    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        let (bundles, chains) = (self.bundles.clone(), self.chains.clone());
        write(&Wire { bundles, chains, kind: "cursors".to_owned(), version: 1 })
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
        let cursors = Self { chains: wire.chains, bundles: wire.bundles, entering: None };
        cursors.check_bundles()?;
        match cursors.to_json().as_bytes() == json {
            true => Ok(cursors),
            false => Err(DocumentError::NotCanonical),
        }
    }

    /// Whether the bundles can be those of a log with these chains: each at a position of its own
    /// with a batch behind it, one of them at the first.
    fn check_bundles(&self) -> Result<(), DocumentError> {
        let positions: BTreeSet<u64> = self.bundles.values().copied().collect();
        let (first, last) = (positions.first().copied(), positions.last().copied());
        let fit = match last {
            None => self.chains.is_empty(),
            Some(last) => first == Some(0) && last.saturating_add(1) < self.size(),
        };
        let bundles = self.bundles.len();
        if fit && positions.len() == bundles && bundles <= MAX_BUNDLES {
            return Ok(());
        }
        let expected = "at most 65536, each at a position of its own within the log, from 0 on";
        let found = format!("{bundles}, from {first:?} to {last:?} of {}", self.size());
        Err(DocumentError::field("bundles", expected, found))
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
        Lineage::Genesis(_) | Lineage::Ordered { .. } => "parents".to_owned(),
    };
    let (chain, number, expected) = (chain.clone(), cursor.next, cursor.link);
    Err(CursorError::Previous { chain, number, expected, found })
}

#[cfg(test)]
mod tests;
