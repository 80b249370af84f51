//! `cairn`, the tool of auditors and operators.
//!
//! Exits with 0 if all is fine, 1 if something wrong was found, 2 if the job could not be done.

mod args;
mod commands;
mod output;
mod render;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use output::Output;

/// How a command that did its job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Fine,
    Wrong,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Fine => Self::SUCCESS,
            Verdict::Wrong => Self::from(1),
        }
    }
}

/// Why a command ended early.
enum Failure {
    /// It found that something is wrong.
    Wrong(Box<dyn std::error::Error>),
    /// It could not do its job.
    Unable(Box<dyn std::error::Error>),
    /// Its output could not be written.
    Output(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The job could not be done, for this reason.
fn unable(error: impl Into<Box<dyn std::error::Error>>) -> Failure {
    Failure::Unable(error.into())
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::new(args.json);
    match run(args, &mut output) {
        Ok(verdict) => verdict.into(),
        // Whoever reads has seen enough, `cairn ... | head`; what was found is so all the same.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            output.verdict.into()
        }
        Err(Failure::Output(error)) => fail(&format!("cannot write the output: {error}"), 2),
        Err(Failure::Wrong(error)) => fail(&error.to_string(), 1),
        Err(Failure::Unable(error)) => fail(&error.to_string(), 2),
    }
}

fn fail(message: &str, code: u8) -> ExitCode {
    output::complain(message);
    ExitCode::from(code)
}

fn run(args: Args, output: &mut Output) -> Result<Verdict, Failure> {
    // No client and no runtime is made for these.
    match &args.command {
        Command::Generate(generate) => return commands::generate(generate, output),
        Command::Check(check) => return commands::check(check, output),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(unable)?;
    let result = match &args.command {
        Command::Config(config) => {
            runtime.block_on(commands::config(&args, &config.command, output))
        }
        _ => runtime.block_on(commands::remote(&args, output)),
    };
    // A thread may be left waiting for standard input.
    runtime.shutdown_background();
    result
}
