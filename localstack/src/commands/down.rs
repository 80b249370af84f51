//! `down`: stops the emulator.

use std::process::ExitCode;

use cairn_local::emulator::Detached;
use cairn_local::progress::Step;
use clap::Args;

use super::{CommandError, answer, state};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the cloud
    #[arg(long, default_value = super::NAME)]
    name: String,
    /// Remove its folder, too: the log of the emulator
    #[arg(long)]
    purge: bool,
}

/// Looks at no more than it must: an emulator that hangs, or a file that cannot be read, is a reason
/// to take a cloud down and must not keep it up.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let name = &arguments.name;
    if !arguments.purge && state::is_elsewhere(name)? {
        let deployment = state::deployment(name).ok().flatten();
        let endpoint = deployment.and_then(|deployment| deployment.endpoint);
        let endpoint = endpoint.unwrap_or_else(|| "an unknown endpoint".to_owned());
        return Err(CommandError::NotOurs { name: name.clone(), endpoint });
    }
    let step = Step::begin("stopping the emulator");
    let was_up = Detached::stop(name)?;
    if arguments.purge {
        Detached::purge(name)?;
    }
    drop(step);
    if was_up {
        answer(format!("{name} is down, and all that was in it is gone"));
    } else {
        answer(format!("{name} was not up"));
    }
    Ok(ExitCode::SUCCESS)
}
