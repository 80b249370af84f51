//! The binary as people run it, offline.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROOFS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/proofs");

fn cairn() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
    // Nothing of the machine's own, and no cloud within reach.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CAIRN_") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    cairn().args(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

fn vector(file: &str) -> String {
    Path::new(PROOFS).join(file).display().to_string()
}

fn index() -> Value {
    serde_json::from_slice(&std::fs::read(Path::new(PROOFS).join("index.json")).unwrap()).unwrap()
}

#[test]
fn generated_events_are_json_lines_and_the_same_for_a_seed() {
    let one = run(&["generate", "--seed", "7", "--events", "250"]);
    assert_eq!((code(&one), stderr(&one)), (0, ""));
    let lines: Vec<Value> =
        stdout(&one).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 250);
    assert!(lines.iter().all(|event| event["tenant"].is_string()));
    assert_eq!(one.stdout, run(&["generate", "--seed", "7", "--events", "250"]).stdout);
    assert_ne!(one.stdout, run(&["generate", "--seed", "8", "--events", "250"]).stdout);
}

#[test]
fn generated_events_never_change_for_a_seed() {
    let output = run(&["generate", "--events", "500", "--tenants", "12"]);
    let hash = cairn_ledger::Hash::of(&output.stdout).to_string();
    assert_eq!(hash, "8ddc06af1b2254f67847c8e837e9ff121eef5c424f52dae09d6f79955f7704a7");
}

#[test]
fn the_story_is_told_beside_the_events() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    let output = run(&["generate", "--story", "--out", file.to_str().unwrap()]);
    assert_eq!((code(&output), stdout(&output)), (0, ""));
    let events = std::fs::read_to_string(file).unwrap();
    assert_eq!(events.lines().count(), 1_000);
    let story = stderr(&output);
    assert!(story.lines().count() > 20 && story.contains("phished"), "{story}");
    let id = story.split_whitespace().nth(1).unwrap();
    assert!(events.contains(id), "{id}");
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let mut child = cairn()
        .args(["generate", "--events", "200000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut head = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut head).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, ""));
}

#[test]
fn a_reader_that_stops_reading_does_not_change_the_verdict() {
    let index = index();
    let proofs = index.as_array().unwrap();
    for (proven, expected) in [(true, 0), (false, 1)] {
        let proof = proofs.iter().find(|proof| proof["proven"] == proven).unwrap();
        let file = vector(proof["file"].as_str().unwrap());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = cairn()
            .args(["--json", "check", &file, "--key", proof["key"].as_str().unwrap()])
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(code(&output), expected, "{output:?}");
    }
}

#[test]
fn a_proof_that_is_no_text_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proof");
    std::fs::write(&file, [0xff, 0xfe]).unwrap();
    let index = index();
    let key = index[0]["key"].as_str().unwrap();
    let output = run(&["--json", "check", file.to_str().unwrap(), "--key", key]);
    assert_eq!(code(&output), 1);
    let answer: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(answer["ok"], false);
}

#[test]
fn every_proof_of_the_vectors_is_judged_as_it_should_be() {
    let index = index();
    let proofs = index.as_array().unwrap();
    assert!(proofs.len() > 10);
    for proof in proofs {
        let (file, good) = (proof["file"].as_str().unwrap(), proof["proven"].as_bool().unwrap());
        let key = proof["key"].as_str().unwrap();
        let output = run(&["check", &vector(file), "--key", key]);
        assert_eq!(code(&output), if good { 0 } else { 1 }, "{file}: {output:?}");
        let (said, complained) = (stdout(&output), stderr(&output));
        assert_eq!(said.contains("proven"), good, "{file}: {said}");
        assert_eq!(complained.contains("proves nothing"), !good, "{file}: {complained}");

        let output = run(&["--json", "check", &vector(file), "--key", key]);
        let answer: Value = serde_json::from_str(stdout(&output)).unwrap();
        assert_eq!(answer["ok"], good, "{file}: {answer}");
        assert_eq!(answer["event"].is_object(), good);
    }
}

#[test]
fn a_proof_can_come_from_standard_input() {
    let index = index();
    let proofs = index.as_array().unwrap();
    let good = proofs.iter().find(|proof| proof["proven"] == true).unwrap();
    let mut child = cairn()
        .args(["check", "-", "--key", good["key"].as_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = std::fs::read(vector(good["file"].as_str().unwrap())).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    assert!(!stdout(&output).contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn what_keeps_a_proof_from_being_checked_is_named() {
    let missing = run(&["check", "/nowhere.tlog-proof", "--key", "k"]);
    assert_eq!(code(&missing), 2);
    assert!(stderr(&missing).contains("/nowhere.tlog-proof"), "{}", stderr(&missing));
    let key = run(&["check", &vector("ed25519.tlog-proof"), "--key", "no key"]);
    assert_eq!(code(&key), 2);
    assert!(stderr(&key).contains("verifier key"), "{}", stderr(&key));
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_right() {
    for args in [
        &["frobnicate"][..],
        &["check", "x"],
        &["generate", "--events", "many"],
        &["generate", "--start", "yesterday"],
        &["generate", "--tenants", "0"],
        &["generate", "--start", "9999-12-30T20:00:00Z"],
        &["put", "--pack=0"],
        &["put", "--format", "xml", "x"],
        &[],
    ] {
        let output = run(args);
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(stderr(&output).contains("--help"), "{args:?}: {}", stderr(&output));
    }
    let help = run(&["--help"]);
    assert_eq!(code(&help), 0);
    assert!(stdout(&help).contains("--deployment"));
}

#[test]
fn help_tells_what_is_put_and_in_which_order() {
    let put = run(&["put", "--help"]);
    assert!(stdout(&put).contains("CloudTrail delivery") && stdout(&put).contains("order"));
    assert!(stdout(&put).contains("--pack[=<KIB>]"), "{}", stdout(&put));
    assert!(stdout(&run(&["generate", "--help"])).contains("phished"));
}

#[test]
fn a_file_after_pack_is_a_file_and_an_empty_variable_is_none() {
    let mut command = cairn();
    command.args(["put", "--pack", "/dev/null"]).env("CAIRN_DEPLOYMENT", "");
    let output = command.env("AWS_REGION", "us-east-1").output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("CAIRN_STREAM"), "{}", stderr(&output));
}

#[test]
fn a_deployment_that_is_not_named_is_asked_for() {
    for (args, variable) in [
        (&["put", "/dev/null"][..], "CAIRN_STREAM"),
        (&["show", "x"], "CAIRN_BUCKET"),
        (&["status"], "CAIRN_BUCKET"),
        (&["prove", "x"], "CAIRN_VERIFIER_KEYS"),
        (&["verify", "--no-remember"], "CAIRN_VERIFIER_KEYS"),
    ] {
        let output = cairn().args(args).env("AWS_REGION", "us-east-1").output().unwrap();
        assert_eq!(code(&output), 2, "{args:?}");
        let text = stderr(&output);
        assert!(text.contains(variable) && text.contains("--deployment"), "{args:?}: {text}");
    }
}

#[test]
fn a_file_that_is_no_deployment_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file: PathBuf = folder.path().join("cairn.json");
    for (content, expected) in
        [(None, "No such file"), (Some("{}"), "origin"), (Some("["), "line 1")]
    {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        let output = run(&["status", "--deployment", file.to_str().unwrap()]);
        assert_eq!(code(&output), 2);
        let text = stderr(&output);
        assert!(text.contains(expected) && text.contains("cairn.json"), "{text}");
    }
}
