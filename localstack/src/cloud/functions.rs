//! The Lambda functions, what feeds them and what wakes them.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    ApplicationLogLevel, Architecture, DestinationConfig, Environment,
    EventSourceMappingConfiguration, EventSourcePosition, FunctionCode, FunctionResponseType,
    LogFormat, LoggingConfig, OnFailure, Runtime, SystemLogLevel, TracingConfig, TracingMode,
};
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target};
use cairn_store::{Deployment, LockMode};

use super::error::{CloudError, call};
use super::options::{Names, Options};
use super::wait::until;
use super::{package, roles};
use crate::build::Functions;
use crate::driver::Mapping;
use crate::driver::lineage::Start;
use crate::emulator::{ACCOUNT, REGION};

/// Seconds that an invocation may take.
pub(super) const TIMEOUT: i32 = 60;

/// Megabytes of memory; Lambda gives processor time in proportion.
pub(super) const MEMORY: i32 = 512;

/// After this time a record that could not be sealed goes to the failure destination: six days of the
/// seven that the stream keeps it.
const MAXIMUM_AGE: Duration = Duration::from_secs(518_400);

/// For how long records are gathered.
const WINDOW: Duration = Duration::from_secs(1);

/// Deploys both functions, the event source mapping and the schedule.
pub(super) async fn deploy(
    config: &SdkConfig,
    deployment: &Deployment,
    names: &Names,
    options: &Options,
    stream: &str,
    binaries: &Functions,
) -> Result<(), CloudError> {
    let lambda = Client::new(config);
    ensure(&lambda, &names.ingest, &binaries.ingest, ingest_environment(deployment)).await?;
    let environment = checkpoint_environment(deployment);
    let arn = ensure(&lambda, &names.checkpoint, &binaries.checkpoint, environment).await?;
    // The log has one writer at a time.
    let one = lambda.put_function_concurrency().function_name(&names.checkpoint);
    let one = one.reserved_concurrent_executions(1).send().await;
    one.map_err(call(format!("PutFunctionConcurrency {}", names.checkpoint)))?;
    // What a tick did not do, the next one does: Lambda need not try it again.
    let once = lambda.put_function_event_invoke_config().function_name(&names.checkpoint);
    let once = once.maximum_retry_attempts(0).maximum_event_age_in_seconds(60).send().await;
    once.map_err(call(format!("PutFunctionEventInvokeConfig {}", names.checkpoint)))?;
    map(&lambda, names, options, stream).await?;
    schedule(config, names, &arn).await
}

/// What ingest is told.
pub(super) fn ingest_environment(deployment: &Deployment) -> HashMap<String, String> {
    let mut variables = environment(deployment);
    let bundle = deployment.bundle.map(|bundle| ("CAIRN_BUNDLE".to_owned(), bundle.to_string()));
    variables.extend(bundle);
    variables
}

/// What checkpoint is told.
pub(super) fn checkpoint_environment(deployment: &Deployment) -> HashMap<String, String> {
    let mut variables = environment(deployment);
    for (name, value) in [
        ("CAIRN_LOG_RETENTION_DAYS", deployment.log_retention_days.to_string()),
        ("CAIRN_SIGNING_KEYS", deployment.signing_keys.join(",")),
    ] {
        variables.insert(name.to_owned(), value);
    }
    variables
}

/// What both are told. No endpoint among them: emulators tell functions where they are, which from inside a container
/// is another address than ours.
fn environment(deployment: &Deployment) -> HashMap<String, String> {
    let variables = HashMap::from([
        ("CAIRN_ORIGIN", deployment.origin.clone()),
        ("CAIRN_BUCKET", deployment.bucket.clone()),
        ("CAIRN_TABLE", deployment.table.clone()),
        ("CAIRN_DATA_KEY", deployment.data_key.clone()),
        ("CAIRN_LOCK_MODE", lock_mode(deployment.lock_mode).to_owned()),
        ("CAIRN_BATCH_RETENTION_DAYS", deployment.batch_retention_days.to_string()),
    ]);
    variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A mode as the functions and the tools read it from their environment.
pub fn lock_mode(mode: LockMode) -> &'static str {
    match mode {
        LockMode::Compliance => "COMPLIANCE",
        LockMode::Governance => "GOVERNANCE",
    }
}

