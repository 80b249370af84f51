//! Commits chains anew.

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ledger::{ChainId, Hash, Lineage, SealedHeader};
use cairn_store::{BatchItem, ChainHead, Objects, StoreError, Table, VersionId};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;

use super::orders::{self, Orders};
use super::{ATTEMPTS, RecoverError, disagreement};

/// Chains that are written at the same time.
const CONCURRENCY: usize = 16;

/// All chains of the archive.
pub(super) struct Chains {
    chains: BTreeMap<ChainId, Chain>,
    /// By what those go on that were stopped.
    orders: Orders,
    /// Batches that this run wrote.
    pub(super) written: u64,
}

/// One chain.
struct Chain {
    /// The versions of its objects, by number.
    versions: BTreeMap<u64, VersionId>,
    /// The last batch that the table is known to have.
    head: Option<ChainHead>,
    /// How far the table was when the run began.
    before: Option<u64>,
}

impl Chains {
    /// Lists the batches of the archive, and how far the table is.
    pub(super) async fn list(
        objects: &impl Objects,
        table: &impl Table,
    ) -> Result<Self, RecoverError> {
        let new = || Chain { versions: BTreeMap::new(), head: None, before: None };
        let orders = orders::orders(objects).await?;
        let mut chains: BTreeMap<ChainId, Chain> =
            orders.keys().map(|chain| (chain.clone(), new())).collect();
        for version in objects.versions("batches/").await? {
            let Some((chain, number)) = keys::parse_batch(&version.key) else {
                return Err(disagreement("the archive", "a batch's key", version.key));
            };
            // Acknowledged: no batch of the chain.
            if orders.get(&chain).is_some_and(|(order, _)| order.number() == number) {
                continue;
            }
            let chain = chains.entry(chain).or_insert_with(new);
            let twice = chain.versions.insert(number, version.version).is_some();
            if twice || version.delete_marker {
                return Err(disagreement(
                    version.key,
                    "one version",
                    "several, or a delete marker",
                ));
            }
        }
        for (id, chain) in &mut chains {
            let state = table.chain(id).await?;
            if let Some(reason) = state.stopped.filter(|_| !orders.contains_key(id)) {
                return Err(disagreement(id, "a chain that goes on", format!("stopped: {reason}")));
            }
            chain.before = state.head.map(|head| head.number);
        }
        Ok(Self { chains, orders, written: 0 })
    }

    pub(super) fn len(&self) -> u64 {
        self.chains.len() as u64
    }

    pub(super) fn batches(&self) -> u64 {
        self.chains.values().map(|chain| chain.versions.len() as u64).sum()
    }

    /// Commits headers, those of a chain in their order.
    pub(super) async fn commit(
        &mut self,
        table: &impl Table,
        headers: Vec<SealedHeader>,
        bar: &ProgressBar,
    ) -> Result<(), RecoverError> {
        let mut by_chain: BTreeMap<ChainId, Vec<SealedHeader>> = BTreeMap::new();
        for header in headers {
            by_chain.entry(header.header.chain.clone()).or_default().push(header);
        }
        let mut work = Vec::new();
        for (id, chain) in &mut self.chains {
            if let Some(headers) = by_chain.remove(id) {
                work.push(chain.commit(table, id, headers, bar));
            }
        }
        if let Some(id) = by_chain.keys().next() {
            return Err(disagreement(id, "its batches in the archive", "none"));
        }
        let written: Vec<u64> =
            stream::iter(work).buffer_unordered(CONCURRENCY).try_collect().await?;
        self.written += written.iter().sum::<u64>();
        Ok(())
    }

