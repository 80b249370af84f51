//! The ledger table.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, PointInTimeRecoverySpecification,
    ScalarAttributeType, SseSpecification, SseType, TableStatus,
};

use super::error::{CloudError, call};
use super::wait::until;

/// Makes the ledger table: on demand, encrypted under the key, protected from deletion, with
/// point-in-time recovery.
pub(super) async fn ensure(dynamo: &Client, table: &str, key: &str) -> Result<(), CloudError> {
    let what = format!("CreateTable {table}");
    let mut create = dynamo
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .deletion_protection_enabled(true)
        .sse_specification(
            SseSpecification::builder()
                .enabled(true)
                .sse_type(SseType::Kms)
                .kms_master_key_id(key)
                .build(),
        );
    for (name, role) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let (attribute, key) = column(name, role)
            .map_err(|e| CloudError::Call { call: what.clone(), detail: e.to_string() })?;
        create = create.attribute_definitions(attribute).key_schema(key);
    }
    match create.send().await {
        Ok(_) => {}
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_resource_in_use_exception()) => {}
        Err(error) => return Err(call(what)(error)),
    }
    until(&format!("table {table}"), TableStatus::Active.as_str(), async || {
        status(dynamo, table).await
    })
    .await?;
    recover_to_any_second(dynamo, table).await
}

async fn status(dynamo: &Client, table: &str) -> Result<String, CloudError> {
    let answer = dynamo.describe_table().table_name(table).send().await;
    let answer = answer.map_err(call(format!("DescribeTable {table}")))?;
    let status = answer.table.and_then(|t| t.table_status);
    Ok(status.map(|s| s.as_str().to_owned()).unwrap_or_default())
}

async fn recover_to_any_second(dynamo: &Client, table: &str) -> Result<(), CloudError> {
    let what = format!("UpdateContinuousBackups {table}");
    let on =
        PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
    let on = on.map_err(|e| CloudError::Call { call: what.clone(), detail: e.to_string() })?;
    let set = dynamo.update_continuous_backups().table_name(table);
    let set = set.point_in_time_recovery_specification(on).send().await;
    set.map(drop).map_err(call(what))
}

fn column(
    name: &str,
    role: KeyType,
) -> Result<(AttributeDefinition, KeySchemaElement), BuildError> {
    let attribute = AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()?;
    let key = KeySchemaElement::builder().attribute_name(name).key_type(role).build()?;
    Ok((attribute, key))
}