/// Creates the function or brings it up to date; its ARN.
async fn ensure(
    lambda: &Client,
    name: &str,
    binary: &Path,
    variables: HashMap<String, String>,
) -> Result<String, CloudError> {
    let package = package::of(binary)?;
    let environment = Environment::builder().set_variables(Some(variables)).build();
    match lambda.get_function_configuration().function_name(name).send().await {
        Ok(found) => {
            if found.code_sha256.as_deref() != Some(package::sha256(&package).as_str()) {
                let code = lambda.update_function_code().function_name(name);
                let code = code.zip_file(Blob::new(package)).send().await;
                code.map_err(call(format!("UpdateFunctionCode {name}")))?;
                ready(lambda, name).await?;
            }
            let set = lambda.update_function_configuration().function_name(name);
            let set = set.environment(environment).timeout(TIMEOUT).memory_size(MEMORY);
            set.role(roles::arn(name))
                .tracing_config(tracing())
                .logging_config(logging(name))
                .send()
                .await
                .map_err(call(format!("UpdateFunctionConfiguration {name}")))?;
        }
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_resource_not_found_exception()) =>
        {
            let code = FunctionCode::builder().zip_file(Blob::new(package)).build();
            let create = lambda
                .create_function()
                .function_name(name)
                .runtime(Runtime::Providedal2023)
                .architectures(architecture())
                .handler("bootstrap")
                .role(roles::arn(name))
                .timeout(TIMEOUT)
                .memory_size(MEMORY)
                .environment(environment)
                .tracing_config(tracing())
                .logging_config(logging(name))
                .code(code);
            create.send().await.map_err(call(format!("CreateFunction {name}")))?;
        }
        Err(error) => return Err(call(format!("GetFunctionConfiguration {name}"))(error)),
    }
    ready(lambda, name).await
}

/// JSON, as everything that reads the logs on AWS expects them.
fn logging(name: &str) -> LoggingConfig {
    LoggingConfig::builder()
        .log_format(LogFormat::Json)
        .application_log_level(ApplicationLogLevel::Info)
        .system_log_level(SystemLogLevel::Warn)
        .log_group(format!("/aws/lambda/{name}"))
        .build()
}

fn tracing() -> TracingConfig {
    TracingConfig::builder().mode(TracingMode::Active).build()
}

fn architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X8664 }
}

/// Waits until the function takes invocations; its ARN.
async fn ready(lambda: &Client, name: &str) -> Result<String, CloudError> {
    let state = async || {
        let found = lambda.get_function_configuration().function_name(name).send().await;
        let found = found.map_err(call(format!("GetFunctionConfiguration {name}")))?;
        let active = found.state.is_none_or(|state| state.as_str() == "Active");
        let update = found.last_update_status.map(|s| s.as_str().to_owned());
        let update = update.unwrap_or_else(|| "Successful".to_owned());
        Ok(if active { update } else { "Pending".to_owned() })
    };
    until(&format!("function {name}"), "Successful", state).await?;
    let found = lambda.get_function_configuration().function_name(name).send().await;
    let found = found.map_err(call(format!("GetFunctionConfiguration {name}")))?;
    let member = "FunctionArn";
    found.function_arn.ok_or(CloudError::Answer { call: "GetFunctionConfiguration", member })
}

/// What feeds the stream to ingest. These settings are part of the commit protocol; none is a matter of
/// taste but the batch size.
pub(super) fn mapping(names: &Names, batch_size: u16, stream: &str) -> Mapping {
    Mapping {
        id: String::new(),
        function: arn(&names.ingest),
        stream: stream.to_owned(),
        start: Start::TrimHorizon,
        batch_size,
        window: WINDOW,
        bisect: true,
        retries: None,
        age: Some(MAXIMUM_AGE),
        report_failures: true,
        expired: Some(names.expired.clone()),
    }
}

