//! Signing keys in memory.

use std::fmt;

use cairn_ledger::Hash;
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::EncodePublicKey as _;
use p256::ecdsa;

use crate::{Signer, StoreError, StoreResult};

/// A signing key in memory, made from a seed: for tests. Clones hold the same key.
#[derive(Clone)]
pub struct SoftwareSigner(Key);

#[derive(Clone)]
enum Key {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<ecdsa::SigningKey>),
}

impl SoftwareSigner {
    /// An Ed25519 key (RFC 8032): the seed is the private key.
    pub fn ed25519(seed: [u8; 32]) -> Self {
        Self(Key::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed))))
    }

    /// An ECDSA key on P-256, derived from the seed.
    pub fn p256(seed: [u8; 32]) -> Self {
        // A private key is a number below the group's order; the few seeds (1 in 2^32) that are
        // not are hashed until one is.
        let mut scalar = seed;
        loop {
            if let Ok(key) = ecdsa::SigningKey::from_slice(&scalar) {
                return Self(Key::P256(Box::new(key)));
            }
            scalar = *Hash::of(&scalar).as_bytes();
        }
    }
}

impl Signer for SoftwareSigner {
    async fn public_key(&self) -> StoreResult<Vec<u8>> {
        let der = match &self.0 {
            Key::Ed25519(key) => key.verifying_key().to_public_key_der(),
            Key::P256(key) => key.verifying_key().to_public_key_der(),
        };
        der.map(|der| der.into_vec()).map_err(|error| StoreError::corrupt("public key", error))
    }

    async fn sign(&self, message: &[u8]) -> StoreResult<Vec<u8>> {
        Ok(match &self.0 {
            Key::Ed25519(key) => key.sign(message).to_vec(),
            Key::P256(key) => {
                let signature: ecdsa::DerSignature = key.sign(message);
                signature.as_bytes().to_vec()
            }
        })
    }
}

/// Names the algorithm, never the key.
impl fmt::Debug for SoftwareSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Key::Ed25519(_) => "SoftwareSigner(Ed25519)",
            Key::P256(_) => "SoftwareSigner(P-256)",
        })
    }
}
