//! Builds the function binaries, and the tool, with the cargo that built this.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::folders;
use crate::progress::Step;

/// How the functions are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, slow to run.
    Debug,
    /// What is deployed to AWS.
    Release,
}

impl Default for Profile {
    /// The profile of the running program: its dependencies are compiled already.
    fn default() -> Self {
        if cfg!(debug_assertions) { Self::Debug } else { Self::Release }
    }
}

/// The function binaries.
#[derive(Debug, Clone)]
pub struct Functions {
    /// Of `cairn-ingest`.
    pub ingest: PathBuf,
    /// Of `cairn-checkpoint`.
    pub checkpoint: PathBuf,
}

/// Why there are no function binaries.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo could not be run.
    #[error("running {cargo}: {source}")]
    Cargo {
        /// The command.
        cargo: String,
        /// Why.
        source: io::Error,
    },
    /// Cargo refused.
    #[error("building failed; cargo says:\n{detail}")]
    Failed {
        /// What the compiler wrote.
        detail: String,
    },
    /// Cargo made no such binary.
    #[error("cargo built no binary {name}")]
    Absent {
        /// The binary.
        name: &'static str,
    },
}

/// Builds both binaries, or finds them built. Cargo's own lock makes several callers wait for
/// each other.
pub fn functions(profile: Profile) -> Result<Functions, BuildError> {
    let _step = Step::begin("building the functions");
    let built = build(profile, &["cairn-ingest", "cairn-checkpoint"])?;
    let find = |name| executable(&built, name).ok_or(BuildError::Absent { name });
    Ok(Functions { ingest: find("cairn-ingest")?, checkpoint: find("cairn-checkpoint")? })
}

/// Builds `cairn`, the tool of auditors and operators, or finds it built.
pub fn tool(profile: Profile) -> Result<PathBuf, BuildError> {
    let built = build(profile, &["cairn-cli"])?;
    executable(&built, "cairn").ok_or(BuildError::Absent { name: "cairn" })
}

/// Builds the packages' binaries; what cargo says of them. The local cloud's own is built with them, so
/// that cargo picks the same features of everything, and compiles nothing twice.
fn build(profile: Profile, packages: &[&str]) -> Result<Vec<u8>, BuildError> {
    let mut command = cargo();
    command
        .current_dir(folders::workspace())
        .args(["build", "--message-format=json-render-diagnostics", "--bins", "-p", "cairn-local"])
        .args(packages.iter().flat_map(|package| ["-p", package]))
        .arg("--target-dir")
        .arg(folders::target())
        .stdin(Stdio::null());
    if profile == Profile::Release {
        command.arg("--release");
    }
    let output = command.output().map_err(|source| {
        let cargo = command.get_program().to_string_lossy().into_owned();
        BuildError::Cargo { cargo, source }
    })?;
    if !output.status.success() {
        let detail = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(BuildError::Failed { detail });
    }
    Ok(output.stdout)
}

/// The cargo that runs this, or any, without what it tells the programs that it runs: that would make
/// some build scripts (ring's) run again, and all that depends on them compile anew, back and forth.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    let told = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"];
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| told.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// What cargo says of each thing it built; see
/// <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn executable(messages: &[u8], name: &str) -> Option<PathBuf> {
    let messages = messages.split(|byte| *byte == b'\n');
    let messages = messages.filter_map(|line| serde_json::from_slice::<Message>(line).ok());
    messages
        .filter(|message| message.target.as_ref().is_some_and(|target| target.name == name))
        .find_map(|message| message.executable)
}
