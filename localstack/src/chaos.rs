//! Chaos: load on a deployment in an emulator whose functions, storage and connections fail all the
//! while, by a seed; then an account of every event, and a verification of the whole archive.
//!
//! A run is a row of rounds. In each, faults are made for some seconds while records arrive; then they
//! stop, and the time is taken until all is sealed, and until all is logged.

mod accounts;
mod faults;
mod load;
mod stage;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use serde::Serialize;

pub use accounts::{Account, Counts, Put};
pub use faults::Kind;
use faults::{Faults, Struck};
use load::Load;
use stage::Stage;

use crate::build::{BuildError, Profile};
use crate::cloud::CloudError;

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Options {
    /// For how long records arrive.
    pub length: Duration,
    /// Decides load and faults.
    pub seed: u64,
    /// Shards of the stream.
    pub shards: u32,
    /// Records a second; 0: as many as are taken.
    pub rate: u32,
    /// Whether faults are made.
    pub faults: bool,
    /// Whether a record of each request is counted and not put: to see that it is found out.
    pub withhold: bool,
    /// How the functions are built.
    pub profile: Profile,
}

/// How long faults are made before all is let come to rest.
const ROUND: Duration = Duration::from_secs(12);

/// Why a run came to no end.
#[derive(Debug, thiserror::Error)]
pub enum ChaosError {
    /// The functions could not be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// There is no deployment.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// Something between the parts could not be done.
    #[error("{what}: {detail}")]
    Stage {
        /// What was being done.
        what: &'static str,
        /// Why it failed.
        detail: String,
    },
    /// Nothing gets on although nothing is in the way any more.
    #[error("{waiting} after {seconds} s without faults; at last: {last:#?}")]
    Stuck {
        /// What is not so yet.
        waiting: String,
        /// How long it was waited for.
        seconds: u64,
        /// What the driver told at last.
        last: Vec<String>,
    },
}

impl ChaosError {
    pub(crate) fn stage(what: &'static str) -> impl FnOnce(&dyn std::fmt::Display) -> Self {
        move |detail| Self::Stage { what, detail: detail.to_string() }
    }
}

/// What came of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// For how long records arrived.
    pub seconds: f64,
    /// What was put and what the archive holds.
    pub account: Account,
    /// Records that were put and sealed in a second: the time counts from the first put of a round until
    /// the last of it is sealed.
    pub records_per_second: f64,
    /// Events, by the same time.
    pub events_per_second: f64,
    /// Faults that struck, by kind.
    pub faults: BTreeMap<Kind, u64>,
    /// The seconds from the end of faults until all was sealed, and until all was logged.
    pub recovery: Recovery,
    /// Checkpoints that were kept on the way; the last one extends them all.
    pub checkpoints: usize,
    /// What the verifier found.
    pub findings: Vec<cairn_verify::Finding>,
    /// What a folder was kept for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<std::path::PathBuf>,
}

/// How long it took until all was well again, in seconds, over all rounds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Recovery {
    /// Rounds.
    pub rounds: usize,
    /// Until all was sealed: half of the rounds took no longer.
    pub sealed_median: f64,
    /// Until all was sealed: no round took longer.
    pub sealed_most: f64,
    /// Until all was logged.
    pub logged_median: f64,
    /// Until all was logged.
    pub logged_most: f64,
}

impl Report {
    /// Whether everything that was put is there once, and the archive verifies.
    pub fn is_fine(&self) -> bool {
        self.account.is_fine() && self.findings.is_empty()
    }
}

/// Runs it. The bar advances by seconds.
pub async fn run(options: &Options, bar: &ProgressBar) -> Result<Report, ChaosError> {
    let mut stage = Stage::set(options).await?;
    let done = play(&mut stage, options, bar).await;
    let folder = match &done {
        Ok(report) if report.is_fine() => None,
        _ => stage.keep().await.inspect_err(|error| eprintln!("error: {error}")).ok(),
    };
    match done {
        Ok(report) => Ok(Report { folder, ..report }),
        Err(error) => {
            if let Some(folder) = folder {
                eprintln!(
                    "seed {}; what there is to look into: {}",
                    options.seed,
                    folder.display()
                );
            }
            Err(error)
        }
    }
}

async fn play(
    stage: &mut Stage,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Report, ChaosError> {
    bar.set_length(options.length.as_secs());
    let mut load = Load::new(stage.kinesis(), options);
    let struck = Struck::default();
    let mut recovered: Vec<(f64, f64)> = Vec::new();
    let mut kept = Vec::new();
    // Records arrive, and until the last of them is sealed.
    let (mut loading, mut held) = (Duration::ZERO, Duration::ZERO);
    while loading < options.length {
        let round = ROUND.min(options.length - loading);
        let from = Instant::now();
        let faults = Faults::new(options.seed, stage, &struck);
        load.during(round, async {
            if options.faults {
                faults.during(recovered.len() as u64, round).await;
            }
        })
        .await?;
        loading += from.elapsed();
        bar.set_position(loading.as_secs().min(options.length.as_secs()));
        bar.set_message(format!("{} records", load.put().records));
        faults.heal();
        let healed = Instant::now();
        stage.until_sealed(&load).await?;
        let sealed = healed.elapsed().as_secs_f64();
        held += from.elapsed();
        kept.push(stage.until_logged().await?);
        recovered.push((sealed, healed.elapsed().as_secs_f64()));
    }
    stage.rest().await;
    let verified = stage.verify(&kept).await?;
    let account = stage.account(load.into_put(), &verified.findings).await?;
    Ok(Report {
        seed: options.seed,
        seconds: loading.as_secs_f64(),
        records_per_second: account.put.records as f64 / held.as_secs_f64(),
        events_per_second: account.put.events as f64 / held.as_secs_f64(),
        account,
        faults: faults::counted(&struck),
        recovery: Recovery::of(recovered),
        checkpoints: kept.len(),
        findings: verified.findings,
        folder: None,
    })
}

impl Recovery {
    fn of(rounds: Vec<(f64, f64)>) -> Self {
        let (mut sealed, mut logged): (Vec<f64>, Vec<f64>) = rounds.into_iter().unzip();
        sealed.sort_by(f64::total_cmp);
        logged.sort_by(f64::total_cmp);
        let median = |times: &[f64]| times.get(times.len() / 2).copied().unwrap_or_default();
        let most = |times: &[f64]| times.last().copied().unwrap_or_default();
        Self {
            rounds: sealed.len(),
            sealed_median: median(&sealed),
            sealed_most: most(&sealed),
            logged_median: median(&logged),
            logged_most: most(&logged),
        }
    }
}
