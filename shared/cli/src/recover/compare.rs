//! What the table holds already, against what it must hold.

use std::collections::{BTreeMap, BTreeSet};

use cairn_ledger::ChainId;
use cairn_store::{BatchItem, ChainHead, ChainState, LogHead, Objects, Table};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;

use super::outlook::Outlook;
use super::{CONCURRENCY, RecoverError, fold};

/// A table that is a beginning of what it must be.
pub(super) struct Compared {
    /// The heads of its chains.
    pub(super) heads: BTreeMap<ChainId, ChainHead>,
    /// Its head of the log, which was written last.
    pub(super) log: Option<LogHead>,
    /// Its batches.
    pub(super) found: u64,
}

/// Compares every item of the table. Refuses one that holds anything else than a beginning of what it must
/// hold.
pub(super) async fn compare<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    outlook: &Outlook,
    bar: &ProgressBar,
) -> Result<Compared, RecoverError> {
    let listed = table.chains().await?;
    let mut heads = BTreeMap::new();
    let chains: BTreeSet<ChainId> =
        outlook.batches.keys().chain(outlook.chains()).cloned().collect();
    let mut states: Vec<(ChainId, ChainState)> = stream::iter(chains)
        .map(|chain| state(table, outlook, chain))
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    states.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let expected = outlook.chains();
    for chain in &listed {
        if !expected.contains(chain) {
            return Err(RecoverError::table("a chain", "one of the archive", chain));
        }
    }
    for (chain, ChainState { head, stopped, .. }) in states {
        let is_listed = listed.binary_search(&chain).is_ok();
        if is_listed != (head.is_some() || stopped.is_some()) {
            let found = if is_listed { "it alone" } else { "it in no list of chains" };
            return Err(RecoverError::table(chain, "a chain with its head", found));
        }
        heads.extend(head.map(|head| (chain, head)));
    }
    let compared = Compared { found: count(&heads), log: table.log_head().await?, heads };
    if compared.found > 0 {
        compare_items(objects, table, outlook, &compared, bar).await?;
    }
    let expected = outlook.log.as_ref().map(|log| &log.head);
    let complete = compared.found == outlook.batches();
    match &compared.log {
        None => Ok(compared),
        Some(found) if Some(found) == expected && complete => Ok(compared),
        Some(found) => {
            let at = |head: &LogHead| {
                let (size, root) = (head.to.size, head.to.root);
                format!("size {size} and root {root}, moved {}", head.moved)
            };
            let expected = expected.map_or("none".to_owned(), at);
            let found = match complete {
                true => at(found),
                false => format!("{}, and not all batches", at(found)),
            };
            Err(RecoverError::table("the log's head", expected, found))
        }
    }
}

fn count(heads: &BTreeMap<ChainId, ChainHead>) -> u64 {
    heads.values().map(|head| head.number + 1).sum()
}

/// The state of a chain that the archive has, if it is not beyond what it must be, and nothing lies beyond it.
async fn state(
    table: &impl Table,
    outlook: &Outlook,
    chain: ChainId,
) -> Result<(ChainId, ChainState), RecoverError> {
    let state = table.chain(&chain).await?;
    let next = ChainHead::next_number(state.head.as_ref());
    let end = ChainHead::next_number(outlook.ends.get(&chain));
    if next > end {
        let (expected, found) = (format!("{end} batches"), format!("{next}"));
        return Err(RecoverError::table(chain, expected, found));
    }
    if let Some(item) = table.batches(&chain, next, 1).await?.first() {
        let found = format!("the item of number {}", item.header.header.number);
        return Err(RecoverError::table(chain, format!("no item beyond {next} batches"), found));
    }
    let stop = outlook.tails.get(&chain).and_then(|tail| tail.stop.as_ref());
    if let Some(reason) = state.stopped.as_ref().filter(|_| stop.is_none() || next != end) {
        let expected = "a chain that goes on (or its next key with --stopped)";
        return Err(RecoverError::table(chain, expected, format!("it is stopped: {reason}")));
    }
    let order = stop.and_then(|stop| stop.order);
    if let Some(found) = state.continued.filter(|named| Some(*named) != order) {
        let expected = order.map_or("no order".to_owned(), |order| format!("the order {order}"));
        return Err(RecoverError::table(chain, expected, format!("the order {found}")));
    }
    Ok((chain, state))
}

/// Compares the items of all chains up to their heads.
async fn compare_items<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    outlook: &Outlook,
    compared: &Compared,
    bar: &ProgressBar,
) -> Result<(), RecoverError> {
    for index in 0..fold::windows(outlook.size) {
        let entries = fold::window(objects, index, outlook.size).await?;
        let mut groups = Vec::new();
        for (chain, headers) in fold::by_chain(entries) {
            groups.push((chain, outlook.items(headers)?));
        }
        same(table, compared, groups, bar).await?;
    }
    let tails = outlook.tails.iter();
    let groups = tails.map(|(chain, tail)| (chain.clone(), tail.items.clone())).collect();
    same(table, compared, groups, bar).await
}

async fn same(
    table: &impl Table,
    compared: &Compared,
    groups: Vec<(ChainId, Vec<BatchItem>)>,
    bar: &ProgressBar,
) -> Result<(), RecoverError> {
    stream::iter(groups)
        .map(async |(chain, items)| same_items(table, compared, &chain, items, bar).await)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}

/// Compares items of a chain that follow each other, as far as its head reaches.
async fn same_items(
    table: &impl Table,
    compared: &Compared,
    chain: &ChainId,
    mut items: Vec<BatchItem>,
    bar: &ProgressBar,
) -> Result<(), RecoverError> {
    let Some(head) = compared.heads.get(chain) else { return Ok(()) };
    items.retain(|item| item.header.header.number <= head.number);
    let Some(first) = items.first().map(|item| item.header.header.number) else { return Ok(()) };
    let found = table.batches(chain, first, items.len()).await?;
    for (n, item) in items.iter().enumerate() {
        let what = || format!("{chain} number {}", item.header.header.number);
        match found.get(n) {
            Some(found) if found == item => {}
            Some(found) => {
                let named = |item: &BatchItem| {
                    format!("link {} and version {}", item.header.link(), item.version.as_str())
                };
                return Err(RecoverError::table(what(), named(item), named(found)));
            }
            None => return Err(RecoverError::table(what(), "an item", "none")),
        }
        let expected = ChainHead::at(item);
        if expected.number == head.number && expected != *head {
            let named = |head: &ChainHead| {
                let ChainHead { link, last, object, .. } = head;
                format!("link {link}, last {last}, version {}", object.version.as_str())
            };
            let what = format!("{chain} head at {}", head.number);
            return Err(RecoverError::table(what, named(&expected), named(head)));
        }
    }
    bar.inc(items.len() as u64);
    Ok(())
}
