//! The stage: an emulator with a deployment, its stream driven to the real binaries through a proxy.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use cairn_batch::keys;
use cairn_store::Objects;
use cairn_verify::{FindingCode, Report};
use indicatif::ProgressBar;
use tokio::task::JoinHandle;

use super::accounts::{Account, Counts, Put};
use super::load::{self, Load};
use super::{ChaosError, Options};
use crate::cloud::{self, Cloud};
use crate::driver::{Driver, Pace, Pool, Settings};
use crate::emulator::REGION;
use crate::proxy::Proxy;
use crate::{aws, build};

/// How long nothing at all may get on without faults.
const PATIENCE: Duration = Duration::from_secs(180);

/// Between two ticks of a checkpointer.
const TICK: Duration = Duration::from_millis(1_500);

/// What the driver told at last, for a message about something that hangs.
const TOLD: usize = 20;

/// The deployment and what drives it.
pub(super) struct Stage {
    cloud: Cloud,
    tool: cairn_cli::Cloud,
    proxy: Proxy,
    /// Until all comes to rest.
    driver: Option<Driver>,
    /// Two, whose ticks overlap now and then.
    checkpointers: [Arc<Pool>; 2],
    ticking: Vec<JoinHandle<()>>,
    told: Arc<Mutex<VecDeque<String>>>,
}

impl Stage {
    pub(super) async fn set(options: &Options) -> Result<Self, ChaosError> {
        let functions = build::functions(options.profile)?;
        let deployed = cloud::Options {
            name: "chaos".to_owned(),
            functions: false,
            shards: Some(options.shards),
            ..cloud::Options::default()
        };
        let cloud = Cloud::start(&deployed).await?;
        let endpoint = cloud.emulator().endpoint();
        let proxy = Proxy::start(endpoint)
            .await
            .map_err(|error| ChaosError::stage("starting the proxy")(&error))?;
        let clients = aws::clients(REGION, endpoint).await;
        let tool = cairn_cli::Cloud::new(cairn_cli::Settings::from(cloud.deployment()), clients);
        let function = |name: &str, binary| {
            let mut function = cloud.function(name, binary);
            proxy.before(&mut function);
            function.timeout = Duration::from_secs(15);
            function.log = Some(cloud.emulator().folder().join(format!("{name}.log")));
            function
        };
        let mut mapping = cloud.mapping(&deployed).await?;
        mapping.window = Duration::from_millis(500);
        let millis = Duration::from_millis;
        let pace = Pace { poll: millis(250), backoff: millis(50), longest_backoff: millis(2_000) };
        // Under faults each record is delivered twice, at once, cut differently.
        let readers = if options.faults { 2 } else { 1 };
        let settings =
            Settings { mapping, function: function("ingest", &functions.ingest), pace, readers };
        let told: Arc<Mutex<VecDeque<String>>> = Arc::default();
        let telling = Arc::clone(&told);
        let driver = Driver::start(cloud.config(), settings, move |happening| {
            let mut told = telling.lock().unwrap_or_else(PoisonError::into_inner);
            told.push_back(happening.to_string());
            if told.len() > TOLD {
                told.pop_front();
            }
        });
        let checkpointers =
            [(); 2].map(|()| Arc::new(Pool::new(function("checkpoint", &functions.checkpoint))));
        let ticking =
            checkpointers.iter().zip([1, 3]).map(|(pool, every)| tick(pool, TICK * every));
        let ticking = ticking.collect();
        let driver = Some(driver);
        Ok(Self { cloud, tool, proxy, driver, checkpointers, ticking, told })
    }

    /// A client that puts each request once and waits for its answer, and the stream.
    pub(super) fn kinesis(&self) -> (aws_sdk_kinesis::Client, String) {
        let config = aws_sdk_kinesis::config::Builder::from(self.cloud.config())
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .build();
        let client = aws_sdk_kinesis::Client::from_conf(config);
        (client, self.cloud.deployment().stream.clone())
    }

    pub(super) fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// Kills ingest; how many processes.
    pub(super) async fn kill_ingest(&self) -> usize {
        match &self.driver {
            Some(driver) => driver.pool().kill_all().await,
            None => 0,
        }
    }

    /// Kills both checkpointers; how many processes.
    pub(super) async fn kill_checkpoint(&self) -> usize {
        let mut killed = 0;
        for pool in &self.checkpointers {
            killed += pool.kill_all().await;
        }
        killed
    }

    /// Lets the emulator stand still for so long; whether it did.
    pub(super) async fn freeze(&self, time: Duration) -> bool {
        let frozen = self.cloud.emulator().freeze();
        if frozen.is_some() {
            tokio::time::sleep(time).await;
        }
        frozen.is_some()
    }

