//! What every file of a log must hold.

use crate::Hash;
use crate::tile::reader::{Subtree, range_root, roots};
use crate::tile::{TileError, TileKind, TilePath, WIDTH, tile_bytes};
use crate::tree::{consistency_ranges, inclusion_ranges, root};

/// The whole tree of a log, recomputed from its leaf hashes: what each tile must hold at any size
/// up to now, the root the log had at any size, and every proof. About 32 bytes an entry.
#[derive(Debug, Clone)]
pub struct TileSet {
    /// The hashes of each level of tiles, lowest first.
    levels: Vec<Vec<Hash>>,
}

impl TileSet {
    /// Computes the tree over these leaf hashes.
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last().filter(|last| last.len() >= usize::from(WIDTH)) {
            let above = last.chunks_exact(WIDTH.into()).map(root).collect();
            levels.push(above);
        }
        Self { levels }
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.levels[0].len() as u64
    }

    /// The leaf hash at a position.
    pub fn leaf(&self, position: u64) -> Option<Hash> {
        self.levels[0].get(usize::try_from(position).ok()?).copied()
    }

    /// The root that the log had at `size`; `None` where it is not as large.
    pub fn root(&self, size: u64) -> Option<Hash> {
        (size <= self.size()).then(|| range_root(0..size, |part| self.subtree(part)).ok()).flatten()
    }

    /// The bytes that a tile of hashes must have, full or partial as of any size; `None` for a
    /// bundle, and for a tile that a log of this size has not had yet.
    pub fn tile(&self, path: &TilePath) -> Option<Vec<u8>> {
        let TileKind::Hashes(level) = path.kind() else { return None };
        let from = usize::try_from(path.index()).ok()?.checked_mul(WIDTH.into())?;
        let hashes = self.levels.get(usize::from(level))?;
        let hashes = hashes.get(from..from.checked_add(path.width().into())?)?;
        Some(tile_bytes(hashes))
    }

    /// The inclusion path of the entry at `index` in the log of `size` entries.
    pub fn inclusion_path(&self, index: u64, size: u64) -> Result<Vec<Hash>, TileError> {
        if index >= size || size > self.size() {
            return Err(TileError::Position { position: index, size });
        }
        roots(inclusion_ranges(index, size), |part| self.subtree(part))
    }

    /// The consistency path from `old` to `size` entries.
    pub fn consistency_path(&self, old: u64, size: u64) -> Result<Vec<Hash>, TileError> {
        if old > size || size > self.size() {
            return Err(TileError::Position { position: old, size });
        }
        roots(consistency_ranges(old, size), |part| self.subtree(part))
    }

    fn subtree(&self, part: Subtree) -> Result<Hash, TileError> {
        let (from, count) = (part.first as usize, part.count as usize);
        let level = self.levels.get(usize::from(part.level));
        let hashes = level.and_then(|level| level.get(from..from + count));
        let position = || TileError::Position { position: part.first, size: self.size() };
        hashes.map(root).ok_or_else(position)
    }
}
