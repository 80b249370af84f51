//! Reads batch headers from the ledger table: those that are new, or those of an earlier move.

use cairn_ledger::{ChainId, Cursors, SealedHeader};
use cairn_store::{StoreError, Table};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::handler::{CheckpointError, Deps, disagreement};
use crate::plan::{self, Gathered};

/// Chains that are read at the same time.
const CONCURRENCY: usize = 32;

/// Items of one read of a chain, where many are read one after another.
const PAGE: usize = 1_000;

/// What is new.
pub(crate) struct Collected {
    /// The entries, and the cursors behind them.
    pub(crate) gathered: Gathered,
    /// Which chains cannot go on, and why.
    pub(crate) broken: Vec<String>,
    /// Whether a chain may have more than was taken.
    pub(crate) more: bool,
}

/// The entries that batches after the cursors make, at most `limit` batches, or one of each chain where
/// more chains than that have any.
///
/// Each chain is given its share, so that none waits for ever behind others; those that have more are
/// given what the others left. What is held in memory is so bounded, whatever has piled up, and however
/// many chains there are that have nothing new, as all closed shards' have.
pub(crate) async fn new_entries<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    cursors: Cursors,
    limit: usize,
) -> Result<Collected, CheckpointError> {
    let chains = deps.table.chains().await?;
    let share = (limit / chains.len().max(1)).max(1);
    let wanted: Vec<_> = chains.iter().map(|chain| (chain.clone(), cursors.next(chain))).collect();
    let mut pages = pages(deps, wanted, share).await?;
    let read: usize = pages.iter().map(Vec::len).sum();
    let left = limit.saturating_sub(read);
    let full: Vec<usize> = (0..pages.len()).filter(|n| pages[*n].len() == share).collect();
    let extra = left / full.len().max(1);
    let mut more = !full.is_empty() && extra == 0;
    if extra > 0 {
        let after = |n: &usize| (chains[*n].clone(), cursors.next(&chains[*n]) + share as u64);
        let wanted = full.iter().map(after);
        for (n, further) in full.iter().zip(self::pages(deps, wanted.collect(), extra).await?) {
            more |= further.len() == extra;
            pages[*n].extend(further);
        }
    }
    let gathered = plan::gather(&deps.settings.origin, cursors, chains.into_iter().zip(pages));
    let mut broken = Vec::new();
    for error in &gathered.refused {
        match error.awaited_parent() {
            // The parent's batches are more than one tick takes, or came after its page was read.
            Some(parent) if has_more(deps, &gathered.cursors, parent).await? => {
                tracing::info!(reason = %error, "a chain waits for its parent");
            }
            _ => broken.push(error.to_string()),
        }
    }
    // What a broken chain has behind its break is no reason to look again.
    let more = more && !gathered.entries.is_empty();
    Ok(Collected { gathered, broken, more })
}

/// At most `limit` headers of each chain from a number on.
async fn pages<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    wanted: Vec<(ChainId, u64)>,
    limit: usize,
) -> Result<Vec<Vec<SealedHeader>>, StoreError> {
    stream::iter(wanted)
        .map(async |(chain, from)| page(&deps.table, &chain, from, limit).await)
        .buffered(CONCURRENCY)
        .try_collect()
        .await
}

/// Whether a chain has batches after its cursor.
async fn has_more<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    cursors: &Cursors,
    chain: &ChainId,
) -> Result<bool, StoreError> {
    Ok(!page(&deps.table, chain, cursors.next(chain), 1).await?.is_empty())
}

/// The entries between two states of the cursors, in the order in which they were added.
pub(crate) async fn entries_between<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    before: Cursors,
    after: &Cursors,
) -> Result<Gathered, CheckpointError> {
    let mut pages = Vec::new();
    for (chain, until) in after.iter() {
        let mut headers: Vec<SealedHeader> = Vec::new();
        let mut from = before.next(chain);
        while from < until.next {
            let limit = usize::try_from(until.next - from).unwrap_or(PAGE).min(PAGE);
            let page = page(&deps.table, chain, from, limit).await?;
            if page.is_empty() {
                return Err(disagreement(format!("{chain} number {from}"), "an item", "none"));
            }
            from += page.len() as u64;
            headers.extend(page);
        }
        pages.push((chain.clone(), headers));
    }
    let gathered = plan::gather(&deps.settings.origin, before, pages);
    match gathered.refused.first() {
        None => Ok(gathered),
        Some(reason) => Err(disagreement("the log", "the logged batches", reason)),
    }
}

async fn page(
    table: &impl Table,
    chain: &ChainId,
    from: u64,
    limit: usize,
) -> Result<Vec<SealedHeader>, StoreError> {
    let items = table.batches(chain, from, limit).await?;
    Ok(items.into_iter().map(|item| item.header).collect())
}
