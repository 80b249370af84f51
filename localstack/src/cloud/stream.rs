//! The Kinesis stream.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::{EncryptionType, StreamDescriptionSummary, StreamStatus};

use super::error::{CloudError, call};
use super::options::SHARDS;
use super::wait::until;

/// Hours that records stay: a week, so that a fault over a long weekend loses nothing.
const RETENTION_HOURS: i32 = 168;

/// Makes the stream: provisioned shards, a week of retention, encrypted under the key. Its ARN.
pub(super) async fn ensure(
    kinesis: &Client,
    stream: &str,
    shards: Option<u32>,
    data_key: &str,
) -> Result<String, CloudError> {
    let new = create(kinesis, stream, shards.unwrap_or(SHARDS)).await?;
    wait(kinesis, stream).await?;
    let summary = describe(kinesis, stream).await?;
    let found = u32::try_from(summary.open_shard_count).unwrap_or_default();
    if let Some(expected) = shards
        && !new
        && found != expected
    {
        return Err(CloudError::Mismatch {
            what: format!("stream {stream}"),
            found: format!("{found} shards"),
            expected: expected.to_string(),
        });
    }
    if summary.retention_period_hours < RETENTION_HOURS {
        let set = kinesis.increase_stream_retention_period().stream_name(stream);
        let set = set.retention_period_hours(RETENTION_HOURS).send().await;
        set.map_err(call(format!("IncreaseStreamRetentionPeriod {stream}")))?;
        wait(kinesis, stream).await?;
    }
    if summary.encryption_type != Some(EncryptionType::Kms) {
        let set = kinesis.start_stream_encryption().stream_name(stream);
        let set = set.encryption_type(EncryptionType::Kms).key_id(data_key).send().await;
        set.map_err(call(format!("StartStreamEncryption {stream}")))?;
        wait(kinesis, stream).await?;
    }
    Ok(summary.stream_arn)
}

/// The ARN of a stream.
pub(super) async fn arn(kinesis: &Client, stream: &str) -> Result<String, CloudError> {
    Ok(describe(kinesis, stream).await?.stream_arn)
}

/// Whether the stream is new.
async fn create(kinesis: &Client, stream: &str, shards: u32) -> Result<bool, CloudError> {
    let count = i32::try_from(shards).unwrap_or(i32::MAX);
    match kinesis.create_stream().stream_name(stream).shard_count(count).send().await {
        Ok(_) => Ok(true),
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) =>
        {
            Ok(false)
        }
        Err(error) => Err(call(format!("CreateStream {stream}"))(error)),
    }
}

async fn wait(kinesis: &Client, stream: &str) -> Result<(), CloudError> {
    let state = async || {
        let summary = describe(kinesis, stream).await?;
        Ok(summary.stream_status.as_str().to_owned())
    };
    until(&format!("stream {stream}"), StreamStatus::Active.as_str(), state).await
}

pub(super) async fn describe(
    kinesis: &Client,
    stream: &str,
) -> Result<StreamDescriptionSummary, CloudError> {
    let answer = kinesis.describe_stream_summary().stream_name(stream).send().await;
    let answer = answer.map_err(call(format!("DescribeStreamSummary {stream}")))?;
    let missing =
        CloudError::Answer { call: "DescribeStreamSummary", member: "StreamDescriptionSummary" };
    answer.stream_description_summary.ok_or(missing)
}
