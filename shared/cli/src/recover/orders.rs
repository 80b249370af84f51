//! Stops chains anew that go on by an operator's order, as the archive tells.

use std::collections::BTreeMap;

use cairn_ledger::{ChainId, Hash, Order};
use cairn_store::{ChainHead, Objects, StoreError, Table};

use super::{ATTEMPTS, RecoverError, disagreement};

/// The orders of the archive, with their hashes.
pub(super) type Orders = BTreeMap<ChainId, (Order, Hash)>;

/// Keys of one listing.
const PAGE: usize = 1_000;

/// Reads all orders.
pub(super) async fn orders(objects: &impl Objects) -> Result<Orders, RecoverError> {
    let mut orders = Orders::new();
    let mut after: Option<String> = None;
    loop {
        let page = objects.list("orders/", after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(orders) };
        after = Some(last.clone());
        for key in &page {
            let Some(object) = objects.read(key).await? else {
                return Err(disagreement(key, "an order", "none"));
            };
            let order = Order::parse(&object.body);
            let order = order.map_err(|error| disagreement(key, "an order", error))?;
            orders.insert(order.chain.clone(), (order, Hash::of(&object.body)));
        }
    }
}

/// Stops a chain at its head, and has the table name the order. Whatever is answered, the state of the chain
/// tells what is left to do.
pub(super) async fn carry_out(
    table: &impl Table,
    id: &ChainId,
    head: Option<&ChainHead>,
    (order, hash): &(Order, Hash),
) -> Result<(), RecoverError> {
    for _ in 0..ATTEMPTS {
        let state = table.chain(id).await?;
        if state.head.as_ref() != head {
            let say = |head: Option<&ChainHead>| {
                head.map_or("no batch".to_owned(), |head| format!("number {}", head.number))
            };
            let (expected, found) = (say(head), say(state.head.as_ref()));
            return Err(disagreement(format!("the head of {id}"), expected, found));
        }
        let done = match (&state.stopped, &state.continued) {
            (_, Some(there)) if there == hash => return Ok(()),
            (_, Some(there)) => {
                return Err(disagreement(id, format!("the order {hash}"), there));
            }
            (None, None) => table.stop(id, head, &order.reason).await,
            (Some(_), None) => table.resume(id, head, hash).await,
        };
        match done {
            Ok(()) | Err(StoreError::Unknown { .. } | StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let detail = "no answer to several writes".to_owned();
    Err(StoreError::Unknown { operation: format!("stopping {id}"), detail }.into())
}
