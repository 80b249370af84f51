//! Makes Kinesis records of pieces.

use std::io::Write;
use std::sync::Arc;

use bytes::Bytes;
use cairn_ledger::Hash;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;

use super::split::Piece;

/// A record has at most so many bytes, its partition key included: the default of a stream, which
/// can be raised to 10 MiB
/// (<https://docs.aws.amazon.com/streams/latest/dev/large-records.html>).
pub(crate) const MAX_RECORD: usize = 1 << 20;

/// Events that are packed into one record at most: what the default config bundle allows with
/// room to spare.
const MAX_PACKED: u32 = 1_000;

/// What decides the shard that a record goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Partition {
    /// The record's bytes: shards fill evenly, and the same record goes to the same shard again.
    #[default]
    Content,
    /// The event's tenant: a tenant's events stay in one chain, and a large one can fill a shard.
    Tenant,
    /// The event's tenant and actor: what somebody does stays in one chain.
    Actor,
}

/// A record to put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) data: Bytes,
    pub(crate) key: String,
    /// Pieces in it.
    pub(crate) pieces: u32,
    /// Where (the first of) them came from.
    pub(crate) from: Place,
}

/// Where a piece stood in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: Arc<str>,
    /// Which one, from 1.
    pub(crate) number: u64,
    /// The line that it begins in, from 1.
    pub(crate) line: u64,
}

/// A piece that fits no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected at most {MAX_RECORD} bytes, as a Kinesis record has, found {found}")]
pub(crate) struct TooLarge {
    found: usize,
}

impl Record {
    /// The size that Kinesis counts.
    pub(crate) fn size(&self) -> usize {
        self.data.len() + self.key.len()
    }

    /// A record of one piece. JSON that is too large as it stands is compressed.
    pub(crate) fn single(
        piece: Piece,
        partition: Partition,
        from: Place,
    ) -> Result<Self, TooLarge> {
        let key = key(&piece.bytes, partition);
        let found = piece.bytes.len() + key.len();
        let mut record = Self { data: piece.bytes.into(), key, pieces: 1, from };
        if record.size() > MAX_RECORD && piece.whole {
            record.data = gzip(&record.data).into();
        }
        if record.size() > MAX_RECORD { Err(TooLarge { found }) } else { Ok(record) }
    }
}

fn key(bytes: &[u8], partition: Partition) -> String {
    #[derive(Deserialize)]
    struct Who<'a> {
        #[serde(borrow)]
        tenant: std::borrow::Cow<'a, str>,
        #[serde(borrow)]
        actor: Option<Actor<'a>>,
    }
    #[derive(Deserialize)]
    struct Actor<'a> {
        #[serde(borrow)]
        id: std::borrow::Cow<'a, str>,
    }
    // Hashed, for a key has 256 characters at most and may be seen in metrics.
    let digest = |parts: &[&[u8]]| Hash::of(&parts.join(&0)).to_string()[..32].to_owned();
    match (partition, serde_json::from_slice::<Who<'_>>(bytes)) {
        (Partition::Tenant, Ok(who)) => digest(&[who.tenant.as_bytes()]),
        (Partition::Actor, Ok(Who { tenant, actor: Some(actor) })) => {
            digest(&[tenant.as_bytes(), actor.id.as_bytes()])
        }
        // Somebody else's record, or no record at all.
        _ => digest(&[bytes]),
    }
}

/// Packs several events into one record, as compressed JSON lines: fewer records to pay for.
#[derive(Debug)]
pub(crate) struct Packer {
    /// Bytes of the lines in one record.
    limit: usize,
    lines: Vec<u8>,
    pieces: u32,
    from: Option<Place>,
}

impl Packer {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, lines: Vec::new(), pieces: 0, from: None }
    }

    /// Adds an event; returns the record that it would not have fit in any more.
    pub(crate) fn add(&mut self, json: &[u8], from: Place) -> Option<Record> {
        let full = self.pieces == MAX_PACKED || self.lines.len() + json.len() + 1 > self.limit;
        let record = full.then(|| self.flush()).flatten();
        self.from.get_or_insert(from);
        self.pieces += 1;
        // In JSON, a line feed is white space: strings have it escaped.
        self.lines.extend(json.iter().map(|&b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }));
        self.lines.push(b'\n');
        record
    }

    /// Whether an event is small enough to be packed.
    pub(crate) fn takes(&self, json: &[u8]) -> bool {
        json.len() < self.limit
    }

    /// The record of what was added since the last one, if anything was.
    pub(crate) fn flush(&mut self) -> Option<Record> {
        let from = self.from.take()?;
        let data = gzip(&self.lines);
        self.lines.clear();
        let pieces = std::mem::take(&mut self.pieces);
        let key = key(&data, Partition::Content);
        Some(Record { data: data.into(), key, pieces, from })
    }
}

