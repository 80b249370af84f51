//! The verifier in Python, which knows nothing of this crate, against the committed proof files
//! and against proofs that this crate makes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::{text, vector, vectors};

/// A Python that has `cryptography`: `CAIRN_PYTHON`, or else `python3`.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("CAIRN_PYTHON").map_or("python3".into(), PathBuf::from);
    let has = Command::new(&python).args(["-c", "import cryptography"]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("skipped: {} has no package `cryptography`", python.display());
    None
}

fn check(python: &Path, file: &Path, key: &str) -> Output {
    let script = vectors().join("../check_proof.py");
    Command::new(python).arg("-B").arg(script).arg(file).arg(key).output().unwrap()
}

#[test]
fn the_python_verifier_comes_to_the_same_verdicts() {
    let Some(python) = python() else { return };
    for case in vector("proofs/index.json").as_array().unwrap() {
        let file = vectors().join("proofs").join(text(&case["file"]));
        let output = check(&python, &file, text(&case["key"]));
        let says = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.success(), case["proven"], "{}: {says}{error}", case["file"]);
        let code = if case["proven"] == true { 0 } else { 1 };
        assert_eq!(output.status.code(), Some(code));
        match code {
            0 => assert!(says.starts_with("proven: leaf "), "{says}"),
            _ => assert!(error.starts_with("NOT PROVEN: "), "{error}"),
        }
    }
}

#[test]
fn the_python_verifier_sees_any_changed_line() {
    let Some(python) = python() else { return };
    let vector = vector("proofs/index.json");
    let key = text(&vector[0]["key"]);
    let proof = std::fs::read_to_string(vectors().join("proofs/ed25519.tlog-proof")).unwrap();
    let folder = std::env::temp_dir().join(format!("cairn-ledger-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let lines: Vec<&str> = proof.lines().collect();
    for gone in 0..lines.len() {
        let mut lines = lines.clone();
        lines.remove(gone);
        let file = folder.join(format!("{gone}.tlog-proof"));
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        let output = check(&python, &file, key);
        assert_eq!(output.status.code(), Some(1), "without line {}", gone + 1);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
