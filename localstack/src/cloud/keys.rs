//! The KMS keys, found again by their aliases.

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeySpec, KeyUsageType};

use super::error::{CloudError, call};
use super::options::Signing;

/// ARN of the key that objects and the table are encrypted under.
pub(super) async fn data(kms: &Client, alias: &str) -> Result<String, CloudError> {
    match find(kms, alias).await? {
        Some(arn) => Ok(arn),
        None => create(kms, alias, KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt).await,
    }
}

/// ARN of the key that signs checkpoints.
pub(super) async fn signing(
    kms: &Client,
    alias: &str,
    kind: Signing,
) -> Result<String, CloudError> {
    let spec = match kind {
        Signing::Ed25519 => KeySpec::EccNistEdwards25519,
        Signing::P256 => KeySpec::EccNistP256,
    };
    match find(kms, alias).await? {
        Some(arn) => Ok(arn),
        None => create(kms, alias, spec, KeyUsageType::SignVerify).await,
    }
}

/// The public key, as a SubjectPublicKeyInfo in DER.
pub(super) async fn public(kms: &Client, key: &str) -> Result<Vec<u8>, CloudError> {
    let answer = kms.get_public_key().key_id(key).send().await;
    let answer = answer.map_err(call(format!("GetPublicKey {key}")))?;
    let missing = CloudError::Answer { call: "GetPublicKey", member: "PublicKey" };
    Ok(answer.public_key.ok_or(missing)?.into_inner())
}

async fn find(kms: &Client, alias: &str) -> Result<Option<String>, CloudError> {
    match kms.describe_key().key_id(alias).send().await {
        Ok(answer) => Ok(answer.key_metadata.and_then(|key| key.arn)),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found_exception()) => {
            Ok(None)
        }
        Err(error) => Err(call(format!("DescribeKey {alias}"))(error)),
    }
}

async fn create(
    kms: &Client,
    alias: &str,
    spec: KeySpec,
    usage: KeyUsageType,
) -> Result<String, CloudError> {
    let answer = kms.create_key().description(alias).key_spec(spec).key_usage(usage).send().await;
    let answer = answer.map_err(call(format!("CreateKey for {alias}")))?;
    let arn = answer.key_metadata.and_then(|key| key.arn);
    let arn = arn.ok_or(CloudError::Answer { call: "CreateKey", member: "KeyMetadata.Arn" })?;
    let made = kms.create_alias().alias_name(alias).target_key_id(&arn).send().await;
    made.map_err(call(format!("CreateAlias {alias}")))?;
    Ok(arn)
}
