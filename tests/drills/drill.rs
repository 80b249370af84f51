//! A deployment on which a runbook is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use aws_sdk_lambda::Client as Lambda;
use cairn_local::build::{self, Functions, Profile};
use cairn_local::cloud::Options;
use cairn_local::driver::{Driver, Function, Outcome, Pace, Pool, Settings};
use cairn_local::proxy::Passing;
use cairn_local::{emulator, python};
use cairn_tests::Driven;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::runbook::Runbook;
use crate::shell::{Said, Shell};
use crate::terraform::Terraform;

/// The name that the runbooks give a deployment.
const NAME: &str = "cairn";

/// How long a deployment may take to get where it should.
const PATIENCE: Duration = Duration::from_secs(90);

/// Terraform, as far as the runbooks call it by name: what it plans is applied by [`Terraform`].
const COMMAND: &str = r#"#!/bin/sh
case "$*" in
    'output -json') cat outputs.json ;;
    'plan -out recover.plan') ;;
    *) echo "terraform $*: part of no drill"; exit 2 ;;
esac
"#;

pub(crate) struct Drill {
    pub(crate) driven: Driven,
    pub(crate) runbook: Runbook,
    /// Records older than this leave the stream.
    pub(crate) age: Option<Duration>,
    shell: Shell,
    folder: TempDir,
    options: Options,
    functions: Functions,
    terraform: Terraform,
    /// What feeds ingest, and ingest as it was when it began to.
    driver: Option<(Driver, Settings)>,
    /// Lines of the functions' logs that CloudWatch has.
    shipped: BTreeMap<&'static str, usize>,
}

