//! The item of a batch.

use aws_sdk_dynamodb::types::AttributeValue;
use cairn_ledger::{BatchHeader, ChainId, Counts, Lineage, Parent, SealedHeader};

use super::read::Reader;
use super::{Item, batch_key, chain_key, hash, item, key, number, text};
use crate::{BatchItem, StoreError, StoreResult, VersionId};

/// The item of a batch, its keys included. Chain and number are in the keys and not stored again;
/// the link hash follows from the header.
///
/// `a`, `z` arrival of the earliest and latest record; `b` bundle; `d` SHA-256 of the object;
/// `e` events; `f`, `l` first and last sequence number; `g` parents, or `p` link hash before; `h` order;
/// `j` rejections; `k` object key; `o` origin; `r` root; `t` tenants; `u` records; `v` version of
/// the object; `w` transform.
pub(in crate::aws) fn batch(chain: &ChainId, batch: &BatchItem) -> Item {
    let BatchItem { header: SealedHeader { header, sha256 }, version } = batch;
    // In full, so that no member of a header is ever left out.
    let BatchHeader {
        origin,
        chain: _,
        number: place,
        lineage,
        root,
        counts: Counts { events, records, rejections },
        tenants,
        first,
        last,
        arrived: [earliest, latest],
        bundle,
        transform,
        key: object,
    } = header;
    let mut attributes = item([
        ("a", text(earliest)),
        ("b", hash(bundle)),
        ("d", hash(sha256)),
        ("e", number(*events)),
        ("f", text(first.as_str())),
        ("j", number(*rejections)),
        ("k", text(object)),
        ("l", text(last.as_str())),
        ("o", text(origin)),
        ("r", hash(root)),
        ("t", hash(tenants)),
        ("u", number(*records)),
        ("v", text(version.as_str())),
        ("w", text(transform)),
        ("z", text(latest)),
    ]);
    let (name, follows) = match lineage {
        Lineage::Previous(link) => ("p", hash(link)),
        Lineage::Genesis(parents) | Lineage::Ordered { parents, .. } => {
            ("g", AttributeValue::L(parents.iter().map(parent).collect()))
        }
    };
    attributes.insert(name.to_owned(), follows);
    if let Lineage::Ordered { order, .. } = lineage {
        attributes.insert("h".to_owned(), hash(order));
    }
    attributes.extend(key(chain_key(chain), batch_key(*place)));
    attributes
}

/// Reads what [`batch`] wrote.
pub(in crate::aws) fn read_batch(
    operation: &str,
    chain: &ChainId,
    item: Item,
) -> StoreResult<BatchItem> {
    let mut item = Reader::new(operation, item);
    let place = item.text("sk")?;
    let digits = place.strip_prefix("batch#").filter(|digits| digits.len() == 20);
    let number = digits.and_then(|digits| digits.parse().ok());
    let number = number.ok_or_else(|| item.wrong("sk", "batch#<20 digits>", &place))?;
    let lineage = match item.optional("p", Reader::hash)? {
        Some(link) => Lineage::Previous(link),
        None => {
            let parents = item.list("g")?.into_iter();
            let parents =
                parents.map(|value| read_parent(operation, value)).collect::<Result<_, _>>()?;
            match item.optional("h", Reader::hash)? {
                None => Lineage::Genesis(parents),
                Some(order) => Lineage::Ordered { parents, order },
            }
        }
    };
    let header = BatchHeader {
        origin: item.text("o")?,
        chain: chain.clone(),
        number,
        lineage,
        root: item.hash("r")?,
        counts: Counts {
            events: item.number("e")?,
            records: item.number("u")?,
            rejections: item.number("j")?,
        },
        tenants: item.hash("t")?,
        first: item.parsed("f")?,
        last: item.parsed("l")?,
        arrived: [item.text("a")?, item.text("z")?],
        bundle: item.hash("b")?,
        transform: item.text("w")?,
        key: item.text("k")?,
    };
    let sha256 = item.hash("d")?;
    Ok(BatchItem { header: header.seal(sha256), version: VersionId::new(item.text("v")?) })
}

fn parent(parent: &Parent) -> AttributeValue {
    let Parent { chain, link } = parent;
    AttributeValue::M(item([("c", text(chain.as_str())), ("l", hash(link))]))
}

fn read_parent(operation: &str, value: AttributeValue) -> StoreResult<Parent> {
    let AttributeValue::M(map) = value else {
        return Err(StoreError::corrupt(operation, "attribute `g`: expected maps"));
    };
    let mut map = Reader::new(operation, map);
    Ok(Parent { chain: map.parsed("c")?, link: map.hash("l")? })
}
