//! The right edge of the log: what its writer needs to go on.

use std::fmt;

use crate::Hash;
use crate::tile::bundle::{push_entry, split_bundle};
use crate::tile::reader::{file, hashes};
use crate::tile::{
    HEIGHT, LEVELS, MAX_ENTRY_BYTES, TileError, TileKind, TilePath, Tiles, WIDTH, hashes_at,
    tile_bytes,
};
use crate::tree::root;

/// A log that only grows, kept as the partial tiles of its right edge and its partial bundle.
/// A pure state: loading and writing files is the caller's.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LogTree {
    size: u64,
    /// The hashes of each level's partial tile, lowest first; less than 256 each.
    levels: [Vec<Hash>; LEVELS as usize],
    /// The partial bundle.
    bundle: Vec<u8>,
}

/// What a log grew by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Growth {
    /// The new size.
    pub size: u64,
    /// The new root.
    pub root: Hash,
    /// The files that a log of the new size has and one of the old size had not: those that
    /// became full, and the new partial ones. All must be stored before the root is signed.
    pub files: Vec<(TilePath, Vec<u8>)>,
}

impl LogTree {
    /// The empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// The files to load to go on from a log of `size` entries: the partial tiles and the
    /// partial bundle of its right edge.
    pub fn needs(size: u64) -> Vec<TilePath> {
        let kinds = (0..LEVELS).map(TileKind::Hashes).chain([TileKind::Entries]);
        kinds.filter_map(|kind| partial(kind, size)).collect()
    }

    /// Goes on from the log of `size` entries with this `root`, given the files that
    /// [`needs`](Self::needs) names (or full ones that start with them). Everything loaded is
    /// checked against the root.
    pub fn load(size: u64, expected: &Hash, tiles: &Tiles) -> Result<Self, TileError> {
        let mut tree = Self { size, ..Self::default() };
        for (level, edge) in (0..).zip(&mut tree.levels) {
            if let Some(path) = partial(TileKind::Hashes(level), size) {
                *edge = hashes(path, tiles)?;
            }
        }
        let found = tree.root();
        if found != *expected {
            return Err(TileError::Root { expected: *expected, found });
        }
        if let Some(path) = partial(TileKind::Entries, size) {
            tree.bundle = tree.check_bundle(path, tiles)?;
        }
        Ok(tree)
    }

    fn check_bundle(&self, path: TilePath, tiles: &Tiles) -> Result<Vec<u8>, TileError> {
        let (from, bytes) = file(path, tiles)?;
        let (entries, rest) = split_bundle(bytes, path.width())?;
        if from == path && !rest.is_empty() {
            let found = format!("{} bytes after them", rest.len());
            return Err(TileError::Bundle { expected: path.width(), found });
        }
        let start = path.index() * u64::from(WIDTH);
        for ((position, entry), expected) in (start..).zip(entries).zip(&self.levels[0]) {
            let found = Hash::leaf(entry);
            if found != *expected {
                return Err(TileError::Entry { position, expected: *expected, found });
            }
        }
        Ok(bytes[..bytes.len() - rest.len()].to_owned())
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let mut right: Option<Hash> = None;
        for level in &self.levels {
            // The perfect subtrees of a level, from its end: as the bits of its width say.
            let mut end = level.len();
            while end > 0 {
                let count = 1 << end.trailing_zeros();
                let left = root(&level[end - count..end]);
                right = Some(right.map_or(left, |right| Hash::node(&left, &right)));
                end -= count;
            }
        }
        right.unwrap_or(Hash::EMPTY_ROOT)
    }

    /// Adds entries, and says which files the log has now that it had not before. Nothing is
    /// added where one of them is too long.
    pub fn append<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<Growth, TileError> {
        let lengths = entries.iter().map(|entry| entry.as_ref().len());
        if let Some(found) = lengths.filter(|length| *length > MAX_ENTRY_BYTES).max() {
            return Err(TileError::EntryTooLong { found });
        }
        let old = self.size;
        let mut files = Vec::new();
        for entry in entries {
            self.push(entry.as_ref(), &mut files)?;
        }
        if old < self.size {
            self.partial_files(old, &mut files);
        }
        Ok(Growth { size: self.size, root: self.root(), files })
    }

    fn push(
        &mut self,
        entry: &[u8],
        files: &mut Vec<(TilePath, Vec<u8>)>,
    ) -> Result<(), TileError> {
        push_entry(&mut self.bundle, entry)?;
        self.size += 1;
        if self.size.is_multiple_of(WIDTH.into()) {
            let index = self.size / u64::from(WIDTH) - 1;
            let path = TilePath::at(TileKind::Entries, index, self.size);
            files.extend(path.map(|path| (path, std::mem::take(&mut self.bundle))));
        }
        let mut hash = Hash::leaf(entry);
        for (level, hashes) in (0..).zip(&mut self.levels) {
            hashes.push(hash);
            if hashes.len() < usize::from(WIDTH) {
                break;
            }
            hash = root(hashes);
            let index = hashes_at(level, self.size) / u64::from(WIDTH) - 1;
            let path = TilePath::at(TileKind::Hashes(level), index, self.size);
            files.extend(path.map(|path| (path, tile_bytes(hashes))));
            hashes.clear();
        }
        Ok(())
    }

    /// The partial files that a log of the old size had not.
    fn partial_files(&self, old: u64, files: &mut Vec<(TilePath, Vec<u8>)>) {
        for (level, hashes) in (0..).zip(&self.levels) {
            let kind = TileKind::Hashes(level);
            let path = partial(kind, self.size).filter(|path| Some(*path) != partial(kind, old));
            files.extend(path.map(|path| (path, tile_bytes(hashes))));
        }
        let path = partial(TileKind::Entries, self.size);
        files.extend(path.map(|path| (path, self.bundle.clone())));
    }
}

impl fmt::Debug for LogTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogTree").field("size", &self.size).field("root", &self.root()).finish()
    }
}

/// The partial file of a kind at the right edge of a log of `size` entries, if it has one.
fn partial(kind: TileKind, size: u64) -> Option<TilePath> {
    let shift = match kind {
        TileKind::Hashes(level) => HEIGHT * (u32::from(level) + 1),
        TileKind::Entries => HEIGHT,
    };
    TilePath::at(kind, size.checked_shr(shift).unwrap_or(0), size).filter(TilePath::is_partial)
}
