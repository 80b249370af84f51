//! What the first batch of a chain follows.

use std::collections::{BTreeSet, VecDeque};

use cairn_ledger::{ChainId, Parent};
use cairn_store::{StoreError, Stream, Table};

/// The last headers of the parent shards' chains, in order of their names. A parent that never
/// had a batch is stood for by its own parents, so that lineage is never cut.
///
/// Lambda hands over a child shard only when its parents are worked through, so these heads have
/// come to rest: <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>
pub(crate) async fn parents(
    table: &impl Table,
    stream: &impl Stream,
    chain: &ChainId,
) -> Result<Vec<Parent>, StoreError> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = VecDeque::from([chain.clone()]);
    while let Some(child) = open.pop_front() {
        for shard in stream.parents(child.stream(), child.shard()).await? {
            let parent = child.sibling(&shard).map_err(|error| StoreError::Corrupt {
                operation: format!("parents of {child}"),
                detail: error.to_string(),
            })?;
            if !seen.insert(parent.clone()) {
                continue;
            }
            match table.chain(&parent).await?.head {
                Some(head) => {
                    found.insert(Parent { chain: parent, link: head.link });
                }
                None => open.push_back(parent),
            }
        }
    }
    Ok(found.into_iter().collect())
}