    /// Commits what is not logged, from the objects themselves; how many batches that is.
    pub(super) async fn commit_the_rest(
        &mut self,
        objects: &impl Objects,
        table: &impl Table,
        bar: &ProgressBar,
    ) -> Result<u64, RecoverError> {
        let mut count = 0;
        for (id, chain) in &mut self.chains {
            let next = ChainHead::next_number(chain.head.as_ref());
            let numbers: Vec<u64> = chain.versions.range(next..).map(|(n, _)| *n).collect();
            for number in numbers {
                let header = sealed(objects, id, number, &chain.versions[&number]).await?;
                self.written += chain.commit(table, id, vec![header], bar).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Stops the chains again that were stopped, and that go on by an order.
    pub(super) async fn carry_out_orders(&self, table: &impl Table) -> Result<(), RecoverError> {
        for (id, order) in &self.orders {
            let head = self.chains.get(id).and_then(|chain| chain.head.as_ref());
            orders::carry_out(table, id, head, order).await?;
        }
        Ok(())
    }

    /// The table must have no chain, and no batch, that the archive has not.
    pub(super) async fn check_nothing_else(&self, table: &impl Table) -> Result<(), RecoverError> {
        for id in table.chains().await? {
            let known = self.chains.get(&id).and_then(|chain| chain.head.as_ref());
            let there = table.chain(&id).await?.head;
            if there.as_ref() != known {
                let say = |head: Option<&ChainHead>| match head {
                    None => "none".to_owned(),
                    Some(head) => format!("number {} with link {}", head.number, head.link),
                };
                let what = format!("the head of {id}");
                return Err(disagreement(what, say(known), say(there.as_ref())));
            }
        }
        Ok(())
    }
}

impl Chain {
    /// Commits headers one after another; how many were not there.
    async fn commit(
        &mut self,
        table: &impl Table,
        id: &ChainId,
        headers: Vec<SealedHeader>,
        bar: &ProgressBar,
    ) -> Result<u64, RecoverError> {
        let mut written = 0;
        for header in headers {
            let number = header.header.number;
            let what = || format!("{id} number {number}");
            let Some(version) = self.versions.get(&number).cloned() else {
                return Err(disagreement(what(), "its object", "none"));
            };
            let expected = ChainHead::next_number(self.head.as_ref());
            let follows = match (&header.header.lineage, &self.head) {
                (Lineage::Previous(link), Some(head)) => *link == head.link,
                (Lineage::Genesis(_) | Lineage::Ordered { .. }, None) => true,
                _ => false,
            };
            if number != expected || !follows {
                return Err(disagreement(what(), format!("what follows {expected}"), "another"));
            }
            let item = BatchItem { header, version };
            if self.before.is_some_and(|before| number <= before) {
                let there = table.batches(id, number, 1).await?.pop();
                if there.as_ref() != Some(&item) {
                    return Err(disagreement(what(), "the same item in the table", "another"));
                }
            } else {
                self.write(table, id, &item).await?;
                written += 1;
            }
            self.head = Some(ChainHead::at(&item));
            bar.inc(1);
        }
        Ok(written)
    }

    /// Ingest's transaction. Whatever is answered, the head tells whether it took effect.
    async fn write(
        &self,
        table: &impl Table,
        id: &ChainId,
        item: &BatchItem,
    ) -> Result<(), RecoverError> {
        let next = ChainHead::at(item);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            match table.commit(id, self.head.as_ref(), &next, item).await {
                Ok(()) => return Ok(()),
                Err(error @ (StoreError::Unknown { .. } | StoreError::Conflict { .. })) => {
                    last = Some(error);
                }
                Err(error) => return Err(error.into()),
            }
            let head = table.chain(id).await?.head;
            if head.as_ref() == Some(&next) {
                return Ok(());
            }
            if head != self.head {
                let what = format!("the head of {id}");
                let expected = format!("number {} or the one before it", next.number);
                let found = head.map_or("none".to_owned(), |head| head.number.to_string());
                return Err(disagreement(what, expected, found));
            }
        }
        let unknown = || StoreError::Unknown {
            operation: format!("commit {id}"),
            detail: "no answer to several writes".to_owned(),
        };
        Err(last.unwrap_or_else(unknown).into())
    }
}

/// The complete header of an object.
async fn sealed(
    objects: &impl Objects,
    id: &ChainId,
    number: u64,
    version: &VersionId,
) -> Result<SealedHeader, RecoverError> {
    let key = keys::batch(id, number);
    let Some(object) = objects.read_version(&key, version).await? else {
        return Err(disagreement(key, "an object", "none"));
    };
    let header = cairn_batch::header(&object.body)
        .map_err(|error| disagreement(&key, "a batch", error.to_string()))?;
    if (&header.chain, header.number, &header.key) != (id, number, &key) {
        return Err(disagreement(&key, "its own header", "another's"));
    }
    Ok(header.seal(Hash::of(&object.body)))
}
