//! Batch headers: the links of a chain and the entries of the log. SPEC.md §6.

use serde::{Deserialize, Serialize};

use crate::canonical::{MAX_INTEGER, write};
use crate::note::is_key_name;
use crate::tile::MAX_ENTRY_BYTES;
use crate::{ChainId, Hash, SequenceNumber};

/// The header of a batch. Its canonical JSON (RFC 8785) is one link of a chain and one entry of
/// the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BatchHeader {
    /// Name of the log.
    pub origin: String,
    /// The chain.
    pub chain: ChainId,
    /// Place in the chain, from 0.
    pub number: u64,
    /// What the batch follows.
    pub lineage: Lineage,
    /// RFC 6962 root of the leaves.
    pub root: Hash,
    /// What the batch holds.
    pub counts: Counts,
    /// RFC 6962 root of the tenant lines. SPEC.md §5.
    pub tenants: Hash,
    /// Sequence number of the first record.
    pub first: SequenceNumber,
    /// Sequence number of the last record.
    pub last: SequenceNumber,
    /// Arrival times (RFC 3339, UTC, milliseconds) of the earliest and of the latest record.
    pub arrived: [String; 2],
    /// SHA-256 of the config bundle that judged the records.
    pub bundle: Hash,
    /// Version of the code that turned records into leaves.
    pub transform: String,
    /// Key of the object that holds the leaves.
    pub key: String,
}

/// A [`BatchHeader`] with the SHA-256 of the object's bytes: complete, and so hashable.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SealedHeader {
    /// The header as the object's own metadata carries it.
    pub header: BatchHeader,
    /// SHA-256 of the object's bytes.
    pub sha256: Hash,
}

/// What a batch follows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lineage {
    /// The link hash of the chain's previous header.
    Previous(Hash),
    /// Number 0: the last headers of the parent shards' chains, in ascending order of chains;
    /// empty for a shard without parents.
    Genesis(Vec<Parent>),
    /// Number 0 of the successor of a stopped chain: what an operator ordered.
    Ordered {
        /// The last header of the stopped chain; of one that had none, what that chain would have
        /// followed.
        parents: Vec<Parent>,
        /// Hash of the order.
        order: Hash,
    },
}

impl Lineage {
    /// The last headers of other chains that a first batch follows; none above number 0.
    pub fn parents(&self) -> &[Parent] {
        match self {
            Self::Previous(_) => &[],
            Self::Genesis(parents) | Self::Ordered { parents, .. } => parents,
        }
    }
}

/// The last header of a parent shard's chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// The parent's chain.
    pub chain: ChainId,
    /// Link hash of its last header.
    pub link: Hash,
}

/// What a batch holds. `events + rejections` is the size of the batch tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Leaves that are events.
    pub events: u64,
    /// Kinesis records.
    pub records: u64,
    /// Leaves that are rejections.
    pub rejections: u64,
}

