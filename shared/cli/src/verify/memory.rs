//! The last checkpoint that was trusted, in a file outside the account that it is about.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cairn_ledger::{Checkpoint, Hash, Note};

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

    /// The file for the log of this origin, whoever signs it: another key must not mean another
    /// memory, or a new key would make everything forgotten.
    pub(super) fn file(&self, origin: &str) -> File {
        let name = Hash::of(origin.as_bytes()).to_string();
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

    /// Replaces it at once, unless a larger one is remembered by now.
    pub(super) fn write(self, note: &str) -> Result<PathBuf, MemoryError> {
        // Another verification may have ended meanwhile.
        let there = self.read()?.as_deref().and_then(size);
        if there.is_none_or(|there| size(note).is_none_or(|size| size >= there)) {
            self.replace(note).map_err(|source| self.error("write", source))?;
        }
        Ok(self.path)
    }

    fn replace(&self, note: &str) -> io::Result<()> {
        fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
        write_whole(&self.path, note)
    }

    fn error(&self, doing: &'static str, source: io::Error) -> MemoryError {
        MemoryError::Io { doing, path: self.path.clone(), source }
    }
}

/// The size that a note says.
fn size(note: &str) -> Option<u64> {
    let note = Note::parse(note).ok()?;
    Checkpoint::parse(note.text()).ok().map(|(checkpoint, _)| checkpoint.size)
}

/// Replaces a file at once: a crash leaves the old one or the new one.
pub fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{}.new", std::process::id()));
    let mut file = fs::File::create(&new)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let renamed = written.and_then(|()| fs::rename(&new, path));
    if renamed.is_err() {
        // What is left of it says nothing.
        let _ = fs::remove_file(&new);
    }
    renamed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_remembered_is_read_back_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path().join("a/b"));
        let file = || memory.file("example.com/log");
        assert_eq!(file().read().unwrap(), None);
        for note in ["one", "two, longer", "3"] {
            file().write(note).unwrap();
            assert_eq!(file().read().unwrap().as_deref(), Some(note));
        }
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 1);
    }

    #[test]
    fn each_log_has_a_memory_of_its_own() {
        let memory = Memory::in_folder("/state");
        let path = |origin: &str| memory.file(origin).path;
        assert_eq!(path("example.com/log"), path("example.com/log"));
        assert_ne!(path("example.com/log"), path("example.com/other"));
    }

    #[test]
    fn a_larger_checkpoint_is_never_replaced_by_a_smaller_one() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path());
        let file = || memory.file("example.com/log");
        let note = |size: u64| {
            let root = Hash::EMPTY_ROOT;
            let text = Checkpoint { origin: "example.com/log".to_owned(), size, root }.to_string();
            format!("{text}\n\u{2014} example.com/log AAAAAAAA\n")
        };
        for (written, kept) in [(7, 7), (5, 7), (10, 10), (9, 10)] {
            file().write(&note(written)).unwrap();
            assert_eq!(file().read().unwrap(), Some(note(kept)));
        }
    }

    #[test]
    fn a_memory_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        // Nothing is there to read, and nothing can be made there.
        std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("link")).unwrap();
        let memory = Memory::in_folder(folder.path().join("link"));
        let error = memory.file("example.com/log").write("x").unwrap_err();
        assert!(error.to_string().contains("cannot write the remembered checkpoint"), "{error}");
    }
}
