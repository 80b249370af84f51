//! The ledger table: heads of chains, items of batches, and the head of the log.

use std::collections::BTreeMap;
use std::future::Future;

use cairn_ledger::{ChainId, Coordinates, Hash, LastGood, SealedHeader, SequenceNumber};
use jiff::Timestamp;

use crate::{Placed, StoreResult, VersionId};

/// The ledger table. All reads are strongly consistent.
pub trait Table: Send + Sync {
    /// The state of a chain. A chain that has no batch yet has the default state.
    fn chain(&self, chain: &ChainId) -> impl Future<Output = StoreResult<ChainState>> + Send;

    /// In one transaction: moves the head of the chain from `expected` (`None`: no batch yet) to
    /// `next`, writes the batch's item, and at number 0 registers the chain.
    ///
    /// `Conflict` where the head is not `expected`, the chain is stopped, or the item exists;
    /// `Unknown` where another transaction was at work on the same items. In both cases, and in
    /// every other in which the transaction was cancelled, nothing at all was written.
    fn commit(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        next: &ChainHead,
        batch: &BatchItem,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Stops the chain at the head `expected`: no commit succeeds any more. `Conflict` where the
    /// head has moved. Stopping a stopped chain keeps the first reason and succeeds. A chain that
    /// has no batch yet is registered, so that whoever lists chains sees that it is stopped.
    fn stop(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        reason: &str,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Marks the chain, which is stopped at the head `expected`, as continued by the order of this hash:
    /// its successor goes on. The chain itself stays stopped for ever. `Conflict` where the head is not
    /// `expected`, the chain is not stopped, or another order continued it. The same order again succeeds.
    fn resume(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        order: &Hash,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// All chains that have a batch or were stopped before they had one, in order of their names.
    fn chains(&self) -> impl Future<Output = StoreResult<Vec<ChainId>>> + Send;

    /// Items of a chain's batches from number `from` on, in order, at most `limit`.
    fn batches(
        &self,
        chain: &ChainId,
        from: u64,
        limit: usize,
    ) -> impl Future<Output = StoreResult<Vec<BatchItem>>> + Send;

    /// The head of the log; `None` before the first checkpoint.
    fn log_head(&self) -> impl Future<Output = StoreResult<Option<LogHead>>> + Send;

    /// Moves the head of the log from `expected` to `next`; `Conflict` where it is not `expected`.
    fn advance_log(
        &self,
        expected: Option<&LogHead>,
        next: &LogHead,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// How far an item has been redriven; `None`: nobody has begun to.
    ///
    /// Not in the archive: a table that was lost and rebuilt from it knows of no redrive.
    fn redrive(
        &self,
        item: &Coordinates,
    ) -> impl Future<Output = StoreResult<Option<Redrive>>> + Send;

    /// Moves the redrive of an item from `expected` to `next`; `Conflict` where it is not `expected`.
    fn move_redrive(
        &self,
        item: &Coordinates,
        expected: Option<&Redrive>,
        next: &Redrive,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// All redrives of a chain's items, by item.
    fn redrives(
        &self,
        chain: &ChainId,
    ) -> impl Future<Output = StoreResult<BTreeMap<Coordinates, Redrive>>> + Send;
}

/// How far an item has been redriven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// Names the run that began it last; no two runs have one name.
    pub run: String,
    /// When it was begun, to the millisecond, by the clock of that run.
    pub begun: Timestamp,
    /// The record that it is on the stream as; `None` while nobody knows whether it is.
    pub put: Option<Placed>,
}

/// What the table knows of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ChainState {
    /// Its last committed batch.
    pub head: Option<ChainHead>,
    /// Why it was stopped, if it was.
    pub stopped: Option<String>,
    /// Hash of the order by which its successor goes on; only where it was stopped.
    pub continued: Option<Hash>,
}

/// The last committed batch of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChainHead {
    /// Its number.
    pub number: u64,
    /// Its link hash.
    pub link: Hash,
    /// Sequence number of its last record.
    pub last: SequenceNumber,
    /// Its object.
    pub object: ObjectVersionRef,
}

impl ChainHead {
    /// The number of the batch that comes after a head: 0 where there is none yet.
    pub fn next_number(head: Option<&Self>) -> u64 {
        head.map_or(0, |head| head.number + 1)
    }

    /// What an order says of the chain that is stopped at this head.
    pub fn last_good(&self) -> LastGood {
        LastGood { last: self.last.clone(), link: self.link, number: self.number }
    }

    /// The head that a batch makes.
    pub fn at(batch: &BatchItem) -> Self {
        let BatchItem { header, version } = batch;
        Self {
            number: header.header.number,
            link: header.link(),
            last: header.header.last.clone(),
            object: ObjectVersionRef { key: header.header.key.clone(), version: version.clone() },
        }
    }
}

/// A version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ObjectVersionRef {
    /// The key.
    pub key: String,
    /// The version.
    pub version: VersionId,
}

/// The item of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BatchItem {
    /// The header, complete.
    pub header: SealedHeader,
    /// The version of its object.
    pub version: VersionId,
}

/// The head of the log, and what its last move added: all that a restart needs to finish it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogHead {
    /// Where the log stands.
    pub to: LogPoint,
    /// Where it stood before; `None` for the first move.
    pub from: Option<LogPoint>,
    /// When it moved, to the second: names the plan object.
    pub moved: Timestamp,
}

/// A state of the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LogPoint {
    /// Entries.
    pub size: u64,
    /// RFC 6962 root.
    pub root: Hash,
    /// SHA-256 of the object at `log/cursors/<hash>`: how far into each chain it reaches.
    pub cursors: Hash,
}
