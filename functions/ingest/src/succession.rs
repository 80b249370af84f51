//! Which chain of a shard is in force. A stopped chain takes no batch ever again; where an operator ordered
//! it, its successor goes on.

use cairn_adopt::{Refusal, foreign, protected};
use cairn_batch::keys;
use cairn_event::{Record, Rules};
use cairn_ledger::{ChainId, Hash, Order, Parent, SequenceNumber};
use cairn_store::{ChainHead, Objects, StoreError, StoredObject, Stream, Table};

use crate::handler::{Deps, Shard};
use crate::measured::Tally;
use crate::protocol::Outcome;

/// A chain of a shard, and what it goes on from.
#[derive(Debug, Clone)]
pub(crate) struct InForce {
    pub(crate) chain: ChainId,
    /// `None` for the chain that the shard began with.
    pub(crate) resumed: Option<Resumed>,
}

/// What the successor of a stopped chain goes on from.
#[derive(Debug, Clone)]
pub(crate) struct Resumed {
    /// Hash of the order.
    pub(crate) order: Hash,
    /// The last batch of the shard's chains before; `None` if they had none.
    pub(crate) after: Option<End>,
}

/// The last batch of a stopped chain.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) parent: Parent,
    pub(crate) last: SequenceNumber,
}

impl InForce {
    pub(crate) fn original(chain: ChainId) -> Self {
        Self { chain, resumed: None }
    }

    /// What was sealed last before this chain began.
    fn sealed(&self) -> Option<&SequenceNumber> {
        Some(&self.resumed.as_ref()?.after.as_ref()?.last)
    }

    /// The chain that goes on where this one, whose head is `head`, was stopped.
    fn succeeded(self, head: Option<ChainHead>, order: Hash) -> Self {
        let successor = self.chain.successor();
        let after = match head {
            Some(ChainHead { link, last, .. }) => {
                Some(End { parent: Parent { chain: self.chain, link }, last })
            }
            None => self.resumed.and_then(|resumed| resumed.after),
        };
        Self { chain: successor, resumed: Some(Resumed { order, after }) }
    }
}

/// Works on the records in the chain that is in force. Records that the chains before it have sealed are
/// dropped first: those that were left are returned, with what came of them.
pub(crate) async fn work<'r, O: Objects, T: Table, S: Stream>(
    deps: &Deps<O, T, S>,
    original: ChainId,
    rules: &Rules,
    records: &'r [Record],
    tally: &Tally,
) -> (InForce, &'r [Record], Outcome) {
    let known = deps.warm.in_force(&original);
    let mut chain = known.unwrap_or_else(|| InForce::original(original.clone()));
    loop {
        let sealed = chain.sealed();
        let is_sealed = |record: &Record| sealed.is_some_and(|sealed| record.sequence <= *sealed);
        let open = &records[records.partition_point(is_sealed)..];
        if open.is_empty() {
            return (chain, open, Outcome::Committed);
        }
        let outcome = Shard::new(deps, &chain, rules, open, tally).run().await;
        let Outcome::Stopped { first, .. } = outcome else { return (chain, open, outcome) };
        match successor(deps, &chain, tally).await {
            Ok(Some(next)) => {
                tracing::warn!(stopped = %chain.chain, chain = %next.chain, "an operator ordered the chain to go on");
                deps.warm.remember_in_force(&original, &next);
                chain = next;
            }
            Ok(None) => return (chain, open, outcome),
            Err(reason) => return (chain, open, Outcome::Retry { first, reason }),
        }
    }
}

/// The chain that goes on where this one was stopped, if that was ordered; why that cannot be told now.
async fn successor<O: Objects, T: Table, S: Stream>(
    deps: &Deps<O, T, S>,
    chain: &InForce,
    tally: &Tally,
) -> Result<Option<InForce>, String> {
    let state = deps.table.chain(&chain.chain).await.map_err(|error| error.to_string())?;
    let Some(order) = state.continued else { return Ok(None) };
    let judged = judge(deps, &chain.chain, state.head.as_ref(), &order).await;
    match judged.map_err(|error| error.to_string())? {
        Ok(()) => Ok(Some(chain.clone().succeeded(state.head, order))),
        Err(Refusal::Foreign(reason) | Refusal::Unclear(reason)) => {
            tally.blocked();
            tracing::error!(alarm = "chain.blocked", chain = %chain.chain, reason, "an order cannot be followed");
            Err(reason)
        }
    }
}

/// Whether the archive holds the order that the table names, and it is about this stop. Whatever was put over it
/// changes nothing: it is known by its hash.
async fn judge<O: Objects, T, S>(
    deps: &Deps<O, T, S>,
    chain: &ChainId,
    head: Option<&ChainHead>,
    named: &Hash,
) -> Result<Result<(), Refusal>, StoreError> {
    let key = keys::order(chain);
    let versions = deps.objects.versions_at(&key).await?;
    for version in versions.iter().filter(|version| !version.delete_marker) {
        let object = match deps.objects.read_version(&key, &version.version).await {
            // Under a key of others, say.
            Err(StoreError::Refused { .. }) => continue,
            object => object?,
        };
        let named = object.filter(|object| Hash::of(&object.body) == *named);
        if let Some(object) = named {
            return Ok(about(&key, &object, &deps.settings.origin, chain, head));
        }
    }
    Ok(Err(foreign(key, named, &"none of that hash")))
}

fn about(
    key: &str,
    object: &StoredObject,
    origin: &str,
    chain: &ChainId,
    head: Option<&ChainHead>,
) -> Result<(), Refusal> {
    let order = Order::parse(&object.body);
    let order = order.map_err(|error| Refusal::Foreign(format!("{key}: {error}")))?;
    if (order.origin.as_str(), &order.chain) != (origin, chain) {
        return Err(foreign(key, &(origin, chain), &(order.origin, order.chain)));
    }
    let after = head.map(ChainHead::last_good);
    if order.after != after {
        return Err(foreign(key, &after, &order.after));
    }
    protected(object)
}

/// The last header of a shard's chains: that of the last one that has a batch. `original` is the first.
pub(crate) async fn end(
    table: &impl Table,
    original: &ChainId,
) -> Result<Option<Parent>, StoreError> {
    let (mut chain, mut end) = (original.clone(), None);
    loop {
        let state = table.chain(&chain).await?;
        let parent = state.head.map(|head| Parent { chain: chain.clone(), link: head.link });
        end = parent.or(end);
        if state.continued.is_none() {
            return Ok(end);
        }
        chain = chain.successor();
    }
}

impl<O: Objects, T: Table, S: Stream> Shard<'_, O, T, S> {
    /// What the chains of the shard before this one have sealed: a first batch must lie above it.
    pub(crate) fn sealed_before(&self) -> Option<&SequenceNumber> {
        Some(&self.resumed?.after.as_ref()?.last)
    }
}
