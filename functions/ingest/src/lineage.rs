//! What the first batch of a chain follows.

use std::collections::{BTreeSet, VecDeque};

use cairn_ledger::{ChainId, Parent};
use cairn_store::{StoreError, Stream, Table};

use crate::succession;

/// The last headers of the parent shards' chains, in order of their names. `chain` is the one that the
/// shard began with. A parent that never
/// had a batch is stood for by its own parents, as far as the stream still tells of them: a closed
/// shard leaves it when the last of its records would have expired.
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
        let parents = match stream.parents(child.stream(), child.shard()).await? {
            Some(parents) => parents,
            // Its records are at hand, so the stream has it: this answer is about something else.
            None if child == *chain => {
                return Err(StoreError::Corrupt {
                    operation: format!("parents of {child}"),
                    detail: "expected the shard to be listed, found it is not".to_owned(),
                });
            }
            None => {
                tracing::warn!(%chain, parent = %child, "a parent without batches has left the stream");
                continue;
            }
        };
        for shard in parents {
            let parent = child.sibling(&shard).map_err(|error| StoreError::Corrupt {
                operation: format!("parents of {child}"),
                detail: error.to_string(),
            })?;
            if !seen.insert(parent.clone()) {
                continue;
            }
            match succession::end(table, &parent).await? {
                Some(end) => {
                    found.insert(end);
                }
                None => open.push_back(parent),
            }
        }
    }
    Ok(found.into_iter().collect())
}
