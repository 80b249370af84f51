//! What is known of a named cloud.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cairn_local::cloud::FILE;
use cairn_local::emulator::{self, Detached};
use cairn_store::Deployment;

use super::CommandError;

/// A named cloud, as it was deployed last.
pub(crate) struct State {
    pub(crate) file: PathBuf,
    pub(crate) deployment: Option<Deployment>,
    /// The emulator, if it is ours and up.
    pub(crate) emulator: Option<Detached>,
}

impl State {
    /// Reads the state of the cloud of this name.
    pub(crate) fn of(name: &str) -> Result<Self, CommandError> {
        let emulator = Detached::find(name)?;
        Ok(Self { file: file(name)?, deployment: deployment(name)?, emulator })
    }

    /// Whether the cloud was deployed to an endpoint that we do not run.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.deployment.is_some() && !has_emulator(&self.file)
    }

    /// The deployment, if the cloud can be used.
    pub(crate) fn up(self, name: &str) -> Result<(PathBuf, Deployment), CommandError> {
        let usable = self.emulator.is_some() || self.is_elsewhere();
        match self.deployment {
            Some(deployment) if usable => Ok((self.file, deployment)),
            _ => Err(CommandError::NotUp { name: name.to_owned() }),
        }
    }
}

/// What was deployed last under this name.
pub(crate) fn deployment(name: &str) -> Result<Option<Deployment>, CommandError> {
    let path = file(name)?;
    match fs::read(&path) {
        Ok(text) => {
            serde_json::from_slice(&text).map_err(|source| CommandError::Json { path, source })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(CommandError::Io { path, source }),
    }
}

/// Whether the cloud of this name was deployed to an endpoint that we do not run, whatever its file
/// holds.
pub(crate) fn is_elsewhere(name: &str) -> Result<bool, CommandError> {
    let file = file(name)?;
    Ok(file.exists() && !has_emulator(&file))
}

fn file(name: &str) -> Result<PathBuf, CommandError> {
    Ok(emulator::folder(name)?.join(FILE))
}

/// Whether the folder of a deployment's file is, or was, an emulator's.
fn has_emulator(file: &Path) -> bool {
    file.with_file_name("emulator.log").exists()
}
