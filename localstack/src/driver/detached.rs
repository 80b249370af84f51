//! The driver of a named cloud: a process that stays until the cloud goes.

use std::env;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::id;

/// What the driver says, locked for as long as it runs.
const LOG: &str = "driver.log";

/// Names the driver that is wanted. It ends when this file is gone, or names another.
const WANTED: &str = "driver.run";

/// How long one may take to end.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file or process that could not be handled.
#[derive(Debug, thiserror::Error)]
pub enum DetachedError {
    /// Which, and why.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// It did not end when told to.
    #[error("the driver in {} did not end within {} s", folder.display(), PATIENCE.as_secs())]
    Immortal {
        /// The cloud's folder.
        folder: PathBuf,
    },
}

/// Starts this very program as the driver of the cloud called `name`, in its folder. Ends one that
/// is there.
pub fn start(folder: &Path, name: &str, binary: &Path) -> Result<(), DetachedError> {
    stop(folder)?;
    let log = folder.join(LOG);
    let file = OpenOptions::new().create(true).append(true).open(&log);
    let file = file.map_err(failed("opening", &log))?;
    // The lock belongs to the open file, which the driver inherits: it lasts until that has ended.
    file.lock().map_err(failed("locking", &log))?;
    file.set_len(0).map_err(failed("emptying", &log))?;
    let errors = file.try_clone().map_err(failed("opening", &log))?;
    let (wanted, token) = (folder.join(WANTED), id::uuid());
    fs::write(&wanted, &token).map_err(failed("writing", &wanted))?;
    let program = env::current_exe().map_err(failed("finding", Path::new("this program")))?;
    let mut command = Command::new(&program);
    command.args(["drive", "--name", name, "--token", &token, "--binary"]).arg(binary);
    // A group of its own: the terminal's Ctrl-C does not reach it.
    command.process_group(0).stdin(Stdio::null()).stdout(file).stderr(errors);
    command.spawn().map(drop).map_err(failed("running", &program))
}

/// Ends the driver in the folder; whether there was one.
pub fn stop(folder: &Path) -> Result<bool, DetachedError> {
    let wanted = folder.join(WANTED);
    match fs::remove_file(&wanted) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(failed("removing", &wanted)(error));
        }
        _ => {}
    }
    let (was_up, begun) = (is_up(folder), Instant::now());
    while is_up(folder) {
        if begun.elapsed() > PATIENCE {
            return Err(DetachedError::Immortal { folder: folder.to_path_buf() });
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(was_up)
}

/// Whether a driver runs in the folder.
pub fn is_up(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(LOG)) else { return false };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// What the driver in the folder says.
pub fn log(folder: &Path) -> PathBuf {
    folder.join(LOG)
}

/// Whether the driver that was given this token is still wanted.
pub fn is_wanted(folder: &Path, token: &str) -> bool {
    fs::read_to_string(folder.join(WANTED)).is_ok_and(|wanted| wanted == token)
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DetachedError {
    let what = format!("{doing} {}", path.display());
    move |source| DetachedError::Io { what, source }
}
