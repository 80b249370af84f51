//! Why an entry is not the next of the log.

use crate::{ChainId, Hash};

/// Why an entry is not the next of the log, or a header not the next of its chain.
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
    /// It follows a header of a parent chain that is not the last one the log has of its shard.
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
        /// The last header that the log has of the parent's shard.
        found: Option<Hash>,
    },
    /// It is the first of the successor of a stopped chain, and does not follow that chain alone.
    #[error(
        "{chain}: expected number 0 to follow {stopped} alone, which the log has up to {expected}"
    )]
    Stopped {
        /// The chain.
        chain: ChainId,
        /// The chain that it succeeds.
        stopped: ChainId,
        /// The last header that the log has of that chain.
        expected: Hash,
    },
    /// Its chain was stopped, and the log has batches of the successor.
    #[error("{chain} number {number}: expected no more batches once {successor} began, found one")]
    Succeeded {
        /// The chain.
        chain: ChainId,
        /// Its number.
        number: u64,
        /// The chain that goes on in its place.
        successor: ChainId,
    },
    /// It enters a bundle that the log has entered before.
    #[error(
        "config change: expected a bundle that is new to the log, found {bundle}, which stands at position {position}"
    )]
    Entered {
        /// The bundle.
        bundle: Hash,
        /// Where it was entered.
        position: u64,
    },
    /// It comes after a config change, and is no batch that names its bundle.
    #[error(
        "expected a batch that names the bundle {expected}, which was just entered, found {found}"
    )]
    Unnamed {
        /// The bundle.
        expected: Hash,
        /// The bundle that the entry names, or what it is.
        found: String,
    },
    /// It names a bundle that the log has not entered.
    #[error(
        "{chain} number {number}: expected a config change before it that enters the bundle {bundle}, found none"
    )]
    Bundle {
        /// The chain.
        chain: ChainId,
        /// Its number.
        number: u64,
        /// Its bundle.
        bundle: Hash,
    },
    /// It enters one more bundle than a log can.
    #[error("expected at most 65536 bundles in a log, found another, {bundle}")]
    Bundles {
        /// The bundle.
        bundle: Hash,
    },
}

fn or_nothing(hash: &Option<Hash>) -> String {
    hash.map_or_else(|| "nothing".to_owned(), |hash| hash.to_string())
}
