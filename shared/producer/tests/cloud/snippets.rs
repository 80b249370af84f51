use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cairn_local::Cloud;
use cairn_local::emulator::REGION;
use serde_json::{Value, json};

use crate::support::{cloud, sealed};

/// More of each actor than fits into a record.
const EVENTS: usize = 3_000;

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snippets").join(name)
}

fn events() -> String {
    let event = |n: usize| {
        json!({
            "tenant": "acme", "time": "2026-01-31T12:00:00Z", "action": "document.share",
            "actor": {"type": "user", "id": format!("u-{}", n % 4)}, "outcome": "success",
            "resource": {"type": "document", "id": format!("d-{n}"), "name": "Zoë's"},
            "data": {"padding": "x".repeat(1_200), "large": 9_007_199_254_740_993_u64},
        })
    };
    (0..EVENTS).map(|n| format!("{}\n", event(n))).collect()
}

fn in_cloud(command: &mut Command, cloud: &Cloud) {
    let environment = cloud.function("snippet", Path::new(command.get_program())).environment;
    command
        .envs(environment)
        .env("AWS_DEFAULT_REGION", REGION)
        .env("CAIRN_STREAM", &cloud.deployment().stream)
        .env("AWS_EC2_METADATA_DISABLED", "true");
}

fn run(mut command: Command, cloud: &Cloud) {
    in_cloud(&mut command, cloud);
    feed(&mut command, &events(), EVENTS);
}

/// Gives a snippet so many events, which it says it has put.
pub(crate) fn feed(command: &mut Command, events: &str, count: usize) {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(events.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said, format!("{count} events put\n"));
}

/// They are sealed, numbered, and in order for each actor.
async fn arrived(cloud: &Cloud) {
    let sealed = sealed(cloud, EVENTS).await;
    assert_eq!((sealed.events.len(), sealed.rejections), (EVENTS, 0));
    let number = |event: &Value| event["producer"]["seq"].as_u64().unwrap();
    let numbers: BTreeSet<u64> = sealed.events.iter().map(number).collect();
    assert_eq!(numbers, (0..EVENTS as u64).collect());
    let large = |event: &Value| event["data"]["large"] == "9007199254740993";
    assert!(sealed.events.iter().all(large), "{}", sealed.events[0]);
    for actor in 0..4 {
        let of = sealed.events.iter().filter(|event| event["actor"]["id"] == format!("u-{actor}"));
        assert!(of.map(number).is_sorted(), "u-{actor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_put_by_python_are_sealed() {
    let python = cairn_local::python::environment().unwrap();
    let cloud = cloud().await;
    let mut command = Command::new(python);
    command.arg("-B").arg(folder("python").join("put.py"));
    run(command, &cloud);
    arrived(&cloud).await;
}

/// Whether there is such a program.
pub(crate) fn has(program: &str) -> bool {
    let mut probe = Command::new(program);
    probe.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_put_by_node_are_sealed() {
    if !has("node") || !has("npm") {
        eprintln!("skipped: no node and npm to run snippets/node with");
        return;
    }
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("snippets-node");
    std::fs::create_dir_all(&place).unwrap();
    for file in ["package.json", "put.mjs"] {
        std::fs::copy(folder("node").join(file), place.join(file)).unwrap();
    }
    let npm = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
    let installed = Command::new("npm").args(npm).current_dir(&place).output().unwrap();
    if !installed.status.success() {
        let why = String::from_utf8_lossy(&installed.stderr);
        eprintln!(
            "skipped: npm cannot install the AWS SDK: {}",
            why.lines().next().unwrap_or_default()
        );
        return;
    }
    let cloud = cloud().await;
    let mut command = Command::new("node");
    command.arg(place.join("put.mjs"));
    run(command, &cloud);
    arrived(&cloud).await;
}

#[test]
fn fluent_bit_takes_its_configuration() {
    if !has("fluent-bit") {
        eprintln!("skipped: no fluent-bit to check snippets/fluent-bit with");
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let mut command = Command::new("fluent-bit");
    command.arg("--dry-run").arg("-c").arg(folder("fluent-bit").join("fluent-bit.yaml"));
    command.env("CAIRN_STREAM", "audit-events").env("AWS_REGION", REGION);
    command.env("FLUENT_STATE", state.path()).env("AUDIT_FILE", state.path().join("audit.ndjson"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
