//! The shell of an operator: one `bash`, in which variables stay.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Says that a block has ended.
const END: &str = "--- end of block";

pub(crate) struct Shell {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// What came of a block.
#[derive(Debug)]
pub(crate) struct Said {
    /// What it printed.
    pub(crate) text: String,
    /// The commands that failed, with their exit codes: `1 cairn verify`.
    pub(crate) failed: Vec<String>,
}

impl Shell {
    pub(crate) async fn start(folder: &Path, variables: &[(&str, OsString)]) -> Self {
        let mut process = Command::new("bash")
            .args(["--noprofile", "--norc"])
            .current_dir(folder)
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut input = process.stdin.take().unwrap();
        // A misspelt variable is an error, and a command that fails is told, wherever it stands.
        let begin = "exec 2>&1; set -uE -o pipefail; trap 'printf \"\\n--- failed %s %s\\n\" $? \"$BASH_COMMAND\" >&9' ERR; exec 9>&1\n";
        input.write_all(begin.as_bytes()).await.unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { _process: process, input, output }
    }

    pub(crate) async fn run(&mut self, block: &str) -> Said {
        let block = format!("{{\n{block}\n}} </dev/null\nprintf '\\n%s\\n' '{END}'\n");
        self.input.write_all(block.as_bytes()).await.unwrap();
        let mut said = Said { text: String::new(), failed: Vec::new() };
        loop {
            let line = self.output.next_line().await.unwrap();
            let Some(line) = line else { panic!("the shell ended: {block}\n{}", said.text) };
            if line == END {
                return said;
            }
            match line.strip_prefix("--- failed ") {
                Some(failed) => said.failed.push(failed.to_owned()),
                None if line.is_empty() => {}
                None => said.text.extend([line.as_str(), "\n"]),
            }
        }
    }
}