/// Why bytes are not a header.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// Longer, once complete, than an entry of the log can be.
    #[error("batch header: expected at most 65535 bytes, found {found}")]
    TooLong {
        /// Bytes of the header with its object's hash.
        found: usize,
    },
    /// Not JSON of the header's shape.
    #[error("not a batch header: {0}")]
    Shape(#[from] serde_json::Error),
    /// A field has a value that a header of this version cannot have.
    #[error("batch header: `{field}`: expected {expected}, found {found:?}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The JSON is not in canonical form, so its hash is not that of the header it says.
    #[error("batch header is not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// Version of the header's format.
const VERSION: u32 = 1;

/// Bytes that the object's hash adds to its own header: `,"sha256":"<64 digits>"`.
const HASH_BYTES: usize = 76;

/// The JSON, its members declared in canonical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    arrived: [String; 2],
    bundle: Hash,
    chain: ChainId,
    counts: Counts,
    first: SequenceNumber,
    kind: String,
    last: SequenceNumber,
    number: u64,
    object: WireObject,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<Hash>,
    origin: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parents: Option<Vec<Parent>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prev: Option<Hash>,
    root: Hash,
    tenants: Hash,
    transform: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireObject {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Hash>,
}

impl BatchHeader {
    /// The canonical JSON without the object's SHA-256, as the object's metadata carries it.
    pub fn to_json(&self) -> String {
        self.to_wire_json(None)
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &str) -> Result<Self, HeaderError> {
        let (header, sha256) = read(json)?;
        match sha256 {
            None => Ok(header),
            Some(found) => Err(HeaderError::Field {
                field: "object.sha256",
                expected: "no value in an object's own metadata",
                found: found.to_string(),
            }),
        }
    }

    /// Completes the header with the SHA-256 of the object's bytes.
    pub fn seal(self, sha256: Hash) -> SealedHeader {
        SealedHeader { header: self, sha256 }
    }

    fn to_wire_json(&self, sha256: Option<Hash>) -> String {
        let (parents, order, prev) = match &self.lineage {
            Lineage::Previous(link) => (None, None, Some(*link)),
            Lineage::Genesis(parents) => (Some(parents.clone()), None, None),
            Lineage::Ordered { parents, order } => (Some(parents.clone()), Some(*order), None),
        };
        write(&Wire {
            arrived: self.arrived.clone(),
            bundle: self.bundle,
            chain: self.chain.clone(),
            counts: self.counts,
            first: self.first.clone(),
            kind: "batch".to_owned(),
            last: self.last.clone(),
            number: self.number,
            object: WireObject { key: self.key.clone(), sha256 },
            order,
            origin: self.origin.clone(),
            parents,
            prev,
            root: self.root,
            tenants: self.tenants,
            transform: self.transform.clone(),
            version: VERSION,
        })
    }
}

impl SealedHeader {
    /// The canonical JSON: the bytes that are hashed, and an entry of the log.
    pub fn to_json(&self) -> String {
        self.header.to_wire_json(Some(self.sha256))
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &str) -> Result<Self, HeaderError> {
        let (header, sha256) = read(json)?;
        let sha256 = sha256.ok_or(HeaderError::Field {
            field: "object.sha256",
            expected: "the SHA-256 of the object's bytes",
            found: "nothing".to_owned(),
        })?;
        Ok(Self { header, sha256 })
    }

    /// The link hash: the RFC 6962 leaf hash of the canonical JSON. The next header's `prev`,
    /// and the log's leaf.
    pub fn link(&self) -> Hash {
        Hash::leaf(self.to_json().as_bytes())
    }
}

fn read(json: &str) -> Result<(BatchHeader, Option<Hash>), HeaderError> {
    fits(json.len())?;
    let wire: Wire = serde_json::from_str(json)?;
    let field = |field, expected, found: String| HeaderError::Field { field, expected, found };
    if wire.kind != "batch" {
        return Err(field("kind", "batch", wire.kind));
    }
    if wire.version != VERSION {
        return Err(field("version", "1", wire.version.to_string()));
    }
    let succeeds = wire.chain.generation() > 0;
    let lineage = match (wire.number, wire.prev, wire.parents, wire.order) {
        (0, None, Some(parents), None) if !succeeds => Lineage::Genesis(parents),
        (0, None, Some(parents), Some(order)) if succeeds => Lineage::Ordered { parents, order },
        (1.., Some(link), None, None) => Lineage::Previous(link),
        (number, _, _, _) => {
            let expected = "`parents` at number 0, with `order` where the chain succeeds a stopped one; `prev` alone above";
            return Err(field("prev", expected, format!("another combination at number {number}")));
        }
    };
    let header = BatchHeader {
        origin: wire.origin,
        chain: wire.chain,
        number: wire.number,
        lineage,
        root: wire.root,
        counts: wire.counts,
        tenants: wire.tenants,
        first: wire.first,
        last: wire.last,
        arrived: wire.arrived,
        bundle: wire.bundle,
        transform: wire.transform,
        key: wire.object.key,
    };
    let sha256 = wire.object.sha256;
    fits(json.len() + if sha256.is_some() { 0 } else { HASH_BYTES })?;
    check(&header)?;
    if header.to_wire_json(sha256) != json {
        return Err(HeaderError::NotCanonical);
    }
    Ok((header, sha256))
}

/// Whether a complete header of this length can be an entry of the log.
fn fits(found: usize) -> Result<(), HeaderError> {
    if found > MAX_ENTRY_BYTES { Err(HeaderError::TooLong { found }) } else { Ok(()) }
}

/// What the types alone do not ensure.
fn check(header: &BatchHeader) -> Result<(), HeaderError> {
    let fail = |field, expected, found: String| Err(HeaderError::Field { field, expected, found });
    if !is_key_name(&header.origin) {
        let expected = "a name without spaces and plus signs";
        return fail("origin", expected, header.origin.clone());
    }
    if header.number > MAX_INTEGER {
        return fail("number", "an integer up to 2^53 - 1", header.number.to_string());
    }
    let parents = header.lineage.parents();
    if !parents.is_sorted_by(|a, b| a.chain < b.chain) {
        let found = parents.iter().map(|parent| parent.chain.as_str()).collect::<Vec<_>>();
        return fail("parents", "each chain once, in ascending order", found.join(", "));
    }
    let Counts { events, records, rejections } = header.counts;
    let leaves = events.checked_add(rejections).filter(|leaves| *leaves <= MAX_INTEGER);
    if records == 0 || leaves.is_none_or(|leaves| leaves < records) {
        let expected = "at least one record, and at least one leaf for each";
        let found = format!("{records} records, {events} events, {rejections} rejections");
        return fail("counts", expected, found);
    }
    if header.first > header.last {
        let found = format!("{} before {}", header.first, header.last);
        return fail("first", "at most `last`", found);
    }
    let [from, to] = &header.arrived;
    if !(is_time(from) && is_time(to) && from <= to) {
        let expected = "two times such as 2026-01-31T23:59:59.123Z, in order";
        return fail("arrived", expected, format!("{from} and {to}"));
    }
    if header.transform.is_empty() || header.key.is_empty() {
        return fail("transform", "a transform and an object key", "nothing".to_owned());
    }
    Ok(())
}

/// Whether a text is a time in RFC 3339, UTC, with milliseconds: then texts sort as times do.
pub(crate) fn is_time(text: &str) -> bool {
    let form = b"0000-00-00T00:00:00.000Z";
    let is_like = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == *other,
    };
    text.len() == form.len()
        && text.bytes().zip(form).all(is_like)
        && text.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
pub(crate) mod tests;
