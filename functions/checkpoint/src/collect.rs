//! Reads batch headers from the ledger table, those that are new or those of an earlier move, and
//! makes entries of them.

use cairn_ledger::{ChainId, Cursors, Entry, SealedHeader};
use cairn_store::{StoreError, Table};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::handler::{CheckpointError, Deps, disagreement};
use crate::plan;

/// Chains that are read at the same time.
const CONCURRENCY: usize = 32;

/// Items of one read of a chain.
const PAGE: usize = 1_000;

/// Entries to add to the log.
pub(crate) struct Collected {
    /// Batches in order of chains, and of numbers within a chain; before the first that names a bundle,
    /// the change to it.
    pub(crate) entries: Vec<Entry>,
    /// The cursors behind them.
    pub(crate) cursors: Cursors,
    /// Chains whose next header does not follow, and why.
    pub(crate) broken: Vec<String>,
}

/// The entries that batches after the cursors make; at most `limit` batches.
pub(crate) async fn new_entries<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    mut cursors: Cursors,
    limit: usize,
) -> Result<Collected, CheckpointError> {
    let chains = deps.table.chains().await?;
    let pages: Vec<(ChainId, Vec<SealedHeader>)> = stream::iter(chains)
        .map(|chain| {
            let from = cursors.next(&chain);
            async move {
                let page = page(&deps.table, &chain, from, PAGE.min(limit)).await?;
                Ok::<_, StoreError>((chain, page))
            }
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let mut entries = Vec::new();
    let mut left = limit;
    let mut broken = Vec::new();
    // Parents sort before their children (Kinesis numbers shards as they come).
    for (chain, mut page) in pages {
        page.truncate(left);
        let origin = &deps.settings.origin;
        let before = cursors.next(&chain);
        let taken = plan::take(&mut cursors, origin, &chain, page, &mut entries);
        left -= usize::try_from(cursors.next(&chain) - before).unwrap_or(left);
        let Err(error) = taken else { continue };
        match error.awaited_parent() {
            // The parent's batches are more than one tick takes, or came after its page was read.
            Some(parent) if has_more(deps, &cursors, parent).await? => {
                tracing::info!(reason = %error, "a chain waits for its parent");
            }
            _ => broken.push(error.to_string()),
        }
    }
    Ok(Collected { entries, cursors, broken })
}

/// Whether a chain has batches after its cursor.
async fn has_more<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    cursors: &Cursors,
    chain: &ChainId,
) -> Result<bool, StoreError> {
    Ok(!page(&deps.table, chain, cursors.next(chain), 1).await?.is_empty())
}

/// The entries between two states of the cursors, in the order in which they were added, and the
/// cursors behind them.
pub(crate) async fn entries_between<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    before: &Cursors,
    after: &Cursors,
) -> Result<(Vec<Entry>, Cursors), CheckpointError> {
    let mut cursors = before.clone();
    let mut entries = Vec::new();
    for (chain, until) in after.iter() {
        let mut from = cursors.next(chain);
        while from < until.next {
            let limit = usize::try_from(until.next - from).unwrap_or(PAGE).min(PAGE);
            let page = page(&deps.table, chain, from, limit).await?;
            if page.is_empty() {
                return Err(disagreement(format!("{chain} number {from}"), "an item", "none"));
            }
            from += page.len() as u64;
            plan::take(&mut cursors, &deps.settings.origin, chain, page, &mut entries)
                .map_err(|reason| disagreement(chain.to_string(), "the logged batches", reason))?;
        }
    }
    Ok((entries, cursors))
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
