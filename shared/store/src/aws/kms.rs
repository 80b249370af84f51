//! The signing key in KMS.

use std::sync::{Arc, OnceLock};

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeySpec, MessageType, SigningAlgorithmSpec};

use super::error::failure;
use crate::{Signer, StoreError, StoreResult};

/// An asymmetric key for signing: `ECC_NIST_EDWARDS25519`, or `ECC_NIST_P256` where a KMS has no
/// Ed25519. Messages are at most 4,096 bytes, far more than a checkpoint has.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html>
#[derive(Debug, Clone)]
pub struct Kms {
    client: Client,
    key: String,
    /// A key's public half and algorithm never change.
    public: Arc<OnceLock<Public>>,
}

#[derive(Debug, Clone)]
struct Public {
    der: Vec<u8>,
    algorithm: SigningAlgorithmSpec,
}

impl Kms {
    pub(super) fn new(client: Client, key: impl Into<String>) -> Self {
        Self { client, key: key.into(), public: Arc::default() }
    }

    async fn public(&self) -> StoreResult<Public> {
        if let Some(public) = self.public.get() {
            return Ok(public.clone());
        }
        let operation = format!("GetPublicKey {}", self.key);
        let answer = self.client.get_public_key().key_id(&self.key).send().await;
        let answer = answer.map_err(|error| failure(&operation, &error))?;
        let algorithm = match answer.key_spec {
            Some(KeySpec::EccNistEdwards25519) => SigningAlgorithmSpec::Ed25519Sha512,
            Some(KeySpec::EccNistP256) => SigningAlgorithmSpec::EcdsaSha256,
            other => {
                let found = other.as_ref().map_or("none", KeySpec::as_str);
                let expected = "expected a key of ECC_NIST_EDWARDS25519 or ECC_NIST_P256";
                return Err(StoreError::refused(
                    operation,
                    format_args!("{expected}, found {found}"),
                ));
            }
        };
        let missing = || StoreError::corrupt(&operation, "expected a public key, found none");
        let der = answer.public_key.ok_or_else(missing)?.into_inner();
        Ok(self.public.get_or_init(|| Public { der, algorithm }).clone())
    }
}

impl Signer for Kms {
    async fn public_key(&self) -> StoreResult<Vec<u8>> {
        Ok(self.public().await?.der)
    }

    async fn sign(&self, message: &[u8]) -> StoreResult<Vec<u8>> {
        let Public { algorithm, .. } = self.public().await?;
        let operation = format!("Sign {}", self.key);
        let answer = self
            .client
            .sign()
            .key_id(&self.key)
            .signing_algorithm(algorithm)
            // KMS hashes the message, where the algorithm does not do so itself.
            .message_type(MessageType::Raw)
            .message(Blob::new(message))
            .send()
            .await
            .map_err(|error| failure(&operation, &error))?;
        let missing = || StoreError::corrupt(&operation, "expected a signature, found none");
        Ok(answer.signature.ok_or_else(missing)?.into_inner())
    }
}
