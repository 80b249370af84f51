//! `drive`: the driver of a named cloud, started by `up --driver`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cairn_local::aws;
use cairn_local::cloud::{self, Options};
use cairn_local::driver::{Driver, detached};
use cairn_local::emulator::{self, Detached};
use clap::Args;
use jiff::Timestamp;

use super::{CommandError, answer};

/// How often it looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(200);

/// How often, in looks, it asks whether the cloud is still up.
const ASK: u32 = 25;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the cloud
    #[arg(long)]
    name: String,
    /// What the folder names while this driver is wanted
    #[arg(long)]
    token: String,
    /// The function's binary
    #[arg(long)]
    binary: PathBuf,
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let Arguments { name, token, binary } = arguments;
    let folder = emulator::folder(name)?;
    let up = Detached::find(name)?;
    let up = up.ok_or_else(|| CommandError::NotUp { name: name.clone() })?;
    let log = folder.join("ingest.log");
    let deployed = Options::default().name;
    let settings = cloud::driven(&up.endpoint(), &deployed, binary.clone(), log).await?;
    let config = aws::config(&up.endpoint()).await;
    let driver = Driver::start(&config, settings, |happening| {
        answer(format!("{:.3} {happening}", Timestamp::now()));
    });
    let mut looks = 0;
    while detached::is_wanted(&folder, token) {
        tokio::time::sleep(LOOK).await;
        looks += 1;
        if looks % ASK == 0 && Detached::find(name)?.is_none() {
            break;
        }
    }
    driver.stop().await;
    Ok(ExitCode::SUCCESS)
}
