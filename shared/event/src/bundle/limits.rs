//! What a record may be at most.

use serde::{Deserialize, Serialize};

/// Limits on one record. What is made of a record is limited too, by
/// [`canonical_bytes`](Self::canonical_bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes after decompression; from 1 to 64 MiB.
    pub decoded_bytes: u64,
    /// Nesting of JSON values in one item: an object without objects or arrays in it has depth 1.
    /// From 1 to [`Limits::MAX_DEPTH`].
    pub depth: u32,
    /// Items in one record; at least 1.
    pub events: u32,
    /// Decoded bytes for each encoded one, where more than 1 MiB is decoded; from 1 to 65,535.
    /// Left out of the JSON if it is the default, [`Limits::RATIO`].
    #[serde(default = "Limits::default_ratio", skip_serializing_if = "Limits::is_default_ratio")]
    pub ratio: u32,
    /// JSON values and names of members in one item; at least 1.
    pub values: u32,
}

impl Limits {
    /// The greatest nesting that a bundle can allow: the reader recurses, and a leaf nests one
    /// deeper than the record that an adapter keeps in it.
    pub const MAX_DEPTH: u32 = crate::json::MAX_DEPTH - 1;

    /// The greatest size that a bundle can allow. A record is never split across batches, so ingest
    /// holds it whole, decoded, sealed and compressed, in a Lambda function's memory; Kinesis takes
    /// records of 10 MiB at most.
    pub(super) const MAX_DECODED_BYTES: u64 = 64 << 20;

    /// The default ratio. JSON shrinks about tenfold, very repetitive delivery files fiftyfold;
    /// DEFLATE reaches 1,032 with text that says nothing, Zstandard far more.
    pub const RATIO: u32 = 200;

    /// The greatest ratio that a bundle can allow.
    pub(super) const MAX_RATIO: u32 = u16::MAX as u32;

    /// Bytes that any record may be decoded to, whatever its ratio.
    const SMALL: u64 = 1 << 20;

    /// Bytes that the leaves of one record may take together: twice the decoded bytes, and 1 MiB for
    /// what sealing adds to a few small events. Canonical form writes `1e20` with 21 digits, so
    /// that the size of a record alone would not bound that of its leaves.
    pub fn canonical_bytes(&self) -> u64 {
        self.decoded_bytes.saturating_mul(2).saturating_add(1 << 20)
    }

    /// Bytes that `encoded` bytes may be decompressed to.
    pub(crate) fn decompressed_bytes(&self, encoded: usize) -> u64 {
        let by_ratio = (encoded as u64).saturating_mul(u64::from(self.ratio));
        self.decoded_bytes.min(by_ratio.max(Self::SMALL))
    }

    fn default_ratio() -> u32 {
        Self::RATIO
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_default_ratio(ratio: &u32) -> bool {
        *ratio == Self::RATIO
    }
}

impl Default for Limits {
    /// Meant to stop attacks, not producers:
    ///
    /// - 10 MiB decoded: the largest record that Kinesis takes, so that nothing it takes plain is
    ///   too large, and about ten times a typical CloudTrail delivery file;
    /// - depth 32: CloudTrail's deepest records reach about ten;
    /// - 10,000 events: what fits in 10 MiB at 1 KiB each;
    /// - 200 decoded bytes for each encoded one, see [`Limits::RATIO`];
    /// - 100,000 values: a thousand times a CloudTrail record's, and 2 MB of memory to read.
    fn default() -> Self {
        Self {
            decoded_bytes: 10 << 20,
            depth: 32,
            events: 10_000,
            ratio: Self::RATIO,
            values: 100_000,
        }
    }
}
