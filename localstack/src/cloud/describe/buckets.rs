//! Buckets, and what belongs to them.

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use serde_json::{Map, Value, json};

use super::super::error::{CloudError, call};
use super::parse;
use crate::aws;

pub(super) async fn describe(
    config: &SdkConfig,
    buckets: [&String; 2],
) -> Result<Map<String, Value>, CloudError> {
    let s3 = aws::s3(config);
    let mut found: Map<String, Value> = Map::new();
    for bucket in buckets {
        let (locks, default) = locks(&s3, bucket).await?;
        for (kind, described) in [
            ("aws_s3_bucket", Some(locks)),
            ("aws_s3_bucket_object_lock_configuration", default),
            ("aws_s3_bucket_policy", Some(policy(&s3, bucket).await?)),
            ("aws_s3_bucket_public_access_block", Some(public_access(&s3, bucket).await?)),
            (
                "aws_s3_bucket_server_side_encryption_configuration",
                Some(encryption(&s3, bucket).await?),
            ),
            ("aws_s3_bucket_versioning", Some(versioning(&s3, bucket).await?)),
        ] {
            let of_kind = found.entry(kind).or_insert_with(|| json!({}));
            if let Some(described) = described {
                of_kind[bucket] = described;
            }
        }
    }
    Ok(found)
}

/// Whether objects can be locked, and how they are without being told.
async fn locks(s3: &Client, bucket: &str) -> Result<(Value, Option<Value>), CloudError> {
    let found = s3.get_object_lock_configuration().bucket(bucket).send().await;
    let found = found.map_err(call(format!("GetObjectLockConfiguration {bucket}")))?;
    let found = found.object_lock_configuration;
    let enabled = found.as_ref().and_then(|lock| lock.object_lock_enabled.as_ref());
    let enabled = enabled.is_some_and(|enabled| enabled.as_str() == "Enabled");
    let default = found.and_then(|lock| lock.rule).and_then(|rule| rule.default_retention);
    let default = default.map(|default| {
        let mode = default.mode.map(|mode| mode.as_str().to_owned());
        let retention = json!({ "days": default.days, "mode": mode, "years": default.years });
        json!({ "rule": { "default_retention": retention } })
    });
    Ok((json!({ "object_lock_enabled": enabled }), default))
}

async fn versioning(s3: &Client, bucket: &str) -> Result<Value, CloudError> {
    let found = s3.get_bucket_versioning().bucket(bucket).send().await;
    let found = found.map_err(call(format!("GetBucketVersioning {bucket}")))?;
    let status = found.status.map(|status| status.as_str().to_owned());
    Ok(json!({ "versioning_configuration": { "status": status } }))
}

async fn encryption(s3: &Client, bucket: &str) -> Result<Value, CloudError> {
    let found = s3.get_bucket_encryption().bucket(bucket).send().await;
    let found = found.map_err(call(format!("GetBucketEncryption {bucket}")))?;
    let rules = found.server_side_encryption_configuration.map(|found| found.rules);
    let rule = rules.and_then(|rules| rules.into_iter().next());
    let default =
        rule.as_ref().and_then(|rule| rule.apply_server_side_encryption_by_default.as_ref());
    Ok(json!({
        "rule": {
            "apply_server_side_encryption_by_default": {
                "kms_master_key_id": default.and_then(|found| found.kms_master_key_id.as_ref()),
                "sse_algorithm": default.map(|found| found.sse_algorithm.as_str()),
            },
            "bucket_key_enabled": rule.as_ref().and_then(|rule| rule.bucket_key_enabled),
        },
    }))
}

async fn public_access(s3: &Client, bucket: &str) -> Result<Value, CloudError> {
    let found = s3.get_public_access_block().bucket(bucket).send().await;
    let found = found.map_err(call(format!("GetPublicAccessBlock {bucket}")))?;
    let found = found.public_access_block_configuration.map(|found| {
        json!({
            "block_public_acls": found.block_public_acls,
            "block_public_policy": found.block_public_policy,
            "ignore_public_acls": found.ignore_public_acls,
            "restrict_public_buckets": found.restrict_public_buckets,
        })
    });
    Ok(found.unwrap_or_default())
}

async fn policy(s3: &Client, bucket: &str) -> Result<Value, CloudError> {
    let found = s3.get_bucket_policy().bucket(bucket).send().await;
    let found = found.map_err(call(format!("GetBucketPolicy {bucket}")))?;
    Ok(json!({ "policy": parse("GetBucketPolicy", &found.policy.unwrap_or_default())? }))
}
