//! The config bundle: what an operator decides about how records are judged.

use cairn_ledger::Hash;
use serde::{Deserialize, Serialize};

/// The config bundle of a deployment: one canonical JSON document of `kind` `config`, locked in
/// the archive at `config/<hash>`, its hash named by every batch header.
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What a record may be at most.
    pub limits: Limits,
    /// Key of the HMAC under which tenants appear in tenant lines (SPEC.md §5).
    pub tenant_key: [u8; 32],
}

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
    const MAX_DECODED_BYTES: u64 = 64 << 20;

    /// Bytes that the leaves of one record may take together: twice the decoded bytes, and 1 MiB for
    /// what sealing adds to a few small events. Canonical form writes `1e20` with 21 digits, so
    /// that the size of a record alone would not bound that of its leaves.
    pub fn canonical_bytes(&self) -> u64 {
        self.decoded_bytes.saturating_mul(2).saturating_add(1 << 20)
    }
}

impl Default for Limits {
    /// Meant to stop attacks, not producers:
    ///
    /// - 10 MiB decoded: the largest record that Kinesis takes, so that nothing it takes plain is
    ///   too large, and about ten times a typical CloudTrail delivery file;
    /// - depth 32: CloudTrail's deepest records reach about ten;
    /// - 10,000 events: what fits in 10 MiB at 1 KiB each;
    /// - 100,000 values: a thousand times a CloudTrail record's, and 2 MB of memory to read.
    fn default() -> Self {
        Self { decoded_bytes: 10 << 20, depth: 32, events: 10_000, values: 100_000 }
    }
}

/// Why bytes are not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Not JSON of the bundle's shape.
    #[error("not a config bundle: {0}")]
    Shape(#[from] serde_json::Error),
    /// A field has a value that a bundle of this version cannot have.
    #[error("config bundle: `{field}`: expected {expected}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The JSON is not in canonical form, so its hash does not name it.
    #[error("config bundle is not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// The JSON, its members declared in canonical order. Holds only strings and integers below
/// 2^53, so that `serde_json` writes RFC 8785 as it stands (a test compares the two).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    kind: String,
    limits: Limits,
    tenant_key: String,
    version: u32,
}

/// Version of the bundle's format.
const VERSION: u32 = 1;

impl Bundle {
    /// A bundle with the default limits.
    pub fn with_tenant_key(tenant_key: [u8; 32]) -> Self {
        Self { limits: Limits::default(), tenant_key }
    }

    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        let wire = Wire {
            kind: "config".to_owned(),
            limits: self.limits,
            tenant_key: hex::encode(self.tenant_key),
            version: VERSION,
        };
        #[expect(clippy::expect_used, reason = "strings and integers always serialise")]
        serde_json::to_string(&wire).expect("a bundle serialises")
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &[u8]) -> Result<Self, BundleError> {
        let wire: Wire = serde_json::from_slice(json)?;
        let demand = |is: bool, field, expected| match is {
            true => Ok(()),
            false => Err(BundleError::Field { field, expected }),
        };
        let Limits { decoded_bytes, depth, events, values } = wire.limits;
        demand(wire.kind == "config", "kind", "`config`")?;
        demand(wire.version == VERSION, "version", "1")?;
        let sizes = 1..=Limits::MAX_DECODED_BYTES;
        demand(sizes.contains(&decoded_bytes), "limits.decoded_bytes", "1 to 67108864")?;
        demand((1..=Limits::MAX_DEPTH).contains(&depth), "limits.depth", "1 to 128")?;
        demand(events > 0, "limits.events", "1 or more")?;
        demand(values > 0, "limits.values", "1 or more")?;
        let mut tenant_key = [0; 32];
        let read = hex::decode_to_slice(&wire.tenant_key, &mut tenant_key);
        demand(read.is_ok(), "tenant_key", "64 lowercase hexadecimal digits")?;
        let bundle = Self { limits: wire.limits, tenant_key };
        if bundle.to_json().as_bytes() != json {
            return Err(BundleError::NotCanonical);
        }
        Ok(bundle)
    }

    /// SHA-256 of the canonical JSON: the name of the bundle.
    pub fn hash(&self) -> Hash {
        Hash::of(self.to_json().as_bytes())
    }
}

impl std::fmt::Debug for Bundle {
    /// Without the tenant key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundle").field("limits", &self.limits).finish_non_exhaustive()
    }
}
