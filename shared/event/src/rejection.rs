//! Rejections: what becomes of an item that is no event.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::{ChainId, Hash, SequenceNumber};

use crate::Leaf;
use crate::event::{ObjectWriter, arrival, write_coordinates};
use crate::reason::Reason;

/// An item (or a whole record) that is no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Sequence number of the record.
    pub sequence: SequenceNumber,
    /// Arrival of the record.
    pub arrived: jiff::Timestamp,
    /// Index of the item in its record; 0 where the record as a whole could not be read.
    pub index: u32,
    /// Why.
    pub reason: Reason,
    /// The bytes of the item as they stood in the decoded record; of the whole record, as it
    /// came from Kinesis, where that could not be decoded or split.
    pub raw: Vec<u8>,
}

/// Bytes of a rejection's leaf, and of its line of quarantine without the raw bytes; most have less.
const FRAME_BYTES: usize = 1024;

impl Rejection {
    /// Bytes of memory that the rejection takes until its batch is sealed, about: the raw bytes,
    /// which it holds, and what is made of it, which is its leaf and the line of quarantine, with
    /// the raw bytes once more in base64.
    pub fn footprint(&self) -> usize {
        let line = self.raw.len().div_ceil(3).saturating_mul(4);
        size_of::<Self>() + self.raw.capacity() + line.saturating_add(2 * FRAME_BYTES)
    }

    /// The leaf of this rejection: canonical JSON that commits to the raw bytes by
    /// `SHA-256(salt || raw)` and names the quarantine object that holds both.
    pub fn leaf(&self, chain: &ChainId, salt: &[u8; 32], quarantine: &Hash) -> Leaf {
        let (arrived, arrived_text) = arrival(self.arrived);
        let mut salted = Vec::with_capacity(salt.len() + self.raw.len());
        salted.extend_from_slice(salt);
        salted.extend_from_slice(&self.raw);
        let commitment = Hash::of(&salted);
        let mut bytes = Vec::with_capacity(FRAME_BYTES);
        let mut object = ObjectWriter::new(&mut bytes);
        object.text("arrived", &arrived_text);
        object.member("coordinates", |out| {
            write_coordinates(chain, &self.sequence, self.index, out);
        });
        object.text("kind", "rejection");
        object.member("raw", |out| {
            let mut raw = ObjectWriter::new(out);
            raw.member("bytes", |out| {
                out.extend_from_slice(self.raw.len().to_string().as_bytes());
            });
            raw.text("quarantine", &quarantine.to_string());
            raw.text("sha256", &commitment.to_string());
            raw.end();
        });
        object.member("reason", |out| write_reason(&self.reason, out));
        object.end();
        Leaf { bytes, sequence: self.sequence.clone(), arrived, event: None }
    }

    /// The line of the quarantine object: canonical JSON with coordinates, reason, salt (hex) and
    /// raw bytes (base64), without the line feed.
    pub fn quarantine_line(&self, chain: &ChainId, salt: &[u8; 32]) -> String {
        let (_, arrived) = arrival(self.arrived);
        let mut line = Vec::with_capacity(FRAME_BYTES + self.raw.len().div_ceil(3) * 4);
        let mut object = ObjectWriter::new(&mut line);
        object.text("arrived", &arrived);
        object.member("coordinates", |out| {
            write_coordinates(chain, &self.sequence, self.index, out);
        });
        object.text("raw", &STANDARD.encode(&self.raw));
        object.member("reason", |out| write_reason(&self.reason, out));
        object.text("salt", &hex::encode(salt));
        object.end();
        #[expect(clippy::expect_used, reason = "made of strings and ASCII")]
        String::from_utf8(line).expect("canonical JSON is UTF-8")
    }
}

fn write_reason(reason: &Reason, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::new(out);
    object.text("code", reason.code);
    object.text("message", &reason.message);
    object.optional_text("pointer", reason.pointer.as_deref());
    object.end();
}
