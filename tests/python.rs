//! The verifier in Python, which knows nothing of this code: it comes to the same verdicts on the
//! committed proof files, on proofs that this code makes, and on what the specification refuses.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::{EventProof, VerifierKey};
use serde_json::{Value, json};

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/proofs")
}

fn index() -> Vec<Value> {
    let json = std::fs::read(vectors().join("index.json")).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn check(file: &Path, key: &str) -> Output {
    let python = cairn_local::python::environment().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("check_proof.py");
    Command::new(python).arg("-B").arg(script).arg(file).arg(key).output().unwrap()
}

/// Whether both verifiers hold the proof to be one; they must agree.
fn proven(proof: &str, key: &str, case: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tlog-proof");
    std::fs::write(&file, proof).unwrap();
    let output = check(&file, key);
    let says = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => assert!(says.starts_with("proven: leaf "), "{case}: {says}"),
        Some(1) => assert!(error.starts_with("NOT PROVEN: "), "{case}: {error}"),
        other => panic!("{case}: {other:?} {error}"),
    }
    let key: VerifierKey = key.parse().unwrap();
    let ours = EventProof::check(proof, &[key]);
    assert_eq!(ours.is_ok(), output.status.success(), "{case}: {ours:?} {says}{error}");
    ours.is_ok()
}

#[test]
fn both_verifiers_come_to_the_verdicts_of_the_vectors() {
    for case in index() {
        let (file, key) = (case["file"].as_str().unwrap(), case["key"].as_str().unwrap());
        let proof = std::fs::read_to_string(vectors().join(file)).unwrap();
        assert_eq!(proven(&proof, key, file), case["proven"], "{file}");
    }
}

#[test]
fn both_verifiers_miss_any_line_that_is_gone() {
    let (proof, key) = a_proof();
    let lines: Vec<&str> = proof.lines().collect();
    for gone in 0..lines.len() {
        let mut lines = lines.clone();
        lines.remove(gone);
        let proof = lines.join("\n") + "\n";
        assert!(!proven(&proof, &key, &format!("without line {}", gone + 1)));
    }
}

/// Each hides a second way to write the same thing, which would be a second file with the same
/// proof, or a way for two verifiers to disagree.
#[test]
fn both_verifiers_refuse_what_is_not_written_as_specified() {
    let (proof, key) = a_proof();
    let position = proof.lines().find_map(|line| line.strip_prefix("index ")).unwrap();
    let indexed =
        |text: &str| proof.replace(&format!("\nindex {position}\n"), &format!("\nindex {text}\n"));
    let cases = [
        ("a sign", indexed(&format!("+{position}"))),
        ("a leading zero", indexed(&format!("0{position}"))),
        ("digits of another script", indexed("\u{0663}")),
        ("an underscore", indexed(&format!("0_{position}"))),
        ("no line feed at the end", proof.trim_end().to_owned()),
        ("base64 with spare bits", spare_bits(&proof)),
        ("an unknown member", extra(&proof, |extra| extra.insert("more".into(), json!(1)))),
        ("true for an index", extra(&proof, |extra| extra.insert("index".into(), json!(true)))),
        ("another version", extra(&proof, |extra| extra.insert("version".into(), json!(2)))),
        ("another kind", extra(&proof, |extra| extra.insert("kind".into(), json!("event")))),
        ("spaces", encoded(&proof, |text| text.replacen(':', ": ", 1))),
        ("a member twice", encoded(&proof, |text| text.replacen('{', "{\"version\":1,", 1))),
        ("nesting without end", encoded(&proof, |_| "[".repeat(100_000))),
    ];
    assert!(proven(&extra(&proof, |_| None), &key, "written again as it was"));
    for (case, changed) in cases {
        assert_ne!(changed, proof, "{case}");
        assert!(!proven(&changed, &key, case), "{case}");
    }
}

fn a_proof() -> (String, String) {
    let case = &index()[0];
    assert_eq!(case["file"], "ed25519.tlog-proof");
    let proof = std::fs::read_to_string(vectors().join("ed25519.tlog-proof")).unwrap();
    (proof, case["key"].as_str().unwrap().to_owned())
}

/// The proof with the text of its extra data changed.
fn encoded(proof: &str, change: impl FnOnce(String) -> String) -> String {
    let line = proof.lines().find(|line| line.starts_with("extra ")).unwrap();
    let text = String::from_utf8(STANDARD.decode(&line["extra ".len()..]).unwrap()).unwrap();
    proof.replace(line, &format!("extra {}", STANDARD.encode(change(text))))
}

/// The proof with members of its extra data changed.
fn extra(
    proof: &str,
    change: impl FnOnce(&mut serde_json::Map<String, Value>) -> Option<Value>,
) -> String {
    encoded(proof, |text| {
        let mut extra: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        change(&mut extra);
        serde_json::to_string(&extra).unwrap()
    })
}

/// The proof with the last hash of its path in another encoding of the same bytes: the four bits
/// after the last byte are not zero.
fn spare_bits(proof: &str) -> String {
    let head = proof.split("\n\n").next().unwrap();
    let line = head.lines().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let last = line.as_bytes()[line.len() - 2] as char;
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    proof.replace(line, &format!("{}{next}=", &line[..line.len() - 2]))
}