    /// Waits until the heads have reached the last record of every shard.
    pub(super) async fn until_sealed(&self, load: &Load) -> Result<(), ChaosError> {
        let mut patience = Patience::new();
        loop {
            let status = self.status().await?;
            let numbers = status.chains.iter().map(|chain| chain.number.map_or(0, |n| n + 1));
            patience.progress(numbers.sum());
            let reached = |(shard, put): (&String, &cairn_ledger::SequenceNumber)| {
                let chain = status.chains.iter().find(|chain| chain.chain.ends_with(shard));
                chain.is_some_and(|chain| {
                    // A stopped chain seals no more: the account tells.
                    chain.stopped.is_some() || chain.last.as_ref().is_some_and(|last| last >= put)
                })
            };
            if load.last().iter().all(reached) {
                return Ok(());
            }
            self.check(&patience, "not everything is sealed")?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until all that is sealed is logged; the checkpoint that covers it.
    pub(super) async fn until_logged(&self) -> Result<String, ChaosError> {
        let mut patience = Patience::new();
        loop {
            let status = self.status().await?;
            patience.progress(status.log_size);
            let published = status.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
            if status.unlogged == 0 && published == status.log_size {
                return self.checkpoint().await;
            }
            self.check(&patience, "not everything is logged")?;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn checkpoint(&self) -> Result<String, ChaosError> {
        let objects = self.objects()?;
        let object = objects.read(keys::CHECKPOINT).await;
        let object = object.map_err(|error| ChaosError::stage("reading a checkpoint")(&error))?;
        Ok(object.map(|o| String::from_utf8_lossy(&o.body).into_owned()).unwrap_or_default())
    }

    async fn status(&self) -> Result<cairn_cli::status::Status, ChaosError> {
        let status = cairn_cli::status(&self.tool).await;
        status.map_err(|error| ChaosError::stage("asking how far it is")(&error))
    }

    fn objects(&self) -> Result<impl Objects, ChaosError> {
        self.tool.objects().map_err(|error| ChaosError::stage("reading the archive")(&error))
    }

    fn check(&self, patience: &Patience, waiting: &str) -> Result<(), ChaosError> {
        if patience.since.elapsed() < PATIENCE {
            return Ok(());
        }
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        Err(ChaosError::Stuck {
            waiting: waiting.to_owned(),
            seconds: PATIENCE.as_secs(),
            last: told.iter().cloned().collect(),
        })
    }

    /// Lets nothing work any more.
    pub(super) async fn rest(&mut self) {
        for ticking in &self.ticking {
            ticking.abort();
        }
        self.kill_checkpoint().await;
        if let Some(driver) = self.driver.take() {
            driver.stop().await;
        }
    }

    /// Verifies the whole archive, with the table's heads, against every checkpoint that was kept.
    pub(super) async fn verify(&self, kept: &[String]) -> Result<Report, ChaosError> {
        let since = kept.iter().filter(|note| !note.is_empty()).cloned().collect();
        let options = cairn_cli::verify::Options { since, ..Default::default() };
        let verified = cairn_cli::verify(&self.tool, &options, &ProgressBar::hidden()).await;
        Ok(verified.map_err(|error| ChaosError::stage("verifying")(&error))?.report)
    }

    /// Counts every leaf of the archive.
    pub(super) async fn account(
        &self,
        put: Put,
        findings: &[cairn_verify::Finding],
    ) -> Result<Account, ChaosError> {
        let wrong =
            |error: &dyn std::fmt::Display| ChaosError::stage("counting the archive")(error);
        let objects = self.objects()?;
        let mut counts = Counts::new(put);
        let versions = objects.versions("batches/").await.map_err(|error| wrong(&error))?;
        for version in versions {
            let object = objects.read(&version.key).await.map_err(|error| wrong(&error))?;
            let Some(object) = object else { continue };
            let batch = cairn_batch::decode(object.body, 1 << 30).map_err(|error| wrong(&error))?;
            for row in batch.rows {
                let leaf: serde_json::Value =
                    serde_json::from_slice(&row.leaf.bytes).map_err(|error| wrong(&error))?;
                match leaf["kind"] == "rejection" {
                    true => counts.rejection(),
                    false => counts.event(load::number(&leaf)),
                }
            }
        }
        let chains = self.status().await?.chains;
        let stopped = chains.iter().filter(|chain| chain.stopped.is_some()).count() as u64;
        let forks = findings.iter().filter(|finding| is_fork(finding.code)).count() as u64;
        Ok(Account::of(put, &counts, stopped, forks))
    }

    /// Keeps the folder of the emulator, where the logs are, and in it the archive as it is: what the
    /// emulator holds is gone with it.
    pub(super) async fn keep(&mut self) -> Result<PathBuf, ChaosError> {
        let failed =
            |error: &dyn std::fmt::Display| ChaosError::stage("keeping the archive")(error);
        let objects = self.objects()?;
        let archive = self.cloud.emulator().folder().join("archive");
        for version in objects.versions("").await.map_err(|error| failed(&error))? {
            let read = objects.read_version(&version.key, &version.version).await;
            let Some(object) = read.map_err(|error| failed(&error))? else { continue };
            let path = archive.join(&version.key).join(version.version.as_str());
            let folder = path.parent().unwrap_or(&archive).to_path_buf();
            std::fs::create_dir_all(&folder)
                .and_then(|()| std::fs::write(&path, &object.body))
                .map_err(|error| failed(&error))?;
        }
        let status = serde_json::json!(self.status().await?).to_string();
        let path = self.cloud.emulator().folder().join("status.json");
        std::fs::write(path, status).map_err(|error| failed(&error))?;
        drop(objects);
        Ok(self.cloud.keep_folder())
    }
}

fn is_fork(code: FindingCode) -> bool {
    use FindingCode::{ChainFork, ChainLink, ChainParent, CheckpointMismatch, LogFork};
    matches!(code, ChainFork | ChainLink | ChainParent | CheckpointMismatch | LogFork)
}

/// How long nothing has got on.
struct Patience {
    since: Instant,
    at: u64,
}

impl Patience {
    fn new() -> Self {
        Self { since: Instant::now(), at: 0 }
    }

    fn progress(&mut self, to: u64) {
        if to > self.at {
            *self = Self { since: Instant::now(), at: to };
        }
    }
}

/// Ticks for ever.
fn tick(pool: &Arc<Pool>, every: Duration) -> JoinHandle<()> {
    let pool = Arc::clone(pool);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(every).await;
            // Whatever comes of it: the next one takes it up.
            let _ = pool.invoke("{}".into()).await;
        }
    })
}

impl Drop for Stage {
    fn drop(&mut self) {
        for ticking in &self.ticking {
            ticking.abort();
        }
    }
}
