//! `status`: what is up.

use std::process::ExitCode;

use cairn_local::driver::detached;
use clap::Args;

use super::state::State;
use super::{CommandError, answer, option};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the cloud
    #[arg(long, default_value = super::NAME)]
    name: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let name = &arguments.name;
    let state = State::of(name)?;
    let up = state.emulator.is_some();
    let driver = state.file.parent().filter(|folder| detached::is_up(folder)).map(detached::log);
    let endpoint = state.deployment.as_ref().and_then(|d| d.endpoint.clone());
    if arguments.json {
        let pid = state.emulator.as_ref().map(|emulator| emulator.pid());
        answer(format!(
            "{}",
            serde_json::json!({
                "name": name, "up": up, "endpoint": endpoint, "pid": pid,
                "deployment": state.deployment, "driver": driver,
            })
        ));
    } else if let (Some(emulator), Some(deployment)) = (&state.emulator, &state.deployment) {
        answer(format!("{name} is up at {} (process {})", emulator.endpoint(), emulator.pid()));
        answer(format!(
            "  log of the emulator {}",
            emulator.folder().join("emulator.log").display()
        ));
        answer(format!("  deployment          {}", state.file.display()));
        answer(format!("  origin              {}", deployment.origin));
        if let Some(log) = &driver {
            answer(format!("  log of the driver   {}", log.display()));
        }
    } else if let Some(emulator) = &state.emulator {
        answer(format!(
            "{name}: the emulator is up at {}, but nothing is deployed: run `cargo local up{}`",
            emulator.endpoint(),
            option(name)
        ));
    } else if state.is_elsewhere() {
        answer(format!("{name} was deployed to {}", endpoint.unwrap_or_default()));
    } else {
        answer(format!("{name} is not up"));
    }
    let well = (up && state.deployment.is_some()) || state.is_elsewhere();
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
