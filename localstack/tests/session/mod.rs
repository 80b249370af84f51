//! A session at a shell: `cargo local`, and the tool with what `cargo local env` prints.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use cairn_local::build::{self, Profile};
use serde_json::Value;

pub(crate) fn local(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cairn-local")).args(arguments).output().unwrap()
}

/// What `cargo local env` prints.
pub(crate) fn environment(name: &str) -> BTreeMap<String, String> {
    serde_json::from_slice(&local(&["env", "--json", "--name", name]).stdout).unwrap()
}

/// The tool in the environment that `cargo local env` prints, and with a memory of its own.
pub(crate) struct Cairn {
    program: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) folder: tempfile::TempDir,
}

impl Cairn {
    /// In the environment of the cloud that has this name.
    pub(crate) fn of(name: &str) -> Self {
        let (environment, folder) = (environment(name), tempfile::tempdir().unwrap());
        Self { program: build::tool(Profile::default()).unwrap(), environment, folder }
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> (i32, Output) {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars().filter(|(name, _)| {
            ["AWS_", "CAIRN_", "XDG_"].iter().any(|prefix| name.starts_with(prefix))
        }) {
            command.env_remove(name);
        }
        command.envs(&self.environment).env("XDG_STATE_HOME", self.folder.path());
        command.args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), output)
    }

    /// What it prints, where it ends as expected.
    pub(crate) fn json(&self, expected: i32, arguments: &[&str], input: &[u8]) -> Value {
        let (code, output) = self.run(&[&["--json"], arguments].concat(), input);
        assert_eq!(code, expected, "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn until_it_succeeds(&self, arguments: &[&str]) {
        let begun = Instant::now();
        loop {
            let (code, output) = self.run(arguments, b"");
            if code == 0 {
                return;
            }
            assert_eq!(code, 1, "{arguments:?}: {output:?}");
            assert!(begun.elapsed() < Duration::from_secs(120), "{arguments:?}: {output:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}
