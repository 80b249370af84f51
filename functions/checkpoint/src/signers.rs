//! The keys that sign checkpoints.

use cairn_ledger::{Note, VerifierKey};
use cairn_store::Signer;
use futures_util::future::try_join_all;

use crate::handler::{CheckpointError, disagreement};

/// The keys that sign, the newest first, each with who signs by it. While one key succeeds another
/// both sign: whoever knows either believes the checkpoints of that time.
#[derive(Debug)]
pub struct Signers<G> {
    keys: Vec<VerifierKey>,
    signers: Vec<G>,
}

impl<G> Signers<G> {
    /// Keys that are known, with their signers.
    pub fn new(signers: impl IntoIterator<Item = (VerifierKey, G)>) -> Self {
        let (keys, signers) = signers.into_iter().unzip();
        Self { keys, signers }
    }

    /// The keys.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }
}

impl<G: Signer> Signers<G> {
    /// The note of `text`, signed by every key. Each signature is checked before it is believed.
    pub(crate) async fn sign(&self, text: &str) -> Result<Note, CheckpointError> {
        let sign = self.signers.iter().map(|signer| signer.sign(text.as_bytes()));
        let raw: Vec<Vec<u8>> = try_join_all(sign).await?;
        let signatures: Result<_, _> =
            self.keys.iter().zip(raw).map(|(key, raw)| key.signature(text, &raw)).collect();
        signatures
            .and_then(|signatures| Note::new(text, signatures))
            .map_err(|error| disagreement("the new signature", "one that verifies", error))
    }
}
