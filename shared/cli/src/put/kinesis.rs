//! A Kinesis stream as a [`Sink`].

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::http::HttpResponse;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::operation::put_records::PutRecordsError;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, PutRecordsResultEntry};

use super::record::Record;
use super::send::{Answer, Pause, Sink, SinkError};
use crate::cloud::{Cloud, CloudError};

pub(super) struct KinesisSink {
    client: Client,
    stream: String,
}

impl KinesisSink {
    pub(super) fn new(cloud: &Cloud) -> Result<Self, CloudError> {
        let stream = cloud.settings().stream()?.to_owned();
        // One call is one request. The SDK would make it again in silence, and whoever counts
        // requests, or asks what may be in the stream twice, would count wrong.
        let config = cloud.kinesis().config().to_builder().retry_config(RetryConfig::disabled());
        Ok(Self { client: Client::from_conf(config.build()), stream })
    }
}

impl Sink for KinesisSink {
    async fn put(&self, records: &[&Record]) -> Result<Vec<Answer>, SinkError> {
        let mut request = self.client.put_records().stream_name(&self.stream);
        for record in records {
            let entry = PutRecordsRequestEntry::builder()
                .data(Blob::new(record.data.to_vec()))
                .partition_key(&record.key)
                .build()
                .map_err(|error| SinkError::Final { why: error.to_string() })?;
            request = request.records(entry);
        }
        match request.send().await {
            Ok(output) => Ok(output.records.into_iter().map(answer).collect()),
            Err(error) => Err(failure(&self.stream, &error)),
        }
    }
}

fn answer(entry: PutRecordsResultEntry) -> Answer {
    let sequence = entry.sequence_number.as_deref().and_then(|number| number.parse().ok());
    match (entry.shard_id, sequence) {
        (Some(shard), Some(sequence)) => Answer::Taken { shard, sequence },
        _ => Answer::Refused {
            why: format!(
                "{}: {}",
                entry.error_code.as_deref().unwrap_or("no sequence number"),
                entry.error_message.as_deref().unwrap_or("no message"),
            ),
        },
    }
}

fn failure(stream: &str, error: &SdkError<PutRecordsError, HttpResponse>) -> SinkError {
    let SdkError::ServiceError(answer) = error else {
        let why = format!("PutRecords {stream}: {}", chain(error));
        return match error {
            SdkError::ConstructionFailure(_) => SinkError::Final { why },
            _ => SinkError::Lost { why },
        };
    };
    let (code, status) = (answer.err().code().unwrap_or_default(), answer.raw().status().as_u16());
    let message = answer.err().message().unwrap_or("no message");
    let why = format!("PutRecords {stream}: {code} (status {status}): {message}");
    let busy =
        ["ProvisionedThroughputExceededException", "KMSThrottlingException", "ThrottlingException"];
    match status {
        429 => SinkError::Again { why },
        _ if busy.contains(&code) => SinkError::Again { why },
        500.. => SinkError::Lost { why },
        _ => SinkError::Final { why },
    }
}

/// An error with all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// Waits for a random while.
pub(crate) struct Jitter;

impl Pause for Jitter {
    async fn pause(&self, longest: Duration) {
        // Without randomness, the middle.
        let random = getrandom::u32().unwrap_or(u32::MAX / 2);
        tokio::time::sleep(longest.mul_f64(f64::from(random) / f64::from(u32::MAX))).await;
    }
}

#[cfg(test)]
mod tests;
