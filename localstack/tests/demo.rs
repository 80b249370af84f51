//! The demonstration, run as a person runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn local(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cairn-local")).args(arguments).output().unwrap()
}

/// The exit code, and the last line of standard output as JSON.
fn demo(arguments: &[&str]) -> (Option<i32>, Value) {
    let output = local(&[&["demo", "--json"], arguments].concat());
    let errors = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_else(|| panic!("no output; {errors}"));
    (output.status.code(), serde_json::from_str(last).unwrap())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    fs::write(folder.join(name), bytes).unwrap();
}

const GOOD: &str = r#"{"tenant":"acme","time":"2026-01-31T12:00:00Z","action":"document.share","actor":{"type":"user","id":"u1"},"resource":{"type":"document","id":"d1"},"outcome":"success"}"#;

#[test]
fn generated_events_are_sealed_proven_and_verified_and_a_change_is_named() {
    let (code, outcome) = demo(&["--events", "150"]);
    assert_eq!(outcome["disappointments"], Value::Array(Vec::new()), "{outcome:#}");
    assert_eq!(code, Some(0));
    assert_eq!(outcome["records"], 150);
    assert_eq!(outcome["events"], 150);
    assert_eq!(outcome["rejections"], 0);
    assert_eq!(outcome["verify"]["ok"], true);
    assert_eq!(outcome["checkpoint"]["size"], outcome["batches"]);
    let object = &outcome["tampering"]["object"];
    let findings = outcome["tampering"]["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding["code"] == "object.altered" && finding["subject"] == *object)
    );
}

#[test]
fn broken_records_are_rejected_and_counted_among_good_ones() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "good.json", [GOOD, GOOD, GOOD].join("\n").as_bytes());
    fs::create_dir(folder.path().join("below")).unwrap();
    write(folder.path(), "below/more.json", format!("[{GOOD},{GOOD}]").as_bytes());
    write(folder.path(), "not-json.json", b"{]");
    write(folder.path(), "not-utf8.json", b"{\"tenant\":\"\xff\"}");
    write(folder.path(), "missing.json", br#"{"tenant":"acme"}"#);
    let (code, outcome) = demo(&["--input", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(0), "{outcome:#}");
    assert_eq!(outcome["events"], 5);
    assert_eq!(outcome["rejections"], 3);
    assert_eq!(outcome["records"], 8);
    assert_eq!(outcome["verify"]["ok"], true);
}

#[test]
fn a_kept_cloud_is_there_for_other_tools_and_verifies() {
    let name = format!("test-kept-{}", std::process::id());
    let (code, outcome) = demo(&["--events", "10", "--keep", "--name", &name]);
    assert_eq!(code, Some(0), "{outcome:#}");
    assert_eq!(outcome["tampering"]["healed"], true);
    let env = local(&["env", "--json", "--name", &name]);
    let env: Value = serde_json::from_slice(&env.stdout).unwrap();
    assert!(Path::new(env["CAIRN_DEPLOYMENT"].as_str().unwrap()).is_file());
    let again = local(&["demo", "--keep", "--name", &name]);
    assert_eq!(again.status.code(), Some(2), "a demonstration ran in a cloud that was in use");
    assert_eq!(local(&["status", "--name", &name]).status.code(), Some(0));
    assert_eq!(local(&["down", "--purge", "--name", &name]).status.code(), Some(0));
    assert_eq!(local(&["status", "--name", &name]).status.code(), Some(1));
    assert_eq!(local(&["env", "--name", &name]).status.code(), Some(2));
}

#[test]
fn an_input_without_records_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = local(&["demo", "--input", folder.path().join("absent").to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("expected a folder with records, found nothing"), "{words}");
}

/// Real records, where the machine has them.
#[test]
fn every_cloudtrail_record_is_accounted_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/cloudtrail");
    if !folder.is_dir() {
        eprintln!("skipped: no CloudTrail records in {}", folder.display());
        return;
    }
    let (code, outcome) = demo(&["--input", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{outcome:#}");
    assert_eq!(outcome["records"], 2093);
    assert_eq!(outcome["events"], 2093);
    assert_eq!(outcome["rejections"], 0);
    assert_eq!(outcome["verify"]["ok"], true);
}
