//! Why a command could not do its job.

use std::path::PathBuf;

use super::demo::DemoError;
use super::option;
use cairn_local::build::BuildError;
use cairn_local::chaos::ChaosError;
use cairn_local::driver::detached::DetachedError;
use cairn_local::{CloudError, EmulatorError};

/// Why a command could not do its job.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Driver(#[from] DetachedError),
    #[error(transparent)]
    Cloud(#[from] CloudError),
    #[error(transparent)]
    Chaos(#[from] ChaosError),
    #[error(transparent)]
    Demo(Box<DemoError>),
    #[error("no cloud called {name:?} is up: start it with `cargo local up{}`", option(name))]
    NotUp { name: String },
    #[error(
        "the cloud called {name:?} was deployed to {endpoint}, which `cargo local` does not run: stop it there, or forget it here (down --purge)"
    )]
    NotOurs { name: String, endpoint: String },
    #[error(
        "a cloud called {name:?} is up at {endpoint}: stop it first (down), or give another --name"
    )]
    Taken { name: String, endpoint: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: {source}", path.display())]
    Json { path: PathBuf, source: serde_json::Error },
}

impl From<DemoError> for CommandError {
    fn from(error: DemoError) -> Self {
        Self::Demo(Box::new(error))
    }
}
