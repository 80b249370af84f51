//! Terraform: written as it should be, valid, tested, scanned.

#![allow(clippy::unwrap_used, reason = "tests")]

mod agreement;
mod invariants;
mod terraform;

use std::path::{Path, PathBuf};
use std::process::Command;

use terraform::{Terraform, folders, infra};

/// Says what a test goes without, and passes.
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

#[test]
fn is_formatted() {
    let Some(program) = terraform::program() else {
        return skipped("no terraform to check infra with");
    };
    let output = Command::new(program)
        .args(["fmt", "-check", "-recursive", "-diff"])
        .arg(infra())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", terraform::said(&output));
}

#[test]
fn each_module_and_example_is_valid() {
    let terraform = match Terraform::find() {
        Ok(terraform) => terraform,
        Err(why) => return skipped(&why),
    };
    let folders = folders(|folder| folder.join("main.tf").is_file());
    assert!(folders.len() > 12, "{folders:?}");
    for folder in folders {
        let output = terraform.run(&folder, &["validate", "-no-color"]);
        assert!(output.status.success(), "{}: {}", folder.display(), terraform::said(&output));
    }
}

#[test]
fn the_tests_of_each_module_pass() {
    let terraform = match Terraform::find() {
        Ok(terraform) => terraform,
        Err(why) => return skipped(&why),
    };
    let folders = folders(|folder| folder.join("tests").is_dir());
    assert!(folders.len() > 10, "{folders:?}");
    for folder in folders {
        // The real provider would make what is tested: only what stands on a mock is left to it.
        let files = tests(&folder);
        let filters: Vec<String> = files
            .iter()
            .filter(|file| terraform.is_offline() || is_mocked(file))
            .map(|file| format!("-filter=tests/{}", file.file_name().unwrap().to_str().unwrap()))
            .collect();
        if filters.len() < files.len() {
            skipped(&format!(
                "{} of {}: nothing stands in for AWS",
                files.len() - filters.len(),
                folder.display()
            ));
        }
        if filters.is_empty() {
            continue;
        }
        let mut arguments = vec!["test", "-no-color"];
        arguments.extend(filters.iter().map(String::as_str));
        let output = terraform.run(&folder, &arguments);
        let said = terraform::said(&output);
        assert!(output.status.success(), "{}: {said}", folder.display());
        assert!(!said.contains(" 0 passed"), "{}: {said}", folder.display());
    }
}

/// A test that has no mock would, with a real provider and the rights for it, make things: each says which
/// account it is for, and no real one is.
#[test]
fn tests_without_a_mock_reach_no_account() {
    for folder in folders(|folder| folder.join("tests").is_dir()) {
        for file in tests(&folder).iter().filter(|file| !is_mocked(file)) {
            let text = std::fs::read_to_string(file).unwrap();
            assert!(
                text.contains("allowed_account_ids = [\"123456789012\"]"),
                "{}",
                file.display()
            );
        }
    }
}

fn tests(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder.join("tests")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.to_str().unwrap().ends_with(".tftest.hcl")).collect();
    files.sort();
    files
}

fn is_mocked(file: &Path) -> bool {
    std::fs::read_to_string(file).unwrap().contains("mock_provider \"aws\"")
}

/// Each variable and each output has its row in the README beside it.
#[test]
fn every_input_and_output_is_documented() {
    for folder in folders(|folder| folder.join("variables.tf").is_file()) {
        let readme = std::fs::read_to_string(folder.join("README.md"));
        let readme = readme.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut seen = 0;
        for name in declared(&folder) {
            assert!(readme.contains(&format!("\n| `{name}` |")), "{}: {name}", folder.display());
            seen += 1;
        }
        assert!(seen > 2, "{}: {seen}", folder.display());
    }
}

/// The names of variables and outputs.
fn declared(folder: &Path) -> Vec<String> {
    let text = ["variables.tf", "outputs.tf"]
        .map(|file| std::fs::read_to_string(folder.join(file)).unwrap());
    let lines = text.iter().flat_map(|text| text.lines());
    let named = |line: &str| {
        let line = line.strip_prefix("variable \"").or_else(|| line.strip_prefix("output \""))?;
        Some(line.split_once('"')?.0.to_owned())
    };
    lines.filter_map(named).collect()
}

/// What Checkov is told to skip says why, in place: more than a word.
#[test]
fn every_skip_says_why() {
    let mut seen = 0;
    for folder in folders(|_| true) {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let file = entry.unwrap().path();
            if file.extension().is_none_or(|extension| extension != "tf") {
                continue;
            }
            let text = std::fs::read_to_string(&file).unwrap();
            for skip in text.lines().filter(|line| line.contains("checkov:skip")) {
                let reason = skip.splitn(3, ':').nth(2).unwrap_or_default();
                assert!(reason.split_whitespace().count() > 3, "{}: {skip}", file.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

/// Checkov finds nothing.
#[test]
fn checkov_finds_nothing() {
    let checkov = match terraform::checkov() {
        Ok(checkov) => checkov,
        Err(why) => return skipped(&why),
    };
    let output = Command::new(checkov)
        .args([
            "--framework",
            "terraform",
            "--skip-download",
            "--quiet",
            "--output",
            "json",
            "--directory",
        ])
        .arg(infra())
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", terraform::said(&output)));
    let results = &report["results"];
    let failed: Vec<String> = results["failed_checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| format!("{} {}", check["check_id"], check["resource"]))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(report["summary"]["parsing_errors"], 0, "{}", results["parsing_errors"]);
    assert!(report["summary"]["passed"].as_u64().unwrap() > 200, "{}", report["summary"]);
}
