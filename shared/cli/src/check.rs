//! `cairn check`: checks a proof file, offline.

use cairn_ledger::{Checked, EventProof, KeyError, ProofFileError, VerifierKey};

/// Why a proof file proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A verifier key is none: the proof was not looked at.
    #[error("verifier key: {0}")]
    Key(#[from] KeyError),
    /// The proof is not text.
    #[error("expected UTF-8, found other bytes: {0}")]
    NotText(#[from] std::str::Utf8Error),
    /// The proof is no good.
    #[error(transparent)]
    Proof(#[from] ProofFileError),
}

/// Checks a proof file under any of the verifier keys (`<name>+<id>+<key>`). Needs nothing else:
/// no network, no clock, no files.
pub fn check(proof: impl AsRef<[u8]>, keys: &[String]) -> Result<Checked, CheckError> {
    let keys = keys.iter().map(|key| key.parse()).collect::<Result<Vec<VerifierKey>, _>>()?;
    Ok(EventProof::check(str::from_utf8(proof.as_ref())?, &keys)?)
}
