//! Step 10: orders, by which stopped chains go on.

use std::collections::{BTreeMap, BTreeSet};

use cairn_batch::{Columns, keys};
use cairn_event::LeafParts;
use cairn_ledger::{BatchHeader, ChainId, Found, Hash, Lineage, Order, Parent, SequenceNumber};

use crate::batches::BatchKeys;
use crate::chain::{Chains, SKEW};
use crate::listing::{Listed, list, read_all};
use crate::object::LIMIT;
use crate::protection::{Retention, check_versions};
use crate::report::FindingCode::{
    ChainParent, ObjectUnexpected, OrderEvidence, OrderMismatch, OrderMissing, OrderUnreadable,
};
use crate::report::{Acknowledged, AcknowledgedVersion};
use crate::{Archive, ArchiveError, Findings, Options, TableChain, Version};

/// The orders of an archive, by the chains that they are about.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    orders: BTreeMap<ChainId, Known>,
}

/// An order, as it lies there.
#[derive(Debug)]
struct Known {
    order: Order,
    hash: Hash,
    /// Whether it was put since the verification began, or may have been: then what was read before it need not
    /// fit it, and the next verification judges it.
    young: bool,
}

impl Orders {
    /// Reads all orders. Each must be what its key says, of this log, and protected as the log is.
    pub(crate) fn read(
        archive: &impl Archive,
        options: &Options,
        origin: &str,
        findings: &mut Findings,
    ) -> Result<Self, ArchiveError> {
        let mut orders = BTreeMap::new();
        let listed = list(archive, "orders/")?;
        for (listed, object) in read_all(archive, &listed)? {
            check_versions(listed, findings);
            let key = &listed.key;
            // Behind a delete marker it is what it was.
            let object = match (object, listed.versions.last()) {
                (None, Some(oldest)) => archive.read(key, Some(oldest))?,
                (object, _) => object,
            };
            let Some(object) = object else { continue };
            options.check_protection(key, &object, Retention::Log, findings);
            match read(key, &object.body, origin) {
                Ok(order) => {
                    let hash = Hash::of(&object.body);
                    let began = options.heads_read.map(|read| read - SKEW);
                    let young = began.is_some_and(|began| object.modified >= began);
                    orders.insert(order.chain.clone(), Known { order, hash, young });
                }
                Err(detail) if chain_of(key).is_some() => {
                    findings.add(OrderUnreadable, key, detail);
                }
                Err(detail) => findings.add(ObjectUnexpected, key, detail),
            }
        }
        Ok(Self { orders })
    }

    /// The number at whose key lies what is acknowledged, where the chain was ordered to go on.
    pub(crate) fn number(&self, chain: &ChainId) -> Option<u64> {
        self.orders.get(chain).map(|known| known.order.number())
    }

    /// Checks that the first header of a successor follows the order about the stopped chain.
    pub(crate) fn check_followed(&self, header: &BatchHeader, findings: &mut Findings) {
        let Lineage::Ordered { parents, order } = &header.lineage else { return };
        let Some(stopped) = header.chain.predecessor() else { return };
        let subject = &header.key;
        match self.orders.get(&stopped) {
            None => {
                let detail = format!("expected the order {order} about {stopped}, found none");
                findings.add(OrderMissing, subject, detail);
            }
            Some(known) if known.hash != *order => {
                let (key, hash) = (keys::order(&stopped), known.hash);
                let detail = format!("expected the order {order} at {key}, found {hash}");
                findings.add(OrderMismatch, subject, detail);
            }
            Some(_) => {}
        }
        let ends = self.end(&header.chain).filter(|end| parents[..] != [end.clone()]);
        if let Some(Parent { chain, link }) = ends {
            let detail = format!("expected to follow {link} of {chain} alone, found others");
            findings.add(ChainParent, subject, detail);
        }
    }

    /// The last good batch of the stopped chains that this one succeeds, as their orders say.
    fn end(&self, successor: &ChainId) -> Option<Parent> {
        let mut stopped = successor.predecessor()?;
        loop {
            match &self.orders.get(&stopped)?.order.after {
                Some(after) => return Some(Parent { chain: stopped, link: after.link }),
                None => stopped = stopped.predecessor()?,
            }
        }
    }

