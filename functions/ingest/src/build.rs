//! Builds a batch from records. Pure: salts are passed in.

use std::collections::BTreeMap;

use bytes::Bytes;
use cairn_adopt::{ROW_BYTES, arrival_range};
use cairn_batch::{BatchError, keys};
use cairn_event::{Item, Leaf, Record, Rejection, Rules, TRANSFORM};
use cairn_ledger::{BatchHeader, ChainId, Counts, Hash, Lineage, SealedHeader};
use cairn_ledger::{Frontier, TenantTree};

use crate::traces::{self, Traced};

/// What a batch is built under: the same for every batch of a warm function.
#[derive(Debug)]
pub struct Context<'a> {
    /// Name of the log.
    pub origin: &'a str,
    /// The chain. Coordinates name the one that its shard began with.
    pub chain: &'a ChainId,
    /// The rules of the config bundle.
    pub rules: &'a Rules,
    /// The bundle's hash.
    pub bundle_hash: Hash,
    /// Whether the traces of events are told.
    pub traces: bool,
}

/// A batch, ready to be put.
#[derive(Debug)]
pub struct Built {
    /// The header, complete.
    pub header: SealedHeader,
    /// The bytes of the object.
    pub object: Bytes,
    /// Key and bytes of the quarantine object, if anything was rejected.
    pub quarantine: Option<(String, Bytes)>,
    /// How many items were rejected, by the code of the reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// Events whose traces are to be told, once the batch is committed.
    pub traced: Vec<Traced>,
}

/// Builds the batch `number` of a chain from as many of the records as it takes: at least the
/// first, and all of them unless they hold far more than a full invocation can.
pub fn build(
    context: &Context<'_>,
    number: u64,
    lineage: Lineage,
    records: &[Record],
    mut salt: impl FnMut() -> [u8; 32],
) -> Result<Built, BatchError> {
    let (items, taken) = transform(context, records);
    let records = &records[..taken];
    let mut reasons = BTreeMap::new();
    for rejection in rejections(&items) {
        *reasons.entry(rejection.reason.code).or_default() += 1;
    }
    let salts: Vec<[u8; 32]> = rejections(&items).map(|_| salt()).collect();
    let (leaves, quarantine) = leaves(context.chain, number, items, &salts);

    let mut root = Frontier::new();
    let mut tenants = TenantTree::new(&context.rules.bundle().tenant_key);
    let mut counts = Counts { records: records.len() as u64, ..Counts::default() };
    let mut traced = Vec::new();
    for (row, leaf) in leaves.iter().enumerate() {
        let hash = Hash::leaf(&leaf.bytes);
        root.push(hash);
        if context.traces && traced.len() < traces::MOST {
            traced.extend(Traced::of(row, leaf, hash));
        }
        match &leaf.event {
            Some(event) => {
                tenants.push(&event.tenant, hash);
                counts.events += 1;
            }
            None => counts.rejections += 1,
        }
    }
    let header = BatchHeader {
        origin: context.origin.to_owned(),
        chain: context.chain.clone(),
        number,
        lineage,
        root: root.root(),
        counts,
        tenants: tenants.root(),
        first: records[0].sequence.clone(),
        last: records[taken - 1].sequence.clone(),
        arrived: arrival_range(records.iter().map(|record| record.arrived)).unwrap_or_default(),
        bundle: context.bundle_hash,
        transform: TRANSFORM.to_owned(),
        key: keys::batch(context.chain, number),
    };
    let object = cairn_batch::encode(&header, &leaves)?;
    let sha256 = Hash::of(&object);
    Ok(Built { header: header.seal(sha256), object: object.into(), quarantine, reasons, traced })
}

/// The items of the records, and how many records they are of.
fn transform(context: &Context<'_>, records: &[Record]) -> (Vec<Item>, usize) {
    let mut items = Vec::with_capacity(records.len());
    let original = context.chain.original();
    let (mut bytes, mut measured) = (0, 0);
    for (n, record) in records.iter().enumerate() {
        cairn_event::transform(&original, record, context.rules, &mut items);
        bytes += items[measured..].iter().map(Item::footprint).sum::<usize>();
        measured = items.len();
        if bytes >= ROW_BYTES {
            return (items, n + 1);
        }
    }
    (items, records.len())
}

fn rejections(items: &[Item]) -> impl Iterator<Item = &Rejection> {
    items.iter().filter_map(|item| match item {
        Item::Rejection(rejection) => Some(rejection),
        Item::Event(_) => None,
    })
}

/// Turns items into leaves. A rejection's leaf names the quarantine object by its hash, so that
/// object is made first.
fn leaves(
    chain: &ChainId,
    number: u64,
    items: Vec<Item>,
    salts: &[[u8; 32]],
) -> (Vec<Leaf>, Option<(String, Bytes)>) {
    let original = chain.original();
    let mut lines = String::new();
    for (rejection, salt) in rejections(&items).zip(salts) {
        lines.push_str(&rejection.quarantine_line(&original, salt));
        lines.push('\n');
    }
    let hash = Hash::of(lines.as_bytes());
    let quarantine =
        (!lines.is_empty()).then(|| (keys::quarantine(chain, number, &hash), lines.into()));
    let mut salts = salts.iter();
    let mut leaf = |rejection: Rejection| {
        #[expect(clippy::expect_used, reason = "one salt was drawn for each rejection")]
        let salt = salts.next().expect("a salt for each rejection");
        rejection.leaf(&original, salt, &hash)
    };
    let leaves = items
        .into_iter()
        .map(|item| match item {
            Item::Event(event) => event,
            Item::Rejection(rejection) => leaf(rejection),
        })
        .collect();
    (leaves, quarantine)
}
