//! `down`: stops the emulator.

use std::process::ExitCode;

use cairn_local::emulator::Detached;
use cairn_local::progress::Step;
use clap::Args;

use super::CommandError;
use super::state::State;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the cloud
    #[arg(long, default_value = super::NAME)]
    name: String,
    /// Remove its folder, too: the log of the emulator
    #[arg(long)]
    purge: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let name = &arguments.name;
    let state = State::of(name)?;
    if !arguments.purge && state.is_elsewhere() {
        let endpoint = state.deployment.and_then(|d| d.endpoint).unwrap_or_default();
        return Err(CommandError::NotOurs { name: name.clone(), endpoint });
    }
    let step = Step::begin("stopping the emulator");
    let was_up = Detached::stop(name)?;
    if arguments.purge {
        Detached::purge(name)?;
    }
    drop(step);
    if was_up {
        println!("{name} is down, and all that was in it is gone");
    } else {
        println!("{name} was not up");
    }
    Ok(ExitCode::SUCCESS)
}
