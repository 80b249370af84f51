//! A deployment whose policies are enforced, and those who act in it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::process::Command;
use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ObjectLockMode, ServerSideEncryption};
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use cairn_local::aws;
use cairn_local::build::{self, Profile};
use cairn_local::cloud::{Cloud, Options, Policy};
use cairn_store::Deployment;
use serde_json::{Value, json};

/// Days for which batches are locked.
pub(crate) const BATCHES: u64 = 35;

/// Days for which the log and bundles are locked.
pub(crate) const LOG: u64 = 3650;

/// A deployment whose policies are enforced.
pub(crate) struct Stage {
    pub(crate) cloud: Cloud,
}

/// The account itself, as policies name it.
const ACCOUNT_ROOT: &str = "arn:aws:iam::000000000000:root";

/// What puts an object.
pub(crate) const PUT: &str = "s3:PutObject";

/// Somebody with a session of a role, or the account's root.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) deployment: Deployment,
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(crate) kinesis: aws_sdk_kinesis::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) s3: aws_sdk_s3::Client,
}

/// The variables of a session.
pub(crate) type Session = HashMap<String, String>;

impl Stage {
    /// Everything but the functions themselves.
    pub(crate) async fn start() -> Self {
        let options = Options { functions: false, ..Options::default() };
        Self::of(options).await
    }

    pub(crate) async fn of(options: Options) -> Self {
        let cloud = Cloud::start(&Options { auth: true, ..options }).await.unwrap();
        Self { cloud }
    }

    pub(crate) fn deployment(&self) -> &Deployment {
        self.cloud.deployment()
    }

    /// Whoever has deployed, who is never refused anything.
    pub(crate) fn root(&self) -> Actor {
        self.actor(None)
    }

    /// A role of the deployment.
    pub(crate) async fn role(&self, role: &str) -> Actor {
        self.with(&self.cloud.session(&format!("cairn-{role}")).await.unwrap())
    }

    /// Somebody whose role is made here, with a policy of the deployment's.
    pub(crate) async fn somebody(&self, policy: Policy) -> Actor {
        self.with(&self.session_of(policy.name(), &self.cloud.policy(policy)).await)
    }

    /// Somebody who may do everything that nothing refuses to everybody.
    pub(crate) async fn administrator(&self) -> Actor {
        self.with(&self.session_of("administrator", &everything()).await)
    }

