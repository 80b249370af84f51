//! What the log grows by: a pure fold of new batch headers over the cursors. Config changes are
//! derived from the headers: before the first that names a bundle stands the change to it.

use cairn_ledger::{
    ChainId, CursorError, Cursors, Entry, Growth, LogTree, Plan, PlanEntry, SealedHeader, TileError,
};
use cairn_store::{LogHead, LogPoint};
use jiff::Timestamp;

/// Batches that one checkpoint adds at most, so that it ends well within the function's time and
/// memory (some 3 kB each); what remains is taken by the next one. As each read of a chain takes time of its own,
/// this decides how much 10,000 busy chains have logged in a minute: six batches each, at each move.
/// Config changes, of which there are few, come on top.
pub const MAX_BATCHES: usize = 65_536;

/// A move of the log, complete but for its signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Move {
    /// Where the log will stand.
    pub to: LogPoint,
    /// How far into each chain it will reach.
    pub cursors: Cursors,
    /// The plan object.
    pub plan: Plan,
    /// The tiles and entry bundles to write.
    pub growth: Growth,
}

impl Move {
    /// The log's head once it has moved from `head`, at this time.
    pub fn head(&self, head: Option<&LogHead>, moved: Timestamp) -> LogHead {
        LogHead { to: self.to.clone(), from: head.map(|head| head.to.clone()), moved }
    }
}

/// Why a header cannot be the next of the log.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// It was sealed for another log.
    #[error("{chain} number {number}: expected origin {expected:?}, found {found:?}")]
    Origin {
        /// The chain.
        chain: ChainId,
        /// Its number.
        number: u64,
        /// Name of this log.
        expected: String,
        /// The name it bears.
        found: String,
    },
    /// It does not follow what the log has of its chain.
    #[error(transparent)]
    Cursor(#[from] CursorError),
}

impl TakeError {
    /// The parent whose chain the log has to reach the end of first, if it is that.
    pub fn awaited_parent(&self) -> Option<&ChainId> {
        match self {
            Self::Cursor(CursorError::Parent { parent, .. }) => Some(parent),
            _ => None,
        }
    }
}

/// Entries to add to the log.
#[derive(Debug)]
pub struct Gathered {
    /// Batches in order of chains, and of numbers within a chain; before the first that names a bundle,
    /// the change to it.
    pub entries: Vec<Entry>,
    /// The cursors behind them.
    pub cursors: Cursors,
    /// Why chains that have more cannot go on.
    pub refused: Vec<TakeError>,
}

/// Gathers the headers that chains have after the cursors, of each chain up to the first that does not
/// follow. `pages` are in order of chains: parents sort before their children, as
/// Kinesis numbers shards as they come.
pub fn gather(
    origin: &str,
    mut cursors: Cursors,
    pages: impl IntoIterator<Item = (ChainId, Vec<SealedHeader>)>,
) -> Gathered {
    let (mut entries, mut refused) = (Vec::new(), Vec::new());
    for (chain, page) in pages {
        refused.extend(take(&mut cursors, origin, &chain, page, &mut entries).err());
    }
    Gathered { entries, cursors, refused }
}

/// Takes a chain's headers after its cursor, in order, up to the first that does not follow; says
/// what is wrong with that one. The cursor moves past those taken. A header whose bundle is new to the
/// log is taken with the config change that goes before it.
pub fn take(
    cursors: &mut Cursors,
    origin: &str,
    chain: &ChainId,
    headers: impl IntoIterator<Item = SealedHeader>,
    taken: &mut Vec<Entry>,
) -> Result<(), TakeError> {
    for header in headers {
        if header.header.origin != origin {
            return Err(TakeError::Origin {
                chain: chain.clone(),
                number: header.header.number,
                expected: origin.to_owned(),
                found: header.header.origin,
            });
        }
        taken.extend(cursors.append(chain, &header)?.map(Entry::from));
        taken.push(header.into());
    }
    Ok(())
}

/// The move that adds what was gathered to the log.
pub fn plan(origin: &str, mut tree: LogTree, gathered: Gathered) -> Result<Move, TileError> {
    let Gathered { entries, cursors, .. } = gathered;
    let from = tree.size();
    let texts: Vec<String> = entries.iter().map(Entry::to_json).collect();
    let growth = tree.append(&texts)?;
    let to = LogPoint { size: growth.size, root: growth.root, cursors: cursors.hash() };
    let plan = Plan {
        origin: origin.to_owned(),
        from,
        to: to.size,
        root: to.root,
        cursors: to.cursors,
        entries: entries.iter().map(PlanEntry::of).collect(),
    };
    Ok(Move { to, cursors, plan, growth })
}
