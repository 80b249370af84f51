//! The log's entries, in order, and what they come to.

use std::collections::BTreeMap;

use cairn_ledger::{ChainId, Cursors, Entry, Frontier, Hash, SealedHeader, tile};
use cairn_store::{LogPoint, Objects};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{CONCURRENCY, RecoverError};
use crate::log;

/// Bundles whose entries are in memory at the same time: a megabyte.
const WINDOW: u64 = 4;

/// What the entries so far come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Fold {
    tree: Frontier,
    cursors: Cursors,
}

impl Fold {
    /// Takes the next entry.
    pub(super) fn push(&mut self, entry: &Entry) -> Result<(), RecoverError> {
        let position = self.tree.size();
        self.cursors.follow(entry).map_err(|error| {
            RecoverError::archive(format!("entry {position}"), "the next entry", error)
        })?;
        self.tree.push(entry.link());
        Ok(())
    }

    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.tree.root()
    }

    pub(super) fn cursors(&self) -> &Cursors {
        &self.cursors
    }

    /// Where the log stands behind them.
    pub(super) fn point(&self) -> LogPoint {
        LogPoint { size: self.size(), root: self.root(), cursors: self.cursors.hash() }
    }
}

/// How many windows a log has.
pub(super) fn windows(size: u64) -> u64 {
    size.div_ceil(u64::from(tile::WIDTH)).div_ceil(WINDOW)
}

/// The entries of one window of a log of `size` entries.
pub(super) async fn window(
    objects: &impl Objects,
    index: u64,
    size: u64,
) -> Result<Vec<Entry>, RecoverError> {
    let bundles = index * WINDOW..(index + 1) * WINDOW;
    let bundles: Vec<Vec<Entry>> = stream::iter(bundles)
        .map(|bundle| log::entries(objects, bundle, size))
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(bundles.into_iter().flatten().collect())
}

/// The headers among entries, by chain, in order.
pub(super) fn by_chain(entries: Vec<Entry>) -> BTreeMap<ChainId, Vec<SealedHeader>> {
    let mut chains: BTreeMap<ChainId, Vec<SealedHeader>> = BTreeMap::new();
    for entry in entries {
        if let Entry::Batch(header) = entry {
            chains.entry(header.header.chain.clone()).or_default().push(*header);
        }
    }
    chains
}