    /// Compares each order with what is known once all batches were walked over: the end of its chain, and
    /// what lies behind it. What it acknowledges, and nothing else, is no finding.
    pub(crate) fn finish(
        &self,
        archive: &impl Archive,
        keys: &BatchKeys,
        chains: &Chains,
        findings: &mut Findings,
    ) -> Result<Vec<Acknowledged>, ArchiveError> {
        let mut acknowledged = Vec::new();
        for (chain, Known { order, young, .. }) in &self.orders {
            let mut found = Findings::default();
            let (subject, key) = (keys::order(chain), keys::batch(chain, order.number()));
            if let Some(end) = chains.differs(chain, order.after.as_ref()) {
                let expected = order.after.as_ref().map_or("no batch".to_owned(), |after| {
                    format!(
                        "number {} with link {}, up to {}",
                        after.number, after.link, after.last
                    )
                });
                let detail = format!("expected the end of {chain} at {expected}, found {end}");
                found.add(OrderMismatch, &subject, detail);
            }
            if let Some(stopped) = chain.predecessor().filter(|c| !self.orders.contains_key(c)) {
                let key = keys::order(&stopped);
                let detail = format!("expected the order {key} before this one, found none");
                found.add(OrderMissing, &subject, detail);
            }
            let versions = archive.versions(&key)?;
            let there: Vec<Version> = versions.into_iter().filter(|v| v.key == key).collect();
            let versions = match evidence(archive, keys, &key, &there, order)? {
                Ok(versions) => versions,
                Err(detail) => {
                    found.add(OrderEvidence, &key, detail);
                    order.found.iter().map(|found| as_ordered(found, None)).collect()
                }
            };
            acknowledged.push(Acknowledged {
                order: subject,
                chain: chain.clone(),
                reason: order.reason.clone(),
                by: order.by.clone(),
                at: order.at.clone(),
                why: order.why.clone(),
                key,
                versions,
            });
            if !young {
                findings.append(found);
            }
        }
        Ok(acknowledged)
    }

    /// Names what lies behind the end of a stopped chain.
    pub(crate) fn beyond<'l>(
        &self,
        chain: &ChainId,
        numbers: impl Iterator<Item = (u64, &'l Listed)>,
        findings: &mut Findings,
    ) -> Vec<&'l Listed> {
        let Some(stop) = self.number(chain) else { return numbers.map(|(_, l)| l).collect() };
        let (before, after): (Vec<_>, Vec<_>) = numbers.partition(|(number, _)| *number < stop);
        for (_, listed) in after.iter().filter(|(number, _)| *number > stop) {
            let detail =
                format!("expected nothing behind {}, found an object", keys::batch(chain, stop));
            findings.add(OrderEvidence, &listed.key, detail);
        }
        before.into_iter().map(|(_, listed)| listed).collect()
    }

    /// Whether a chain that the table has as stopped goes on by an order, as both say; names where they differ.
    pub(crate) fn check_table(
        &self,
        heads: &BTreeMap<ChainId, TableChain>,
        findings: &mut Findings,
    ) {
        for (chain, table) in heads {
            let Some(named) = table.continued else { continue };
            let key = keys::order(chain);
            match self.orders.get(chain) {
                None => {
                    let detail =
                        format!("expected the order {named}, which the table names, found none");
                    findings.add(OrderMissing, key, detail);
                }
                Some(known) if known.hash != named => {
                    let found = known.hash;
                    let detail = format!("expected {named}, which the table names, found {found}");
                    findings.add(OrderMismatch, key, detail);
                }
                Some(_) => {}
            }
        }
        for (chain, _) in self.orders.iter().filter(|(_, known)| !known.young) {
            if heads.get(chain).is_none_or(|table| table.stopped.is_none()) {
                let detail =
                    "expected a chain that is stopped, found one that goes on by the table";
                findings.add(OrderMismatch, keys::order(chain), detail);
            }
        }
    }

    /// Whether an order stands that the table names.
    pub(crate) fn continues(&self, chain: &ChainId, table: &TableChain) -> bool {
        table.continued.is_some()
            && self.orders.get(chain).map(|known| known.hash) == table.continued
    }
}

/// The chain that a key names.
fn chain_of(key: &str) -> Option<ChainId> {
    let chain = key.strip_prefix("orders/")?.strip_suffix(".json")?.parse().ok()?;
    (keys::order(&chain) == key).then_some(chain)
}