/// The ARN that emulators give a function.
pub(super) fn arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}")
}

/// Makes the mapping. Where a driver does its work it is there for its description, and disabled.
async fn map(
    lambda: &Client,
    names: &Names,
    options: &Options,
    stream: &str,
) -> Result<(), CloudError> {
    let ingest = &names.ingest;
    let enabled = !options.driver;
    if let Some(found) = mappings(lambda, ingest, stream).await?.into_iter().next() {
        let set = lambda.update_event_source_mapping().set_uuid(found.uuid).enabled(enabled);
        let set = set.send().await;
        return set.map(drop).map_err(call(format!("UpdateEventSourceMapping {ingest}")));
    }
    let mapping = mapping(names, options.batch_size, stream);
    let seconds = |time: Duration| i32::try_from(time.as_secs()).unwrap_or(i32::MAX);
    let failures = OnFailure::builder().destination(format!("arn:aws:s3:::{}", names.expired));
    let failures = DestinationConfig::builder().on_failure(failures.build()).build();
    let create = lambda
        .create_event_source_mapping()
        .function_name(ingest)
        .event_source_arn(&mapping.stream)
        .enabled(enabled)
        .starting_position(EventSourcePosition::TrimHorizon)
        .batch_size(i32::from(mapping.batch_size))
        .maximum_batching_window_in_seconds(seconds(mapping.window))
        .parallelization_factor(1)
        .bisect_batch_on_function_error(mapping.bisect)
        .maximum_retry_attempts(-1)
        .maximum_record_age_in_seconds(mapping.age.map_or(-1, seconds))
        .function_response_types(FunctionResponseType::ReportBatchItemFailures)
        .destination_config(failures);
    create.send().await.map(drop).map_err(call(format!("CreateEventSourceMapping {ingest}")))
}

/// The mappings of a stream to a function.
pub(super) async fn mappings(
    lambda: &Client,
    function: &str,
    stream: &str,
) -> Result<Vec<EventSourceMappingConfiguration>, CloudError> {
    let list = lambda.list_event_source_mappings().function_name(function).event_source_arn(stream);
    let listed = list.send().await;
    let listed = listed.map_err(call(format!("ListEventSourceMappings {function}")))?;
    Ok(listed.event_source_mappings.unwrap_or_default())
}

/// Wakes the function every minute.
async fn schedule(config: &SdkConfig, names: &Names, arn: &str) -> Result<(), CloudError> {
    let (scheduler, name) = (aws_sdk_scheduler::Client::new(config), &names.checkpoint);
    let what = format!("CreateSchedule {name}");
    let broken = |e: aws_sdk_scheduler::error::BuildError| CloudError::Call {
        call: what.clone(),
        detail: e.to_string(),
    };
    let exact = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build();
    // The next tick does what a lost one did not.
    let retry = RetryPolicy::builder().maximum_retry_attempts(0).build();
    let target = Target::builder().arn(arn).role_arn(roles::arn(&names.schedule));
    let target = target.retry_policy(retry).build();
    let (exact, target) = (exact.map_err(broken)?, target.map_err(broken)?);
    let create = scheduler
        .create_schedule()
        .name(name)
        .schedule_expression("rate(1 minute)")
        .flexible_time_window(exact)
        .target(target);
    match create.send().await {
        Ok(_) => Ok(()),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_conflict_exception()) => Ok(()),
        Err(error) => Err(call(what)(error)),
    }
}

/// Runs a function once and waits for its answer.
pub(super) async fn invoke(config: &SdkConfig, name: &str) -> Result<String, CloudError> {
    let what = format!("Invoke {name}");
    let answer = Client::new(config).invoke().function_name(name).payload(Blob::new("{}"));
    let answer = answer.send().await.map_err(call(what.clone()))?;
    let text = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    match answer.function_error {
        Some(kind) => Err(CloudError::Call { call: what, detail: format!("{kind}: {text}") }),
        None => Ok(text),
    }
}
