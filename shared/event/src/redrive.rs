//! The redrive envelope (SPEC.md §4.6): bytes that are on the stream anew, and where they were first.
//!
//! What an envelope says is the word of whoever put it on the stream: it marks events, and decides
//! nothing. What was redriven, and what is still open, is for the ledger table to say.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::Coordinates;
use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use crate::Limits;
use crate::decode::GZIP;
use crate::reason::{Reason, code};

/// What names the form of an envelope.
const VERSION: &str = "redrive/1";

/// The bytes that an envelope begins with, and no event: none has a field `cairn`.
const PREFIX: &[u8] = br#"{"cairn":"#;

/// Bytes of an envelope beside `raw`, at most: three names of 128 bytes, 128 digits and the frame.
const FRAME_BYTES: u64 = 1024;

/// Bytes that are to be read anew, and the coordinates of their first appearance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where they were rejected, or expired, first.
    pub first: Coordinates,
    /// The bytes, as a record that is read like any other.
    pub raw: Vec<u8>,
}

/// Why bytes are not an [`Envelope`]. Holds nothing of what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// They are not canonical JSON of an envelope's shape.
    #[error(
        "expected a redrive envelope in canonical form, of `cairn` `redrive/1`, `first` and `raw`, found other JSON or none"
    )]
    Shape,
    /// `raw` is not base64.
    #[error("expected `raw` to be base64 (RFC 4648 §4), found other text")]
    Base64,
    /// `raw` holds an envelope.
    #[error("expected `raw` to hold a record, found another redrive envelope")]
    Nested,
}

/// The JSON, its members declared in canonical order; strings of ASCII and a small integer, so that
/// `serde_json` writes RFC 8785 as it stands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    cairn: String,
    first: Coordinates,
    raw: String,
}

impl Envelope {
    /// The envelope that a record is, plain or gzip, or why it is none; `None` if it does not begin as
    /// one does.
    pub fn open(record: &[u8], limits: &Limits) -> Option<Result<Self, EnvelopeError>> {
        if !begins_as_envelope(record) {
            return None;
        }
        Some(match record.starts_with(PREFIX) {
            true => Self::parse(record),
            false => gunzip(record, limits).and_then(|json| Self::parse(&json)),
        })
    }

    /// The canonical JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (cairn, first) = (VERSION.to_owned(), self.first.clone());
        let wire = Wire { cairn, first, raw: STANDARD.encode(&self.raw) };
        #[expect(clippy::expect_used, reason = "strings and integers always serialise")]
        serde_json::to_vec(&wire).expect("an envelope serialises")
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; refuses any other bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| EnvelopeError::Shape)?;
        if wire.cairn != VERSION {
            return Err(EnvelopeError::Shape);
        }
        let raw = STANDARD.decode(&wire.raw).map_err(|_| EnvelopeError::Base64)?;
        let envelope = Self { first: wire.first, raw };
        if envelope.to_bytes() != bytes {
            return Err(EnvelopeError::Shape);
        }
        if begins_as_envelope(&envelope.raw) {
            return Err(EnvelopeError::Nested);
        }
        Ok(envelope)
    }
}

/// The same, with the reason of a rejection.
pub(crate) fn unwrap(record: &[u8], limits: &Limits) -> Option<Result<Envelope, Reason>> {
    let reason = |error: EnvelopeError| Reason::new(code::REDRIVE_INVALID, error.to_string());
    Envelope::open(record, limits).map(|read| read.map_err(reason))
}

fn begins_as_envelope(record: &[u8]) -> bool {
    if !record.starts_with(GZIP) {
        return record.starts_with(PREFIX);
    }
    let mut start = [0; PREFIX.len()];
    MultiGzDecoder::new(record).read_exact(&mut start).is_ok() && start == PREFIX
}

/// An envelope of a record with the most bytes that may be decoded, whose base64 has a third more.
fn gunzip(record: &[u8], limits: &Limits) -> Result<Vec<u8>, EnvelopeError> {
    let limit = limits.decoded_bytes.div_ceil(3).saturating_mul(4).saturating_add(FRAME_BYTES);
    let mut json = Vec::new();
    let mut decoder = MultiGzDecoder::new(record).take(limit);
    decoder.read_to_end(&mut json).map_err(|_| EnvelopeError::Shape)?;
    Ok(json)
}
