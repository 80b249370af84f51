//! Functions and what feeds them.

use aws_config::SdkConfig;
use serde_json::{Map, Value, json};

use super::super::error::{CloudError, call};
use super::super::options::Names;
use super::super::{functions, stream};
use super::named;

pub(super) async fn describe(
    config: &SdkConfig,
    names: &Names,
) -> Result<Map<String, Value>, CloudError> {
    let lambda = aws_sdk_lambda::Client::new(config);
    let mut described = Map::new();
    for name in [&names.ingest, &names.checkpoint] {
        let found = lambda.get_function_configuration().function_name(name).send().await;
        let found = found.map_err(call(format!("GetFunctionConfiguration {name}")))?;
        let reserved = lambda.get_function_concurrency().function_name(name).send().await;
        let reserved = reserved.map_err(call(format!("GetFunctionConcurrency {name}")))?;
        let logging = found.logging_config.map(|found| {
            json!({
                "application_log_level": found.application_log_level.map(|l| l.as_str().to_owned()),
                "log_format": found.log_format.map(|format| format.as_str().to_owned()),
                "log_group": found.log_group,
                "system_log_level": found.system_log_level.map(|level| level.as_str().to_owned()),
            })
        });
        let tracing = found.tracing_config.and_then(|found| found.mode);
        let function = json!({
            "environment": { "variables": found.environment.and_then(|found| found.variables) },
            "handler": found.handler,
            "logging_config": logging,
            "memory_size": found.memory_size,
            "reserved_concurrent_executions": reserved.reserved_concurrent_executions.unwrap_or(-1),
            "role": found.role,
            "runtime": found.runtime.map(|runtime| runtime.as_str().to_owned()),
            "timeout": found.timeout,
            "tracing_config": { "mode": tracing.map(|mode| mode.as_str().to_owned()) },
        });
        described.insert(name.clone(), function);
    }
    let invoked = lambda.get_function_event_invoke_config().function_name(&names.checkpoint);
    let invoked = invoked.send().await;
    let invoked =
        invoked.map_err(call(format!("GetFunctionEventInvokeConfig {}", names.checkpoint)))?;
    let invoked = json!({
        "maximum_event_age_in_seconds": invoked.maximum_event_age_in_seconds,
        "maximum_retry_attempts": invoked.maximum_retry_attempts,
    });
    Ok(Map::from_iter([
        ("aws_lambda_function_event_invoke_config".to_owned(), named(&names.checkpoint, invoked)),
        ("aws_lambda_event_source_mapping".to_owned(), mapping(config, &lambda, names).await?),
        ("aws_lambda_function".to_owned(), Value::Object(described)),
    ]))
}

/// The one mapping of the stream to ingest.
async fn mapping(
    config: &SdkConfig,
    lambda: &aws_sdk_lambda::Client,
    names: &Names,
) -> Result<Value, CloudError> {
    let stream = stream::arn(&aws_sdk_kinesis::Client::new(config), &names.stream).await?;
    let found = functions::mappings(lambda, &names.ingest, &stream).await?;
    let [found] = <[_; 1]>::try_from(found).map_err(|found| CloudError::Mismatch {
        what: format!("stream {}", names.stream),
        found: format!("{} mappings to {}", found.len(), names.ingest),
        expected: "1".to_owned(),
    })?;
    let response_types = found.function_response_types.unwrap_or_default();
    let response_types: Vec<_> = response_types.iter().map(|kind| kind.as_str()).collect();
    let failures = found.destination_config.and_then(|found| found.on_failure);
    let filters = found.filter_criteria.and_then(|found| found.filters).unwrap_or_default();
    Ok(named(
        &names.ingest,
        json!({
                "batch_size": found.batch_size,
                "bisect_batch_on_function_error": found.bisect_batch_on_function_error,
                "destination_config": {
                    "on_failure": { "destination_arn": failures.and_then(|found| found.destination) },
                },
                "enabled": found.state.is_some_and(|state| state == "Enabled"),
                "event_source_arn": found.event_source_arn,
                "filter_criteria": filters.into_iter().map(|found| found.pattern).collect::<Vec<_>>(),
                "function_arn": found.function_arn,
                "function_response_types": response_types,
                "maximum_batching_window_in_seconds": found.maximum_batching_window_in_seconds,
                "maximum_record_age_in_seconds": found.maximum_record_age_in_seconds,
                "maximum_retry_attempts": found.maximum_retry_attempts,
                "parallelization_factor": found.parallelization_factor,
                "starting_position": found.starting_position.map(|found| found.as_str().to_owned()),
                "tumbling_window_in_seconds": found.tumbling_window_in_seconds.unwrap_or(0),
        }),
    ))
}
