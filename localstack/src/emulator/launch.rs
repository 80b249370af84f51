//! Starts the process and watches it come up.

use std::env;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{CREDENTIALS, EmulatorError, REGION, health, io_error};

const LAUNCHER: &str = include_str!("../../launch.py");

const LAUNCHER_FILE: &str = "launch.py";

/// Exit code of the launcher where the port is taken.
const PORT_IN_USE: i32 = 98;

/// How long a start may take; about a second on an idle machine.
const START: Duration = Duration::from_secs(90);

/// The emulator's log, locked while it runs.
pub(super) const LOG: &str = "emulator.log";

/// Holds the launcher's process id, for the case that it does not end when told to.
const PID: &str = "launcher.pid";

/// What is of no use once the emulator has ended; the launcher removes it.
const SCRATCH: &str = "scratch";

/// Whom the emulator lives for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// The process that started it.
    Owned,
    /// Whoever stops it.
    Detached,
}

/// What the launcher says of itself in `run.json`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Running {
    pub(super) pid: u32,
    pub(super) port: u16,
    pub(super) auth: bool,
}

impl Running {
    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Starts the launcher in `folder`, which must not be another emulator's (see [`lock`]).
pub(super) fn spawn(
    python: &Path,
    folder: &Path,
    port: u16,
    mode: Mode,
    auth: bool,
) -> Result<Child, EmulatorError> {
    for sub in ["tmp", "home"] {
        let sub = folder.join(SCRATCH).join(sub);
        fs::create_dir_all(&sub).map_err(io_error("creating", &sub))?;
    }
    let log = lock(folder)?;
    log.set_len(0).map_err(io_error("emptying the log in", folder))?;
    let errors = log.try_clone().map_err(io_error("opening the log in", folder))?;
    let launcher = folder.join(LAUNCHER_FILE);
    fs::write(&launcher, LAUNCHER).map_err(io_error("writing", &launcher))?;
    let mut command = Command::new(python);
    command
        .args(["-I", "-u"])
        .arg(&launcher)
        .arg(folder)
        .arg(port.to_string())
        .arg(if mode == Mode::Owned { "owned" } else { "detached" })
        .current_dir(folder)
        .stdin(if mode == Mode::Owned { Stdio::piped() } else { Stdio::null() })
        .stdout(log)
        .stderr(errors);
    environment(&mut command, &folder.join(SCRATCH));
    command.env("AUTH", auth.to_string());
    let mut child = command.spawn().map_err(io_error("running", python))?;
    let pid = folder.join(PID);
    if let Err(error) = fs::write(&pid, child.id().to_string()) {
        let _ended = child.kill().and_then(|()| child.wait());
        return Err(io_error("writing", &pid)(error));
    }
    Ok(child)
}

/// Kills the launcher of the folder, and with it its group: the functions that the emulator runs.
/// Only for a folder that is locked. Even so the process is asked for its command line first: a
/// signal must never reach a stranger who was given the id of a launcher that is long gone.
pub(super) fn kill(folder: &Path) {
    let Ok(pid) = fs::read_to_string(folder.join(PID)) else {
        return;
    };
    let Ok(pid) = pid.parse::<u32>() else {
        return;
    };
    let ours = folder.join(LAUNCHER_FILE).display().to_string();
    let asked = Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output();
    if !asked.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(&ours)) {
        return;
    }
    // The group exists only once the launcher has come as far as to make it.
    for target in [format!("-{pid}"), pid.to_string()] {
        send("KILL", &target);
    }
}

/// Sends a signal to a process, or to a group where a `-` is before its number; whether it got there.
pub(super) fn send(signal: &str, target: &str) -> bool {
    let mut command = Command::new("kill");
    command.args([&format!("-{signal}"), "--", target]).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|sent| sent.success())
}

/// Nothing of ours leaks in: function processes inherit this environment.
fn environment(command: &mut Command, scratch: &Path) {
    command.env_clear();
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .env("LANG", "C.UTF-8")
        .env("HOME", scratch.join("home"))
        .env("TMPDIR", scratch.join("tmp"))
        // All in memory: what it would persist lacks locks, checksums and older versions.
        .env("PERSIST_STATE", "0")
        .env("S3_PERSIST", "0")
        .env("STATE_DIR", scratch.join("state"))
        .env("S3_DATA_DIR", scratch.join("s3"))
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("MINISTACK_REGION", REGION)
        .env("LOG_LEVEL", "INFO")
        // On AWS, Lambda says this to functions whose logging is configured so.
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .env("SFTP_ENABLED", "0")
        .env("IOT_MTLS_ENABLED", "0")
        // It would look for leftovers of its own among the machine's containers.
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .env("AWS_ACCESS_KEY_ID", CREDENTIALS.0)
        .env("AWS_SECRET_ACCESS_KEY", CREDENTIALS.1)
        .env("AWS_DEFAULT_REGION", REGION);
}

/// Opens the folder's log and locks it. The lock belongs to the open file, which the launcher
/// inherits: it is held from here until that process ends, however it ends.
fn lock(folder: &Path) -> Result<File, EmulatorError> {
    let path = folder.join(LOG);
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let file = file.map_err(io_error("opening", &path))?;
    file.lock().map_err(io_error("locking", &path))?;
    Ok(file)
}

/// Whether an emulator runs (or is being started) in the folder.
pub(super) fn is_locked(folder: &Path) -> bool {
    // Only reading: a probe must not create the log.
    let Ok(file) = File::open(folder.join(LOG)) else {
        return false;
    };
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// What runs in the folder, if it has come far enough to listen.
pub(super) fn running(folder: &Path) -> Option<Running> {
    let text = fs::read(folder.join("run.json")).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Waits until the emulator that was just spawned answers.
pub(super) fn wait_ready(child: &mut Child, folder: &Path) -> Result<Running, EmulatorError> {
    let log = folder.join(LOG);
    let begun = Instant::now();
    while begun.elapsed() < START {
        let status = child.try_wait().map_err(io_error("watching the emulator in", folder))?;
        if let Some(status) = status {
            let tail = log_tail(folder);
            return Err(EmulatorError::Died { status: status.to_string(), log, tail });
        }
        match running(folder) {
            Some(running) if health::answers(running.port) => return Ok(running),
            _ => thread::sleep(Duration::from_millis(20)),
        }
    }
    let tail = log_tail(folder);
    Err(EmulatorError::Silent { seconds: START.as_secs(), log, tail })
}

/// Whether a start failed because the port was taken.
pub(super) fn port_was_taken(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(Some(status)) if status.code() == Some(PORT_IN_USE))
}

/// The last lines of the log.
pub(super) fn log_tail(folder: &Path) -> String {
    let text = fs::read(folder.join(LOG)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n")
}
