//! The log as files: C2SP tlog-tiles. SPEC.md §7.
//!
//! [`LogTree`] writes the files of a growing log; [`inclusion_path`] and [`consistency_path`]
//! read proofs from them; [`TileSet`] knows what every file must hold, given all entries.

mod bundle;
mod path;
mod reader;
mod set;
mod writer;

pub use bundle::{MAX_ENTRY_BYTES, decode_bundle, encode_bundle};
pub use path::{TileKind, TilePath};
pub use reader::{
    Tiles, consistency_path, consistency_tiles, entry_tile, inclusion_path, inclusion_tiles,
};
pub use set::TileSet;
pub use writer::{Growth, LogTree};

use crate::Hash;

/// Entries or hashes in a full tile.
pub const WIDTH: u16 = 256;

/// `log2(WIDTH)`: levels of the tree in a tile.
const HEIGHT: u32 = 8;

/// Levels of tiles that a log of less than 2^64 entries can have.
const LEVELS: u8 = 8;

/// Why files of a log could not be made, read or believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Not the path of a tile or bundle.
    #[error("expected a path such as tile/0/x001/234.p/5 or tile/entries/067, found {found:?}")]
    Path {
        /// The text.
        found: String,
    },
    /// An entry cannot be written: its length takes two bytes.
    #[error("expected an entry of at most 65535 bytes, found {found}")]
    EntryTooLong {
        /// Its length.
        found: usize,
    },
    /// A file that is needed was not given, neither partial nor full.
    #[error("{path} is missing")]
    Missing {
        /// The file.
        path: TilePath,
    },
    /// A tile of hashes has another length.
    #[error("{path}: expected {expected} bytes, found {found}")]
    Length {
        /// The file.
        path: TilePath,
        /// The length that its width demands.
        expected: usize,
        /// Its length.
        found: usize,
    },
    /// An entry bundle does not hold as many entries as its width says.
    #[error("expected a bundle of {expected} entries and nothing after them, found {found}")]
    Bundle {
        /// The width.
        expected: u16,
        /// What it holds instead.
        found: String,
    },
    /// An entry is not the one that the tree holds.
    #[error("the entry at position {position}: expected the leaf hash {expected}, found {found}")]
    Entry {
        /// Its position.
        position: u64,
        /// Its leaf hash in the tree.
        expected: Hash,
        /// The leaf hash of its bytes.
        found: Hash,
    },
    /// The files make another root.
    #[error("expected the root {expected}, found {found}")]
    Root {
        /// The root to be reached.
        expected: Hash,
        /// The root that the files make.
        found: Hash,
    },
    /// No such entry, or no such older log.
    #[error("expected a position within a log of {size} entries, found {position}")]
    Position {
        /// The position or the older size.
        position: u64,
        /// The size of the log.
        size: u64,
    },
}

/// The tile of hashes as bytes.
fn tile_bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.as_bytes()).copied().collect()
}

/// The hashes of a tile; whatever is left over at the end is dropped.
fn tile_hashes(bytes: &[u8]) -> impl Iterator<Item = Hash> + '_ {
    bytes.as_chunks::<32>().0.iter().map(|bytes| Hash::from_bytes(*bytes))
}

/// Hashes of level `level` of tiles in a log of `size` entries.
fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(HEIGHT * u32::from(level)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
