//! The proof of one event: from its bytes to a signed checkpoint.

use serde::{Deserialize, Serialize};

use crate::canonical::{MAX_INTEGER, write};
use crate::checkpoint::{decode_hash, encode_hash};
use crate::document::{DocumentError, check};
use crate::proof::{LogProof, ProofFileError};
use crate::tree::{inclusion_path, verify_inclusion};
use crate::{Hash, OpenCheckpoint, ProofError, SealedHeader, VerifierKey};

/// All it takes to prove one event (or rejection) offline. Nothing in it has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventProof {
    /// Canonical JSON of the event or rejection.
    pub leaf: String,
    /// Its index in the batch.
    pub index: u64,
    /// Its inclusion path in the batch.
    pub path: Vec<Hash>,
    /// The batch's header.
    pub header: SealedHeader,
    /// Position of the header in the log.
    pub position: u64,
    /// The header's inclusion path in the log.
    pub log_path: Vec<Hash>,
    /// The checkpoint's note, verbatim.
    pub checkpoint: String,
}

/// What a proof file proves: that the log held `header` when `checkpoint` was signed, and that
/// the batch holds `leaf`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Canonical JSON of the event or rejection.
    pub leaf: String,
    /// Its index in the batch.
    pub index: u64,
    /// The batch's header.
    pub header: SealedHeader,
    /// Position of the header in the log.
    pub position: u64,
    /// The checkpoint.
    pub checkpoint: OpenCheckpoint,
}

/// The extra data, its members declared in canonical order. Leaf and header are strings that hold
/// the exact bytes that are hashed, so that a reader needs no implementation of RFC 8785.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    header: String,
    index: u64,
    kind: String,
    leaf: String,
    path: Vec<String>,
    version: u32,
}

impl EventProof {
    /// Proves the leaf at `index` of the batch with these leaf hashes; `position` and `log_path`
    /// are those of the header in the log of the checkpoint. Refuses to make a proof that would
    /// not verify in its batch; whether it verifies in the log, [`check`](Self::check) tells.
    pub fn new(
        leaf: String,
        index: u64,
        leaves: &[Hash],
        header: SealedHeader,
        position: u64,
        log_path: Vec<Hash>,
        checkpoint: String,
    ) -> Result<Self, ProofFileError> {
        let size = leaves.len() as u64;
        let path = inclusion_path(leaves, index)
            .ok_or(ProofFileError::Leaf(ProofError::Index { index, size }))?;
        let proof = Self { leaf, index, path, header, position, log_path, checkpoint };
        proof.check_leaf()?;
        Ok(proof)
    }

    /// The text of the proof file (`.tlog-proof`).
    pub fn to_text(&self) -> String {
        let proof = LogProof {
            extra: Some(self.extra().into_bytes()),
            index: self.position,
            path: self.log_path.clone(),
            checkpoint: self.checkpoint.clone(),
        };
        proof.to_string()
    }

    /// Reads a proof file. Believes nothing: see [`check`](Self::check).
    pub fn parse(text: &str) -> Result<Self, ProofFileError> {
        let proof = LogProof::parse(text)?;
        let fail = |expected, found: &str| {
            let found = found.chars().take(80).collect();
            DocumentError::field("path", expected, found)
        };
        let extra = proof.extra.unwrap_or_default();
        let wire: Wire = serde_json::from_slice(&extra).map_err(DocumentError::Shape)?;
        check("kind", "event-proof", &wire.kind)?;
        check("version", "1", &wire.version.to_string())?;
        if wire.index > MAX_INTEGER {
            let found = wire.index.to_string();
            return Err(DocumentError::field("index", "at most 2^53 - 1", found).into());
        }
        let hash = |text: &String| decode_hash(text).ok_or_else(|| fail("base64 hashes", text));
        let proof = Self {
            path: wire.path.iter().map(hash).collect::<Result<_, _>>()?,
            header: SealedHeader::parse(&wire.header)?,
            leaf: wire.leaf,
            index: wire.index,
            position: proof.index,
            log_path: proof.path,
            checkpoint: proof.checkpoint,
        };
        match proof.extra().as_bytes() == extra {
            true => Ok(proof),
            false => Err(DocumentError::NotCanonical.into()),
        }
    }

    /// Reads a proof file and verifies all of it, offline: the leaf is in the batch, the batch's
    /// header is in the log, and one of `keys`, named as the log, signed the checkpoint.
    pub fn check(text: &str, keys: &[VerifierKey]) -> Result<Checked, ProofFileError> {
        let proof = Self::parse(text)?;
        proof.check_leaf()?;
        let link = proof.header.link();
        let log = LogProof {
            extra: None,
            index: proof.position,
            path: proof.log_path,
            checkpoint: proof.checkpoint,
        };
        let checkpoint = log.verify(&link, keys)?;
        let (expected, found) = (&checkpoint.checkpoint.origin, &proof.header.header.origin);
        if expected != found {
            let (expected, found) = (expected.clone(), found.clone());
            return Err(ProofFileError::Origin { expected, found });
        }
        let EventProof { leaf, index, header, position, .. } = proof;
        Ok(Checked { leaf, index, header, position, checkpoint })
    }

    fn check_leaf(&self) -> Result<(), ProofFileError> {
        let header = &self.header.header;
        let size = header.counts.events.saturating_add(header.counts.rejections);
        let leaf = Hash::leaf(self.leaf.as_bytes());
        verify_inclusion(&leaf, self.index, size, &self.path, &header.root)
            .map_err(ProofFileError::Leaf)
    }

    pub(super) fn extra(&self) -> String {
        write(&Wire {
            header: self.header.to_json(),
            index: self.index,
            kind: "event-proof".to_owned(),
            leaf: self.leaf.clone(),
            path: self.path.iter().map(encode_hash).collect(),
            version: 1,
        })
    }
}
