//! The key that signs checkpoints.

use std::future::Future;

use crate::StoreResult;

/// Signs with a key that never leaves its holder.
pub trait Signer: Send + Sync {
    /// The algorithm and public key, in DER as a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    fn public_key(&self) -> impl Future<Output = StoreResult<Vec<u8>>> + Send;

    /// Signs the message. Ed25519: the 64 bytes of RFC 8032 over the message itself. ECDSA P-256:
    /// the ASN.1 DER signature over its SHA-256.
    fn sign(&self, message: &[u8]) -> impl Future<Output = StoreResult<Vec<u8>>> + Send;
}
