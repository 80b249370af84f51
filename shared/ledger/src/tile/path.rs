//! The names of a log's files.

use std::fmt;
use std::str::FromStr;

use crate::checkpoint::parse_decimal;
use crate::tile::{HEIGHT, LEVELS, TileError, WIDTH, hashes_at};

/// What a file of the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// Hashes of this level, 0 to 7: at 0 leaf hashes, above it roots of full tiles of the level
    /// below.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// The path of a file of the log, below the log's prefix: `tile/<L>/<N>[.p/<W>]` or
/// `tile/entries/<N>[.p/<W>]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TilePath {
    kind: TileKind,
    index: u64,
    width: u16,
}

impl TilePath {
    /// The path of the tile at `index` of its kind, as a log of `size` entries has it: full or
    /// partial; `None` where such a log has no such tile.
    pub fn at(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let hashes = match kind {
            TileKind::Hashes(level) if level < LEVELS => hashes_at(level, size),
            TileKind::Hashes(_) => return None,
            TileKind::Entries => size,
        };
        let before = index.checked_mul(u64::from(WIDTH))?;
        let width = hashes.checked_sub(before).filter(|width| *width > 0)?;
        Some(Self { kind, index, width: width.min(u64::from(WIDTH)) as u16 })
    }

    /// The paths of all files of a log of `size` entries: each bundle and each tile once, with
    /// its partial ones as of that size.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let kinds = (0..LEVELS).map(TileKind::Hashes).chain([TileKind::Entries]);
        kinds.flat_map(move |kind| (0..).map_while(move |index| Self::at(kind, index, size)))
    }

    /// What the file holds.
    pub fn kind(&self) -> TileKind {
        self.kind
    }

    /// Its place among those of its kind.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Hashes or entries in it, 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Whether it holds less than 256.
    pub fn is_partial(&self) -> bool {
        self.width < WIDTH
    }

    /// The path of the full tile that starts with the same hashes: a reader that misses a partial
    /// one may take it instead, since partial ones may be deleted once it exists.
    pub fn full(&self) -> Self {
        Self { width: WIDTH, ..*self }
    }

    /// The size of the smallest log that has this file.
    pub fn least_size(&self) -> u64 {
        let last = self.index.saturating_mul(u64::from(WIDTH)).saturating_add(self.width.into());
        match self.kind {
            TileKind::Hashes(level) => last.saturating_mul(1 << (HEIGHT * u32::from(level))),
            TileKind::Entries => last,
        }
    }
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut divisor = 1;
        while self.index / divisor >= 1000 {
            divisor *= 1000;
        }
        while divisor > 1 {
            write!(f, "x{:03}/", self.index / divisor % 1000)?;
            divisor /= 1000;
        }
        write!(f, "{:03}", self.index % 1000)?;
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl fmt::Debug for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TilePath {
    type Err = TileError;

    fn from_str(text: &str) -> Result<Self, TileError> {
        parse(text).ok_or_else(|| TileError::Path { found: text.chars().take(100).collect() })
    }
}

fn parse(text: &str) -> Option<TilePath> {
    let (kind, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(u8::try_from(parse_decimal(level)?).ok()?),
    };
    let (number, width) = match rest.split_once(".p/") {
        None => (rest, WIDTH),
        Some((number, width)) => {
            let width = parse_decimal(width).filter(|w| (1..u64::from(WIDTH)).contains(w))?;
            (number, width as u16)
        }
    };
    let (parents, last) = number.rsplit_once('/').map_or((None, number), |(p, l)| (Some(p), l));
    let three = |text: &str| parse_three(text);
    let mut index = 0u64;
    for part in parents.into_iter().flat_map(|parents| parents.split('/')) {
        let part = three(part.strip_prefix('x')?)?;
        if part == 0 && index == 0 {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(part)?;
    }
    index = index.checked_mul(1000)?.checked_add(three(last)?)?;
    // Only what a log of less than 2^64 entries can have.
    let path = TilePath { kind, index, width };
    (TilePath::at(kind, index, u64::MAX)?.width >= width).then_some(path)
}

fn parse_three(text: &str) -> Option<u64> {
    let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}
