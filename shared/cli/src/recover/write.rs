//! Writes what the table lacks.

use std::collections::BTreeMap;
use std::time::Duration;

use cairn_batch::keys;
use cairn_ledger::{ChainId, Cursors};
use cairn_store::{
    BatchItem, ChainHead, ChainState, Objects, Retention, StoreError, StoreResult, Table,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;

use super::compare::Compared;
use super::loghead::Written;
use super::orders;
use super::outlook::{self, Outlook};
use super::tails::Stop;
use super::{CONCURRENCY, Context, RecoverError, Recovered, fold};

/// How often a write is tried without getting on.
const ATTEMPTS: u32 = 8;

/// Writes what the table lacks, the log's head last.
pub(super) async fn write<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    context: &Context<'_>,
    outlook: &Outlook,
    compared: Compared,
    recovered: &mut Recovered,
    bar: &ProgressBar,
) -> Result<(), RecoverError> {
    if compared.log.is_some() {
        // It was written last, so there is nothing else to do.
        return still(objects, table, outlook).await;
    }
    let mut writer = Writer { table, heads: compared.heads, written: 0, bar };
    if compared.found < outlook.batches() {
        for index in 0..fold::windows(outlook.size) {
            let entries = fold::window(objects, index, outlook.size).await?;
            let mut groups = Vec::new();
            for (chain, headers) in fold::by_chain(entries) {
                groups.push((chain, outlook.items(headers)?));
            }
            writer.commit(groups).await?;
        }
        let tails = outlook.tails.iter();
        let groups = tails.map(|(chain, tail)| (chain.clone(), tail.items.clone())).collect();
        writer.commit(groups).await?;
    }
    recovered.written = writer.written;
    for (chain, tail) in &outlook.tails {
        if let Some(stop) = &tail.stop {
            stop_chain(table, chain, outlook.ends.get(chain), stop).await?;
        }
    }
    recovered.cursors = put_cursors(objects, context, outlook).await?;
    still(objects, table, outlook).await?;
    advance_log(table, outlook).await
}

/// Commits batches, and knows how far it has come.
struct Writer<'a, T> {
    table: &'a T,
    heads: BTreeMap<ChainId, ChainHead>,
    written: u64,
    bar: &'a ProgressBar,
}

impl<T: Table> Writer<'_, T> {
    /// Commits what is not committed of these items: chains in parallel, each in its order.
    async fn commit(&mut self, groups: Vec<(ChainId, Vec<BatchItem>)>) -> Result<(), RecoverError> {
        let this = &*self;
        let done: Vec<(ChainId, Option<ChainHead>, u64)> = stream::iter(groups)
            .map(async |(chain, items)| this.commit_chain(chain, &items).await)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        for (chain, head, written) in done {
            self.heads.extend(head.map(|head| (chain, head)));
            self.written += written;
        }
        Ok(())
    }

    async fn commit_chain(
        &self,
        chain: ChainId,
        items: &[BatchItem],
    ) -> Result<(ChainId, Option<ChainHead>, u64), RecoverError> {
        let mut head = self.heads.get(&chain).cloned();
        let mut written = 0;
        let mut tries = Tries::default();
        let is_next = |head: &Option<ChainHead>, item: &BatchItem| {
            item.header.header.number == ChainHead::next_number(head.as_ref())
        };
        while let Some(item) = items.iter().find(|item| is_next(&head, item)) {
            match self.table.commit(&chain, head.as_ref(), &ChainHead::at(item), item).await {
                Ok(()) => {
                    (head, tries) = (Some(ChainHead::at(item)), Tries::default());
                    written += 1;
                    self.bar.inc(1);
                }
                Err(error) => {
                    tries.again(error).await?;
                    let reloaded = self.table.chain(&chain).await?.head;
                    // Written by this, though no answer came.
                    if reloaded == Some(ChainHead::at(item)) {
                        written += 1;
                        self.bar.inc(1);
                    } else if reloaded != head {
                        return Err(RecoverError::Moving { what: format!("the chain {chain}") });
                    }
                    head = reloaded;
                }
            }
        }
        Ok((chain, head, written))
    }
}

/// Tries of one write.
#[derive(Debug, Default)]
struct Tries(u32);

impl Tries {
    /// Waits before the next one, unless it cannot be better or there were enough.
    async fn again(&mut self, error: StoreError) -> StoreResult<()> {
        self.0 += 1;
        let hopeless = matches!(error, StoreError::Refused { .. } | StoreError::Corrupt { .. });
        if hopeless || self.0 == ATTEMPTS {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(25 << self.0)).await;
        Ok(())
    }
}

