//! Records as producers and Lambda hand them over, and the leaves that they become.

use std::io::Write;
use std::sync::LazyLock;

use cairn_event::{Bundle, CODES, Envelope, Item, Leaf, Record, Rules, transform};
use cairn_ingest::Request;
use cairn_ledger::{ChainId, Hash};
use flate2::Compression;
use flate2::write::GzEncoder;
use md5::{Digest, Md5};

/// What marks an aggregate of the Kinesis Producer Library.
const KPL: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];

/// Limits that small inputs reach.
const DECODED: u64 = 1 << 20;

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let mut bundle = Bundle::with_tenant_key([7; 32]);
    bundle.limits.decoded_bytes = DECODED;
    bundle.limits.depth = 16;
    bundle.limits.events = 100;
    Rules::new(bundle, None).unwrap()
});

fn chain() -> ChainId {
    "events/20260131T120000Z/shardId-000000000000".parse().unwrap()
}

/// A record: the first byte says how the rest is wrapped, so that the parsers within are reached.
///
/// Whatever comes, a record makes items, in order, at least one; the same bytes make the same ones; what is
/// no event keeps its bytes; and each item's leaf is canonical and says where it stands.
pub fn records(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return tried(Vec::new()) };
    tried(match how {
        0 => rest.to_vec(),
        1 => gzip(rest),
        2 => zstd::bulk::compress(rest, 3).unwrap(),
        3 => aggregate(rest),
        4 => {
            let first = "events/20260101T000000Z/shardId-000000000001#7#0".parse().unwrap();
            Envelope { first, raw: rest.to_vec() }.to_bytes()
        }
        5 => gzip(&aggregate(&gzip(rest))),
        6 => aggregate(&message(rest)),
        _ => bytes.to_vec(),
    });
}

fn tried(data: Vec<u8>) {
    let made = items(&data);
    assert!(!made.is_empty(), "a record makes at least one item");
    assert_eq!(made, items(&data), "the same bytes make the same items");
    let sealed: usize = made.iter().map(Item::footprint).sum();
    assert!(sealed <= 64 << 20, "{sealed} bytes of items from {} of a record", data.len());
    for (place, item) in made.iter().enumerate() {
        let leaf = match item {
            Item::Event(leaf) => leaf.clone(),
            Item::Rejection(rejection) => {
                assert!(CODES.iter().any(|(code, _)| *code == rejection.reason.code));
                assert_eq!(rejection.index as usize, place);
                rejection.leaf(&chain(), &[1; 32], &Hash::EMPTY_ROOT)
            }
        };
        assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf, "a leaf is what its bytes say");
        let json: serde_json::Value = serde_json::from_slice(&leaf.bytes).unwrap();
        assert_eq!(json["coordinates"]["index"], place);
        let canonical = serde_json_canonicalizer::to_vec(&json).unwrap();
        assert!(canonical == leaf.bytes, "a leaf is canonical");
    }
}

fn items(data: &[u8]) -> Vec<Item> {
    let record = Record {
        sequence: "49590338271490256608559692538361571095921575989136588898".parse().unwrap(),
        arrived: "2026-01-31T12:34:56.789Z".parse().unwrap(),
        data: data.to_vec(),
    };
    let mut items = Vec::new();
    transform(&chain(), &record, &RULES, &mut items);
    items
}

/// Leaves as they lie in the archive: one that is read is canonical. And the envelopes of a redrive.
pub fn leaves(bytes: &[u8]) {
    if let Ok(leaf) = Leaf::parse(bytes) {
        assert!(leaf.bytes == bytes);
        let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert!(serde_json_canonicalizer::to_vec(&json).unwrap() == bytes, "a leaf is canonical");
    }
    if let Ok(envelope) = Envelope::parse(bytes) {
        assert_eq!(Envelope::parse(&envelope.to_bytes()).unwrap(), envelope);
    }
}

/// What Lambda sends: records that are accepted are of one shard, in order, each once.
pub fn request(bytes: &[u8]) {
    let Ok(request) = serde_json::from_slice::<Request>(bytes) else { return };
    let Ok(shard) = request.into_shard() else { return };
    assert!(!shard.records.is_empty());
    assert!(shard.records.is_sorted_by(|a, b| a.sequence < b.sequence));
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// The message in the frame of an aggregate.
fn aggregate(message: &[u8]) -> Vec<u8> {
    [&KPL[..], message, Md5::digest(message).as_slice()].concat()
}

/// A message of records, cut at line feeds.
fn message(rest: &[u8]) -> Vec<u8> {
    let mut message = b"\x0a\x01k".to_vec();
    for data in rest.split(|byte| *byte == b'\n').take(200) {
        let mut record = vec![0x08, 0x00, 0x1a];
        varint(&mut record, data.len());
        record.extend(data);
        message.push(0x1a);
        varint(&mut message, record.len());
        message.extend(record);
    }
    message
}

fn varint(to: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}