/// Compresses bytes.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    #[expect(clippy::expect_used, reason = "a vector takes all that is written to it")]
    let packed = encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes it");
    packed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Read;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn place(number: u64) -> Place {
        Place { path: "file".into(), number, line: 1 }
    }

    fn piece(text: &str) -> Piece {
        Piece { bytes: text.as_bytes().to_vec(), whole: true, line: 1 }
    }

    fn unpack(record: &Record) -> Vec<String> {
        let mut text = String::new();
        GzDecoder::new(&record.data[..]).read_to_string(&mut text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    fn key_of(text: &str, partition: Partition) -> String {
        Record::single(piece(text), partition, place(1)).unwrap().key
    }

    #[test]
    fn the_same_bytes_go_to_the_same_shard() {
        assert_eq!(key_of("{}", Partition::Content), key_of("{}", Partition::Content));
        assert_ne!(key_of("{}", Partition::Content), key_of("{ }", Partition::Content));
    }

    #[test]
    fn a_tenants_events_go_to_one_shard() {
        let one = r#"{"n":1,"tenant":"a","actor":{"type":"user","id":"x"}}"#;
        let two = r#"{"n":2,"tenant":"a","actor":{"type":"user","id":"y"}}"#;
        let other = r#"{"n":1,"tenant":"b","actor":{"type":"user","id":"x"}}"#;
        assert_eq!(key_of(one, Partition::Tenant), key_of(two, Partition::Tenant));
        assert_ne!(key_of(one, Partition::Tenant), key_of(other, Partition::Tenant));
        assert_ne!(key_of(one, Partition::Actor), key_of(two, Partition::Actor));
        assert_ne!(key_of(one, Partition::Actor), key_of(other, Partition::Actor));
        let again = one.replace("\"n\":1", "\"n\":3");
        assert_eq!(key_of(one, Partition::Actor), key_of(&again, Partition::Actor));
    }

    #[test]
    fn what_has_no_tenant_is_spread_by_its_bytes() {
        for broken in ["not json", "{}", "[1]", r#"{"tenant":7}"#] {
            assert_eq!(key_of(broken, Partition::Tenant), key_of(broken, Partition::Content));
        }
    }

    #[test]
    fn an_event_too_large_for_a_record_is_compressed_if_that_helps() {
        let text = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_RECORD));
        let record = Record::single(piece(&text), Partition::Content, place(1)).unwrap();
        assert_eq!(unpack(&record), std::slice::from_ref(&text));
        let broken = Piece { bytes: text.into_bytes(), whole: false, line: 1 };
        let found = broken.bytes.len() + 32;
        let result = Record::single(broken, Partition::Content, place(1));
        assert_eq!(result.unwrap_err(), TooLarge { found }, "evidence is not touched");
    }

    #[test]
    fn the_key_counts_towards_the_size_of_a_record() {
        let just = Piece { bytes: vec![b'x'; MAX_RECORD - 32], whole: false, line: 1 };
        assert!(Record::single(just, Partition::Content, place(1)).is_ok());
        let more = Piece { bytes: vec![b'x'; MAX_RECORD - 31], whole: false, line: 1 };
        assert!(Record::single(more, Partition::Content, place(1)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn what_is_packed_comes_out_in_order_and_within_the_limit(
            sizes in prop::collection::vec(0..400_usize, 0..60),
            limit in 450..2_000_usize,
        ) {
            let events: Vec<String> = sizes.iter().enumerate().map(|(i, n)| format!("[{i},\n\"{}\"]", "x".repeat(*n))).collect();
            let mut packer = Packer::new(limit);
            let mut records = Vec::new();
            for (i, event) in events.iter().enumerate() {
                prop_assert!(packer.takes(event.as_bytes()));
                records.extend(packer.add(event.as_bytes(), place(i as u64)));
            }
            records.extend(packer.flush());
            prop_assert_eq!(packer.flush(), None);
            let mut found = Vec::new();
            for record in &records {
                let lines = unpack(record);
                prop_assert_eq!(lines.len(), record.pieces as usize);
                prop_assert_eq!(record.from.number, found.len() as u64);
                prop_assert!(lines.iter().map(|line| line.len() + 1).sum::<usize>() <= limit);
                found.extend(lines);
            }
            let expected: Vec<String> = events.iter().map(|event| event.replace('\n', " ")).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
