//! Named emulators that stay up.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::launch::{self, Mode, Running};
use super::{EmulatorError, OWNED, health, io_error};
use crate::driver::detached as driver;
use crate::{folders, lock, python};

/// How long an emulator may take to end, or to answer once it is being started.
const PATIENCE: Duration = Duration::from_secs(25);

/// How long an emulator may take to end by itself before it is killed; about a second on an idle
/// machine.
const GRACE: Duration = Duration::from_secs(8);

/// A named emulator that is up.
#[derive(Debug, Clone)]
pub struct Detached {
    folder: PathBuf,
    running: Running,
}

impl Detached {
    /// Starts the emulator of this name, or finds it running. `port`: where it must listen;
    /// `None`: on any free port. `auth`: whether policies are enforced.
    pub fn start(name: &str, port: Option<u16>, auth: bool) -> Result<Self, EmulatorError> {
        let folder = folder(name)?;
        let lock = folders::local().join("start.lock");
        let _lock = lock::take(&lock, "starting one").map_err(io_error("locking", &lock))?;
        if let Some(found) = Self::find(name)? {
            if found.running.auth != auth {
                let (name, found) = (name.to_owned(), found.running.auth);
                return Err(EmulatorError::OtherAuth { name, found });
            }
            return match port {
                Some(expected) if expected != found.running.port => Err(EmulatorError::OtherPort {
                    name: name.to_owned(),
                    found: found.running.port,
                    expected,
                }),
                _ => Ok(found),
            };
        }
        if let Some(port) = port {
            probe(port)?;
        }
        let python = python::environment()?;
        // A deployment that the last one took with it.
        clear(&folder)?;
        let mut child = launch::spawn(&python, &folder, port.unwrap_or(0), Mode::Detached, auth)?;
        match launch::wait_ready(&mut child, &folder) {
            Ok(running) => Ok(Self { folder, running }),
            Err(_) if launch::port_was_taken(&mut child) => {
                Err(EmulatorError::PortInUse { port: port.unwrap_or(0) })
            }
            Err(error) => {
                let _ended = child.kill().and_then(|()| child.wait());
                Err(error)
            }
        }
    }

    /// The emulator of this name, if it is up; waits for one that is just starting.
    pub fn find(name: &str) -> Result<Option<Self>, EmulatorError> {
        let folder = folder(name)?;
        let begun = Instant::now();
        while launch::is_locked(&folder) {
            match launch::running(&folder) {
                Some(running) if health::answers(running.port) => {
                    return Ok(Some(Self { folder, running }));
                }
                _ if begun.elapsed() > PATIENCE => {
                    return Err(EmulatorError::Silent {
                        seconds: PATIENCE.as_secs(),
                        tail: launch::log_tail(&folder),
                        log: folder.join(launch::LOG),
                    });
                }
                _ => thread::sleep(Duration::from_millis(100)),
            }
        }
        Ok(None)
    }

    /// Stops the emulator of this name, with its driver and all that is in it; whether one was up. One
    /// that hangs is killed.
    pub fn stop(name: &str) -> Result<bool, EmulatorError> {
        let folder = folder(name)?;
        driver::stop(&folder)?;
        if !launch::is_locked(&folder) {
            return Ok(false);
        }
        let run = folder.join("run.json");
        let (begun, mut killed) = (Instant::now(), false);
        while launch::is_locked(&folder) {
            // The launcher ends when this file is gone; it may be about to write it.
            if run.exists() {
                fs::remove_file(&run).map_err(io_error("removing", &run))?;
            }
            if begun.elapsed() > GRACE && !killed {
                launch::kill(&folder);
                killed = true;
            }
            if begun.elapsed() > PATIENCE {
                return Err(EmulatorError::Immortal { folder, seconds: PATIENCE.as_secs() });
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(true)
    }

    /// Removes the folder of this name, log included, stopping the emulator first.
    pub fn purge(name: &str) -> Result<(), EmulatorError> {
        Self::stop(name)?;
        clear(&folder(name)?)
    }

    /// `http://127.0.0.1:<port>`
    pub fn endpoint(&self) -> String {
        self.running.endpoint()
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.running.pid
    }

    /// Its folder: log, state, and whatever belongs to this cloud.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its log.
    pub fn log(&self) -> PathBuf {
        self.folder.join(launch::LOG)
    }

    /// The last lines of its log.
    pub fn log_tail(&self) -> String {
        launch::log_tail(&self.folder)
    }
}

/// The folder of the emulator of this name.
pub fn folder(name: &str) -> Result<PathBuf, EmulatorError> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 40 || !name.chars().all(good) || name.starts_with(OWNED) {
        return Err(EmulatorError::Name { found: name.to_owned() });
    }
    Ok(folders::local().join(name))
}

/// Whether this process could listen on the port, before an emulator is started that could not.
fn probe(port: u16) -> Result<(), EmulatorError> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            Err(EmulatorError::PortInUse { port })
        }
        Err(source) => Err(EmulatorError::Port { port, source }),
    }
}

fn clear(folder: &Path) -> Result<(), EmulatorError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(io_error("removing", folder)(error))
        }
        _ => Ok(()),
    }
}
