//! The shape of the workspace: what may depend on what.

#![allow(clippy::expect_used, reason = "tests")]

use std::process::Command;

/// Crates that must stay pure: no AWS, no runtime, so that they can be read, tested and reused
/// anywhere.
const PURE: [&str; 5] =
    ["cairn-event", "cairn-ledger", "cairn-batch", "cairn-verify", "cairn-metrics"];

const IMPURE: [&str; 6] = ["aws-", "tokio", "hyper", "lambda", "getrandom", "cairn-store"];

/// Who may have what is impure, and why it does no harm.
const EXCEPTIONS: [(&str, &str); 1] = [
    // Seeds of hash maps in the JSON Schema library. Its verdicts do not depend on their order, which
    // a test of cairn-event sees to.
    ("getrandom", "ahash"),
];

/// What a package depends on.
fn dependencies(package: &str) -> Vec<String> {
    tree(&["--package", package])
}

/// What among the dependencies of `package` depends itself on the package of a line of its tree.
fn dependents(package: &str, line: &str) -> Vec<String> {
    let exact = line.replacen(" v", "@", 1);
    let mut lines = tree(&["--package", package, "--invert", &exact, "--depth", "1"]);
    lines.remove(0);
    lines
}

fn tree(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Whether a line of `cargo tree` is about a package of this name.
fn is(line: &str, name: &str) -> bool {
    line.split_whitespace().next() == Some(name)
}

fn excepted(package: &str, line: &str) -> bool {
    EXCEPTIONS.iter().any(|(name, by)| {
        is(line, name) && dependents(package, line).iter().all(|dependent| is(dependent, by))
    })
}

#[test]
fn pure_crates_depend_on_no_cloud_and_no_runtime() {
    for package in PURE {
        let found: Vec<_> = dependencies(package)
            .into_iter()
            .filter(|line| IMPURE.iter().any(|name| line.starts_with(name)))
            .filter(|line| !excepted(package, line))
            .collect();
        assert!(found.is_empty(), "{package} depends on {found:?}");
    }
}

#[test]
fn the_check_of_pure_crates_can_fail() {
    let found = dependencies("cairn-store");
    assert!(found.iter().any(|line| line.starts_with("tokio")), "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("aws-sdk-s3")), "{found:?}");
    // There, others than `ahash` use it.
    let found = dependencies("cairn-cli");
    let random: Vec<_> = found.iter().filter(|line| is(line, "getrandom")).collect();
    assert!(random.iter().any(|line| !excepted("cairn-cli", line)), "{random:?}");
}
