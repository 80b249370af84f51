//! A deployment in an emulator whose stream is driven to the real ingest binary.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use cairn_batch::keys;
use cairn_cli::quarantine::Stores;
use cairn_cli::redrive;
use cairn_event::Bundle;
use cairn_ledger::{BatchHeader, Hash, SequenceNumber};
use cairn_local::build::{self, Functions, Profile};
use cairn_local::cloud::{Cloud, Options};
use cairn_local::driver::{Driver, Function, Happening, Outcome, Pace, Pool, Settings};
use cairn_local::proxy::Proxy;
use cairn_local::{aws, emulator};
use cairn_store::{Objects, Retention};
use cairn_verify::Report;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// How long nothing at all may happen.
const PATIENCE: Duration = Duration::from_secs(90);

/// The deployment, and the memory of what was put on its stream.
pub struct Driven {
    /// The cloud.
    pub cloud: Cloud,
    /// What lies between the functions and the cloud.
    pub proxy: Proxy,
    tool: cairn_cli::Cloud,
    options: Options,
    functions: Functions,
    happened: Arc<Mutex<Vec<Happening>>>,
    put: Mutex<Put>,
}

#[derive(Default)]
struct Put {
    ids: Vec<String>,
    bad: u64,
    last: BTreeMap<String, SequenceNumber>,
}

impl Driven {
    /// Starts an emulator with a deployment whose stream has this many shards.
    pub async fn start(name: &str, shards: u32) -> Self {
        Self::deploy(Options {
            functions: false,
            name: name.to_owned(),
            shards: Some(shards),
            ..Options::default()
        })
        .await
    }

    /// Starts an emulator with this deployment.
    pub async fn deploy(options: Options) -> Self {
        let functions = build::functions(Profile::default()).unwrap();
        let cloud = Cloud::start(&options).await.unwrap();
        let proxy = Proxy::start(cloud.emulator().endpoint()).await.unwrap();
        let clients = aws::clients(emulator::REGION, cloud.emulator().endpoint()).await;
        let tool = cairn_cli::Cloud::new(cairn_cli::Settings::from(cloud.deployment()), clients);
        let (happened, put) = (Arc::default(), Mutex::default());
        Self { cloud, proxy, tool, options, functions, happened, put }
    }

    /// What is driven in production, but quicker, and with the proxy before the cloud.
    pub async fn settings(&self) -> Settings {
        let mut mapping = self.cloud.mapping(&self.options).await.unwrap();
        mapping.window = Duration::from_millis(100);
        let millis = Duration::from_millis;
        let pace = Pace { poll: millis(100), backoff: millis(20), longest_backoff: millis(500) };
        let function = self.behind_proxy("ingest");
        Settings { mapping, function, pace, readers: 1 }
    }

    /// Drives the stream; the proxy kills this driver's processes.
    pub fn drive(&self, settings: Settings) -> Driver {
        let happened = Arc::clone(&self.happened);
        let watch = move |happening| happened.lock().unwrap().push(happening);
        let driver = Driver::start(self.cloud.config(), settings, watch);
        self.proxy.kills(driver.pool());
        driver
    }

    /// The checkpoint function, with the proxy before the cloud.
    pub fn checkpoint_function(&self) -> Function {
        self.behind_proxy("checkpoint")
    }

    fn behind_proxy(&self, name: &str) -> Function {
        let binary = match name {
            "ingest" => &self.functions.ingest,
            _ => &self.functions.checkpoint,
        };
        let mut function = self.cloud.function(name, binary);
        self.proxy.before(&mut function);
        function.log = Some(self.cloud.emulator().folder().join("function.log"));
        function
    }

    /// What happened so far.
    pub fn happened(&self) -> Vec<Happening> {
        self.happened.lock().unwrap().clone()
    }

    /// A client of the stream.
    pub fn kinesis(&self) -> aws_sdk_kinesis::Client {
        aws_sdk_kinesis::Client::new(self.cloud.config())
    }

    /// Puts events. `place`: a number whose remainder by the number of shards picks one of those that
    /// the stream began with; `padding`: bytes that do not compress.
    pub async fn put(&self, place: usize, count: usize, padding: usize) {
        let from = self.put.lock().unwrap().ids.len();
        let ids: Vec<_> = (from..from + count).map(|n| format!("event-{n}")).collect();
        let records = ids.iter().map(|id| event(id, padding).into_bytes()).collect();
        self.put.lock().unwrap().ids.extend(ids);
        self.put_bytes(place, records).await;
    }

    /// Puts something that is no event.
    pub async fn put_bad(&self, place: usize) {
        self.put_rejected(place, vec![b"no event".to_vec()]).await;
    }

    /// Puts records of which each is one rejection.
    pub async fn put_rejected(&self, place: usize, records: Vec<Vec<u8>>) {
        self.put.lock().unwrap().bad += records.len() as u64;
        self.put_bytes(place, records).await;
    }