    /// A session of a role that is made here.
    pub(crate) async fn session_of(&self, role: &str, policy: &str) -> Session {
        let iam = self.root().iam;
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": { "AWS": ACCOUNT_ROOT },
            }],
        });
        let create = iam.create_role().role_name(role);
        create.assume_role_policy_document(trust.to_string()).send().await.unwrap();
        self.grant(role, "own", policy).await;
        self.cloud.session(role).await.unwrap()
    }

    /// Gives a role one more policy.
    pub(crate) async fn grant(&self, role: &str, name: &str, policy: &str) {
        let put = self.root().iam.put_role_policy().role_name(role).policy_name(name);
        put.policy_document(policy).send().await.unwrap();
    }

    /// Whoever has a session of a role with this name and these tags.
    pub(crate) async fn session(
        &self,
        role: &str,
        name: &str,
        tags: &[(&str, &str)],
    ) -> Result<Actor, SdkError<AssumeRoleError>> {
        let sts = aws_sdk_sts::Client::new(self.cloud.config());
        let role = format!("arn:aws:iam::000000000000:role/{role}");
        let mut assume = sts.assume_role().role_arn(role).role_session_name(name);
        for (key, value) in tags {
            let tag = aws_sdk_sts::types::Tag::builder().key(*key).value(*value).build();
            assume = assume.tags(tag.unwrap());
        }
        let got = assume.send().await?.credentials.unwrap();
        let (id, secret) = (got.access_key_id, got.secret_access_key);
        Ok(self.actor(Some(credentials(id, secret, got.session_token))))
    }

    /// Runs the tool in a session, as people do: its exit code, and what it says in JSON.
    pub(crate) fn cairn(&self, session: &Session, arguments: &[&str]) -> (Option<i32>, String) {
        let state = tempfile::tempdir().unwrap();
        let mut command = Command::new(build::tool(Profile::default()).unwrap());
        for (name, _) in std::env::vars() {
            if ["AWS_", "CAIRN_", "XDG_"].iter().any(|prefix| name.starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        command.envs(session).env("XDG_STATE_HOME", state.path());
        command.arg("--json").arg("--deployment").arg(self.cloud.deployment_file());
        let output = command.args(arguments).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        if said.is_empty() {
            return (output.status.code(), String::from_utf8(output.stderr).unwrap());
        }
        (output.status.code(), said)
    }

    /// Lets whoever has deployed take a role, with no second factor, which nobody here has.
    pub(crate) async fn trust_everybody(&self, role: &str, policy: Policy) {
        let refused = self.cloud.session(role).await.unwrap_err().to_string();
        assert!(refused.contains("not authorized to perform: sts:AssumeRole"), "{refused}");
        let mut trust: Value = serde_json::from_str(&self.cloud.policy(policy)).unwrap();
        let statement = trust["Statement"][0].as_object_mut().unwrap();
        let condition = statement.remove("Condition").unwrap();
        assert_eq!(condition["Bool"]["aws:MultiFactorAuthPresent"], "true");
        statement["Principal"]["AWS"] = ACCOUNT_ROOT.into();
        let set = self.root().iam.update_assume_role_policy().role_name(role);
        let set = set.policy_document(trust.to_string()).send().await;
        set.unwrap_or_else(|error| panic!("{:?}", error.message()));
    }

    /// Whoever has this session.
    pub(crate) fn with(&self, session: &Session) -> Actor {
        let part = |name: &str| session[name].clone();
        let (id, secret) = (part("AWS_ACCESS_KEY_ID"), part("AWS_SECRET_ACCESS_KEY"));
        self.actor(Some(credentials(id, secret, part("AWS_SESSION_TOKEN"))))
    }

    fn actor(&self, credentials: Option<Credentials>) -> Actor {
        let mut config = self.cloud.config().clone().into_builder();
        if let Some(credentials) = credentials {
            let provider = SharedCredentialsProvider::new(credentials);
            config = config.credentials_provider(provider);
        }
        let config = config.build();
        Actor {
            deployment: self.deployment().clone(),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kinesis: aws_sdk_kinesis::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            s3: aws::s3(&config),
        }
    }

    /// Takes the policies of buckets and keys away: what is refused from here on, a role's own policy
    /// refuses.
    pub(crate) async fn without_resource_policies(self) -> Self {
        let (root, deployment) = (self.root(), self.deployment());
        for bucket in [&deployment.bucket, deployment.expired.as_ref().unwrap()] {
            root.s3.delete_bucket_policy().bucket(bucket).send().await.unwrap();
        }
        for key in [&deployment.data_key, &deployment.signing_keys[0], "alias/cairn-ledger"] {
            let key = root.kms.describe_key().key_id(key).send().await.unwrap().key_metadata;
            // What a key has that nobody has given a policy.
            let policy = json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Action": "kms:*",
                    "Resource": "*",
                    "Principal": { "AWS": ACCOUNT_ROOT },
                }],
            });
            let put = root.kms.put_key_policy().key_id(key.unwrap().arn.unwrap());
            put.policy(policy.to_string()).send().await.unwrap();
        }
        self
    }

    /// Asserts that somebody has no rights to what is like the deployment's, and is not. `reads`: what
    /// refuses to read objects.
    pub(crate) async fn keeps_out_of_elsewhere(&self, actor: &Actor, reads: By) {
        let (root, other) = (self.root(), "elsewhere");
        root.s3.create_bucket().bucket(other).send().await.unwrap();
        for key in ["batches/a", "log/a", "config/a", "segments/class=c/tenant=acme/dt=d/0"] {
            root.encrypt(other, key).send().await.unwrap();
            let s3 = &actor.s3;
            refused(PUT, By::Silence, actor.encrypt(other, key).send().await);
            let read = s3.get_object().bucket(other).key(key).send().await;
            refused("s3:GetObject", reads, read);
            let lock = s3.get_object_retention().bucket(other).key(key).send().await;
            refused("s3:GetObjectRetention", By::Silence, lock);
            let list = s3.list_objects_v2().bucket(other).prefix(key).send().await;
            refused("s3:ListBucket", By::Silence, list);
            let versions = s3.list_object_versions().bucket(other).prefix(key).send().await;
            refused("s3:ListBucketVersions", By::Silence, versions);
        }
        make_table(&root, other).await;
        let of_other = Actor {
            deployment: Deployment {
                stream: other.to_owned(),
                table: other.to_owned(),
                signing_keys: vec![other_key(&root).await],
                ..actor.deployment.clone()
            },
            ..actor.clone()
        };
        for partition in ["chain#a", "chains", "log", "redrive#a"] {
            refused("dynamodb:GetItem", By::Silence, of_other.look_up(partition).await);
            refused("dynamodb:PutItem", By::Silence, of_other.write(partition).await);
            refused("dynamodb:Query", By::Silence, of_other.query(partition).await);
        }
        refused("kinesis:PutRecord", By::Silence, of_other.put_record().await);
        refused("kinesis:GetShardIterator", By::Silence, of_other.read_stream().await);
        let summary = actor.kinesis.describe_stream_summary().stream_name(other).send().await;
        refused("kinesis:DescribeStreamSummary", By::Silence, summary);
        let key = &of_other.deployment.signing_keys[0];
        let public = actor.kms.get_public_key().key_id(key).send().await;
        refused("kms:GetPublicKey", By::Silence, public);
        refused("kms:Sign", By::Silence, of_other.sign().await);
    }

    /// Puts an object at each of these places in the archive.
    pub(crate) async fn place(&self, keys: &[&str]) {
        let root = self.root();
        for key in keys {
            root.seal(key, LOG).send().await.unwrap();
        }
    }

    /// Puts an object where those lie that have expired.
    pub(crate) async fn place_expired(&self, key: &str) {
        let expired = self.deployment().expired.as_ref().unwrap();
        self.root().encrypt(expired, key).send().await.unwrap();
    }
}

