//! A deployment is complete, and deploying again finds it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use aws_sdk_kinesis::types::EncryptionType;
use aws_sdk_s3::error::ProvideErrorMetadata;
use cairn_local::cloud::{self, Options, Signing};
use cairn_local::{Cloud, CloudError, aws};
use cairn_store::{Deployment, LockMode};
use serde_json::Value;

fn without_functions() -> Options {
    Options { functions: false, ..Options::default() }
}

#[tokio::test]
async fn a_deployment_locks_and_encrypts_and_is_found_again() {
    let cloud = Cloud::start(&without_functions()).await.unwrap();
    let deployment = cloud.deployment().clone();
    the_bundle_is_locked_under_the_data_key(&cloud, &deployment).await;
    the_stream_keeps_a_week_encrypted(&cloud, &deployment).await;
    the_table_is_protected(&cloud, &deployment).await;

    let again = cloud::deploy(cloud.emulator().endpoint(), &without_functions()).await.unwrap();
    assert_eq!(again, deployment, "deploying again made something new");

    a_folder_makes_the_bundle_and_keeps_the_tenant_key(&cloud, &deployment).await;

    let other = Options { shards: Some(5), ..without_functions() };
    let refused = cloud::deploy(cloud.emulator().endpoint(), &other).await.unwrap_err();
    assert!(matches!(refused, CloudError::Mismatch { .. }), "{refused}");

    let other = Options { signing: Signing::P256, ..without_functions() };
    let refused = cloud::deploy(cloud.emulator().endpoint(), &other).await.unwrap_err();
    assert!(matches!(refused, CloudError::Mismatch { .. }), "{refused}");
    let other = Options { lock_mode: LockMode::Governance, ..without_functions() };
    let refused = cloud::deploy(cloud.emulator().endpoint(), &other).await.unwrap_err();
    assert!(matches!(refused, CloudError::Mismatch { .. }), "{refused}");

    let saved = std::fs::read(cloud.deployment_file()).unwrap();
    let saved: Deployment = serde_json::from_slice(&saved).unwrap();
    assert_eq!(saved, deployment);
}

async fn the_bundle_is_locked_under_the_data_key(cloud: &Cloud, deployment: &Deployment) {
    let s3 = aws::s3(cloud.config());
    let key = format!("config/{}", deployment.bundle.unwrap());
    let head = s3.head_object().bucket(&deployment.bucket).key(&key).send().await.unwrap();
    assert_eq!(head.ssekms_key_id(), Some(deployment.data_key.as_str()));
    assert!(head.object_lock_retain_until_date().is_some(), "the bundle is not locked");
    let version = head.version_id().unwrap();
    let delete = s3.delete_object().bucket(&deployment.bucket).key(&key).version_id(version);
    let refused = delete.send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AccessDenied"));
}

async fn a_folder_makes_the_bundle_and_keeps_the_tenant_key(
    cloud: &Cloud,
    deployment: &Deployment,
) {
    let config = Some(cairn_local::config_folder());
    let options = Options { config, ..without_functions() };
    let made = cloud::deploy(cloud.emulator().endpoint(), &options).await.unwrap();
    assert_ne!(made.bundle, deployment.bundle);
    the_bundle_is_locked_under_the_data_key(cloud, &made).await;
    let s3 = aws::s3(cloud.config());
    let mut keys = Vec::new();
    for hash in [deployment.bundle, made.bundle].map(Option::unwrap) {
        let key = format!("config/{hash}");
        let object = s3.get_object().bucket(&made.bucket).key(key).send().await.unwrap();
        let bytes = object.body.collect().await.unwrap().into_bytes();
        keys.push(cairn_event::Bundle::parse(&bytes).unwrap().tenant_key);
    }
    assert_eq!(keys[0], keys[1]);
    let again = cloud::deploy(cloud.emulator().endpoint(), &options).await.unwrap();
    assert_eq!(again, made, "the same folder made another bundle");
}

async fn the_stream_keeps_a_week_encrypted(cloud: &Cloud, deployment: &Deployment) {
    let kinesis = aws_sdk_kinesis::Client::new(cloud.config());
    let summary = kinesis.describe_stream_summary().stream_name(&deployment.stream);
    let summary = summary.send().await.unwrap().stream_description_summary.unwrap();
    assert_eq!(summary.open_shard_count, 2);
    assert_eq!(summary.retention_period_hours, 168);
    assert_eq!(summary.encryption_type, Some(EncryptionType::Kms));
}

async fn the_table_is_protected(cloud: &Cloud, deployment: &Deployment) {
    let dynamo = aws_sdk_dynamodb::Client::new(cloud.config());
    let table = dynamo.describe_table().table_name(&deployment.table).send().await.unwrap();
    let table = table.table.unwrap();
    assert_eq!(table.deletion_protection_enabled, Some(true));
    let key = table.sse_description.unwrap().kms_master_key_arn.unwrap();
    assert_ne!(key, deployment.data_key, "whoever reads events reads the ledger");
    let backups = dynamo.describe_continuous_backups().table_name(&deployment.table);
    let backups = backups.send().await.unwrap().continuous_backups_description.unwrap();
    let recovery = backups.point_in_time_recovery_description.unwrap();
    assert_eq!(recovery.point_in_time_recovery_status.unwrap().as_str(), "ENABLED");
    let refused = dynamo.delete_table().table_name(&deployment.table).send().await;
    assert!(refused.is_err(), "the table could be deleted");
}

#[tokio::test]
async fn the_key_that_signs_checkpoints_can_be_ecdsa() {
    let options = Options { signing: Signing::P256, ..without_functions() };
    let cloud = Cloud::start(&options).await.unwrap();
    let key: cairn_ledger::VerifierKey = cloud.deployment().verifier_keys[0].parse().unwrap();
    let kms = aws_sdk_kms::Client::new(cloud.config());
    let public =
        kms.get_public_key().key_id(&cloud.deployment().signing_keys[0]).send().await.unwrap();
    assert_eq!(public.key_spec.unwrap().as_str(), "ECC_NIST_P256");
    assert_eq!(public.public_key.unwrap().into_inner(), key.to_spki());
}

#[tokio::test]
async fn a_deployment_is_described_as_terraform_would() {
    let cloud = Cloud::start(&Options::default()).await.unwrap();
    let described = cloud::describe(cloud.config(), "cairn").await.unwrap();
    let mapping = &described["aws_lambda_event_source_mapping"]["cairn-ingest"];
    assert_eq!(mapping["starting_position"], "TRIM_HORIZON");
    let keys = described["aws_kms_key"].as_object().unwrap();
    let keys: Vec<_> = keys.keys().map(String::as_str).collect();
    assert_eq!(keys, ["alias/cairn-data", "alias/cairn-ledger", "alias/cairn-signing"]);
    assert!(!described.to_string().contains(":key/"), "a key goes by its ARN: {described:#}");
    let mut nothing = Vec::new();
    find_nulls("", &described, &mut nothing);
    let expected = [
        "/aws_s3_bucket_object_lock_configuration/cairn-expired/rule/default_retention/years",
        "/aws_scheduler_schedule/cairn-checkpoint/target/input",
    ];
    assert_eq!(nothing, expected, "the cloud does not tell of these");
}

fn find_nulls(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(path.to_owned()),
        Value::Object(members) => {
            for (name, member) in members {
                find_nulls(&format!("{path}/{name}"), member, found);
            }
        }
        _ => {}
    }
}
