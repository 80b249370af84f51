//! `cairn config`.

use cairn_cli::config::{self, Compatibility, Folder, Read, SourceError, compare, key};
use cairn_cli::{Cloud, Settings};
use cairn_event::Bundle;
use cairn_store::Retention;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::named;
use crate::args::{Args, ConfigBuild, ConfigCheck, ConfigCommand, ConfigDiff, ConfigShow};
use crate::output::{Output, note};
use crate::{Failure, Verdict, render, unable};

/// Runs a command.
pub(crate) async fn config(
    args: &Args,
    command: &ConfigCommand,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let cloud = match command.is_remote() {
        false => None,
        true => Some(Cloud::connect(settings(args)?).await),
    };
    let cloud = cloud.as_ref();
    match command {
        ConfigCommand::Check(args) => check(cloud, args, output).await,
        ConfigCommand::Diff(args) => diff(cloud, args, output).await,
        ConfigCommand::Build(args) => build(cloud, args, output).await,
        ConfigCommand::Show(args) => show(cloud, args, output).await,
    }
}

fn settings(args: &Args) -> Result<Settings, Failure> {
    let settings = match &args.deployment {
        Some(path) => Settings::read(path),
        None => Settings::from_environment(),
    };
    settings.map_err(unable)
}

/// Says that what was to be checked is no bundle, or that it could not be looked at.
fn invalid(error: SourceError, output: &mut Output) -> Failure {
    if !error.is_finding() {
        return unable(error);
    }
    output.verdict = Verdict::Wrong;
    if output.json
        && let Err(error) = output.json(&json!({ "ok": false, "reason": error.to_string() }))
    {
        return error.into();
    }
    Failure::Wrong(error.into())
}

async fn check(
    cloud: Option<&Cloud>,
    args: &ConfigCheck,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let new = match Read::of(&args.bundle, cloud).await {
        Ok(new) => new,
        Err(error) => return Err(invalid(error, output)),
    };
    let found = match &args.against {
        None => None,
        Some(source) => {
            let old = Read::of(source, cloud).await.map_err(unable)?;
            let keyed = old.keyed && new.keyed;
            Some(compare(&old.bundle, &new.bundle, keyed, &args.allowed))
        }
    };
    let broken = found.as_ref().is_some_and(|found| !found.breaks.is_empty());
    output.verdict = if broken { Verdict::Wrong } else { Verdict::Fine };
    match output.json {
        true => output.json(&render::checked_config_json(&new, found.as_ref()))?,
        false => render::checked_config(output, &new, found.as_ref())?,
    }
    Ok(output.verdict)
}

async fn diff(
    cloud: Option<&Cloud>,
    args: &ConfigDiff,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let old = Read::of(&args.old, cloud).await.map_err(unable)?;
    let new = Read::of(&args.new, cloud).await.map_err(unable)?;
    let differences = config::diff(&old.bundle, &new.bundle, old.keyed && new.keyed);
    output.verdict = if differences.is_empty() { Verdict::Fine } else { Verdict::Wrong };
    match output.json {
        true => output.json(&differences)?,
        false => render::differences(output, &differences)?,
    }
    Ok(output.verdict)
}

async fn show(
    cloud: Option<&Cloud>,
    args: &ConfigShow,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let read = Read::of(&args.bundle, cloud).await.map_err(unable)?;
    let hash = read.keyed.then(|| read.bundle.hash());
    let document = config::document(&read.bundle);
    match output.json {
        true => output.json(&json!({ "bundle": document, "hash": hash }))?,
        false => render::config(output, &document, hash)?,
    }
    Ok(Verdict::Fine)
}

async fn build(
    cloud: Option<&Cloud>,
    args: &ConfigBuild,
    output: &mut Output,
) -> Result<Verdict, Failure> {
    let read = match Read::path(&args.folder) {
        Ok(read) => read,
        Err(error) => return Err(invalid(error, output)),
    };
    let Some(folder) = &read.folder else {
        return Err(unable(format!("{}: expected a folder, found a file", args.folder.display())));
    };
    let (tenant_key, found) = tenant_key(cloud, args, &read.bundle).await?;
    if let Some(found) = found.as_ref().filter(|found| !found.breaks.is_empty()) {
        output.verdict = Verdict::Wrong;
        match output.json {
            true => output.json(&render::checked_config_json(&read, Some(found)))?,
            false => render::checked_config(output, &read, Some(found))?,
        }
        return Err(Failure::Wrong("nothing was built: it would break what was promised".into()));
    }
    let bundle = Bundle { tenant_key, ..read.bundle.clone() };
    if let Some(out) = &args.out {
        key::write_private(out, bundle.to_json().as_bytes()).map_err(named(out))?;
    }
    let created = match cloud.filter(|_| args.publish) {
        None => None,
        Some(cloud) => Some(publish(cloud, &bundle, folder).await?),
    };
    let hash = bundle.hash();
    match output.json {
        true => output.json(&json!({
            "ok": true,
            "hash": hash,
            "created": created,
            "compatibility": found,
        }))?,
        false => {
            render::built(output, &hash, created.as_deref(), args.out.as_deref(), found.as_ref())?
        }
    }
    if args.new_tenant_key && args.out.is_none() {
        note("the tenant key is in the archive alone: later bundles take it with --from");
    }
    Ok(Verdict::Fine)
}

/// The tenant key; and how the bundle stands to the one that it is taken from.
async fn tenant_key(
    cloud: Option<&Cloud>,
    args: &ConfigBuild,
    new: &Bundle,
) -> Result<([u8; 32], Option<Compatibility>), Failure> {
    if let Some(source) = &args.from {
        let old = Read::of(source, cloud).await.map_err(unable)?;
        if !old.keyed {
            return Err(unable("--from: expected a bundle that was built, found a folder"));
        }
        let found = compare(&old.bundle, new, false, &args.allowed);
        return Ok((old.bundle.tenant_key, Some(found)));
    }
    let made = match &args.tenant_key_file {
        Some(path) => key::read(path),
        None => key::random(),
    };
    Ok((made.map_err(unable)?, None))
}

/// Puts the bundle into the archive; keys of what was not there.
async fn publish(cloud: &Cloud, bundle: &Bundle, folder: &Folder) -> Result<Vec<String>, Failure> {
    let settings = cloud.settings();
    let days = settings.log_retention_days().map_err(unable)?;
    let until = Timestamp::now() + SignedDuration::from_hours(24 * i64::from(days));
    let mode = settings.required_lock_mode().map_err(unable)?;
    let database = match folder.database() {
        None => None,
        Some(path) => Some(std::fs::read(path).map_err(named(path))?.into()),
    };
    let objects = cloud.objects_for_writing().map_err(unable)?;
    let published = config::publish(&objects, bundle, database, Retention { mode, until }).await;
    Ok(published.map_err(unable)?.created)
}
