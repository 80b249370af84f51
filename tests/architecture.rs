//! The shape of the workspace: what may depend on what.

#![allow(clippy::expect_used, reason = "tests")]

use std::process::Command;

/// Crates that must stay pure: no AWS, no runtime, so that they can be read, tested and reused
/// anywhere.
const PURE: [&str; 5] =
    ["cairn-event", "cairn-ledger", "cairn-batch", "cairn-verify", "cairn-metrics"];

const IMPURE: [&str; 6] = ["aws-", "tokio", "hyper", "lambda", "getrandom", "cairn-store"];

fn dependencies(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn pure_crates_depend_on_no_cloud_and_no_runtime() {
    for package in PURE {
        let found: Vec<_> = dependencies(package)
            .into_iter()
            .filter(|line| IMPURE.iter().any(|name| line.starts_with(name)))
            .collect();
        assert!(found.is_empty(), "{package} depends on {found:?}");
    }
}

#[test]
fn the_check_of_pure_crates_can_fail() {
    let found = dependencies("cairn-store");
    assert!(found.iter().any(|line| line.starts_with("tokio")), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("aws-sdk-s3")), "{found:?}");
}
