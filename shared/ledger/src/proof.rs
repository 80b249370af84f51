//! Proof files: C2SP tlog-proof, and the proof of one event. SPEC.md §10.

mod event;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
pub use event::{Checked, EventProof};

use crate::checkpoint::{decode_hash, encode_hash, parse_decimal};
use crate::tree::verify_inclusion;
use crate::{
    Checkpoint, CheckpointError, DocumentError, Hash, HeaderError, OpenCheckpoint, ProofError,
    VerifierKey,
};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// No path in a tree of less than 2^64 leaves is longer.
const MAX_PATH: usize = 64;

/// That an entry is in a log, as C2SP tlog-proof writes it. Nothing in it has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// Data for the application, not authenticated by the proof itself.
    pub extra: Option<Vec<u8>>,
    /// Position of the entry.
    pub index: u64,
    /// Its inclusion path.
    pub path: Vec<Hash>,
    /// The checkpoint's note, verbatim.
    pub checkpoint: String,
}

/// Why a proof file proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProofFileError {
    /// A line is not as it must be.
    #[error("proof file: line {line}: expected {expected}, found {found:?}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The extra data is not that of an event's proof.
    #[error("proof file: extra data: {0}")]
    Extra(#[from] DocumentError),
    /// The batch header is none.
    #[error("proof file: {0}")]
    Header(#[from] HeaderError),
    /// The event is not in the batch.
    #[error("the leaf is not proven to be in the batch: {0}")]
    Leaf(#[source] ProofError),
    /// The batch is not in the log.
    #[error("the batch is not proven to be in the log: {0}")]
    Log(#[source] ProofError),
    /// The checkpoint is not one, or not to be believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The batch says that it belongs to another log.
    #[error("expected a batch of the log {expected:?}, found one of {found:?}")]
    Origin {
        /// The checkpoint's origin.
        expected: String,
        /// The header's origin.
        found: String,
    },
}

impl LogProof {
    /// Reads a proof file. Believes nothing: see [`verify`](Self::verify).
    pub fn parse(text: &str) -> Result<Self, ProofFileError> {
        let mut lines = Lines { rest: text, line: 0 };
        let first = lines.next("the line c2sp.org/tlog-proof@v1")?;
        if first != FIRST_LINE {
            return Err(lines.fail("the line c2sp.org/tlog-proof@v1", first));
        }
        let mut line = lines.next("`extra` or `index`")?;
        let mut extra = None;
        if let Some(encoded) = line.strip_prefix("extra ") {
            let expected = "`extra` and base64";
            let data = STANDARD.decode(encoded).map_err(|_| lines.fail(expected, encoded))?;
            extra = Some(data);
            line = lines.next("`index` and a decimal")?;
        }
        let index = line.strip_prefix("index ").and_then(parse_decimal);
        let index = index.ok_or_else(|| lines.fail("`index` and a decimal", line))?;
        let mut path = Vec::new();
        loop {
            let expected = "the base64 of 32 bytes, or an empty line after at most 64 of them";
            let line = lines.next(expected)?;
            if line.is_empty() {
                break;
            }
            let hash = decode_hash(line).filter(|_| path.len() < MAX_PATH);
            path.push(hash.ok_or_else(|| lines.fail(expected, line))?);
        }
        Ok(Self { extra, index, path, checkpoint: lines.rest.to_owned() })
    }

    /// Verifies that the entry with this leaf hash is in the log of the checkpoint, and that one
    /// of `keys`, named as the log, signed the checkpoint.
    pub fn verify(
        &self,
        leaf: &Hash,
        keys: &[VerifierKey],
    ) -> Result<OpenCheckpoint, ProofFileError> {
        let open = Checkpoint::open(&self.checkpoint, keys)?;
        let Checkpoint { size, root, .. } = &open.checkpoint;
        verify_inclusion(leaf, self.index, *size, &self.path, root).map_err(ProofFileError::Log)?;
        Ok(open)
    }
}

impl fmt::Display for LogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", encode_hash(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Lines that each end in a line feed.
struct Lines<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Lines<'t> {
    fn next(&mut self, expected: &'static str) -> Result<&'t str, ProofFileError> {
        self.line += 1;
        let (line, rest) =
            self.rest.split_once('\n').ok_or_else(|| self.fail(expected, self.rest))?;
        self.rest = rest;
        Ok(line)
    }

    fn fail(&self, expected: &'static str, found: &str) -> ProofFileError {
        let found = found.chars().take(80).collect();
        ProofFileError::Line { line: self.line, expected, found }
    }
}

#[cfg(test)]
mod tests;
