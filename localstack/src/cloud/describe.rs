//! What is deployed, read back through the API and told as Terraform tells of its resources.

mod buckets;
mod functions;
mod roles;

use aws_config::SdkConfig;
use serde_json::{Map, Value, json};

use super::error::{CloudError, call};
use super::options::Names;
use super::stream;

/// The settings of all that a deployment has, by Terraform's types of resources, then by name: a key
/// by its alias, a mapping by its function, what belongs to a bucket or a role by that. Attributes
/// have the names that Terraform gives them, blocks are objects, policies are JSON, keys are named by
/// their aliases wherever their ARNs would stand. What nobody decides is left out.
pub async fn describe(config: &SdkConfig, name: &str) -> Result<Value, CloudError> {
    let names = Names::new(name);
    let (keys, aliases) = keys(config, &names).await?;
    let mut found = Map::new();
    found.insert("aws_dynamodb_table".to_owned(), table(config, &names.table).await?);
    found.insert("aws_kinesis_stream".to_owned(), stream(config, &names.stream).await?);
    found.insert("aws_kms_key".to_owned(), keys);
    found.extend(buckets::describe(config, [&names.bucket, &names.expired]).await?);
    found.extend(roles::describe(config, &names).await?);
    found.extend(functions::describe(config, &names).await?);
    let schedule = schedule(config, &names.checkpoint).await?;
    found.insert("aws_scheduler_schedule".to_owned(), schedule);
    let renamed = aliases
        .into_iter()
        .fold(Value::Object(found).to_string(), |text, (arn, alias)| text.replace(&arn, &alias));
    parse("a description", &renamed)
}

fn parse(what: &str, text: &str) -> Result<Value, CloudError> {
    let detail = |e: serde_json::Error| e.to_string();
    serde_json::from_str(text)
        .map_err(|e| CloudError::Call { call: what.to_owned(), detail: detail(e) })
}

/// `{name: value}`
fn named(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

async fn table(config: &SdkConfig, name: &str) -> Result<Value, CloudError> {
    let dynamo = aws_sdk_dynamodb::Client::new(config);
    let missing = |member| CloudError::Answer { call: "DescribeTable", member };
    let table = dynamo.describe_table().table_name(name).send().await;
    let table = table.map_err(call(format!("DescribeTable {name}")))?;
    let table = table.table.ok_or(missing("Table"))?;
    let backups = dynamo.describe_continuous_backups().table_name(name).send().await;
    let backups = backups.map_err(call(format!("DescribeContinuousBackups {name}")))?;
    let recovery = backups
        .continuous_backups_description
        .and_then(|found| found.point_in_time_recovery_description)
        .and_then(|found| found.point_in_time_recovery_status);
    let key = |kind: &str| {
        let schema = table.key_schema.iter().flatten();
        let mut found = schema.filter(|element| element.key_type.as_str() == kind);
        found.next().map(|element| element.attribute_name.clone())
    };
    let attributes = table.attribute_definitions.iter().flatten();
    let attributes: Vec<_> = attributes
        .map(|found| json!({ "name": found.attribute_name, "type": found.attribute_type.as_str() }))
        .collect();
    let billing = table.billing_mode_summary.as_ref().and_then(|found| found.billing_mode.as_ref());
    let encryption = table.sse_description.as_ref();
    Ok(named(
        name,
        json!({
            "attribute": attributes,
            "billing_mode": billing.map(|mode| mode.as_str()),
            "deletion_protection_enabled": table.deletion_protection_enabled,
            "hash_key": key("HASH"),
            "point_in_time_recovery": {
                "enabled": recovery.is_some_and(|status| status.as_str() == "ENABLED"),
            },
            "range_key": key("RANGE"),
            "server_side_encryption": {
                "enabled": encryption.is_some(),
                "kms_key_arn": encryption.and_then(|found| found.kms_master_key_arn.as_ref()),
            },
        }),
    ))
}

async fn stream(config: &SdkConfig, name: &str) -> Result<Value, CloudError> {
    let found = stream::describe(&aws_sdk_kinesis::Client::new(config), name).await?;
    Ok(named(
        name,
        json!({
            "encryption_type": found.encryption_type.map(|kind| kind.as_str().to_owned()),
            "kms_key_id": found.key_id,
            "retention_period": found.retention_period_hours,
            "shard_count": found.open_shard_count,
            "stream_mode_details": {
                "stream_mode": found.stream_mode_details.map(|m| m.stream_mode.as_str().to_owned()),
            },
        }),
    ))
}

/// The keys, and the alias that each ARN has.
async fn keys(
    config: &SdkConfig,
    names: &Names,
) -> Result<(Value, Vec<(String, String)>), CloudError> {
    let kms = aws_sdk_kms::Client::new(config);
    let (mut keys, mut aliases) = (Map::new(), Vec::new());
    for alias in [&names.data_key, &names.ledger_key, &names.signing_key] {
        let missing = |member| CloudError::Answer { call: "DescribeKey", member };
        let found = kms.describe_key().key_id(alias).send().await;
        let found = found.map_err(call(format!("DescribeKey {alias}")))?;
        let found = found.key_metadata.ok_or(missing("KeyMetadata"))?;
        let arn = found.arn.ok_or(missing("KeyMetadata.Arn"))?;
        let policy = kms.get_key_policy().key_id(&arn).send().await;
        let policy = policy.map_err(call(format!("GetKeyPolicy {alias}")))?;
        let rotation = kms.get_key_rotation_status().key_id(&arn).send().await;
        let rotation = rotation.map_err(call(format!("GetKeyRotationStatus {alias}")))?;
        let described = json!({
            "customer_master_key_spec": found.key_spec.map(|spec| spec.as_str().to_owned()),
            "enable_key_rotation": rotation.key_rotation_enabled,
            "key_usage": found.key_usage.map(|usage| usage.as_str().to_owned()),
            "policy": parse("GetKeyPolicy", &policy.policy.unwrap_or_default())?,
        });
        keys.insert(alias.clone(), described);
        aliases.push((arn, alias.clone()));
    }
    Ok((Value::Object(keys), aliases))
}

async fn schedule(config: &SdkConfig, name: &str) -> Result<Value, CloudError> {
    let found = aws_sdk_scheduler::Client::new(config).get_schedule().name(name).send().await;
    let found = found.map_err(call(format!("GetSchedule {name}")))?;
    let window = found.flexible_time_window.map(|window| window.mode.as_str().to_owned());
    let target = found.target.map(|target| {
        json!({
            "arn": target.arn,
            "input": target.input,
            "retry_policy": {
                "maximum_retry_attempts":
                    target.retry_policy.and_then(|policy| policy.maximum_retry_attempts),
            },
            "role_arn": target.role_arn,
        })
    });
    Ok(named(
        name,
        json!({
            "flexible_time_window": { "mode": window },
            "schedule_expression": found.schedule_expression,
            "target": target,
        }),
    ))
}
