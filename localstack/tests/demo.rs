//! The demonstration, run as a person runs it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_local::aws;
use flate2::Compression;
use flate2::write::GzEncoder;
use guard::Named;
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
    // Every batch, and before the first of them the change to the config bundle.
    let batches = outcome["batches"].as_u64().unwrap();
    assert_eq!(outcome["checkpoint"]["size"], batches + 1);
    let object = &outcome["tampering"]["object"];
    let findings = outcome["tampering"]["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .any(|finding| finding["code"] == "object.altered" && finding["subject"] == *object)
    );
}

/// Every quarantined record: why it was rejected, by its bytes.
async fn quarantined(name: &str) -> BTreeMap<Vec<u8>, Vec<String>> {
    let environment = local(&["env", "--json", "--name", name]).stdout;
    let environment: Value = serde_json::from_slice(&environment).unwrap();
    let s3 = aws::s3(&aws::config(environment["AWS_ENDPOINT_URL"].as_str().unwrap()).await);
    let bucket = environment["CAIRN_BUCKET"].as_str().unwrap();
    let listed = s3.list_objects_v2().bucket(bucket).prefix("quarantine/").send().await.unwrap();
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for key in listed.contents.unwrap().into_iter().map(|object| object.key.unwrap()) {
        let object = s3.get_object().bucket(bucket).key(key).send().await.unwrap();
        let lines = object.body.collect().await.unwrap().to_vec();
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_slice(line).unwrap();
            let raw = STANDARD.decode(line["raw"].as_str().unwrap()).unwrap();
            let reason = &line["reason"];
            assert_ne!(reason["message"].as_str().unwrap(), "");
            found.entry(raw).or_default().push(reason["code"].as_str().unwrap().to_owned());
        }
    }
    found
}

#[tokio::test]
async fn broken_records_are_rejected_with_their_reasons_and_kept_among_good_ones() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(GOOD.as_bytes()).unwrap();
    let mut cut_off = packed.finish().unwrap();
    cut_off.truncate(cut_off.len() / 2);
    let broken: [(&str, &[u8], &str); 4] = [
        ("not-json.json", b"{]", "json.syntax"),
        ("not-utf8.json", b"{\"tenant\":\"\xff\"}", "utf8.invalid"),
        ("missing.json", br#"{"tenant":"acme"}"#, "field.missing"),
        ("cut-off.json.gz", &cut_off, "gzip.truncated"),
    ];
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "good.json", [GOOD, GOOD, GOOD].join("\n").as_bytes());
    fs::create_dir(folder.path().join("below")).unwrap();
    write(folder.path(), "below/more.json", format!("[{GOOD},{GOOD}]").as_bytes());
    for (file, bytes, _) in broken {
        write(folder.path(), file, bytes);
    }
    let name = Named::new("broken");
    let input = folder.path().to_str().unwrap();
    let (code, outcome) = demo(&["--keep", "--name", &name, "--input", input]);
    assert_eq!(code, Some(0), "{outcome:#}");
    assert_eq!(outcome["events"], 5);
    assert_eq!(outcome["rejections"], 4);
    assert_eq!(outcome["records"], 9);
    assert_eq!(outcome["verify"]["ok"], true);
    let expected = broken.map(|(_, bytes, code)| (bytes.to_vec(), vec![code.to_owned()]));
    assert_eq!(quarantined(&name).await, BTreeMap::from(expected));
}

#[test]
fn an_input_without_records_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = local(&["demo", "--input", folder.path().join("absent").to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("expected a folder with records, found nothing"), "{words}");
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::write(folder.path().join(".hidden"), "{}").unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("circle")).unwrap();
    let refused = local(&["demo", "--input", folder.path().to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("found no file in it"), "{words}");
    assert_eq!(refused.stdout, b"", "something was started");
}

#[test]
fn an_input_that_cannot_be_put_takes_the_cloud_down_without_its_log() {
    let name = Named::new("unputtable");
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "large.bin", &[b'x'; 2 << 20]);
    let input = folder.path().to_str().unwrap();
    let refused = local(&["demo", "--keep", "--name", &name, "--input", input]);
    assert_eq!(refused.status.code(), Some(2));
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("large.bin") && words.contains("1048576"), "{words}");
    assert!(!words.contains("end of the emulator's log"), "{words}");
    assert!(words.contains("the cloud was taken down"), "{words}");
    assert_eq!(local(&["status", "--name", &name]).status.code(), Some(1));
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cairn-local"))
        .args(["demo", "--events", "10"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(!words.contains("panicked"), "{words}");
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
