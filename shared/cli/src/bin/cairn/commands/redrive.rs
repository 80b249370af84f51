//! What was rejected or has expired: shown, and put back on the stream.

use std::io::Write;

use cairn_cli::Cloud;
use cairn_cli::quarantine::{Kept, Listed, Selection, Stores, list};
use cairn_cli::redrive::{Context, Options, RedriveError, counts, run_name};
use cairn_ledger::Coordinates;
use jiff::Timestamp;
use serde_json::json;

use crate::args::{Quarantine, Redrive, Selected};
use crate::output::{Bar, Output, Unit, complain};
use crate::{Failure, Verdict, render, unable};

fn selection(selected: &Selected, items: &[Coordinates]) -> Selection {
    Selection {
        coordinates: items.iter().cloned().collect(),
        reason: selected.reason.clone(),
        chain: selected.chain.clone(),
        since: selected.since,
    }
}

pub(crate) async fn quarantine(
    cloud: &Cloud,
    args: &Quarantine,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let (selection, whole) = match args {
        Quarantine::List(selected) => (selection(selected, &[]), false),
        Quarantine::Show { items, .. } => {
            let coordinates = items.iter().cloned().collect();
            (Selection { coordinates, ..Selection::default() }, true)
        }
    };
    let stores = Stores::of(cloud).map_err(unable)?;
    let bar = Bar::new("reading", Unit::Batches);
    let listed = list(&stores, &selection, whole, Timestamp::now(), bar.get()).await;
    let Listed { items, unreadable } = listed.map_err(unable)?;
    drop(bar);
    for error in &unreadable {
        complain(&error.to_string());
        output.verdict = Verdict::Wrong;
    }
    if items.iter().any(|item| item.kept == Kept::Altered) {
        output.verdict = Verdict::Wrong;
    }
    match args {
        Quarantine::List(_) if output.json => output.json(&items)?,
        Quarantine::List(_) => render::items(output, &items)?,
        Quarantine::Show { .. } if output.json => {
            output.json(&items.iter().map(render::item_json).collect::<Vec<_>>())?;
        }
        Quarantine::Show { raw, .. } => {
            for item in &items {
                match &item.kept {
                    Kept::Raw(bytes) if *raw => output.write_all(bytes)?,
                    _ => render::item(output, item)?,
                }
            }
            output.flush()?;
        }
    }
    let missing = selection
        .coordinates
        .iter()
        .find(|named| !items.iter().any(|item| item.coordinates == **named));
    match missing {
        Some(at) => {
            let message = format!("expected a rejected or expired item at {at}, found none");
            Err(Failure::Wrong(message.into()))
        }
        None => Ok(output.verdict),
    }
}

pub(crate) async fn redrive(
    cloud: &Cloud,
    args: &Redrive,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let options = Options {
        selection: selection(&args.selected, &args.items),
        expired: args.expired,
        dry_run: args.dry_run,
        force: args.force,
        again: args.again,
    };
    let stores = Stores::of(cloud).map_err(unable)?;
    let now = Timestamp::now;
    let context = Context {
        stream: cloud.settings().stream().map_err(unable)?,
        bundle: cloud.settings().bundle().map_err(unable)?,
        now: &now,
        run: run_name().map_err(unable)?,
    };
    let bar = Bar::new("redriving", Unit::Items);
    let mut all = Vec::new();
    let tell = |done| all.push(done);
    let ended = cairn_cli::redrive::redrive(&stores, &context, &options, bar.get(), tell).await;
    drop(bar);
    // What was done is said, whatever ended the run.
    if all.iter().any(|done| done.outcome.is_wrong()) {
        output.verdict = Verdict::Wrong;
    }
    match output.json {
        true => output.json(&json!({ "counts": counts(&all), "items": all }))?,
        false => {
            render::redriven(output, &all)?;
            render::summary(output, &counts(&all))?;
        }
    }
    match ended {
        Ok(()) => Ok(output.verdict),
        Err(error @ (RedriveError::Nowhere { .. } | RedriveError::Unreadable { .. })) => {
            Err(Failure::Wrong(error.into()))
        }
        Err(error) => Err(unable(error)),
    }
}
