//! Reads batch headers from the ledger table: those that are new, or those of an earlier move.

use cairn_ledger::{ChainId, Cursors, SealedHeader};
use cairn_store::{StoreError, Table};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::handler::{CheckpointError, Deps, disagreement};
use crate::plan::{self, Gathered};

/// Chains that are read at the same time.
const CONCURRENCY: usize = 32;

/// Items of one read of a chain.
const PAGE: usize = 1_000;

/// The entries that batches after the cursors make, at most `limit` batches; and which chains cannot
/// go on, and why.
pub(crate) async fn new_entries<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    cursors: Cursors,
    limit: usize,
) -> Result<(Gathered, Vec<String>), CheckpointError> {
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
    let gathered = plan::gather(&deps.settings.origin, cursors, pages, limit);
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
    Ok((gathered, broken))
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
    let gathered = plan::gather(&deps.settings.origin, before, pages, usize::MAX);
    match gathered.refused.first() {
        None => Ok(gathered),
        Some(reason) => Err(disagreement("the log".to_owned(), "the logged batches", reason)),
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
