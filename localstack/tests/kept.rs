//! A cloud that is kept serves the auditor's tool, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use cairn_local::{aws, build, cloud};
use guard::Named;
use serde_json::Value;

fn local(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cairn-local")).args(arguments).output().unwrap()
}

/// The tool, built beside the local cloud's own program.
fn tool() -> PathBuf {
    let local = Path::new(env!("CARGO_BIN_EXE_cairn-local"));
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let built = build::cargo()
        .args(["build", "-p", "cairn-local", "-p", "cairn-cli", "--bins", "--profile", profile])
        .arg("--target-dir")
        .arg(local.parent().unwrap().parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    local.with_file_name("cairn")
}

/// The tool in the environment that `cargo local env` prints, and with a memory of its own.
struct Cairn {
    program: PathBuf,
    environment: BTreeMap<String, String>,
    folder: tempfile::TempDir,
}

impl Cairn {
    fn run(&self, arguments: &[&str], input: &[u8]) -> (i32, Output) {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars().filter(|(name, _)| {
            ["AWS_", "CAIRN_", "XDG_"].iter().any(|prefix| name.starts_with(prefix))
        }) {
            command.env_remove(name);
        }
        command.envs(&self.environment).env("XDG_STATE_HOME", self.folder.path());
        command.args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), output)
    }

    /// What it prints, where it ends as expected.
    fn json(&self, expected: i32, arguments: &[&str], input: &[u8]) -> Value {
        let (code, output) = self.run(&[&["--json"], arguments].concat(), input);
        assert_eq!(code, expected, "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn until_it_succeeds(&self, arguments: &[&str]) {
        let begun = Instant::now();
        loop {
            let (code, output) = self.run(arguments, b"");
            if code == 0 {
                return;
            }
            assert_eq!(code, 1, "{arguments:?}: {output:?}");
            assert!(begun.elapsed() < Duration::from_secs(120), "{arguments:?}: {output:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

#[tokio::test]
async fn a_kept_cloud_is_there_for_other_tools_and_verifies() {
    let name = Named::new("kept");
    let demo = local(&["demo", "--events", "20", "--keep", "--name", &name]);
    assert_eq!(demo.status.code(), Some(0), "{demo:?}");
    let said = String::from_utf8(demo.stdout).unwrap();
    let environment = local(&["env", "--json", "--name", &name]).stdout;
    let environment: BTreeMap<String, String> = serde_json::from_slice(&environment).unwrap();
    let note = format!("\n     — {} ", environment["CAIRN_ORIGIN"]);
    assert!(said.contains(&note), "no signature: {said}");
    for variable in ["LOCK_MODE", "BATCH_RETENTION_DAYS", "LOG_RETENTION_DAYS", "SIGNING_KEY"] {
        assert!(environment.contains_key(&format!("CAIRN_{variable}")), "{variable}");
    }
    let config = aws::config(&environment["AWS_ENDPOINT_URL"]).await;
    let cairn = Cairn { program: tool(), environment, folder: tempfile::tempdir().unwrap() };

    let object = one_event_can_be_followed(&cairn, &config).await;
    a_change_is_named(&cairn, &config, &object).await;
    a_bundle_is_published(&cairn);

    let again = local(&["demo", "--keep", "--name", &name]);
    assert_eq!(again.status.code(), Some(2), "a demonstration ran in a cloud that was in use");
    assert_eq!(local(&["status", "--name", &name]).status.code(), Some(0));
    assert_eq!(local(&["down", "--purge", "--name", &name]).status.code(), Some(0));
    assert_eq!(local(&["status", "--name", &name]).status.code(), Some(1));
    assert_eq!(local(&["env", "--name", &name]).status.code(), Some(2));
}

/// Puts an event and follows it to its proof; the key of its batch.
async fn one_event_can_be_followed(cairn: &Cairn, config: &aws_config::SdkConfig) -> String {
    let (code, event) = cairn.run(&["generate", "--events", "1", "--seed", "4711"], b"");
    assert_eq!(code, 0);
    let event = event.stdout;
    let id = serde_json::from_slice::<Value>(&event).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(cairn.run(&["show", &id], b"").0, 1, "it was there before");
    let put = cairn.json(0, &["put"], &event);
    assert_eq!((&put["records"], &put["possibly_twice"]), (&1.into(), &0.into()));

    cairn.until_it_succeeds(&["show", &id]);
    cloud::checkpoint(config, "cairn").await.unwrap();
    cairn.until_it_succeeds(&["prove", &id]);
    let status = cairn.json(0, &["status"], b"");
    assert_eq!((&status["checkpoint"]["signed"], &status["unlogged"]), (&true.into(), &0.into()));
    let shown = cairn.json(0, &["show", &id], b"");
    assert_eq!((&shown["event"]["id"], &shown["logged"]), (&id.into(), &true.into()));

    let id = shown["event"]["id"].as_str().unwrap();
    let proof = cairn.folder.path().join("event.tlog-proof");
    let proof = proof.to_str().unwrap();
    assert_eq!(cairn.run(&["prove", id, "--out", proof], b"").0, 0);
    let key = &cairn.environment["CAIRN_VERIFIER_KEY"];
    assert_eq!(cairn.json(0, &["check", proof, "--key", key], b"")["event"], shown["event"]);
    shown["object"]["key"].as_str().unwrap().to_owned()
}

/// Publishes the example's bundle, whose schemas are new to what took every event.
fn a_bundle_is_published(cairn: &Cairn) {
    let folder = cairn_local::config_folder();
    let folder = folder.to_str().unwrap();
    let build = ["config", "build", folder, "--from", "current", "--publish"];
    let refused = cairn.json(1, &build, b"");
    let breaks = refused["breaks"].as_array().unwrap();
    assert!(breaks.iter().all(|found| found["rule"] == "schema.first"), "{refused:#}");
    let meant = [&build[..], &["--allow", "schema.first"]].concat();
    let built = cairn.json(0, &meant, b"");
    let hash = built["hash"].as_str().unwrap();
    assert_eq!(built["created"], serde_json::json!([format!("config/{hash}")]));
    assert_eq!(cairn.json(0, &meant, b"")["created"], serde_json::json!([]));
    assert_eq!(cairn.json(0, &["config", "show", hash], b"")["hash"], hash);
    assert_eq!(cairn.json(0, &["config", "diff", hash, folder], b""), serde_json::json!([]));
    let shown = cairn.json(0, &["config", "show"], b"");
    assert_eq!(shown["hash"], cairn.environment["CAIRN_BUNDLE"].as_str());
}

/// Verifies, changes a batch, and verifies again.
async fn a_change_is_named(cairn: &Cairn, config: &aws_config::SdkConfig, object: &str) {
    let report = cairn.json(0, &["verify"], b"");
    assert_eq!((&report["ok"], &report["events"]), (&true.into(), &21.into()), "{report:#}");
    let s3 = aws::s3(config);
    let bucket = &cairn.environment["CAIRN_BUCKET"];
    let put = s3.put_object().bucket(bucket).key(object).body(ByteStream::from_static(b"PAR1"));
    let rogue = put.send().await.unwrap().version_id.unwrap();
    let report = cairn.json(1, &["verify"], b"");
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["subject"] == object), "{report:#}");
    let delete = s3.delete_object().bucket(bucket).key(object).version_id(rogue);
    delete.send().await.unwrap();
    assert_eq!(cairn.json(0, &["verify"], b"")["ok"], true);
}
