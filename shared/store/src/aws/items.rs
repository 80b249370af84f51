//! The ledger table's items. Keys `pk`, `sk`:
//!
//! | `pk` | `sk` | attributes |
//! | --- | --- | --- |
//! | `chains` | `<chain>` | none |
//! | `chain#<chain>` | `head` | `n` number, `l` link hash, `q` last sequence number, `k` object key, `v` its version, `x` why it is stopped, `c` the order by which its successor goes on |
//! | `chain#<chain>` | `batch#<number:020>` | see [`batch`] |
//! | `redrive#<chain>` | `<sequence>#<index>` | `b` when it was begun, `r` the run that began it, `s` and `q` shard and sequence number that it is on the stream as |
//! | `log` | `head` | `n` size, `r` root, `c` cursors, `m` moved, `f` the state before: a map of `n`, `r`, `c` |
//!
//! Hashes are binary, and a batch's item holds the header's members, not its JSON: the JSON is a
//! function of them and, with twice the bytes for each hash and the chain written three times,
//! does not fit into the 1 KB that DynamoDB counts as one write.

mod batch;
mod read;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use cairn_ledger::{ChainId, Coordinates, Hash};
use std::collections::HashMap;

use crate::{
    ChainHead, ChainState, LogHead, LogPoint, ObjectVersionRef, Placed, Redrive, StoreResult,
    VersionId,
};

pub(super) use batch::{batch, read_batch};
use read::Reader;

/// An item, or a map within one.
pub(super) type Item = HashMap<String, AttributeValue>;

/// `pk` of the registry of chains.
pub(super) const CHAINS: &str = "chains";

/// `sk` of a head.
const HEAD: &str = "head";

/// Greater than the `sk` of every batch's item, and less than that of any other kind.
pub(super) const AFTER_BATCHES: &str = "batch#~";

pub(super) fn chain_key(chain: &ChainId) -> String {
    format!("chain#{chain}")
}

pub(super) fn batch_key(number: u64) -> String {
    format!("batch#{number:020}")
}

pub(super) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    item([("pk", text(pk)), ("sk", text(sk))])
}

pub(super) fn head_key(chain: &ChainId) -> Item {
    key(chain_key(chain), HEAD)
}

pub(super) fn log_key() -> Item {
    key("log", HEAD)
}

/// The attributes of a head, keys apart.
pub(super) fn head(head: &ChainHead) -> Item {
    let ChainHead { number: n, link, last, object } = head;
    item([
        ("n", number(*n)),
        ("l", hash(link)),
        ("q", text(last.as_str())),
        ("k", text(&object.key)),
        ("v", text(object.version.as_str())),
    ])
}

pub(super) fn read_chain(operation: &str, item: Item) -> StoreResult<ChainState> {
    let mut item = Reader::new(operation, item);
    let stopped = item.optional("x", Reader::text)?;
    let continued = item.optional("c", Reader::hash)?;
    let head = match item.optional("n", Reader::number)? {
        None => None,
        Some(number) => Some(ChainHead {
            number,
            link: item.hash("l")?,
            last: item.parsed("q")?,
            object: ObjectVersionRef {
                key: item.text("k")?,
                version: VersionId::new(item.text("v")?),
            },
        }),
    };
    Ok(ChainState { head, stopped, continued })
}

/// The attributes of the log's head, keys apart.
pub(super) fn log(head: &LogHead) -> Item {
    let LogHead { to, from, moved } = head;
    let mut item = point(to);
    item.insert("m".to_owned(), text(moved.to_string()));
    if let Some(from) = from {
        item.insert("f".to_owned(), AttributeValue::M(point(from)));
    }
    item
}

pub(super) fn read_log(operation: &str, item: Item) -> StoreResult<LogHead> {
    let mut item = Reader::new(operation, item);
    let from = match item.optional("f", Reader::map)? {
        None => None,
        Some(map) => Some(read_point(&mut Reader::new(operation, map))?),
    };
    Ok(LogHead { to: read_point(&mut item)?, from, moved: item.parsed("m")? })
}

/// `pk` of the redrives of a chain's items.
pub(super) fn redrives_key(chain: &ChainId) -> String {
    format!("redrive#{chain}")
}

pub(super) fn redrive_key(item: &Coordinates) -> Item {
    let Coordinates { chain, index, sequence } = item;
    key(redrives_key(chain), format!("{sequence}#{index}"))
}

/// The attributes of a redrive, keys apart.
pub(super) fn redrive(redrive: &Redrive) -> Item {
    let Redrive { run, begun, put } = redrive;
    let mut attributes = item([("b", text(format!("{begun:.3}"))), ("r", text(run))]);
    if let Some(Placed { shard, sequence }) = put {
        attributes.extend(item([("s", text(shard)), ("q", text(sequence.as_str()))]));
    }
    attributes
}

pub(super) fn read_redrive(
    operation: &str,
    chain: &ChainId,
    item: Item,
) -> StoreResult<(Coordinates, Redrive)> {
    let mut item = Reader::new(operation, item);
    let place = item.text("sk")?;
    let at = format!("{chain}#{place}").parse();
    let at = at.map_err(|_| item.wrong("sk", "<sequence number>#<index>", &place))?;
    let put = match item.optional("q", Reader::parsed)? {
        None => None,
        Some(sequence) => Some(Placed { shard: item.text("s")?, sequence }),
    };
    Ok((at, Redrive { run: item.text("r")?, begun: item.parsed("b")?, put }))
}

fn point(point: &LogPoint) -> Item {
    let LogPoint { size, root, cursors } = point;
    item([("n", number(*size)), ("r", hash(root)), ("c", hash(cursors))])
}

fn read_point(item: &mut Reader<'_>) -> StoreResult<LogPoint> {
    Ok(LogPoint { size: item.number("n")?, root: item.hash("r")?, cursors: item.hash("c")? })
}

pub(super) fn read_registered(operation: &str, item: Item) -> StoreResult<ChainId> {
    Reader::new(operation, item).parsed("sk")
}

fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn hash(hash: &Hash) -> AttributeValue {
    AttributeValue::B(Blob::new(hash.as_bytes()))
}

#[cfg(test)]
mod tests;