fn read(key: &str, body: &[u8], origin: &str) -> Result<Order, String> {
    let Some(chain) = chain_of(key) else {
        return Err("expected the key of an order".to_owned());
    };
    let order = Order::parse(body).map_err(|error| error.to_string())?;
    if order.chain != chain {
        return Err(format!("expected an order about {chain}, found one about {}", order.chain));
    }
    if order.origin != origin {
        return Err(format!("expected the origin {origin:?}, found {:?}", order.origin));
    }
    Ok(order)
}

/// What lies at a key, where it is just what is acknowledged; how it differs, if it does.
fn evidence(
    archive: &impl Archive,
    keys: &BatchKeys,
    key: &str,
    there: &[Version],
    order: &Order,
) -> Result<Result<Vec<AcknowledgedVersion>, String>, ArchiveError> {
    for Version { version, delete_marker, .. } in there {
        if !order.found.iter().any(|known| known.version == *version) {
            let what = if *delete_marker { "delete marker" } else { "version" };
            let detail = format!("expected what is acknowledged, found the {what} {version} too");
            return Ok(Err(detail));
        }
    }
    let mut versions = Vec::new();
    for known in &order.found {
        let Found { bytes, sha256, version } = known;
        let Some(found) = there.iter().find(|found| found.version == *version) else {
            // S3 takes away by itself a delete marker behind which there is nothing.
            if bytes.is_none() {
                versions.push(as_ordered(known, None));
                continue;
            }
            let detail = format!("expected version {version}, which is acknowledged, found none");
            return Ok(Err(detail));
        };
        if (!found.delete_marker).then_some(found.size) != *bytes {
            let detail = format!("expected version {version} as acknowledged, found another size");
            return Ok(Err(detail));
        }
        let mut unsealed = None;
        if let Some(expected) = sha256 {
            let object = archive.read(key, Some(version))?;
            let hash = object.as_ref().map(|object| Hash::of(&object.body));
            if hash != Some(*expected) {
                let found = hash.map_or("nothing to read".to_owned(), |hash| hash.to_string());
                let detail =
                    format!("expected version {version} to have SHA-256 {expected}, found {found}");
                return Ok(Err(detail));
            }
            let next = object.as_ref().and_then(|object| would_follow(&object.body, order));
            if let Some(batch) = next {
                unsealed = Some(unsealed_records(archive, keys, &batch)?);
            }
        }
        versions.push(as_ordered(known, unsealed));
    }
    Ok(Ok(versions))
}

fn as_ordered(found: &Found, unsealed: Option<u64>) -> AcknowledgedVersion {
    AcknowledgedVersion { found: found.clone(), unsealed }
}

/// The batch that an object is, if it is by its own header the one that would have come next in the stopped
/// chain.
fn would_follow(body: &[u8], order: &Order) -> Option<Columns> {
    let columns = Columns::read(body, LIMIT).ok()?;
    let BatchHeader { origin, chain, number, lineage, .. } = columns.header();
    let follows = match (lineage, &order.after) {
        (Lineage::Previous(link), Some(after)) => *link == after.link,
        (_, after) => after.is_none(),
    };
    let same = (origin, chain, *number) == (&order.origin, &order.chain, order.number());
    (follows && same).then_some(columns)
}

/// How many records of a batch no later chain of its shard has sealed.
fn unsealed_records(
    archive: &impl Archive,
    keys: &BatchKeys,
    batch: &Columns,
) -> Result<u64, ArchiveError> {
    let BatchHeader { chain, last, .. } = batch.header();
    let mut left: BTreeSet<SequenceNumber> = records(batch).collect();
    let later = chain.of_shard(&keys.chains);
    for (_, numbers) in later.filter(|(later, _)| later.generation() > chain.generation()) {
        for listed in numbers.values() {
            let Some(object) = archive.read(&listed.key, None)? else { continue };
            let Ok(columns) = Columns::read(&object.body, LIMIT) else { continue };
            for record in records(&columns) {
                left.remove(&record);
            }
            if columns.header().last >= *last {
                break;
            }
        }
    }
    Ok(left.len() as u64)
}

fn records(batch: &Columns) -> impl Iterator<Item = SequenceNumber> {
    let parts = (0..batch.rows()).map(|row| LeafParts::parse(batch.event(row)));
    parts.filter_map(|parts| Some(parts.ok()?.sequence))
}
