//! What a stopped chain is like, before anything is ordered.

use cairn_batch::keys;
use cairn_ledger::{ChainId, Cursor, Found, Hash, Order};
use cairn_store::{ChainHead, ObjectVersion, Objects, StoreError, Table};

use super::{Context, ResumeError, disagreement};
use crate::log;

/// A stop, with the order that stands, or the one that would be given.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The order.
    pub order: Order,
    /// The head that the chain is stopped at.
    pub head: Option<ChainHead>,
    /// What lies at the key of the next batch, newest first.
    pub found: Vec<Found>,
    /// Whether the order stands already.
    pub stands: bool,
    /// Whether the table names it already: then there is nothing left to decide.
    pub named: bool,
}

impl Examined {
    /// Whether the order acknowledges just what lies there.
    pub fn agrees(&self) -> bool {
        fn what(found: &[Found]) -> Vec<(&str, Option<u64>)> {
            found.iter().map(|found| (found.version.as_str(), found.bytes)).collect()
        }
        what(&self.order.found) == what(&self.found)
    }
}

/// Looks at a stopped chain. Changes nothing.
pub async fn examine<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    context: &Context,
    chain: &ChainId,
) -> Result<Examined, ResumeError> {
    let state = table.chain(chain).await?;
    let Some(reason) = state.stopped else {
        let found = if state.head.is_some() { "one that goes on" } else { "none of that name" };
        return Err(ResumeError::NotStopped { chain: chain.clone(), found });
    };
    let head = state.head;
    let standing = standing(objects, &context.origin, chain, head.as_ref()).await?;
    if let Some(named) = state.continued {
        let hash = standing.as_ref().map(Order::hash);
        let Some(order) = standing.filter(|_| hash == Some(named)) else {
            let found = hash.map_or("nothing".to_owned(), |hash| hash.to_string());
            return Err(disagreement(keys::order(chain), named, found));
        };
        let found = order.found.clone();
        return Ok(Examined { order, head, found, stands: true, named: true });
    }
    is_the_end(objects, table, chain, head.as_ref()).await?;
    let found = found(objects, context, chain, head.as_ref()).await?;
    if let Some(order) = standing {
        return Ok(Examined { order, head, found, stands: true, named: false });
    }
    let order = Order {
        origin: context.origin.clone(),
        chain: chain.clone(),
        after: head.as_ref().map(ChainHead::last_good),
        reason,
        found: found.clone(),
        by: context.by.clone(),
        why: context.why.clone(),
        at: format!("{:.3}", context.now),
    };
    order.check()?;
    Ok(Examined { order, head, found, stands: false, named: false })
}

/// The order about a chain's stop, if one stands.
pub(super) async fn standing(
    objects: &impl Objects,
    origin: &str,
    chain: &ChainId,
    head: Option<&ChainHead>,
) -> Result<Option<Order>, ResumeError> {
    let key = keys::order(chain);
    let versions = objects.versions_at(&key).await?;
    let version = match &versions[..] {
        [] => return Ok(None),
        [only] if !only.delete_marker => &only.version,
        _ => return Err(disagreement(key, "one version", "several, or a delete marker")),
    };
    let Some(object) = objects.read_version(&key, version).await? else {
        return Err(disagreement(key, "an order", "nothing"));
    };
    if object.retention.is_none() {
        return Err(disagreement(key, "a lock", "none"));
    }
    let order = Order::parse(&object.body);
    let order = order.map_err(|error| disagreement(&key, "an order", error))?;
    let about = |order: &Order| (order.origin.clone(), order.chain.clone(), order.after.clone());
    let expected = (origin.to_owned(), chain.clone(), head.map(ChainHead::last_good));
    if about(&order) != expected {
        let say = |about| format!("one about {about:?}");
        return Err(disagreement(key, say(expected), say(about(&order))));
    }
    Ok(Some(order))
}

/// Whether the head is the end of the chain: neither log, table nor archive has more of it. Else the table was
/// rolled back, and what lies at the next key may well be the chain's.
async fn is_the_end(
    objects: &impl Objects,
    table: &impl Table,
    chain: &ChainId,
    head: Option<&ChainHead>,
) -> Result<(), ResumeError> {
    let number = head.map(|head| head.number);
    let say = |number: Option<u64>| {
        number.map_or("no batch".to_owned(), |number| format!("number {number} as its last"))
    };
    if let Some(log) = table.log_head().await? {
        let logged = log::cursors(objects, &log.to.cursors).await?.get(chain);
        let last = logged.map(|cursor| cursor.next - 1);
        let same = |Cursor { link, .. }| head.is_some_and(|head| head.link == link);
        if last > number || (last == number && !logged.is_none_or(same)) {
            return Err(disagreement(format!("the head of {chain}"), say(last), say(number)));
        }
    }
    let key = next_key(chain, head);
    if !table.batches(chain, ChainHead::next_number(head), 1).await?.is_empty() {
        return Err(disagreement(
            format!("the head of {chain}"),
            format!("one that covers {key}"),
            say(number),
        ));
    }
    let beyond = objects.list(&format!("batches/{chain}/"), Some(&key), 1).await?;
    match beyond.first() {
        None => Ok(()),
        Some(beyond) => Err(disagreement(beyond, format!("nothing after {key}"), "an object")),
    }
}

/// Everything at the key of the next batch, newest first.
async fn found(
    objects: &impl Objects,
    context: &Context,
    chain: &ChainId,
    head: Option<&ChainHead>,
) -> Result<Vec<Found>, ResumeError> {
    let key = next_key(chain, head);
    let versions = objects.versions_at(&key).await?;
    // Without a current object the condition on a put does not hold off a writer that was under way.
    let is_closed = versions.iter().any(|version| version.latest && !version.delete_marker);
    if !is_closed && !context.ingest_stood_still {
        return Err(ResumeError::Open { key });
    }
    let mut found = Vec::new();
    for ObjectVersion { version, delete_marker, size, .. } in versions {
        let sha256 = match delete_marker {
            true => None,
            false => match objects.read_version(&key, &version).await {
                Ok(object) => object.map(|object| Hash::of(&object.body)),
                // Under a key of others: it is acknowledged by its version.
                Err(StoreError::Refused { .. }) => None,
                Err(error) => return Err(error.into()),
            },
        };
        let bytes = (!delete_marker).then_some(size);
        found.push(Found { bytes, sha256, version: version.as_str().to_owned() });
    }
    Ok(found)
}

fn next_key(chain: &ChainId, head: Option<&ChainHead>) -> String {
    keys::batch(chain, ChainHead::next_number(head))
}
