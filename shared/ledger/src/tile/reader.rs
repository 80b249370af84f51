//! Proofs from tiles.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::Hash;
use crate::tile::{HEIGHT, TileError, TileKind, TilePath, WIDTH, tile_hashes};
use crate::tree::{consistency_ranges, inclusion_ranges, root, top_level};

/// Files of a log, by their paths. Nothing in them is believed: a path of hashes that was read
/// from them proves something only when it verifies against a signed root.
pub type Tiles = BTreeMap<TilePath, Vec<u8>>;

/// A perfect subtree: its root is made of hashes that lie together in one tile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subtree {
    /// Level of the tile that its hashes lie in.
    pub(super) level: u8,
    /// The first of them, counted over the level.
    pub(super) first: u64,
    /// How many: a power of two up to 128.
    pub(super) count: u64,
}

/// The tiles that the inclusion path of the entry at `index` in a log of `size` entries is read
/// from; none where there is no such entry.
pub fn inclusion_tiles(index: u64, size: u64) -> Vec<TilePath> {
    if index < size { tiles_under(inclusion_ranges(index, size), size) } else { Vec::new() }
}

/// The tiles that the consistency path from `old` to `size` entries is read from.
pub fn consistency_tiles(old: u64, size: u64) -> Vec<TilePath> {
    if old <= size { tiles_under(consistency_ranges(old, size), size) } else { Vec::new() }
}

/// The bundle that holds the entry at `index` in a log of `size` entries, and its place in it.
pub fn entry_tile(index: u64, size: u64) -> Option<(TilePath, usize)> {
    let width = u64::from(WIDTH);
    let path = TilePath::at(TileKind::Entries, index / width, size).filter(|_| index < size)?;
    Some((path, (index % width) as usize))
}

/// The inclusion path of the entry at `index` in a log of `size` entries, from the tiles that
/// [`inclusion_tiles`] names. A full tile serves where its partial one is not given.
pub fn inclusion_path(index: u64, size: u64, tiles: &Tiles) -> Result<Vec<Hash>, TileError> {
    if index >= size {
        return Err(TileError::Position { position: index, size });
    }
    roots(inclusion_ranges(index, size), |part| subtree_root(part, size, tiles))
}

/// The consistency path from `old` to `size` entries, from the tiles that [`consistency_tiles`]
/// names. A full tile serves where its partial one is not given.
pub fn consistency_path(old: u64, size: u64, tiles: &Tiles) -> Result<Vec<Hash>, TileError> {
    if old > size {
        return Err(TileError::Position { position: old, size });
    }
    roots(consistency_ranges(old, size), |part| subtree_root(part, size, tiles))
}

/// The bytes of a tile, from itself or from the beginning of its full one, `bytes` long.
fn tile_at(path: TilePath, bytes: usize, tiles: &Tiles) -> Result<&[u8], TileError> {
    let (from, found) = file(path, tiles)?;
    let expected = 32 * usize::from(from.width());
    if found.len() != expected {
        return Err(TileError::Length { path: from, expected, found: found.len() });
    }
    Ok(&found[..bytes])
}

/// A file, or else the full one that starts with it.
pub(super) fn file(path: TilePath, tiles: &Tiles) -> Result<(TilePath, &[u8]), TileError> {
    [path, path.full()]
        .into_iter()
        .find_map(|path| Some((path, tiles.get(&path)?.as_slice())))
        .ok_or(TileError::Missing { path })
}

/// The hashes of a tile.
pub(super) fn hashes(path: TilePath, tiles: &Tiles) -> Result<Vec<Hash>, TileError> {
    Ok(tile_hashes(tile_at(path, 32 * usize::from(path.width()), tiles)?).collect())
}

fn subtree_root(subtree: Subtree, size: u64, tiles: &Tiles) -> Result<Hash, TileError> {
    let Some(path) = subtree.tile(size) else {
        return Err(TileError::Position { position: subtree.first, size });
    };
    let from = (subtree.first % u64::from(WIDTH)) as usize;
    let hashes = hashes(path, tiles)?;
    Ok(root(&hashes[from..from + subtree.count as usize]))
}

impl Subtree {
    fn tile(&self, size: u64) -> Option<TilePath> {
        TilePath::at(TileKind::Hashes(self.level), self.first / u64::from(WIDTH), size)
    }
}

/// The perfect subtrees of a range of leaves that a proof asks for, left to right. Such a range
/// starts at a multiple of its largest subtree.
pub(super) fn subtrees(range: Range<u64>) -> impl DoubleEndedIterator<Item = Subtree> {
    let mut parts = Vec::new();
    let mut from = range.start;
    while from < range.end {
        let level = top_level(range.end - from);
        let (tile_level, rest) = (level / HEIGHT, level % HEIGHT);
        parts.push(Subtree {
            level: tile_level as u8,
            first: from >> (HEIGHT * tile_level),
            count: 1 << rest,
        });
        from += 1 << level;
    }
    parts.into_iter()
}

/// The root over each range.
pub(super) fn roots(
    ranges: Vec<Range<u64>>,
    read: impl Fn(Subtree) -> Result<Hash, TileError>,
) -> Result<Vec<Hash>, TileError> {
    ranges.into_iter().map(|range| range_root(range, &read)).collect()
}

/// The root over a range.
pub(super) fn range_root(
    range: Range<u64>,
    read: impl Fn(Subtree) -> Result<Hash, TileError>,
) -> Result<Hash, TileError> {
    let mut right = None;
    for part in subtrees(range).rev() {
        let left = read(part)?;
        right = Some(right.map_or(left, |right| Hash::node(&left, &right)));
    }
    Ok(right.unwrap_or(Hash::EMPTY_ROOT))
}

fn tiles_under(ranges: Vec<Range<u64>>, size: u64) -> Vec<TilePath> {
    let parts = ranges.into_iter().flat_map(subtrees);
    let paths: BTreeSet<TilePath> = parts.filter_map(|part| part.tile(size)).collect();
    paths.into_iter().collect()
}