impl Drill {
    /// A deployment at work, with its operator at a shell that is ready for this runbook. The folder of
    /// the shell is `folder`; where that has an `infra/config`, the bundle in force is made from it.
    pub(crate) async fn start_in(folder: TempDir, runbook: &str) -> Self {
        let config = Some(folder.path().join("infra/config")).filter(|config| config.exists());
        let options = Options { driver: true, shards: Some(2), config, ..Options::default() };
        let driven = Driven::deploy(options.clone()).await;
        let terraform = Terraform::new(&options, driven.cloud.deployment());
        let (tools, functions) = tokio::task::spawn_blocking(|| {
            let requirements = include_str!("requirements.txt");
            let python = python::environment_with("the AWS command line", requirements).unwrap();
            let tool = build::tool(Profile::default()).unwrap();
            ((python, tool), build::functions(Profile::default()).unwrap())
        })
        .await
        .unwrap();
        let (python, tool) = tools;
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        symlink(tool, bin.join("cairn")).unwrap();
        fs::write(bin.join("terraform"), COMMAND).unwrap();
        fs::set_permissions(bin.join("terraform"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut path = OsString::from(bin);
        for more in [python.parent().unwrap().into(), std::env::var_os("PATH").unwrap()] {
            path.push(":");
            path.push::<OsString>(more);
        }
        let (id, secret) = emulator::CREDENTIALS;
        let variables = [
            ("PATH", path),
            ("HOME", folder.path().into()),
            ("XDG_STATE_HOME", folder.path().join("state").into()),
            ("AWS_ENDPOINT_URL", driven.cloud.emulator().endpoint().into()),
            ("AWS_DEFAULT_REGION", emulator::REGION.into()),
            ("AWS_REGION", emulator::REGION.into()),
            ("AWS_ACCESS_KEY_ID", id.into()),
            ("AWS_SECRET_ACCESS_KEY", secret.into()),
            ("AWS_PAGER", "".into()),
        ];
        let shell = Shell::start(folder.path(), &variables).await;
        let mut drill = Self {
            driven,
            runbook: Runbook::read(runbook),
            age: None,
            shell,
            folder,
            options,
            functions,
            terraform,
            driver: None,
            shipped: BTreeMap::new(),
        };
        for function in ["ingest", "checkpoint"] {
            drill.does(&format!("aws logs create-log-group --log-group-name /aws/lambda/{NAME}-{function}; aws logs create-log-stream --log-group-name /aws/lambda/{NAME}-{function} --log-stream-name drill")).await;
        }
        drill.apply().await;
        let begin = Runbook::read("README").block("Before you begin", 0);
        drill.does(&begin).await;
        drill
    }

    pub(crate) async fn start(runbook: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), runbook).await
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs what the runbook does not say: something else happens, or is looked at.
    pub(crate) async fn does(&mut self, commands: &str) -> String {
        let said = self.shell.run(commands).await;
        assert!(said.failed.is_empty(), "{commands}\n{said:#?}");
        said.text
    }

    /// Runs a block of the runbook, of which every command succeeds.
    pub(crate) async fn run(&mut self, heading: &str, number: usize) -> String {
        self.run_with(heading, number, &[], &[]).await
    }

    /// Runs a block whose examples are replaced, and of which these commands fail.
    pub(crate) async fn run_with(
        &mut self,
        heading: &str,
        number: usize,
        examples: &[(&str, &str)],
        failing: &[&str],
    ) -> String {
        let mut block = self.runbook.block(heading, number);
        for (example, value) in examples {
            assert!(block.contains(example), "no {example} in\n{block}");
            block = block.replace(example, value);
        }
        self.execute(&block, failing).await
    }

    /// Runs the command that the runbook has within a sentence or a table.
    pub(crate) async fn command(&mut self, starts: &str) -> String {
        let command = self.runbook.code(starts).to_owned();
        self.execute(&command, &[]).await
    }

    async fn execute(&mut self, commands: &str, failing: &[&str]) -> String {
        self.ship_logs().await;
        let Said { text, failed } = self.shell.run(commands).await;
        // The exit codes of `aws` differ by its version.
        let failed: BTreeSet<&str> =
            failed.iter().filter_map(|failed| Some(failed.split_once(' ')?.1)).collect();
        let as_expected = failed.len() == failing.len()
            && failing.iter().all(|start| failed.iter().any(|command| command.starts_with(start)));
        assert!(as_expected, "expected {failing:?}, failed {failed:#?}\n{commands}\n{text}");
        self.obey().await;
        text
    }

    /// Writes into Terraform what the runbook says; nothing is applied. `within`: the variable that it is
    /// a part of.
    pub(crate) fn say(&mut self, within: &str, starts: &str) {
        self.say_with(within, starts, &[]);
    }

    /// The same, of which examples are replaced.
    pub(crate) fn say_with(&mut self, within: &str, starts: &str, examples: &[(&str, &str)]) {
        let mut hcl = self.runbook.code(starts).to_owned();
        for (example, value) in examples {
            assert!(hcl.contains(example), "no {example} in {hcl}");
            hcl = hcl.replace(example, value);
        }
        self.terraform.set(within, &hcl);
    }

    /// Takes a variable out of Terraform again.
    pub(crate) fn take_out(&mut self, variable: &str) {
        self.terraform.take_out(variable);
    }

    /// `terraform apply`.
    pub(crate) async fn apply(&mut self) {
        let outputs = self.terraform.apply(&self.driven.cloud).await;
        fs::write(self.folder().join("outputs.json"), outputs.to_string()).unwrap();
        // Ticks are made by hand, and behind the proxy.
        self.does("aws scheduler delete-schedule --name cairn-checkpoint").await;
        self.obey().await;
    }

    /// For how many hours the stream keeps records.
    pub(crate) async fn retention(&self) -> i32 {
        let stream = &self.driven.cloud.deployment().stream;
        let found = self.driven.kinesis().describe_stream_summary().stream_name(stream);
        let found = found.send().await.unwrap().stream_description_summary;
        found.unwrap().retention_period_hours
    }

    fn lambda(&self) -> Lambda {
        Lambda::new(self.driven.cloud.config())
    }

    /// A function as the cloud has it, behind the proxy; `None` if it must not run.
    async fn function(&self, name: &str) -> Option<Function> {
        let lambda = self.lambda();
        let found = lambda.get_function_configuration().function_name(name).send().await.ok()?;
        let reserved = lambda.get_function_concurrency().function_name(name).send().await;
        if reserved.unwrap().reserved_concurrent_executions == Some(0) {
            return None;
        }
        let binary = match name {
            "cairn-ingest" => &self.functions.ingest,
            _ => &self.functions.checkpoint,
        };
        let mut function = self.driven.cloud.function(name, binary);
        function.environment.extend(found.environment?.variables?);
        self.driven.proxy.before(&mut function);
        function.log = Some(self.log_of(name));
        Some(function)
    }

    fn log_of(&self, function: &str) -> std::path::PathBuf {
        self.folder().join(format!("{function}.log"))
    }

    /// Whether ingest is handed records.
    pub(crate) fn ingests(&self) -> bool {
        self.driver.is_some()
    }

    /// From here on ingest runs, or not, as the cloud's settings say: Lambda.
    pub(crate) async fn obey(&mut self) {
        let wanted = self.wanted().await;
        if self.driver.as_ref().map(|(_, settings)| settings) == wanted.as_ref() {
            return;
        }
        if let Some((driver, _)) = self.driver.take() {
            driver.stop().await;
        }
        self.driver = wanted.map(|settings| (self.driven.drive(settings.clone()), settings));
    }

    /// What is to be driven, if anything is.
    async fn wanted(&self) -> Option<Settings> {
        let function = self.function("cairn-ingest").await?;
        let mut mapping = self.driven.cloud.mapping(&self.options).await.unwrap();
        mapping.window = Duration::from_millis(100);
        mapping.age = self.age.or(mapping.age);
        let millis = Duration::from_millis;
        let pace = Pace { poll: millis(100), backoff: millis(50), longest_backoff: millis(500) };
        Some(Settings { mapping, function, pace, readers: 1 })
    }

    /// One tick of the checkpoint function; whether it succeeded.
    pub(crate) async fn tick(&self) -> bool {
        let function = self.function("cairn-checkpoint").await.expect("a function that runs");
        let ticked = Pool::new(function).invoke("{}".into()).await.unwrap();
        matches!(ticked.outcome, Outcome::Answered(_))
    }

    /// Puts what the functions have logged since where CloudWatch has it.
    async fn ship_logs(&mut self) {
        for function in ["ingest", "checkpoint"] {
            let path = self.log_of(&format!("{NAME}-{function}"));
            let lines = fs::read_to_string(path).unwrap_or_default();
            let shipped = self.shipped.entry(function).or_default();
            let timestamp = jiff::Timestamp::now().as_millisecond();
            let event = |line: &str| json!({ "timestamp": timestamp, "message": line });
            let lines = lines.lines().filter(|line| !line.is_empty()).skip(*shipped);
            let events: Vec<Value> = lines.map(event).collect();
            *shipped += events.len();
            if events.is_empty() {
                continue;
            }
            let file = self.folder().join("events.json");
            fs::write(file, json!(events).to_string()).unwrap();
            self.does(&format!("aws logs put-log-events --log-group-name /aws/lambda/{NAME}-{function} --log-stream-name drill --log-events file://events.json > put-log-events.json")).await;
        }
    }

    /// Waits until the proxy has struck such a request.
    pub(crate) async fn struck(&self, is_it: impl Fn(&Passing) -> bool) {
        let begun = Instant::now();
        while !self.driven.proxy.hit().iter().any(&is_it) {
            assert!(begun.elapsed() < PATIENCE, "no such request: {:?}", self.driven.proxy.hit());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until so many events and rejections are sealed.
    pub(crate) async fn sealed(&self, leaves: usize) {
        let begun = Instant::now();
        loop {
            let found = self.driven.leaves().await.len();
            if found >= leaves {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{found} of {leaves} are sealed");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What `cairn status` says.
    pub(crate) async fn status(&mut self) -> Value {
        serde_json::from_str(&self.does("cairn status --json || true").await).unwrap()
    }

    /// Ticks until everything that is sealed is logged.
    pub(crate) async fn logged(&mut self) {
        let begun = Instant::now();
        while self.status().await["unlogged"] != 0 {
            assert!(begun.elapsed() < PATIENCE, "it is not logged");
            self.tick().await;
        }
    }

    /// Every event is there once, `cairn verify` finds this and nothing else, and every block of the
    /// runbook was run.
    pub(crate) async fn finish(mut self, findings: &[&str]) {
        if let Some((driver, _)) = self.driver.take() {
            driver.stop().await;
        }
        self.logged().await;
        let report = self.does("cairn verify --json --no-remember || true").await;
        let report: Value = serde_json::from_str(&report).unwrap();
        let found = report["findings"].as_array().unwrap().iter();
        let found: BTreeSet<_> = found.map(|found| found["code"].as_str().unwrap()).collect();
        assert_eq!(found, BTreeSet::from_iter(findings.iter().copied()), "{report:#}");
        let count = |member: &str| report[member].as_u64().unwrap();
        self.driven.account(count("events"), count("rejections")).await;
        assert!(self.runbook.left().is_empty(), "not run: {:#?}", self.runbook.left());
    }
}
