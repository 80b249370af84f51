//! Each command: arguments in, answer out.

mod config;
mod recover;
mod redrive;
mod resume;

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use cairn_cli::check::CheckError;
use cairn_cli::prove::ProveError;
use cairn_cli::put::{Input, PutError};
use cairn_cli::verify::{Memory, write_whole};
use cairn_cli::{Cloud, Query, Settings, Standing};

use crate::args::{Args, Check, Command, Generate, Is, Log, Prove, Put, Show, Verify};
use crate::output::{Bar, Output, Unit, complain, note};
use crate::{Failure, Verdict, render, unable};

pub(crate) use config::config;

/// The commands that need a deployment.
pub(crate) async fn remote(args: &Args, output: &mut Output) -> Result<Verdict, Failure> {
    let settings = match &args.deployment {
        Some(path) => Settings::read(path),
        None => Settings::from_environment(),
    };
    let cloud = Cloud::connect(settings.map_err(unable)?).await;
    match &args.command {
        Command::Put(args) => put(&cloud, args, output).await,
        Command::Status => status(&cloud, output).await,
        Command::Log(args) => log(&cloud, args, output).await,
        Command::Quarantine(args) => redrive::quarantine(&cloud, args, output).await,
        Command::Redrive(args) => redrive::redrive(&cloud, args, output).await,
        Command::Show(args) => show(&cloud, args, output).await,
        Command::Prove(args) => prove(&cloud, args, output).await,
        Command::Verify(args) => verify(&cloud, args, output).await,
        Command::Recover(args) => recover::recover(&cloud, args, output).await,
        Command::Resume(args) => resume::resume(&cloud, args, output).await,
        Command::Generate(args) => generate(args, output),
        Command::Check(args) => check(args, output),
        Command::Config(config) => self::config(args, &config.command, output).await,
    }
}

pub(crate) fn generate(args: &Generate, output: &mut Output) -> Result<Verdict, Failure> {
    let options = cairn_cli::generate::Options {
        seed: args.seed,
        events: args.events,
        tenants: args.tenants as usize,
        start: args.start,
    };
    let mut file = match &args.out {
        None => None,
        Some(path) => Some(BufWriter::new(File::create(path).map_err(named(path))?)),
    };
    let mut told = 0_u32;
    for event in cairn_cli::generate(&options) {
        match (&mut file, &args.out) {
            (Some(file), Some(path)) => writeln!(file, "{}", event.json).map_err(named(path))?,
            _ => writeln!(output, "{}", event.json)?,
        }
        if let Some(meaning) = event.story.filter(|_| args.story) {
            told += 1;
            note(&format!("{told:3}. {} {meaning}", event.id));
        }
    }
    match (&mut file, &args.out) {
        (Some(file), Some(path)) => file.flush().map_err(named(path))?,
        _ => output.flush()?,
    }
    Ok(Verdict::Fine)
}

async fn put(cloud: &Cloud, args: &Put, output: &mut Output) -> Result<Verdict, Failure> {
    let inputs = match &args.paths[..] {
        [] if io::stdin().is_terminal() => {
            return Err(unable("expected files, directories or standard input, found a terminal"));
        }
        [] => vec![Input::Stdin],
        paths => paths.iter().map(|path| input(path)).collect(),
    };
    if args.pack.is_some() && args.format == Is::Raw {
        return Err(unable(
            "expected --pack or --format raw, found both: raw records stay as they are",
        ));
    }
    let options = cairn_cli::put::Options {
        partition: args.partition.into(),
        pack: args.pack.map(|kib| (kib as usize) << 10),
        format: args.format.into(),
    };
    let unit = if inputs.contains(&Input::Stdin) { Unit::Nothing } else { Unit::Bytes };
    let bar = Bar::new("putting", unit);
    let (summary, stopped) = match cairn_cli::put(cloud, &inputs, &options, bar.get()).await {
        Ok(summary) => (summary, None),
        Err(PutError::GaveUp { summary, why }) => (*summary, Some(why)),
        Err(error) => return Err(unable(error)),
    };
    drop(bar);
    match output.json {
        true => output.json(&summary)?,
        false => render::put(output, &summary)?,
    }
    for failure in &summary.failures {
        complain(&format!("{}: {}", failure.subject, failure.reason));
    }
    match (stopped, summary.failures.len()) {
        (Some(why), _) => Err(unable(why)),
        (None, 0) => Ok(Verdict::Fine),
        (None, failures) => Err(unable(format!(
            "{failures} of the inputs could not be read or put, all else was put"
        ))),
    }
}

fn input(path: &Path) -> Input {
    match path.as_os_str() == "-" {
        true => Input::Stdin,
        false => Input::Path(path.to_owned()),
    }
}

async fn status(cloud: &Cloud, output: &mut Output) -> Result<Verdict, Failure> {
    let status = cairn_cli::status(cloud).await.map_err(unable)?;
    output.verdict = if status.is_fine() { Verdict::Fine } else { Verdict::Wrong };
    match output.json {
        true => output.json(&status)?,
        false => render::status(output, &status)?,
    }
    Ok(output.verdict)
}

async fn log(cloud: &Cloud, args: &Log, output: &mut Output) -> Result<Verdict, Failure> {
    use cairn_cli::entries::{self, EntriesError};

    let failed = |error: EntriesError| match error {
        error @ EntriesError::Beyond { .. } => Failure::Wrong(error.into()),
        EntriesError::Log(error) if error.is_finding() => Failure::Wrong(error.into()),
        error => unable(error),
    };
    match args.position {
        None => {
            let overview = entries::overview(cloud).await.map_err(failed)?;
            match output.json {
                true => output.json(&overview)?,
                false => render::overview(output, &overview)?,
            }
        }
        Some(position) => {
            let entry = entries::entry(cloud, position).await.map_err(failed)?;
            match output.json {
                true => output.json(&render::entry_json(position, &entry))?,
                false => render::entry(output, position, &entry)?,
            }
        }
    }
    Ok(Verdict::Fine)
}