async fn stop_chain(
    table: &impl Table,
    chain: &ChainId,
    head: Option<&ChainHead>,
    stop: &Stop,
) -> Result<(), RecoverError> {
    let mut tries = Tries::default();
    loop {
        // Stopping a stopped chain keeps the first reason.
        match table.stop(chain, head, &stop.reason).await {
            Ok(()) => break,
            Err(error) => tries.again(error).await?,
        }
    }
    let Some(order) = &stop.order else { return Ok(()) };
    let mut tries = Tries::default();
    loop {
        // Naming the order that is named changes nothing.
        match table.resume(chain, head, order).await {
            Ok(()) => return Ok(()),
            Err(error) => tries.again(error).await?,
        }
    }
}

/// The keys of cursors that the head refers to and that are gone.
pub(super) async fn missing_cursors(
    objects: &impl Objects,
    outlook: &Outlook,
) -> Result<Vec<String>, RecoverError> {
    let mut missing = Vec::new();
    for cursors in outlook.log.iter().flat_map(|log| &log.cursors) {
        let key = keys::cursors(&cursors.hash());
        if !kept(objects, &key, cursors).await? {
            missing.push(key);
        }
    }
    Ok(missing)
}

/// Whether the cursors lie at their key.
async fn kept(objects: &impl Objects, key: &str, cursors: &Cursors) -> Result<bool, RecoverError> {
    match objects.read(key).await? {
        None => Ok(false),
        Some(object) if object.body == cursors.to_json() => Ok(true),
        Some(_) => Err(RecoverError::archive(key, "the cursors of its name", "other bytes")),
    }
}

async fn put_cursors(
    objects: &impl Objects,
    context: &Context<'_>,
    outlook: &Outlook,
) -> Result<Vec<String>, RecoverError> {
    let mut put = Vec::new();
    for cursors in outlook.log.iter().flat_map(|log| &log.cursors) {
        let key = keys::cursors(&cursors.hash());
        let mut tries = Tries::default();
        while !kept(objects, &key, cursors).await? {
            let until = (context.now)() + context.batch_retention;
            let retention = Retention { mode: context.lock_mode, until };
            let body = cursors.to_json().into();
            match objects.create(&key, body, Some(retention)).await {
                Ok(_) => put.push(key.clone()),
                Err(error) => tries.again(error).await?,
            }
        }
    }
    Ok(put)
}

/// Whether archive and table are what they must be: nobody else has written meanwhile.
async fn still<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    outlook: &Outlook,
) -> Result<(), RecoverError> {
    let moving = |what: &str| RecoverError::Moving { what: what.to_owned() };
    if outlook::list(objects).await? != outlook.batches {
        return Err(moving("what lies under batches/"));
    }
    if orders::read(objects).await? != outlook.orders {
        return Err(moving("what lies under orders/"));
    }
    if Written::read(objects, outlook.size).await? != outlook.written {
        return Err(moving("what lies under log/"));
    }
    if !table.chains().await?.iter().eq(outlook.chains()) {
        return Err(moving("the list of chains"));
    }
    let chains: Vec<ChainId> = outlook.chains().into_iter().cloned().collect();
    stream::iter(chains)
        .map(async |chain| {
            let ChainState { head, stopped, continued } = table.chain(&chain).await?;
            let stop = outlook.tails.get(&chain).and_then(|tail| tail.stop.as_ref());
            let stands = stopped.is_some() == stop.is_some()
                && continued == stop.and_then(|stop| stop.order);
            match head.as_ref() == outlook.ends.get(&chain) && stands {
                true => Ok(()),
                false => Err(moving(&format!("the chain {chain}"))),
            }
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}

/// Writes the log's head: from here on the checkpoint function goes on.
async fn advance_log(table: &impl Table, outlook: &Outlook) -> Result<(), RecoverError> {
    let Some(head) = outlook.log.as_ref().map(|log| &log.head) else { return Ok(()) };
    let mut tries = Tries::default();
    loop {
        let error = match table.advance_log(None, head).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        match table.log_head().await? {
            Some(found) if found == *head => return Ok(()),
            Some(_) => return Err(RecoverError::Moving { what: "the log's head".to_owned() }),
            None => tries.again(error).await?,
        }
    }
}
