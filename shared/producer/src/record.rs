//! A record: the events of one lane that are put together.

use crate::config::Compression;
use crate::queue::Item;

/// Bytes of events packed into a record, at most. Kinesis takes 1 MiB, partition key included, from
/// every stream, and more only where the stream was told to
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>).
pub(crate) const MAX_RECORD: usize = 1_040_000;

/// One unit that Kinesis charges for: less than that costs as much.
pub(crate) const MIN_RECORD: usize = 25_600;

/// Events that are put together, and again together, so that whoever finds a record twice finds the
/// same bytes.
pub(crate) struct Record {
    pub(crate) items: Vec<Item>,
}

impl Record {
    /// Bytes of its events, a line each.
    pub(crate) fn plain_bytes(&self) -> usize {
        self.items.iter().map(|item| item.event.json.len() + 1).sum()
    }

    /// The record as it is put: NDJSON. Written for each request, as events in the queue would
    /// otherwise be in memory twice.
    pub(crate) fn encode(&self, compression: Compression) -> Vec<u8> {
        let mut plain = Vec::with_capacity(self.plain_bytes());
        for item in &self.items {
            plain.extend_from_slice(&item.event.json);
            plain.push(b'\n');
        }
        match compression {
            Compression::None => plain,
            #[cfg(feature = "gzip")]
            Compression::Gzip => gzip(plain),
        }
    }
}

/// Compressed, unless that would make it larger.
#[cfg(feature = "gzip")]
fn gzip(plain: Vec<u8>) -> Vec<u8> {
    use std::io::Write;

    let level = flate2::Compression::default();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    // Writing to memory does not fail.
    let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
    match packed {
        Ok(packed) if packed.len() < plain.len() => packed,
        _ => plain,
    }
}
