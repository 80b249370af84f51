//! One local cloud for all tests of this program.

use std::sync::OnceLock;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kinesis::types::StreamStatus;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use cairn_local::cloud::{Cloud, Options};
use cairn_local::emulator::CREDENTIALS;
use cairn_store::aws::{Clients, DynamoDb, S3};
use cairn_store::conformance::{Ground, LockProbe};
use cairn_store::{Deployment, LockMode, Retention, StoreError, StoreResult, VersionId};
use jiff::Timestamp;

/// One test's part of the cloud.
pub(crate) struct Run {
    pub(crate) deployment: Deployment,
    pub(crate) clients: Clients,
    pub(crate) ground: Ground,
}

/// Starts the cloud, once. Connections belong to the runtime that made them, so each test makes
/// its own clients, and the cloud is started on a runtime that nobody else uses.
fn deployment() -> &'static Deployment {
    static CLOUD: OnceLock<Cloud> = OnceLock::new();
    let start = || {
        let start = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let options = Options { functions: false, ..Options::default() };
            runtime.unwrap().block_on(Cloud::start(&options))
        };
        match std::thread::spawn(start).join().unwrap() {
            Ok(cloud) => cloud,
            Err(error) => panic!("no local cloud: {error}"),
        }
    };
    CLOUD.get_or_init(start).deployment()
}

impl Run {
    pub(crate) async fn begin(name: &str) -> Self {
        let deployment = deployment().clone();
        let (id, secret) = CREDENTIALS;
        let clients = Clients::connect(&deployment.region, deployment.endpoint.as_deref()).await;
        let ground = Ground {
            name: name.to_owned(),
            now: Timestamp::now(),
            data_key: deployment.data_key.clone(),
        };
        Self { deployment, clients: clients.with_access_key(id, secret), ground }
    }

    pub(crate) fn objects(&self) -> S3 {
        self.clients.objects(&self.deployment.bucket, &self.deployment.data_key)
    }

    pub(crate) fn table(&self) -> DynamoDb {
        self.clients.table(&self.deployment.table)
    }

    pub(crate) fn key(&self, key: &str) -> String {
        format!("{}/{key}", self.ground.name)
    }

    pub(crate) fn probe(&self) -> Probe {
        Probe { client: self.s3(), bucket: self.deployment.bucket.clone() }
    }

    /// S3 without any of the store's care.
    pub(crate) fn s3(&self) -> aws_sdk_s3::Client {
        cairn_local::aws::s3(self.clients.config())
    }

    /// Makes a signing key.
    pub(crate) async fn signing_key(&self, spec: &str) -> String {
        let kms = aws_sdk_kms::Client::new(self.clients.config());
        let key = kms.create_key().key_spec(spec.into());
        let key = key.key_usage(aws_sdk_kms::types::KeyUsageType::SignVerify).send().await.unwrap();
        key.key_metadata.unwrap().arn.unwrap()
    }

    /// Makes a stream.
    pub(crate) async fn stream(&self, shards: i32) -> String {
        let name = format!("conformance-{}", self.ground.name);
        let kinesis = aws_sdk_kinesis::Client::new(self.clients.config());
        kinesis.create_stream().stream_name(&name).shard_count(shards).send().await.unwrap();
        self.settled(&name).await;
        name
    }

    /// Splits a shard in the middle.
    pub(crate) async fn split(&self, stream: &str, shard: &str) {
        let kinesis = aws_sdk_kinesis::Client::new(self.clients.config());
        let shards = kinesis.list_shards().stream_name(stream).send().await.unwrap();
        let shard = shards.shards().iter().find(|found| found.shard_id() == shard).unwrap();
        let range = shard.hash_key_range().unwrap();
        let [from, to] = [range.starting_hash_key(), range.ending_hash_key()]
            .map(|key| key.parse::<u128>().unwrap());
        let middle = from + (to - from) / 2;
        let split = kinesis.split_shard().stream_name(stream).shard_to_split(shard.shard_id());
        split.new_starting_hash_key(middle.to_string()).send().await.unwrap();
        self.settled(stream).await;
    }

    /// Merges two shards.
    pub(crate) async fn merge(&self, stream: &str, shard: &str, adjacent: &str) {
        let kinesis = aws_sdk_kinesis::Client::new(self.clients.config());
        let merge = kinesis.merge_shards().stream_name(stream).shard_to_merge(shard);
        merge.adjacent_shard_to_merge(adjacent).send().await.unwrap();
        self.settled(stream).await;
    }

    async fn settled(&self, stream: &str) {
        let kinesis = aws_sdk_kinesis::Client::new(self.clients.config());
        loop {
            let answer = kinesis.describe_stream_summary().stream_name(stream).send().await;
            let summary = answer.unwrap().stream_description_summary.unwrap();
            if summary.stream_status == StreamStatus::Active {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Puts an item with one attribute into the ledger table.
    pub(crate) async fn put_item(&self, pk: &str, sk: &str, name: &str, value: &str) {
        let dynamo = aws_sdk_dynamodb::Client::new(self.clients.config());
        let put = dynamo.put_item().table_name(&self.deployment.table);
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let put = put.item("pk", text(pk)).item("sk", text(sk)).item(name, text(value));
        put.send().await.unwrap();
    }
}

/// What somebody with ordinary rights does to objects.
pub(crate) struct Probe {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl LockProbe for Probe {
    async fn delete(&self, key: &str) -> StoreResult<()> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key);
        delete.send().await.map(drop).map_err(|error| refused(&error))
    }

    async fn delete_version(&self, key: &str, version: &VersionId) -> StoreResult<()> {
        let delete = self.client.delete_object().bucket(&self.bucket).key(key);
        let delete = delete.version_id(version.as_str());
        delete.send().await.map(drop).map_err(|error| refused(&error))
    }

    async fn retain(
        &self,
        key: &str,
        version: &VersionId,
        retention: Retention,
    ) -> StoreResult<()> {
        let mode = match retention.mode {
            LockMode::Compliance => ObjectLockMode::Compliance,
            LockMode::Governance => ObjectLockMode::Governance,
        };
        let wanted = ObjectLockRetention::builder()
            .mode(ObjectLockRetentionMode::from(mode.as_str()))
            .retain_until_date(DateTime::from_secs(retention.until.as_second()))
            .build();
        let put = self.client.put_object_retention().bucket(&self.bucket).key(key);
        let put = put.version_id(version.as_str()).retention(wanted);
        put.send().await.map(drop).map_err(|error| refused(&error))
    }
}

/// Object Lock answers with 403; anything else is no refusal and fails the test.
#[track_caller]
fn refused<E>(
    error: &aws_sdk_s3::error::SdkError<E, aws_sdk_s3::config::http::HttpResponse>,
) -> StoreError
where
    E: std::fmt::Debug,
{
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    assert_eq!(status, Some(403), "{error:?}");
    StoreError::Refused { operation: "probe".to_owned(), detail: "403".to_owned() }
}
