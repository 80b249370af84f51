//! Orders, by which stopped chains go on.

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ledger::{ChainId, Hash, Order};
use cairn_store::Objects;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{CONCURRENCY, RecoverError};

/// The orders, with their hashes, by the chains that they are about.
pub(super) type Orders = BTreeMap<ChainId, (Order, Hash)>;

/// Reads all orders. The verifier has judged them.
pub(super) async fn read(objects: &impl Objects) -> Result<Orders, RecoverError> {
    let mut names: Vec<String> =
        objects.versions("orders/").await?.into_iter().map(|version| version.key).collect();
    names.dedup();
    stream::iter(names)
        .map(async |key| {
            let none = || RecoverError::archive(&key, "an order", "none");
            let object = objects.read(&key).await?.ok_or_else(none)?;
            let order = Order::parse(&object.body)
                .map_err(|error| RecoverError::archive(&key, "an order", error))?;
            if keys::order(&order.chain) != key {
                let found = format!("one about {}", order.chain);
                return Err(RecoverError::archive(&key, "the order of its name", found));
            }
            Ok((order.chain.clone(), (order, Hash::of(&object.body))))
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}
