//! What is known of a named cloud.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

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
        let file = emulator::folder(name)?.join(FILE);
        let deployment = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|source| CommandError::Json { path: file.clone(), source })?,
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(source) => return Err(CommandError::Io { path: file, source }),
        };
        Ok(Self { file, deployment, emulator })
    }

    /// Whether the cloud was deployed to an endpoint that we do not run.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.deployment.is_some() && !self.folder_has_emulator()
    }

    fn folder_has_emulator(&self) -> bool {
        self.file.with_file_name("emulator.log").exists()
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