impl Actor {
    /// Puts a new object into the archive as almost everything is put there: under the data key, and locked.
    pub(crate) fn seal(&self, key: &str, days: u64) -> PutObjectFluentBuilder {
        self.encrypt(&self.deployment.bucket, key)
            .object_lock_mode(ObjectLockMode::Compliance)
            .object_lock_retain_until_date(in_days(days))
            .if_none_match("*")
    }

    /// Puts an object under the data key.
    pub(crate) fn encrypt(&self, bucket: &str, key: &str) -> PutObjectFluentBuilder {
        self.s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(&self.deployment.data_key)
            .body(ByteStream::from_static(b"something"))
    }

    /// Reads an object of the archive.
    pub(crate) async fn read(
        &self,
        key: &str,
    ) -> Result<(), SdkError<aws_sdk_s3::operation::get_object::GetObjectError>> {
        let bucket = &self.deployment.bucket;
        self.s3.get_object().bucket(bucket).key(key).send().await.map(drop)
    }

    /// Puts an item into the ledger.
    pub(crate) async fn write(
        &self,
        partition: &str,
    ) -> Result<(), SdkError<aws_sdk_dynamodb::operation::put_item::PutItemError>> {
        let put = self.dynamodb.put_item().table_name(&self.deployment.table);
        put.item("pk", text(partition)).item("sk", text("x")).send().await.map(drop)
    }

    /// Looks for an item in the ledger.
    pub(crate) async fn look_up(
        &self,
        partition: &str,
    ) -> Result<(), SdkError<aws_sdk_dynamodb::operation::get_item::GetItemError>> {
        let get = self.dynamodb.get_item().table_name(&self.deployment.table);
        get.key("pk", text(partition)).key("sk", text("x")).send().await.map(drop)
    }

    /// Asks for a partition of the ledger.
    pub(crate) async fn query(
        &self,
        partition: &str,
    ) -> Result<(), SdkError<aws_sdk_dynamodb::operation::query::QueryError>> {
        let query = self.dynamodb.query().table_name(&self.deployment.table);
        let query = query.key_condition_expression("pk = :pk");
        query.expression_attribute_values(":pk", text(partition)).send().await.map(drop)
    }

    /// Puts a record on the stream.
    pub(crate) async fn put_record(
        &self,
    ) -> Result<(), SdkError<aws_sdk_kinesis::operation::put_record::PutRecordError>> {
        let put = self.kinesis.put_record().stream_name(&self.deployment.stream);
        let data = aws_sdk_kinesis::primitives::Blob::new("{}");
        put.partition_key("key").data(data).send().await.map(drop)
    }