async fn show(cloud: &Cloud, args: &Show, output: &mut Output) -> Result<Verdict, Failure> {
    use cairn_cli::find::FindError;
    use cairn_cli::show::ShowError;

    let bar = Bar::new("searching", Unit::Batches);
    let shown = match cairn_cli::show(cloud, &query(&args.event), bar.get()).await {
        Ok(shown) => shown,
        Err(error @ ShowError::Find(FindError::Nowhere { .. })) => {
            return Err(Failure::Wrong(error.into()));
        }
        Err(error) => return Err(unable(error)),
    };
    drop(bar);
    if matches!(shown.standing, Standing::Other(_)) {
        output.verdict = Verdict::Wrong;
    }
    match output.json {
        true => output.json(&render::shown_json(&shown))?,
        false => render::shown(output, &shown)?,
    }
    Ok(output.verdict)
}

async fn prove(cloud: &Cloud, args: &Prove, output: &mut Output) -> Result<Verdict, Failure> {
    use cairn_cli::find::FindError;

    let bar = Bar::new("searching", Unit::Batches);
    let proven = match cairn_cli::prove(cloud, &query(&args.event), bar.get()).await {
        Ok(proven) => proven,
        Err(
            error @ (ProveError::Find(FindError::Nowhere { .. })
            | ProveError::Waiting { .. }
            | ProveError::Altered { .. }
            | ProveError::Broken(_)),
        ) => return Err(Failure::Wrong(error.into())),
        Err(ProveError::Log(error)) if error.is_finding() => {
            return Err(Failure::Wrong(error.into()));
        }
        Err(error) => return Err(unable(error)),
    };
    drop(bar);
    let Some(path) = &args.out else {
        match output.json {
            true => output.json(&render::proven_json(&proven))?,
            false => write!(output, "{}", proven.text)?,
        }
        output.flush()?;
        return Ok(Verdict::Fine);
    };
    fs::write(path, &proven.text).map_err(named(path))?;
    match output.json {
        true => output.json(&render::proven_json(&proven))?,
        false => render::proven(output, &proven, path)?,
    }
    Ok(Verdict::Fine)
}

/// Any text is a query.
fn query(text: &str) -> Query {
    text.parse().unwrap_or_else(|never| match never {})
}

pub(crate) fn check(args: &Check, output: &mut Output) -> Result<Verdict, Failure> {
    let bytes = match args.proof.as_os_str() == "-" {
        true => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).map(|_| bytes)
        }
        false => fs::read(&args.proof),
    };
    let bytes = bytes.map_err(named(&args.proof))?;
    match cairn_cli::check(&bytes, &args.keys) {
        Ok(checked) => {
            match output.json {
                true => output.json(&render::checked_json(&checked))?,
                false => render::checked(output, &checked)?,
            }
            Ok(Verdict::Fine)
        }
        Err(error @ CheckError::Key(_)) => Err(unable(error)),
        Err(error @ (CheckError::Proof(_) | CheckError::NotText(_))) => {
            output.verdict = Verdict::Wrong;
            if output.json {
                let reason = error.to_string();
                output.json(&serde_json::json!({ "ok": false, "reason": reason }))?;
            }
            Err(Failure::Wrong(format!("{} proves nothing: {error}", args.proof.display()).into()))
        }
    }
}

async fn verify(cloud: &Cloud, args: &Verify, output: &mut Output) -> Result<Verdict, Failure> {
    let memory = match args.no_remember {
        true => None,
        false => Some(Memory::of_user().map_err(unable)?),
    };
    let since = notes(&args.since)?;
    let options = cairn_cli::verify::Options {
        keys: args.keys.clone(),
        since,
        memory,
        without_table: args.no_table,
    };
    let bar = Bar::new("verifying", Unit::Batches);
    let verified = cairn_cli::verify(cloud, &options, bar.get()).await.map_err(unable)?;
    drop(bar);
    let ok = verified.report.ok;
    output.verdict = if ok { Verdict::Fine } else { Verdict::Wrong };
    // A checkpoint that is to be trusted later must be one that verified now.
    let good = ok && !verified.report.checkpoint.is_empty();
    let out = args.checkpoint_out.as_ref();
    let written = out.filter(|_| good).map(|path| {
        write_whole(path, &verified.report.checkpoint)
            .map(|()| path.as_path())
            .map_err(|error| format!("{}: {error}", path.display()))
    });
    let saved = written.as_ref().and_then(|written| written.as_ref().ok()).copied();
    match output.json {
        true => output.json(&render::verified_json(&verified))?,
        false => render::verified(output, &verified, saved)?,
    }
    if let Some(path) = out.filter(|_| !good) {
        note(&format!("{} was not written: the checkpoint did not verify", path.display()));
    }
    match written.and_then(Result::err).or(verified.forgotten) {
        Some(error) => Err(unable(error)),
        None => Ok(output.verdict),
    }
}

/// The checkpoints that were kept in files.
fn notes(files: &[PathBuf]) -> Result<Vec<String>, Failure> {
    files.iter().map(|path| fs::read_to_string(path).map_err(named(path))).collect()
}

/// Names the file that an error is about.
fn named(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Output(error),
        _ => unable(format!("{}: {error}", path.display())),
    }
}
