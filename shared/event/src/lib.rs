//! The audit event. Turns the bytes of a Kinesis record into leaves: canonical events, or
//! rejections that say why not.

mod adapter;
mod bundle;
mod decode;
mod event;
mod inspect;
mod json;
mod kpl;
mod leaf;
mod reason;
mod redrive;
mod rejection;
mod rules;
mod split;
mod unpack;

pub use bundle::{
    ActionPattern, ActorEntry, Bundle, BundleError, Detail, Heuristic, Limits, LocationSource,
    PointerPattern, Redaction, RedactionAction, Retention, Tenant, Unknown,
};
pub use inspect::{Inspection, inspect};
pub use leaf::{EventColumns, Leaf, LeafError, LeafParts, RawCommitment};
pub use reason::{CODES, Reason};
pub use redrive::{Envelope, EnvelopeError};
pub use rejection::Rejection;
pub use rules::{Rules, RulesError};

use cairn_ledger::{ChainId, Coordinates, SequenceNumber};

/// Version of the code that turns records into leaves, named by every batch header. It changes
/// whenever the same record under the same bundle would make another leaf.
pub const TRANSFORM: &str = "cairn/2";

/// A Kinesis record, as Lambda hands it over.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its sequence number.
    pub sequence: SequenceNumber,
    /// When Kinesis took it in (`approximateArrivalTimestamp`), to the millisecond.
    pub arrived: jiff::Timestamp,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// What one item of a record became.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A sealed event.
    Event(Leaf),
    /// A rejection; becomes a leaf once its salt and its quarantine object are known.
    Rejection(Rejection),
}

impl Item {
    /// Bytes of memory that the item takes until its batch is sealed, about: for bounding a batch
    /// before it is made, where the number of records says little.
    pub fn footprint(&self) -> usize {
        match self {
            Self::Event(leaf) => leaf.footprint(),
            Self::Rejection(rejection) => rejection.footprint(),
        }
    }
}

/// Turns a record into items, at least one, in record order. Pure: the result depends on the
/// arguments alone.
pub fn transform(chain: &ChainId, record: &Record, rules: &Rules, items: &mut Vec<Item>) {
    match redrive::unwrap(&record.data, &rules.bundle().limits) {
        None => read(chain, record, None, rules, items),
        Some(Err(reason)) => items.push(Item::Rejection(whole(record, reason))),
        Some(Ok(Envelope { first, raw })) => {
            let before = items.len();
            let inner = Record { data: raw, ..record.clone() };
            read(chain, &inner, Some(&first), rules, items);
            for item in &mut items[before..] {
                if let Item::Rejection(rejection) = item {
                    let raw = std::mem::take(&mut rejection.raw);
                    rejection.raw = Envelope { first: first.clone(), raw }.to_bytes();
                }
            }
        }
    }
}

/// The items of a record that is in no envelope any more.
fn read(
    chain: &ChainId,
    record: &Record,
    first: Option<&Coordinates>,
    rules: &Rules,
    items: &mut Vec<Item>,
) {
    let before = items.len();
    if let Err(reason) = unpack::unpack(chain, record, first, rules, items) {
        items.truncate(before);
        items.push(Item::Rejection(whole(record, reason)));
    }
}

/// The rejection of a record as a whole.
fn whole(record: &Record, reason: Reason) -> Rejection {
    Rejection {
        sequence: record.sequence.clone(),
        arrived: record.arrived,
        index: 0,
        reason,
        raw: record.data.clone(),
    }
}

/// The README's example is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
