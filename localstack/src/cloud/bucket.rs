//! The archive bucket, and the one for records that expired before they could be sealed.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, DefaultRetention,
    ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};
use cairn_store::LockMode;

use super::error::{CloudError, call};
use crate::emulator::REGION;

/// Makes the bucket what it should be: versioned, Object Lock on, everything encrypted under the
/// key, closed to the public, with its policy. `default` locks whatever is put without a retention of its own (days).
pub(super) async fn ensure(
    s3: &Client,
    bucket: &str,
    data_key: &str,
    default: Option<(LockMode, u32)>,
    policy: String,
) -> Result<(), CloudError> {
    create(s3, bucket).await?;
    let versioning =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let set = s3.put_bucket_versioning().bucket(bucket).versioning_configuration(versioning);
    set.send().await.map_err(call(format!("PutBucketVersioning {bucket}")))?;
    encrypt(s3, bucket, data_key).await?;
    let closed = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    let set = s3.put_public_access_block().bucket(bucket).public_access_block_configuration(closed);
    set.send().await.map_err(call(format!("PutPublicAccessBlock {bucket}")))?;
    if let Some((mode, days)) = default {
        lock_by_default(s3, bucket, mode, days).await?;
    }
    let set = s3.put_bucket_policy().bucket(bucket).policy(policy).send().await;
    set.map(drop).map_err(call(format!("PutBucketPolicy {bucket}")))
}

async fn create(s3: &Client, bucket: &str) -> Result<(), CloudError> {
    let mut create = s3.create_bucket().bucket(bucket).object_lock_enabled_for_bucket(true);
    if REGION != "us-east-1" {
        // That region alone must not be named.
        let place = BucketLocationConstraint::from(REGION);
        let place = CreateBucketConfiguration::builder().location_constraint(place).build();
        create = create.create_bucket_configuration(place);
    }
    match create.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_bucket_already_owned_by_you()) =>
        {
            Ok(())
        }
        Err(error) => Err(call(format!("CreateBucket {bucket}"))(error)),
    }
}

async fn encrypt(s3: &Client, bucket: &str, data_key: &str) -> Result<(), CloudError> {
    let what = format!("PutBucketEncryption {bucket}");
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(data_key)
        .build();
    let default =
        default.map_err(|e| CloudError::Call { call: what.clone(), detail: e.to_string() })?;
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(true)
        .build();
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build();
    let rules =
        rules.map_err(|e| CloudError::Call { call: what.clone(), detail: e.to_string() })?;
    let set = s3.put_bucket_encryption().bucket(bucket).server_side_encryption_configuration(rules);
    set.send().await.map(drop).map_err(call(what))
}

/// How the bucket locks what is put without a retention of its own, if it does.
async fn default_mode(
    s3: &Client,
    bucket: &str,
) -> Result<Option<ObjectLockRetentionMode>, CloudError> {
    let found = s3.get_object_lock_configuration().bucket(bucket).send().await;
    let found = found.map_err(call(format!("GetObjectLockConfiguration {bucket}")))?;
    let rule = found.object_lock_configuration.and_then(|found| found.rule);
    Ok(rule.and_then(|rule| rule.default_retention).and_then(|retention| retention.mode))
}

async fn lock_by_default(
    s3: &Client,
    bucket: &str,
    mode: LockMode,
    days: u32,
) -> Result<(), CloudError> {
    let mode = match mode {
        LockMode::Compliance => ObjectLockRetentionMode::Compliance,
        LockMode::Governance => ObjectLockRetentionMode::Governance,
    };
    if let Some(found) = default_mode(s3, bucket).await?
        && found != mode
    {
        let (found, expected) = (found.as_str().to_owned(), mode.as_str().to_owned());
        return Err(CloudError::Mismatch { what: format!("bucket {bucket}"), found, expected });
    }
    let days = i32::try_from(days).unwrap_or(i32::MAX);
    let retention = DefaultRetention::builder().mode(mode).days(days).build();
    let rule = ObjectLockRule::builder().default_retention(retention).build();
    let lock = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(rule)
        .build();
    let set = s3.put_object_lock_configuration().bucket(bucket).object_lock_configuration(lock);
    set.send().await.map(drop).map_err(call(format!("PutObjectLockConfiguration {bucket}")))
}
