//! `cairn recover`: makes the ledger table again, from the archive alone.
//!
//! 1. The archive is *verified* first, without the table ([`verify()`]); what is wrong with it is not made into
//!    a table.
//! 2. *Outlook*: what the table must hold is told from the log's entries, from the objects beyond the log,
//!    judged as ingest judges what it adopts, and from the last plan. Nothing is written.
//! 3. *Compare*: what the table holds already must be a beginning of that, as an earlier run of this leaves
//!    it when it ends early. Else nothing is written.
//! 4. *Write*: each chain, batch by batch, by the transactions that production commits with; then the stops,
//!    and the orders by which stopped chains go on; then, when nothing has moved meanwhile, the log's head. Until that is there the checkpoint function
//!    signs nothing.

mod compare;
mod error;
mod findings;
mod fold;
mod loghead;
mod orders;
mod outlook;
mod tails;
mod write;

use std::collections::BTreeMap;

use cairn_ledger::{ChainId, Hash};
use cairn_store::{LockMode, Objects, Table};
use cairn_verify::Report;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cloud::Cloud;
use crate::verify::{self, VerificationError, Verified};

pub use error::RecoverError;

use outlook::Outlook;

/// Reads and transactions that are under way at the same time.
const CONCURRENCY: usize = 32;

/// Nobody knows how long ago the functions stopped: nothing that waits for them is late. A century.
const STOPPED: SignedDuration = SignedDuration::from_hours(24 * 36_525);

/// How to recover.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only tell what would be written.
    pub dry_run: bool,
    /// Chains that were stopped before the table was lost, as the operator knows, and the numbers that they
    /// were stopped before: what lies there is left uncommitted, whatever it is.
    pub stopped: BTreeMap<ChainId, u64>,
}

/// What is known of the deployment.
#[derive(Clone)]
pub struct Context<'a> {
    /// Lock mode of the archive.
    pub lock_mode: LockMode,
    /// For how long cursors are locked.
    pub batch_retention: SignedDuration,
    /// The clock.
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

/// What was made again, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recovered {
    /// Whether it was only told.
    pub dry_run: bool,
    /// Chains.
    pub chains: u64,
    /// Their batches.
    pub batches: u64,
    /// Batches that the table had already.
    pub found: u64,
    /// Batches that were written.
    pub written: u64,
    /// Keys of the batches that the log does not have yet, at most one a chain: the last, which nobody can
    /// tell to have been committed before.
    pub adopted: Vec<String>,
    /// Chains that are stopped.
    pub stopped: Vec<Stopped>,
    /// The log; `None` where nothing was logged yet.
    pub log: Option<Log>,
    /// Keys of cursors that were gone and were put again.
    pub cursors: Vec<String>,
}

/// A chain that is stopped again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Which.
    #[serde(serialize_with = "crate::as_text")]
    pub chain: ChainId,
    /// The number that is not committed.
    pub before: u64,
    /// Why.
    pub reason: String,
    /// Hash of the order by which its successor goes on, if there is one.
    pub continued: Option<Hash>,
}

/// Where the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Log {
    /// Entries.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// Whether the next tick has to publish this first: its last move was begun and not ended.
    pub unfinished: bool,
}

/// Verifies the archive as it is when the functions have stopped, whenever that was, without the table.
pub async fn verify(
    cloud: &Cloud,
    options: &verify::Options,
    bar: &ProgressBar,
) -> Result<Verified, VerificationError> {
    let options = verify::Options { without_table: true, ..options.clone() };
    verify::verify_with_lag(cloud, &options, STOPPED, bar).await
}

/// How long before now something may have been left undone when the functions stopped.
pub fn max_lag() -> SignedDuration {
    STOPPED
}

/// Makes the table again from an archive of which `report` tells, while no function runs.
///
/// May be run again, wherever an earlier run ended: it goes on from there. On an error the log's head has
/// not been written.
pub async fn recover<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    context: &Context<'_>,
    report: &Report,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Recovered, RecoverError> {
    let outlook = match Outlook::of(objects, report, options).await {
        Err(error) if error.is_finding() && !report.ok => {
            return Err(findings::unverified(report));
        }
        outlook => outlook?,
    };
    findings::check(report, &outlook)?;
    bar.set_length(outlook.batches());
    let compared = compare::compare(objects, table, &outlook, bar).await?;
    let mut recovered = outlook.summary(compared.found);
    recovered.dry_run = options.dry_run;
    if options.dry_run {
        recovered.written = outlook.batches() - compared.found;
        recovered.cursors = write::missing_cursors(objects, &outlook).await?;
        return Ok(recovered);
    }
    write::write(objects, table, context, &outlook, compared, &mut recovered, bar).await?;
    Ok(recovered)
}
