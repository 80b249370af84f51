//! What the log grows by: a pure fold of new batch headers over the cursors.

use cairn_ledger::{
    ChainId, CursorError, Cursors, Growth, LogTree, Plan, PlanEntry, SealedHeader, TileError,
};
use cairn_store::LogPoint;

/// Entries that one checkpoint adds at most, so that it ends well within the function's time and
/// memory; what remains is taken by the next one.
pub const MAX_ENTRIES: usize = 16_384;

/// A move of the log, complete but for its signature.
#[derive(Debug)]
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

/// Takes a chain's headers after its cursor, in order, up to the first that does not follow; says
/// what is wrong with that one. The cursor moves past those taken.
pub fn take(
    cursors: &mut Cursors,
    origin: &str,
    chain: &ChainId,
    headers: impl IntoIterator<Item = SealedHeader>,
    taken: &mut Vec<SealedHeader>,
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
        cursors.advance(chain, &header)?;
        taken.push(header);
    }
    Ok(())
}

/// The move that adds `headers`, in order, to the log.
pub fn plan(
    origin: &str,
    mut tree: LogTree,
    cursors: Cursors,
    headers: &[SealedHeader],
) -> Result<Move, TileError> {
    let from = tree.size();
    let entries: Vec<Vec<u8>> =
        headers.iter().map(|header| header.to_json().into_bytes()).collect();
    let growth = tree.append(&entries)?;
    let to = LogPoint { size: growth.size, root: growth.root, cursors: cursors.hash() };
    let plan = Plan {
        origin: origin.to_owned(),
        from,
        to: to.size,
        root: to.root,
        cursors: to.cursors,
        entries: headers
            .iter()
            .map(|header| PlanEntry {
                chain: header.header.chain.clone(),
                number: header.header.number,
                link: header.link(),
            })
            .collect(),
    };
    Ok(Move { to, cursors, plan, growth })
}