    /// So many of the events that were put were rejected, and put again since.
    pub fn rejects(&self, count: u64) {
        self.put.lock().unwrap().bad += count;
    }

    /// Puts records of any kind: [`finish`](Self::finish) does not know what becomes of them.
    pub async fn put_bytes(&self, place: usize, records: Vec<Vec<u8>>) {
        let shards = self.options.shards.unwrap() as usize;
        let hash = u128::MAX / shards as u128 * (place % shards) as u128 + 1 + from_low(place);
        let entry = |data: Vec<u8>| {
            PutRecordsRequestEntry::builder()
                .data(Blob::new(data))
                .partition_key("key")
                .explicit_hash_key(hash.to_string())
                .build()
                .unwrap()
        };
        let entries = records.into_iter().map(entry).collect();
        let stream = &self.cloud.deployment().stream;
        let put = self.kinesis().put_records().stream_name(stream).set_records(Some(entries));
        for answer in put.send().await.unwrap().records {
            let sequence = answer.sequence_number.unwrap().parse().unwrap();
            self.put.lock().unwrap().last.insert(answer.shard_id.unwrap(), sequence);
        }
    }

    /// Waits until the heads of all chains have reached the last record of their shards.
    pub async fn sealed(&self) {
        let begun = Instant::now();
        loop {
            let status = cairn_cli::status(&self.tool).await.unwrap();
            for chain in &status.chains {
                assert_eq!(chain.stopped, None, "{}", chain.chain);
            }
            let expected = self.put.lock().unwrap().last.clone();
            let reached = |(shard, put): &(&String, &SequenceNumber)| {
                let chain = status.chains.iter().find(|chain| chain.chain.ends_with(*shard));
                chain.and_then(|chain| chain.last.as_ref()).is_some_and(|last| last >= put)
            };
            if expected.iter().all(|pair| reached(&pair)) {
                return;
            }
            self.check_patience(begun, "sealed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until something has happened.
    pub async fn until(&self, what: &str, is_it: impl Fn(&Happening) -> bool) {
        self.until_times(1, what, is_it).await;
    }

    /// Waits until something has happened so often.
    pub async fn until_times(&self, times: usize, what: &str, is_it: impl Fn(&Happening) -> bool) {
        let begun = Instant::now();
        while self.happened().iter().filter(|happening| is_it(happening)).count() < times {
            self.check_patience(begun, what);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn check_patience(&self, begun: Instant, what: &str) {
        let happened = self.happened();
        let last: Vec<_> = happened.iter().rev().take(20).map(ToString::to_string).collect();
        assert!(begun.elapsed() < PATIENCE, "nothing is {what}; at last: {last:#?}");
    }

    /// Puts a bundle beside the deployment's that differs in something; its hash.
    pub async fn publish(&self, change: impl FnOnce(&mut Bundle)) -> Hash {
        let (objects, deployment) = (self.tool.objects().unwrap(), self.cloud.deployment());
        let object =
            objects.read(&keys::bundle(&deployment.bundle.unwrap())).await.unwrap().unwrap();
        let mut bundle = Bundle::parse(&object.body).unwrap();
        change(&mut bundle);
        let days = i64::from(deployment.log_retention_days);
        let until = Timestamp::now() + SignedDuration::from_hours(24 * days);
        let retention = Retention { mode: deployment.lock_mode, until };
        let (key, body) = (keys::bundle(&bundle.hash()), bundle.to_json());
        objects.create(&key, body.into(), Some(retention)).await.unwrap();
        bundle.hash()
    }

    /// Redrives what has expired, as an operator does for whom no function has it in hand any more.
    pub async fn redrive_expired(&self) -> Vec<redrive::Outcome> {
        let stores = Stores::of(&self.tool).unwrap();
        let deployment = self.cloud.deployment();
        let now = || Timestamp::now() + SignedDuration::from_hours(1);
        let (stream, run) = (&deployment.stream, redrive::run_name().unwrap());
        let context =
            redrive::Context { stream, bundle: deployment.bundle.unwrap(), now: &now, run };
        let options = redrive::Options { expired: true, ..redrive::Options::default() };
        let (bar, mut outcomes) = (ProgressBar::hidden(), Vec::new());
        let tell = |done: redrive::Done| outcomes.push(done.outcome);
        redrive::redrive(&stores, &context, &options, &bar, tell).await.unwrap();
        outcomes
    }

    /// Lets the checkpoint function tick once.
    pub async fn tick(&self) {
        let pool = Pool::new(self.checkpoint_function());
        let ticked = pool.invoke("{}".into()).await.unwrap();
        assert!(matches!(ticked.outcome, Outcome::Answered(_)), "{ticked:?}");
    }

    /// Runs the real `cairn` on the deployment: its exit code and what it printed.
    pub async fn cairn(&self, arguments: &[&str]) -> (i32, String) {
        let tool = tokio::task::spawn_blocking(|| build::tool(Profile::default()).unwrap());
        let (id, secret) = emulator::CREDENTIALS;
        let ran = tokio::process::Command::new(tool.await.unwrap())
            .args(arguments)
            .env("CAIRN_DEPLOYMENT", self.cloud.deployment_file())
            .envs([("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)])
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .output()
            .await
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (ran.status.code().unwrap(), text(ran.stdout) + &text(ran.stderr))
    }

    /// Deletes the ledger table, and makes it anew, empty.
    pub async fn lose_table(&self) {
        use aws_sdk_dynamodb::types::{
            AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
        };
        let dynamo = aws_sdk_dynamodb::Client::new(self.cloud.config());
        let table = &self.cloud.deployment().table;
        let open = dynamo.update_table().table_name(table).deletion_protection_enabled(false);
        open.send().await.unwrap();
        dynamo.delete_table().table_name(table).send().await.unwrap();
        let mut create = dynamo.create_table().table_name(table);
        create = create.billing_mode(BillingMode::PayPerRequest);
        for (name, role) in [("pk", KeyType::Hash), ("sk", KeyType::Range)] {
            let attribute = AttributeDefinition::builder().attribute_name(name);
            let attribute = attribute.attribute_type(ScalarAttributeType::S).build().unwrap();
            let key = KeySchemaElement::builder().attribute_name(name).key_type(role);
            create = create.attribute_definitions(attribute).key_schema(key.build().unwrap());
        }
        create.send().await.unwrap();
    }

    /// Waits until all is sealed, lets the checkpoint function log it, and shows that it verifies.
    pub async fn settle(&self, driver: Driver) -> Report {
        self.sealed().await;
        driver.stop().await;
        self.proxy.heal();
        while cairn_cli::status(&self.tool).await.unwrap().unlogged > 0 {
            self.tick().await;
        }
        let options = cairn_cli::verify::Options::default();
        let verified = cairn_cli::verify(&self.tool, &options, &ProgressBar::hidden()).await;
        let report = verified.unwrap().report;
        assert!(report.ok, "{:#?}", report.findings);
        assert_eq!(report.unlogged, 0);
        report
    }

    /// The same, and shows that everything is there exactly once.
    pub async fn finish(&self, driver: Driver) {
        let report = self.settle(driver).await;
        self.account(report.events, report.rejections).await;
    }

    /// Shows that everything that was put is there exactly once, and that the verifier has counted so.
    pub async fn account(&self, events: u64, rejections: u64) {
        let mut found: Vec<_> = self.leaves().await.iter().filter_map(id).collect();
        let mut put = self.put.lock().unwrap().ids.clone();
        found.sort();
        put.sort();
        let lost: Vec<_> = put.iter().filter(|id| found.binary_search(id).is_err()).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
        assert_eq!(found, put, "something is there twice");
        let bad = self.put.lock().unwrap().bad;
        assert_eq!((events, rejections), (put.len() as u64, bad));
    }

    /// Every leaf of the archive.
    pub async fn leaves(&self) -> Vec<Value> {
        let mut leaves = Vec::new();
        for batch in self.batches().await {
            let leaf = |row: cairn_batch::Row| serde_json::from_slice(&row.leaf.bytes).unwrap();
            leaves.extend(batch.rows.into_iter().map(leaf));
        }
        leaves
    }

    /// The headers of all batches.
    pub async fn headers(&self) -> Vec<BatchHeader> {
        self.batches().await.into_iter().map(|batch| batch.header).collect()
    }

    async fn batches(&self) -> Vec<cairn_batch::Batch> {
        let objects = self.tool.objects().unwrap();
        let mut batches = Vec::new();
        for version in objects.versions("batches/").await.unwrap() {
            let object = objects.read(&version.key).await.unwrap().unwrap();
            // What cannot be read holds nothing: it was planted, or what it had is missed.
            batches.extend(cairn_batch::decode(object.body, 1 << 30));
        }
        batches
    }
}

/// Within the range of its shard, spread over the lower part of it.
fn from_low(place: usize) -> u128 {
    (place as u128) << 64
}

fn event(id: &str, padding: usize) -> String {
    let mut random = vec![0; padding / 2];
    getrandom::fill(&mut random).unwrap();
    let padding: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "id": id,
        "tenant": "acme",
        "time": "2026-03-01T09:30:00Z",
        "action": "document.share",
        "actor": { "type": "user", "id": "u-1" },
        "resource": { "type": "document", "id": "d-1" },
        "outcome": "success",
        "data": { "padding": padding },
    })
    .to_string()
}

fn id(leaf: &Value) -> Option<String> {
    leaf["id"].as_str().map(str::to_owned)
}
