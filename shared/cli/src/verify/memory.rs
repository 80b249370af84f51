//! The last checkpoint that was trusted, in a file outside the account that it is about.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cairn_ledger::{Hash, VerifierKey};

/// Where trusted checkpoints are remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    folder: PathBuf,
}

/// Why the memory is no good.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The user has no folder for it.
    #[error(
        "expected XDG_STATE_HOME or HOME to name a folder to remember the checkpoint in, found neither: set one, or use --no-remember"
    )]
    Homeless,
    /// The file cannot be used.
    #[error("cannot {doing} the remembered checkpoint {}: {source}", path.display())]
    Io {
        /// Read or write.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Memory {
    /// A folder of the caller's.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The user's: `$XDG_STATE_HOME/cairn`, by default `~/.local/state/cairn`
    /// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
    pub fn of_user() -> Result<Self, MemoryError> {
        let absolute = |name: &str| {
            std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
        };
        let state = absolute("XDG_STATE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
        state.map(|state| Self::in_folder(state.join("cairn"))).ok_or(MemoryError::Homeless)
    }

    /// The file for the log that this key signs.
    pub(super) fn file(&self, key: &VerifierKey) -> File {
        let name = Hash::of(format!("{}\n{key}", key.name()).as_bytes()).to_string();
        File { path: self.folder.join(format!("{}.checkpoint", &name[..32])) }
    }
}

/// The remembered checkpoint of one log.
pub(super) struct File {
    path: PathBuf,
}

impl File {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read(&self) -> Result<Option<String>, MemoryError> {
        match fs::read_to_string(&self.path) {
            Ok(note) => Ok(Some(note)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.error("read", source)),
        }
    }

    /// Replaces it at once: a crash leaves the old one or the new one.
    pub(super) fn write(self, note: &str) -> Result<PathBuf, MemoryError> {
        self.replace(note).map_err(|source| self.error("write", source))?;
        Ok(self.path)
    }

    fn replace(&self, note: &str) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let new = self.path.with_extension(format!("{}.new", std::process::id()));
        let mut file = fs::File::create(&new)?;
        file.write_all(note.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }

    fn error(&self, doing: &'static str, source: io::Error) -> MemoryError {
        MemoryError::Io { doing, path: self.path.clone(), source }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use ed25519_dalek::pkcs8::EncodePublicKey;

    use super::*;

    fn key(name: &str, seed: u8) -> VerifierKey {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        VerifierKey::from_spki(name, key.to_public_key_der().unwrap().as_bytes()).unwrap()
    }

    #[test]
    fn what_is_remembered_is_read_back_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path().join("a/b"));
        let file = || memory.file(&key("example.com/log", 1));
        assert_eq!(file().read().unwrap(), None);
        for note in ["one", "two, longer", "3"] {
            file().write(note).unwrap();
            assert_eq!(file().read().unwrap().as_deref(), Some(note));
        }
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
    }

    #[test]
    fn each_log_and_each_key_has_a_memory_of_its_own() {
        let memory = Memory::in_folder("/state");
        let path = |key: VerifierKey| memory.file(&key).path;
        assert_eq!(path(key("example.com/log", 1)), path(key("example.com/log", 1)));
        assert_ne!(path(key("example.com/log", 1)), path(key("example.com/log", 2)));
        assert_ne!(path(key("example.com/log", 1)), path(key("example.com/other", 1)));
    }

    #[test]
    fn a_memory_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let memory = Memory::in_folder(folder.path().join("file"));
        let error = memory.file(&key("example.com/log", 1)).write("x").unwrap_err();
        assert!(error.to_string().contains("cannot write the remembered checkpoint"), "{error}");
    }
}
