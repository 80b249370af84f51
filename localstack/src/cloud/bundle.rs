//! The config bundle: made once for a deployment, locked in its archive.

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ChecksumAlgorithm, ObjectLockMode, ServerSideEncryption};
use cairn_event::Bundle;
use cairn_ledger::Hash;
use cairn_store::LockMode;

use super::error::{CloudError, call};
use super::options::Options;

/// Where bundles lie.
const PREFIX: &str = "config/";

/// The hash of the bundle in force: the newest in the archive, or else a new one with a tenant key of its own.
pub(super) async fn ensure(
    s3: &Client,
    bucket: &str,
    data_key: &str,
    options: &Options,
) -> Result<Hash, CloudError> {
    if let Some(hash) = newest(s3, bucket).await? {
        return Ok(hash);
    }
    let mut tenant_key = [0; 32];
    getrandom::fill(&mut tenant_key)?;
    let bundle = Bundle::with_tenant_key(tenant_key);
    let hash = bundle.hash();
    let key = cairn_batch::keys::bundle(&hash);
    let mode = match options.lock_mode {
        LockMode::Compliance => ObjectLockMode::Compliance,
        LockMode::Governance => ObjectLockMode::Governance,
    };
    let days = i64::from(options.log_retention_days);
    let until = jiff::Timestamp::now().as_second() + days * 24 * 60 * 60;
    s3.put_object()
        .bucket(bucket)
        .key(&key)
        .if_none_match("*")
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .server_side_encryption(ServerSideEncryption::AwsKms)
        .ssekms_key_id(data_key)
        .object_lock_mode(mode)
        .object_lock_retain_until_date(DateTime::from_secs(until))
        .body(ByteStream::from(bundle.to_json().into_bytes()))
        .send()
        .await
        .map_err(call(format!("PutObject {key}")))?;
    Ok(hash)
}

async fn newest(s3: &Client, bucket: &str) -> Result<Option<Hash>, CloudError> {
    let listed = s3.list_objects_v2().bucket(bucket).prefix(PREFIX).send().await;
    let listed = listed.map_err(call(format!("ListObjectsV2 {bucket}/{PREFIX}")))?;
    let newest = listed
        .contents
        .unwrap_or_default()
        .into_iter()
        .max_by_key(|object| object.last_modified.map(|at| (at.secs(), at.subsec_nanos())));
    let Some(key) = newest.and_then(|object| object.key) else { return Ok(None) };
    match key.trim_start_matches(PREFIX).parse() {
        Ok(hash) => Ok(Some(hash)),
        Err(error) => Err(CloudError::Bundle { detail: format!("{error}"), key }),
    }
}
