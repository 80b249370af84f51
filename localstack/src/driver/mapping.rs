//! The settings of an event source mapping.

use std::time::Duration;

use aws_sdk_lambda::types::{
    EventSourceMappingConfiguration, EventSourcePosition, FunctionResponseType,
};

use super::lineage::Start;

const BUCKET: &str = "arn:aws:s3:::";

/// An event source mapping of a Kinesis stream: one batch of a shard at a time, no filter, no
/// tumbling window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Its UUID.
    pub id: String,
    /// ARN of the function.
    pub function: String,
    /// ARN of the stream.
    pub stream: String,
    /// `StartingPosition`.
    pub start: Start,
    /// `BatchSize`.
    pub batch_size: u16,
    /// `MaximumBatchingWindowInSeconds`.
    pub window: Duration,
    /// `BisectBatchOnFunctionError`.
    pub bisect: bool,
    /// `MaximumRetryAttempts`; `None`: without end.
    pub retries: Option<u32>,
    /// `MaximumRecordAgeInSeconds`; `None`: without end.
    pub age: Option<Duration>,
    /// `ReportBatchItemFailures`.
    pub report_failures: bool,
    /// The bucket of the failure destination.
    pub expired: Option<String>,
}

/// Why a mapping cannot be driven.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A setting is missing.
    #[error("the mapping has no {0}")]
    Missing(&'static str),
    /// A setting has a value that the driver does not model.
    #[error("the mapping's {setting} is {found}, expected {expected}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: String,
        /// What the driver can do.
        expected: &'static str,
    },
}

impl Mapping {
    /// Reads Lambda's description of a mapping.
    pub fn from_description(found: &EventSourceMappingConfiguration) -> Result<Self, MappingError> {
        let text = |value: &Option<String>, name| value.clone().ok_or(MappingError::Missing(name));
        only("ParallelizationFactor", found.parallelization_factor.unwrap_or(1), 1, "1")?;
        only("TumblingWindowInSeconds", found.tumbling_window_in_seconds.unwrap_or(0), 0, "0")?;
        let filters = found.filter_criteria.as_ref().map_or(0, |all| all.filters().len());
        only("FilterCriteria", filters, 0, "none")?;
        let batch_size = found.batch_size.unwrap_or(100);
        Ok(Self {
            id: text(&found.uuid, "UUID")?,
            function: text(&found.function_arn, "FunctionArn")?,
            stream: text(&found.event_source_arn, "EventSourceArn")?,
            start: start(found.starting_position.as_ref())?,
            batch_size: u16::try_from(batch_size).map_err(|_| MappingError::Value {
                setting: "BatchSize",
                found: batch_size.to_string(),
                expected: "1 to 10000",
            })?,
            window: seconds(found.maximum_batching_window_in_seconds).unwrap_or_default(),
            bisect: found.bisect_batch_on_function_error.unwrap_or(false),
            retries: found.maximum_retry_attempts.and_then(|most| u32::try_from(most).ok()),
            age: seconds(found.maximum_record_age_in_seconds),
            report_failures: found
                .function_response_types()
                .contains(&FunctionResponseType::ReportBatchItemFailures),
            expired: destination(found)?,
        })
    }
}

/// -1 is "infinite", as is a setting that is not there.
fn seconds(value: Option<i32>) -> Option<Duration> {
    value.and_then(|value| u64::try_from(value).ok()).map(Duration::from_secs)
}

fn start(found: Option<&EventSourcePosition>) -> Result<Start, MappingError> {
    match found {
        Some(EventSourcePosition::TrimHorizon) => Ok(Start::TrimHorizon),
        Some(EventSourcePosition::Latest) => Ok(Start::Latest),
        Some(other) => Err(MappingError::Value {
            setting: "StartingPosition",
            found: other.to_string(),
            expected: "TRIM_HORIZON or LATEST",
        }),
        None => Err(MappingError::Missing("StartingPosition")),
    }
}

fn destination(found: &EventSourceMappingConfiguration) -> Result<Option<String>, MappingError> {
    let failure = found.destination_config.as_ref().and_then(|config| config.on_failure.as_ref());
    let Some(arn) = failure.and_then(|failure| failure.destination.as_deref()) else {
        return Ok(None);
    };
    match arn.strip_prefix(BUCKET) {
        Some(bucket) => Ok(Some(bucket.to_owned())),
        None if arn.is_empty() => Ok(None),
        None => Err(MappingError::Value {
            setting: "OnFailure",
            found: arn.to_owned(),
            expected: "the ARN of a bucket",
        }),
    }
}

fn only<T: PartialEq + std::fmt::Display>(
    setting: &'static str,
    found: T,
    modelled: T,
    expected: &'static str,
) -> Result<(), MappingError> {
    if found == modelled {
        return Ok(());
    }
    Err(MappingError::Value { setting, found: found.to_string(), expected })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use aws_sdk_lambda::types::builders::EventSourceMappingConfigurationBuilder;
    use aws_sdk_lambda::types::{DestinationConfig, OnFailure};

    use super::*;

    fn least() -> EventSourceMappingConfigurationBuilder {
        EventSourceMappingConfiguration::builder()
            .uuid("u")
            .function_arn("f")
            .event_source_arn("s")
            .starting_position(EventSourcePosition::TrimHorizon)
    }

    /// Defaults: <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>
    #[test]
    fn what_is_not_set_has_the_documented_default() {
        let mapping = Mapping::from_description(&least().build()).unwrap();
        let found = (mapping.batch_size, mapping.window, mapping.bisect, mapping.retries);
        assert_eq!(found, (100, Duration::ZERO, false, None));
        assert_eq!((mapping.age, mapping.report_failures, mapping.expired), (None, false, None));
        let endless = least().maximum_retry_attempts(-1).maximum_record_age_in_seconds(-1).build();
        let mapping = Mapping::from_description(&endless).unwrap();
        assert_eq!((mapping.retries, mapping.age), (None, None));
    }

    #[test]
    fn what_is_set_is_read() {
        let failure = |arn: &str| {
            let failure = OnFailure::builder().destination(arn).build();
            DestinationConfig::builder().on_failure(failure).build()
        };
        let all = || {
            least()
                .batch_size(7)
                .maximum_batching_window_in_seconds(2)
                .bisect_batch_on_function_error(true)
                .maximum_retry_attempts(0)
                .maximum_record_age_in_seconds(60)
                .function_response_types(FunctionResponseType::ReportBatchItemFailures)
        };
        let set = all().destination_config(failure("arn:aws:s3:::expired")).build();
        let mapping = Mapping::from_description(&set).unwrap();
        let found = (mapping.batch_size, mapping.window, mapping.bisect, mapping.retries);
        assert_eq!(found, (7, Duration::from_secs(2), true, Some(0)));
        assert_eq!(mapping.age, Some(Duration::from_secs(60)));
        assert_eq!((mapping.report_failures, mapping.expired), (true, Some("expired".to_owned())));
        let queue = all().destination_config(failure("arn:aws:sqs:r:1:q")).build();
        let refused = Mapping::from_description(&queue).unwrap_err();
        assert!(refused.to_string().contains("expected the ARN of a bucket"), "{refused}");
    }

    #[test]
    fn what_is_not_modelled_is_refused() {
        for description in [
            least().parallelization_factor(2).build(),
            least().tumbling_window_in_seconds(1).build(),
            least().batch_size(70_000).build(),
            least().starting_position(EventSourcePosition::AtTimestamp).build(),
        ] {
            let refused = Mapping::from_description(&description);
            assert!(matches!(refused, Err(MappingError::Value { .. })), "{refused:?}");
        }
    }
}
