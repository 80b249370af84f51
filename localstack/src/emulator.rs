//! The emulator: a process on a loopback port, with a folder of its own, that leaves nothing
//! behind.
//!
//! A test owns one ([`Emulator`]): it ends with the test's process, even if that is killed. A person
//! has named ones ([`Detached`]), which stay up until they are stopped.

mod detached;
mod health;
mod launch;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

pub use detached::{Detached, folder};

use crate::driver::detached::DetachedError;
use crate::folders;
use crate::python::{self, PythonError};
use launch::Mode;

/// The region that everything is created in.
pub const REGION: &str = "us-east-1";

/// The account that everything belongs to.
pub const ACCOUNT: &str = "000000000000";

/// The access key id and the secret key that the emulator (and LocalStack) take.
pub const CREDENTIALS: (&str, &str) = ("test", "test");

/// Folders of owned emulators begin with this.
const OWNED: &str = "owned-";

/// Folders of owned emulators that are kept begin with this.
const KEPT: &str = "kept-";

/// How long a folder without a log is left alone: its emulator may be about to start.
const STARTING: Duration = Duration::from_secs(120);

/// Why there is no emulator.
#[derive(Debug, thiserror::Error)]
pub enum EmulatorError {
    /// There is no Python to run it.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// Somebody else listens on the port that was asked for.
    #[error(
        "port {port} of 127.0.0.1 is in use by another program: stop that one, or choose another port with --port"
    )]
    PortInUse {
        /// The port.
        port: u16,
    },
    /// The port that was asked for cannot be had.
    #[error(
        "port {port} of 127.0.0.1: {source}; those below 1024 may need privileges: choose another port with --port"
    )]
    Port {
        /// The port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// It runs already, on another port than was asked for.
    #[error(
        "{name:?} is up on port {found}, expected {expected}: stop it first (down), or give another --name"
    )]
    OtherPort {
        /// Its name.
        name: String,
        /// Where it listens.
        found: u16,
        /// Where it should.
        expected: u16,
    },
    /// It runs already, and asks everybody for a right to what they do, or nobody, as was not wanted.
    #[error(
        "{name:?} is up {}, expected it {}: stop it first (down), or give another --name",
        with_auth(*found), with_auth(!*found)
    )]
    OtherAuth {
        /// Its name.
        name: String,
        /// Whether it asks.
        found: bool,
    },
    /// It ended before it answered.
    #[error("the emulator ended with {status} before it answered; the end of {}:\n{tail}", log.display())]
    Died {
        /// How the process ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// It runs but does not answer.
    #[error("the emulator did not answer within {seconds} s; the end of {}:\n{tail}", log.display())]
    Silent {
        /// How long it was given.
        seconds: u64,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log.
        tail: String,
    },
    /// It did not end when told to.
    #[error("the emulator in {} did not end within {seconds} s", folder.display())]
    Immortal {
        /// Its folder.
        folder: PathBuf,
        /// How long it was given.
        seconds: u64,
    },
    /// Its driver did not end.
    #[error(transparent)]
    Driver(#[from] DetachedError),
    /// The name cannot be the name of a folder.
    #[error(
        "{found:?} is no name: expected lower-case letters, digits and hyphens, not starting with {OWNED:?}"
    )]
    Name {
        /// What was given.
        found: String,
    },
    /// A file or process could not be handled.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

/// An emulator that lives as long as this value and no longer than this process. Everything is in
/// memory; its folder goes with it.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    folder: PathBuf,
    endpoint: String,
    /// Where the folder is to be afterwards, if it is to stay.
    kept: Option<PathBuf>,
}

impl Emulator {
    /// Starts one on a free port. Installs it on first use (see [`python::environment`]). `auth`: whether
    /// policies are enforced.
    pub fn start(auth: bool) -> Result<Self, EmulatorError> {
        let python = python::environment()?;
        sweep();
        let folder = folders::local().join(unique());
        let mut child = launch::spawn(&python, &folder, 0, Mode::Owned, auth)?;
        let ready = launch::wait_ready(&mut child, &folder);
        let running = ready.inspect_err(|_| end(&mut child))?;
        Ok(Self { child, folder, endpoint: running.endpoint(), kept: None })
    }

    /// `http://127.0.0.1:<port>`
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The folder that goes with it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Stops it where it stands (SIGSTOP), until the answer is dropped. Connections stay open, nothing is
    /// answered, nothing is forgotten. `None`: it could not be done.
    pub fn freeze(&self) -> Option<Frozen> {
        let group = format!("-{}", self.child.id());
        launch::send("STOP", &group).then_some(Frozen { group })
    }

    /// Keeps the folder when the emulator ends: something in it is to be looked into. Where it will be.
    pub fn keep_folder(&mut self) -> &Path {
        let name = unique().replacen(OWNED, KEPT, 1);
        self.kept.insert(folders::local().join(name))
    }

    /// The last lines of its log, for a message about something that went wrong in it.
    pub fn log_tail(&self) -> String {
        launch::log_tail(&self.folder)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Before it ends: the launcher removes the folder, too.
        let _kept = self.kept.as_ref().map(|kept| fs::rename(&self.folder, kept));
        end(&mut self.child);
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// An emulator that stands still; it goes on when this is dropped.
#[derive(Debug)]
#[must_use]
pub struct Frozen {
    group: String,
}

impl Drop for Frozen {
    fn drop(&mut self) {
        launch::send("CONT", &self.group);
    }
}

/// Closes the pipe that the launcher watches; it then ends its whole group.
fn end(child: &mut Child) {
    drop(child.stdin.take());
    let _status = child.wait();
}

fn unique() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{OWNED}{}-{}-{number}", std::process::id(), started.as_millis())
}

/// Removes the folders of owned emulators that were killed so hard that they could not do it.
fn sweep() {
    let Ok(entries) = fs::read_dir(folders::local()) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(OWNED) {
            continue;
        }
        let young = entry
            .metadata()
            .and_then(|m| m.modified())
            .is_ok_and(|t| SystemTime::now().duration_since(t).unwrap_or_default() < STARTING);
        if !young && !launch::is_locked(&entry.path()) {
            let _gone = fs::remove_dir_all(entry.path());
        }
    }
}

fn with_auth(auth: bool) -> &'static str {
    if auth { "with --auth" } else { "without --auth" }
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> EmulatorError {
    let what = format!("{doing} {}", path.display());
    move |source| EmulatorError::Io { what, source }
}
