//! What a driver needs to know of a deployment.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_lambda::Client;

use super::error::{CloudError, call};
use super::options::Names;
use super::{functions, roles, stream};
use crate::aws;
use crate::driver::{Function, Mapping, Pace, Settings};
use crate::emulator::REGION;

/// The settings of the mapping that feeds ingest, as the cloud at `endpoint` describes it, and of its
/// function. `binary`: what was deployed; `log`: where its output goes.
pub async fn driven(
    endpoint: &str,
    name: &str,
    binary: PathBuf,
    log: PathBuf,
) -> Result<Settings, CloudError> {
    let config = aws::config(endpoint).await;
    let (lambda, names) = (Client::new(&config), Names::new(name));
    let stream = stream::arn(&aws_sdk_kinesis::Client::new(&config), &names.stream).await?;
    let found = functions::mappings(&lambda, &names.ingest, &stream).await?.into_iter().next();
    let missing = |call, member| CloudError::Answer { call, member };
    let found = found.ok_or(missing("ListEventSourceMappings", "EventSourceMapping"))?;
    let mapping = Mapping::from_description(&found)?;
    let described = lambda.get_function_configuration().function_name(&names.ingest).send().await;
    let described =
        described.map_err(call(format!("GetFunctionConfiguration {}", names.ingest)))?;
    let variables = described.environment.and_then(|environment| environment.variables);
    let role = described.role.ok_or(missing("GetFunctionConfiguration", "Role"))?;
    let mut variables = variables.unwrap_or_default();
    variables.extend(roles::session(&config, &role).await?);
    let timeout = u64::try_from(described.timeout.unwrap_or(functions::TIMEOUT)).unwrap_or(0);
    let function = Function {
        arn: mapping.function.clone(),
        binary,
        environment: environment(variables, endpoint),
        timeout: Duration::from_secs(timeout),
        memory: described.memory_size.unwrap_or(functions::MEMORY).unsigned_abs(),
        log: Some(log),
        name: names.ingest,
    };
    Ok(Settings { mapping, function, pace: Pace::default(), readers: 1 })
}

/// A function's own variables, and those that Lambda adds.
pub(super) fn environment(
    mut variables: HashMap<String, String>,
    endpoint: &str,
) -> HashMap<String, String> {
    for (name, value) in
        [("AWS_ENDPOINT_URL", endpoint), ("AWS_REGION", REGION), ("AWS_LAMBDA_LOG_FORMAT", "JSON")]
    {
        variables.insert(name.to_owned(), value.to_owned());
    }
    variables
}
