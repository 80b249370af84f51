//! `demo`: real records through a real deployment, told step by step.

mod act;
mod error;
mod input;
mod stage;
mod tamper;
mod wait;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use cairn_local::build::Profile;
use cairn_local::cloud::Options;
use clap::Args;
use serde::Serialize;

use super::CommandError;
pub(crate) use error::DemoError;
use stage::Stage;
use words::Words;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Read records from the files below this folder instead of generating events: any format that
    /// `cairn put` takes, plain, gzip or zstd
    #[arg(long, value_name = "DIR")]
    pub(crate) input: Option<PathBuf>,
    /// How many events to generate
    #[arg(long, default_value_t = 1_000, conflicts_with = "input", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) events: u64,
    /// Print one JSON object as the last line of standard output, the words to standard error
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave the cloud up afterwards, for `cargo local env`
    #[arg(long)]
    pub(crate) keep: bool,
    /// Name of the cloud that is left up
    #[arg(long, default_value = super::NAME, requires = "keep")]
    pub(crate) name: String,
    /// Run optimised functions: slow to build, quick to run
    #[arg(long)]
    pub(crate) release: bool,
}

/// What the last line of `--json` holds.
#[derive(Debug, Serialize)]
pub(crate) struct Outcome {
    /// Records that were put and are accounted for.
    records: u64,
    events: u64,
    rejections: u64,
    batches: u64,
    checkpoint: Checkpoint,
    /// Of the archive as it was sealed.
    verify: Verification,
    proof: Proof,
    tampering: tamper::Tampering,
    /// What was expected and did not happen; empty where all is well.
    disappointments: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Checkpoint {
    origin: String,
    size: u64,
    root: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Verification {
    ok: bool,
    events: u64,
    findings: Vec<cairn_verify::Finding>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Proof {
    /// What was proven: an event's id, or its place.
    subject: String,
    bytes: usize,
    ok: bool,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    input::check(arguments)?;
    let words = Words::new(arguments.json);
    let options = Options {
        profile: if arguments.release { Profile::Release } else { Profile::default() },
        ..Options::default()
    };
    let keep = arguments.keep.then_some(arguments.name.as_str());
    let stage = Stage::set(keep, &options, &words).await?;
    let played = act::play(&stage, arguments, &words).await;
    let outcome = match played {
        Ok(outcome) => outcome,
        Err(error) => {
            if !error.is_of_the_input() {
                eprintln!("the end of the emulator's log:\n{}", stage.log_tail());
            }
            return Err(error.into());
        }
    };
    stage.strike(&words);
    if arguments.json {
        super::answer(serde_json::json!(outcome));
    }
    for disappointment in &outcome.disappointments {
        eprintln!("error: {disappointment}");
    }
    Ok(if outcome.disappointments.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
