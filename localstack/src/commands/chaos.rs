//! `chaos`: load while everything fails, and an account of every event.

use std::process::ExitCode;
use std::time::Duration;

use cairn_local::build::Profile;
use cairn_local::chaos::{self, ChaosError, Kind, Options, Report};
use cairn_local::progress;
use clap::Args;

use super::{CommandError, answer};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// For how many minutes records arrive
    #[arg(long, default_value_t = 1.0, value_parser = minutes)]
    minutes: f64,
    /// Decides load and faults: a run with the same seed has the same
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Shards of the stream
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    shards: u32,
    /// Records a second; 0: as many as are taken
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(..=10_000))]
    rate: u32,
    /// Make no faults: to see what load is held
    #[arg(long)]
    calm: bool,
    /// Count a record of each request that is not put: the run must find it out
    #[arg(long, hide = true)]
    withhold: bool,
    /// Run optimised functions: slow to build, quick to run
    #[arg(long)]
    release: bool,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if minutes > 0.0 && minutes <= 1_440.0 => Ok(minutes),
        _ => Err("expected a number of minutes, more than 0 and up to 1440".to_owned()),
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let options = Options {
        length: Duration::from_secs_f64(arguments.minutes * 60.0),
        seed: arguments.seed,
        shards: arguments.shards,
        rate: arguments.rate,
        faults: !arguments.calm,
        withhold: arguments.withhold,
        profile: if arguments.release { Profile::Release } else { Profile::default() },
    };
    let bar = progress::bar("seconds");
    let done = tokio::select! {
        done = chaos::run(&options, &bar) => done,
        // Nothing is left standing still.
        () = cairn_cli::interrupted(true) => {
            bar.finish_and_clear();
            eprintln!("interrupted");
            return Ok(ExitCode::from(2));
        }
    };
    bar.finish_and_clear();
    let report = match done {
        Err(stuck @ ChaosError::Stuck { .. }) => {
            eprintln!("error: {stuck}");
            return Ok(ExitCode::from(1));
        }
        done => done?,
    };
    match arguments.json {
        true => answer(serde_json::json!(report)),
        false => print(&report),
    }
    Ok(if report.is_fine() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print(report: &Report) {
    let Report { seed, seconds, account, recovery, .. } = report;
    let put = account.put;
    let line = |what: &str, value: &dyn std::fmt::Display| answer(format!("{what:<28}{value:>12}"));
    answer(format!("seed {seed}, {seconds:.0} s"));
    line("records in", &put.records);
    line("events in", &put.events);
    line("events sealed", &account.sealed);
    line("rejections, of", &format!("{} {}", account.rejections, put.bad));
    line("lost", &account.lost);
    line("duplicated", &account.duplicated);
    line("invented", &account.invented);
    line("chains stopped", &account.stopped);
    line("forks", &account.forks);
    line("other findings", &(report.findings.len() as u64 - account.forks));
    line("records a second", &format!("{:.0}", report.records_per_second));
    line("events a second", &format!("{:.0}", report.events_per_second));
    line("checkpoints kept", &report.checkpoints);
    let seconds = |median: f64, most: f64| format!("{median:.1} s, at most {most:.1} s");
    let sealed = seconds(recovery.sealed_median, recovery.sealed_most);
    let logged = seconds(recovery.logged_median, recovery.logged_most);
    answer(format!(
        "recovery, {} rounds: sealed after {sealed}; logged after {logged}",
        recovery.rounds
    ));
    for kind in Kind::ALL {
        if let Some(count) = report.faults.get(&kind) {
            line(&format!("{kind:?}"), count);
        }
    }
    for finding in &report.findings {
        answer(format!("{}: {}: {}", finding.code.as_str(), finding.subject, finding.detail));
    }
    if let Some(folder) = &report.folder {
        answer(format!("what there is to look into: {}", folder.display()));
    }
}
