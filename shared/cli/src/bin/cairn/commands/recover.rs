//! The ledger table, made again from the archive.

use cairn_cli::Cloud;
use cairn_cli::recover::{self, Context, Options, RecoverError};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};

use super::notes;
use crate::args::Recover;
use crate::output::{Bar, Output, Unit};
use crate::{Failure, Verdict, render, unable};

pub(crate) async fn recover(
    cloud: &Cloud,
    args: &Recover,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let settings = cloud.settings();
    let days = settings.batch_retention_days().map_err(unable)?;
    let now = Timestamp::now;
    let context = Context {
        lock_mode: settings.required_lock_mode().map_err(unable)?,
        batch_retention: SignedDuration::from_hours(24 * i64::from(days)),
        now: &now,
    };
    let (objects, table) =
        (cloud.objects_for_writing().map_err(unable)?, cloud.table().map_err(unable)?);
    let (keys, since) = (args.keys.clone(), notes(&args.since)?);
    let ask = cairn_cli::verify::Options { keys, since, ..Default::default() };
    let report = {
        let bar = Bar::new("verifying", Unit::Batches);
        recover::verify(cloud, &ask, bar.get()).await.map_err(unable)?.report
    };
    let options =
        Options { dry_run: args.dry_run, stopped: args.stopped.iter().cloned().collect() };
    let bar = Bar::new("recovering", Unit::Batches);
    let bar_of: &ProgressBar = bar.get();
    let ended = recover::recover(&objects, &table, &context, &report, &options, bar_of).await;
    drop(bar);
    let recovered = match ended {
        Ok(recovered) => recovered,
        Err(error) => return Err(failed(error, output)?),
    };
    if recovered.stopped.iter().any(|stop| stop.continued.is_none()) {
        output.verdict = Verdict::Wrong;
    }
    match output.json {
        true => output.json(&recovered)?,
        false => render::recovered(output, &report, &recovered, args.without_checkpoint)?,
    }
    Ok(output.verdict)
}

/// Tells the findings that forbid it.
fn failed(error: RecoverError, output: &mut Output) -> Result<Failure, Failure> {
    if !error.is_finding() {
        return Ok(unable(error));
    }
    output.verdict = Verdict::Wrong;
    if let RecoverError::Unverified { findings, more } = &error {
        match output.json {
            true => output.json(&serde_json::json!({ "findings": findings, "more": more }))?,
            false => render::unverified(output, findings)?,
        }
    }
    Ok(Failure::Wrong(error.into()))
}
