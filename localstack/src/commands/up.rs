//! `up`: starts the emulator and deploys.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use cairn_local::build::{self, Profile};
use cairn_local::cloud::{self, Options, Signing};
use cairn_local::config_folder;
use cairn_local::driver::detached;
use cairn_local::emulator::{self, Detached};
use cairn_local::progress::Step;
use cairn_store::LockMode;
use clap::{Args, ValueEnum};

use super::{CommandError, answer, option};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the cloud: several can be up side by side
    #[arg(long, default_value = super::NAME)]
    pub(crate) name: String,
    /// Port on 127.0.0.1; any free one unless given
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Shards of the stream; 2 for a new one
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) shards: Option<u32>,
    /// Deploy optimised functions: slow to build, quick to run
    #[arg(long)]
    pub(crate) release: bool,
    /// Feed ingest by a driver with AWS's semantics instead of the emulator's own mapping: batching
    /// window, partial failures, bisecting, retries, failure destination, resharding
    #[arg(long, conflicts_with = "endpoint")]
    pub(crate) driver: bool,
    /// Enforce the policies of roles, buckets and keys: functions run under theirs
    #[arg(long, conflicts_with = "endpoint")]
    pub(crate) auth: bool,
    /// Object Lock: nobody can shorten a compliance lock
    #[arg(long, value_enum, default_value = "compliance")]
    pub(crate) lock_mode: Mode,
    /// Kind of the key that signs checkpoints; LocalStack has no Ed25519
    #[arg(long, value_enum, default_value = "ed25519")]
    pub(crate) signing: Key,
    /// Deploy to an emulator that runs already, such as LocalStack on http://127.0.0.1:4566
    #[arg(long, conflicts_with = "port", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Folder that the config bundle is made from; `infra/config` of the workspace unless given
    #[arg(long, value_name = "DIR")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Mode {
    Compliance,
    Governance,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Key {
    Ed25519,
    P256,
}

impl Arguments {
    pub(crate) fn options(&self) -> Options {
        Options {
            shards: self.shards,
            driver: self.driver,
            auth: self.auth,
            profile: if self.release { Profile::Release } else { Profile::default() },
            signing: match self.signing {
                Key::Ed25519 => Signing::Ed25519,
                Key::P256 => Signing::P256,
            },
            lock_mode: match self.lock_mode {
                Mode::Compliance => LockMode::Compliance,
                Mode::Governance => LockMode::Governance,
            },
            config: Some(self.config.clone().unwrap_or_else(config_folder)),
            ..Options::default()
        }
    }
}

pub(crate) async fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let name = &arguments.name;
    let (endpoint, folder) = match &arguments.endpoint {
        Some(endpoint) => (endpoint.clone(), vacate(name)?),
        None => {
            let emulator = start(name, arguments.port, arguments.auth)?;
            (emulator.endpoint(), emulator.folder().to_path_buf())
        }
    };
    fs::create_dir_all(&folder)
        .map_err(|source| CommandError::Io { path: folder.clone(), source })?;
    let options = arguments.options();
    let step = Step::begin(format!("deploying to {endpoint}"));
    // Two that feed the same function would do no harm, but neither would be what was asked for.
    detached::stop(&folder)?;
    let deployment = cloud::deploy(&endpoint, &options).await?;
    drop(step);
    if options.driver {
        let binaries = build::functions(options.profile)?;
        detached::start(&folder, name, &binaries.ingest)?;
    }
    let file = cloud::save(&deployment, &folder)?;
    answer(format!("{name} is up at {endpoint}"));
    answer(format!("  stream  {}", deployment.stream));
    answer(format!("  archive {}", deployment.bucket));
    answer(format!("  ledger  {}", deployment.table));
    answer(format!("  log     {}", deployment.origin));
    if let Some(bundle) = deployment.bundle {
        answer(format!("  config  {bundle}"));
    }
    answer(format!("  tools   {}", file.display()));
    if options.driver {
        answer(format!("  driver  {}", detached::log(&folder).display()));
    }
    answer(format!("use it from this shell: eval \"$(cargo local env{})\"", option(name)));
    Ok(ExitCode::SUCCESS)
}

/// The folder of a cloud that is about to be deployed elsewhere.
fn vacate(name: &str) -> Result<PathBuf, CommandError> {
    if let Some(found) = Detached::find(name)? {
        return Err(CommandError::Taken { name: name.to_owned(), endpoint: found.endpoint() });
    }
    Detached::purge(name)?;
    Ok(emulator::folder(name)?)
}

pub(crate) fn start(name: &str, port: Option<u16>, auth: bool) -> Result<Detached, CommandError> {
    let _step = Step::begin("starting the emulator");
    let emulator = Detached::start(name, port, auth)?;
    Ok(emulator)
}
