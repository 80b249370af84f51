//! Locks between processes, held by an open file and released however its holder ends.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use crate::progress::Step;

/// Takes the lock, telling a person who has to wait what is being waited for.
pub(crate) fn take(path: &Path, waiting_for: &str) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let _step = Step::begin(format!("waiting for another process that is {waiting_for}"));
            file.lock()?;
            Ok(file)
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}
