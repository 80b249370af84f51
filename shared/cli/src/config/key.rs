//! The tenant key: a secret that no source of a bundle holds, and the files it is written to.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why there is no tenant key.
#[derive(Debug, thiserror::Error)]
pub enum TenantKeyError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds no key.
    #[error("{}: expected a tenant key of 64 hexadecimal digits, found something else", path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// Reads a key's file.
pub fn read(path: &Path) -> Result<[u8; 32], TenantKeyError> {
    let text = fs::read_to_string(path)
        .map_err(|source| TenantKeyError::Io { path: path.to_owned(), source })?;
    let mut key = [0; 32];
    hex::decode_to_slice(text.trim(), &mut key)
        .map_err(|_| TenantKeyError::Form { path: path.to_owned() })?;
    Ok(key)
}

/// A key of a deployment's own.
pub fn random() -> Result<[u8; 32], TenantKeyError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    Ok(key)
}

/// Writes a file that its owner alone may read, all of it or none.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.new", std::process::id()));
    // Made anew: one that is there may be open to others.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let renamed = written.and_then(|()| fs::rename(&part, path));
    if renamed.is_err() {
        // What is left of it says nothing.
        let _ = fs::remove_file(&part);
    }
    renamed
}
