//! A Kinesis stream as a [`Sink`].

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::http::HttpResponse;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::operation::put_records::PutRecordsError;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, PutRecordsResultEntry};

use super::{Answer, Parcel, PutError, Sink};
use crate::config::{Compression, Config};

pub(crate) struct Kinesis {
    client: Client,
    stream: String,
}

impl Kinesis {
    /// A client of its own: one call is one request. The SDK would make it again in silence, and what
    /// may be in the stream twice would be counted wrong.
    pub(crate) fn new(client: &Client, config: &Config) -> Self {
        let timeout = TimeoutConfig::builder().operation_timeout(config.request_timeout).build();
        let own = client.config().to_builder();
        let own = own.retry_config(RetryConfig::disabled()).timeout_config(timeout).build();
        Self { client: Client::from_conf(own), stream: config.stream.clone() }
    }
}

impl Sink for Kinesis {
    async fn put(
        &self,
        parcels: Vec<Parcel>,
        compression: Compression,
    ) -> Result<Vec<Answer>, PutError> {
        let mut request = self.client.put_records();
        request = match self.stream.starts_with("arn:") {
            true => request.stream_arn(&self.stream),
            false => request.stream_name(&self.stream),
        };
        let mut sizes = Vec::with_capacity(parcels.len());
        for parcel in &parcels {
            let data = parcel.record.encode(compression);
            sizes.push(data.len());
            let entry = PutRecordsRequestEntry::builder()
                .data(Blob::new(data))
                .partition_key(&*parcel.key)
                .build()
                .map_err(|error| PutError { why: error.to_string(), doubtful: false })?;
            request = request.records(entry);
        }
        drop(parcels);
        match request.send().await {
            Ok(output) => Ok(output.records.into_iter().zip(sizes).map(answer).collect()),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn answer((entry, bytes): (PutRecordsResultEntry, usize)) -> Answer {
    match (entry.shard_id, entry.sequence_number) {
        (Some(shard), Some(sequence)) if entry.error_code.is_none() => {
            Answer::Taken { shard: shard.into(), sequence: sequence.into(), bytes }
        }
        _ => Answer::Refused {
            why: format!(
                "{}: {}",
                entry.error_code.as_deref().unwrap_or("no sequence number"),
                entry.error_message.as_deref().unwrap_or("no message"),
            ),
        },
    }
}

/// Whatever it is, the records are put again: rights are granted, streams made and networks mended
/// while events wait, and there is no reason for which it would be right to drop one.
fn failure(error: &SdkError<PutRecordsError, HttpResponse>) -> PutError {
    let SdkError::ServiceError(answer) = error else {
        let doubtful = !matches!(error, SdkError::ConstructionFailure(_));
        return PutError { why: chain(error), doubtful };
    };
    let (code, status) = (answer.err().code().unwrap_or("no code"), answer.raw().status().as_u16());
    let message = answer.err().message().unwrap_or("no message");
    PutError { why: format!("{code} (status {status}): {message}"), doubtful: status >= 500 }
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