    /// Begins to read a shard of the stream: an iterator.
    pub(crate) async fn read_stream(
        &self,
    ) -> Result<
        String,
        SdkError<aws_sdk_kinesis::operation::get_shard_iterator::GetShardIteratorError>,
    > {
        let get = self.kinesis.get_shard_iterator().stream_name(&self.deployment.stream);
        let get = get.shard_id("shardId-000000000000");
        let kind = aws_sdk_kinesis::types::ShardIteratorType::TrimHorizon;
        let answer = get.shard_iterator_type(kind).send().await;
        answer.map(|answer| answer.shard_iterator.unwrap())
    }

    /// Signs a text.
    pub(crate) async fn sign(
        &self,
    ) -> Result<(), SdkError<aws_sdk_kms::operation::sign::SignError>> {
        let sign = self.kms.sign().key_id(&self.deployment.signing_keys[0]);
        let sign = sign.message_type(aws_sdk_kms::types::MessageType::Raw);
        let sign = sign.signing_algorithm("ED25519_SHA_512".into());
        sign.message(aws_sdk_kms::primitives::Blob::new("text")).send().await.map(drop)
    }

    /// Asks for a key of data that the data key wraps, with no service between.
    pub(crate) async fn take_data_key(
        &self,
    ) -> Result<(), SdkError<aws_sdk_kms::operation::generate_data_key::GenerateDataKeyError>> {
        let take = self.kms.generate_data_key().key_id(&self.deployment.data_key);
        take.key_spec(aws_sdk_kms::types::DataKeySpec::Aes256).send().await.map(drop)
    }
}

fn credentials(id: String, secret: String, token: String) -> Credentials {
    Credentials::new(id, secret, Some(token), None, "session")
}

/// A table with the ledger's keys.
pub(crate) async fn make_table(root: &Actor, name: &str) {
    let mut create = root.dynamodb.create_table().table_name(name);
    create = create.billing_mode(BillingMode::PayPerRequest);
    for (name, role) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        let attribute = attribute.attribute_type(ScalarAttributeType::S).build().unwrap();
        let key = KeySchemaElement::builder().attribute_name(name).key_type(role).build().unwrap();
        create = create.attribute_definitions(attribute).key_schema(key);
    }
    create.send().await.unwrap();
}

/// A key that signs, and is not the deployment's.
async fn other_key(root: &Actor) -> String {
    let create = root.kms.create_key().key_spec(KeySpec::EccNistEdwards25519);
    let made = create.key_usage(KeyUsageType::SignVerify).send().await.unwrap();
    made.key_metadata.unwrap().arn.unwrap()
}

/// Everything is allowed.
pub(crate) fn everything() -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }],
    })
    .to_string()
}

/// A moment so many days away, and some seconds, as the functions reckon before they put.
pub(crate) fn in_days(days: u64) -> DateTime {
    let day = Duration::from_secs(24 * 3600);
    DateTime::from(SystemTime::now() + day * u32::try_from(days).unwrap())
}

pub(crate) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// What refused something.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By {
    /// No policy of the role allows it.
    Silence,
    /// A policy of the role denies it.
    Role,
    /// The bucket's or the key's policy denies it.
    Resource,
}

/// Asserts that a call was refused for want of the right to an action, and for nothing else.
#[track_caller]
pub(crate) fn refused<T, E, R>(action: &str, by: By, answer: Result<T, SdkError<E, R>>)
where
    T: Debug,
    E: ProvideErrorMetadata + Debug,
    R: Debug,
{
    let Err(error) = answer else { panic!("{action}: expected a refusal, found {answer:?}") };
    let code = error.code().unwrap_or_default();
    assert!(code.starts_with("AccessDenied"), "{action}: found {error:?}");
    let reason = match by {
        By::Silence => {
            format!("{action} because no identity-based policy allows the {action} action")
        }
        By::Role => format!("{action} with an explicit deny in an identity-based policy"),
        By::Resource => "with an explicit deny in a resource-based policy".to_owned(),
    };
    let said = error.message().unwrap_or_default();
    let expected = format!("not authorized to perform: {action} ");
    assert!(
        said.contains(&expected) && said.ends_with(&reason),
        "expected {reason:?}, found {said:?}"
    );
}

/// Asserts that a call was done.
#[track_caller]
pub(crate) fn done<T, E: Debug>(answer: Result<T, E>) -> T {
    answer.unwrap_or_else(|error| panic!("expected it to be done, found {error:?}"))
}
