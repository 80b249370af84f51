//! Reads batch headers from the ledger table: those that are new, or those of an earlier move.

use cairn_ledger::{ChainId, Cursors, SealedHeader};
use cairn_store::{StoreError, Table};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::handler::{CheckpointError, Deps, disagreement};
use crate::plan;

/// Chains that are read at the same time.
const CONCURRENCY: usize = 32;

/// Items of one read of a chain.
const PAGE: usize = 1_000;

/// Headers to add to the log.
pub(crate) struct Collected {
    /// In order of chains, and of numbers within a chain.
    pub(crate) headers: Vec<SealedHeader>,
    /// The cursors behind them.
    pub(crate) cursors: Cursors,
    /// Chains whose next header does not follow, and why.
    pub(crate) broken: Vec<String>,
}

/// The headers after the cursors, at most about `limit`.
pub(crate) async fn new_headers<O, T: Table, G>(
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
    let mut headers = Vec::new();
    let mut broken = Vec::new();
    // Parents sort before their children (Kinesis numbers shards as they come).
    for (chain, mut page) in pages {
        page.truncate(limit - headers.len());
        let origin = &deps.settings.origin;
        let Err(error) = plan::take(&mut cursors, origin, &chain, page, &mut headers) else {
            continue;
        };
        match error.awaited_parent() {
            // The parent's batches are more than one tick takes, or came after its page was read.
            Some(parent) if has_more(deps, &cursors, parent).await? => {
                tracing::info!(reason = %error, "a chain waits for its parent");
            }
            _ => broken.push(error.to_string()),
        }
    }
    Ok(Collected { headers, cursors, broken })
}

/// Whether a chain has batches after its cursor.
async fn has_more<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    cursors: &Cursors,
    chain: &ChainId,
) -> Result<bool, StoreError> {
    Ok(!page(&deps.table, chain, cursors.next(chain), 1).await?.is_empty())
}

/// The headers between two states of the cursors, in the order in which they were added.
pub(crate) async fn headers_between<O, T: Table, G>(
    deps: &Deps<O, T, G>,
    before: &Cursors,
    after: &Cursors,
) -> Result<Vec<SealedHeader>, CheckpointError> {
    let mut cursors = before.clone();
    let mut headers = Vec::new();
    for (chain, until) in after.iter() {
        let mut from = cursors.next(chain);
        while from < until.next {
            let limit = usize::try_from(until.next - from).unwrap_or(PAGE).min(PAGE);
            let page = page(&deps.table, chain, from, limit).await?;
            if page.is_empty() {
                return Err(disagreement(format!("{chain} number {from}"), "an item", "none"));
            }
            from += page.len() as u64;
            plan::take(&mut cursors, &deps.settings.origin, chain, page, &mut headers)
                .map_err(|reason| disagreement(chain.to_string(), "the logged batches", reason))?;
        }
    }
    Ok(headers)
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
