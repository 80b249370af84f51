//! The KMS keys, found again by their aliases.

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeySpec, KeyUsageType};

use super::error::{CloudError, call};
use super::options::Signing;

/// ARN of a key that something is encrypted under, a new one each year.
pub(super) async fn encrypting(kms: &Client, alias: &str) -> Result<String, CloudError> {
    match find(kms, alias).await? {
        Some(found) => arn("DescribeKey", found),
        None => {
            let (spec, usage) = (KeySpec::SymmetricDefault, KeyUsageType::EncryptDecrypt);
            let key = create(kms, alias, spec, usage).await?;
            let rotated = kms.enable_key_rotation().key_id(&key).send().await;
            rotated.map_err(call(format!("EnableKeyRotation {alias}")))?;
            Ok(key)
        }
    }
}

/// Gives the key its policy.
pub(super) async fn protect(kms: &Client, key: &str, policy: String) -> Result<(), CloudError> {
    let set = kms.put_key_policy().key_id(key).policy(policy).send().await;
    set.map(drop).map_err(call(format!("PutKeyPolicy {key}")))
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
        Some(found) if found.key_spec.as_ref().is_some_and(|found| *found != spec) => {
            let found = found.key_spec.as_ref().map_or("none", KeySpec::as_str).to_owned();
            let expected = spec.as_str().to_owned();
            Err(CloudError::Mismatch { what: format!("key {alias}"), found, expected })
        }
        Some(found) => arn("DescribeKey", found),
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

async fn find(kms: &Client, alias: &str) -> Result<Option<KeyMetadata>, CloudError> {
    match kms.describe_key().key_id(alias).send().await {
        Ok(answer) => Ok(answer.key_metadata),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found_exception()) => {
            Ok(None)
        }
        Err(error) => Err(call(format!("DescribeKey {alias}"))(error)),
    }
}

fn arn(call: &'static str, key: KeyMetadata) -> Result<String, CloudError> {
    key.arn.ok_or(CloudError::Answer { call, member: "KeyMetadata.Arn" })
}

async fn create(
    kms: &Client,
    alias: &str,
    spec: KeySpec,
    usage: KeyUsageType,
) -> Result<String, CloudError> {
    let answer = kms.create_key().description(alias).key_spec(spec).key_usage(usage).send().await;
    let answer = answer.map_err(call(format!("CreateKey for {alias}")))?;
    let missing = CloudError::Answer { call: "CreateKey", member: "KeyMetadata" };
    let arn = arn("CreateKey", answer.key_metadata.ok_or(missing)?)?;
    let made = kms.create_alias().alias_name(alias).target_key_id(&arn).send().await;
    made.map_err(call(format!("CreateAlias {alias}")))?;
    Ok(arn)
}
