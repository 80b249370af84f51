//! The Python that runs the emulator: found on the machine, with the emulator installed beside it
//! in a virtual environment of our own. Other tools get one each in the same way.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use cairn_ledger::Hash;

use crate::folders;
use crate::lock;
use crate::progress::Step;

/// The emulator, and what it needs.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The oldest Python that the emulator runs on.
const OLDEST: (u32, u32) = (3, 10);

/// Written last, with the version of Python: an environment without it is half made.
const COMPLETE: &str = ".complete";

/// Why there is no Python environment.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// No interpreter answered.
    #[error(
        "no Python found: tried {tried}, expected Python {}.{} or newer; install it, or name one in CAIRN_PYTHON",
        OLDEST.0, OLDEST.1
    )]
    Missing {
        /// The commands that were tried, and what each said.
        tried: String,
    },
    /// The interpreter lacks a module of the standard library.
    #[error(
        "{python} has no module {module}, which makes virtual environments; on Debian and Ubuntu: apt install python3-venv"
    )]
    Module {
        /// The interpreter.
        python: String,
        /// The module.
        module: &'static str,
    },
    /// `python -m venv` failed.
    #[error("making a virtual environment in {} failed:\n{detail}", folder.display())]
    Venv {
        /// Where.
        folder: PathBuf,
        /// The end of what it wrote.
        detail: String,
    },
    /// `pip install` failed.
    #[error(
        "installing {what} into {} failed:\n{detail}\nis the package index reachable? behind a proxy or a mirror, set HTTPS_PROXY or PIP_INDEX_URL and run this again",
        folder.display()
    )]
    Install {
        /// What was to be installed.
        what: String,
        /// Where.
        folder: PathBuf,
        /// The end of what pip wrote.
        detail: String,
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

/// The interpreter of an environment in which the emulator is installed. Makes the environment on
/// first use, which takes a minute and the network; several processes may ask at once.
pub fn environment() -> Result<PathBuf, PythonError> {
    environment_with("the emulator", REQUIREMENTS)
}

/// The interpreter of an environment in which `requirements` (a file's text, as pip reads it) are
/// installed, made in the same way. Their hash names it, so a change makes a new one.
pub fn environment_with(what: &str, requirements: &str) -> Result<PathBuf, PythonError> {
    let local = folders::local();
    let hash = Hash::of(requirements.as_bytes()).to_string();
    let name = format!("venv-{}", hash.get(..16).unwrap_or(&hash));
    let folder = local.join(&name);
    let python = folder.join("bin").join("python");
    if is_complete(&folder, &python) {
        return Ok(python);
    }
    let lock = local.join(format!("{name}.lock"));
    let _lock =
        lock::take(&lock, &format!("installing {what}")).map_err(io_error("locking", &lock))?;
    if is_complete(&folder, &python) {
        return Ok(python);
    }
    make(what, requirements, &folder, &python)?;
    Ok(python)
}

/// Complete, and its base interpreter (which `bin/python` links to) is still the one that it was made
/// with: an upgrade in place leaves an interpreter that looks for its packages elsewhere.
fn is_complete(folder: &Path, python: &Path) -> bool {
    let Ok(made_with) = fs::read_to_string(folder.join(COMPLETE)) else { return false };
    version(python).is_ok_and(|(major, minor)| made_with == format!("{major}.{minor}"))
}

fn make(what: &str, requirements: &str, folder: &Path, python: &Path) -> Result<(), PythonError> {
    let base = find()?;
    for module in ["venv", "ensurepip"] {
        let probe = run(Command::new(&base).args(["-c", &format!("import {module}")]))?;
        if !probe.status.success() {
            return Err(PythonError::Module { python: base, module });
        }
    }
    if folder.exists() {
        // Left by a process that was killed half-way, or its base interpreter has gone.
        fs::remove_dir_all(folder).map_err(io_error("removing", folder))?;
    }
    let _step =
        Step::begin(format!("installing {what} (once, into target/local; needs the network)"));
    let venv = run(Command::new(&base).args(["-m", "venv"]).arg(folder))?;
    if !venv.status.success() {
        return Err(PythonError::Venv { folder: folder.to_path_buf(), detail: last_lines(&venv) });
    }
    let file = folder.join("requirements.txt");
    fs::write(&file, requirements).map_err(io_error("writing", &file))?;
    let pip = run(Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"])
        .arg("--requirement")
        .arg(&file))?;
    if !pip.status.success() {
        return Err(PythonError::Install {
            what: what.to_owned(),
            folder: folder.to_path_buf(),
            detail: last_lines(&pip),
        });
    }
    let complete = folder.join(COMPLETE);
    let made_with = version(python).map_err(|detail| PythonError::Venv {
        folder: folder.to_path_buf(),
        detail: format!("{}: {detail}", python.display()),
    })?;
    fs::write(&complete, format!("{}.{}", made_with.0, made_with.1))
        .map_err(io_error("writing", &complete))
}

/// The first command that is a Python new enough.
fn find() -> Result<String, PythonError> {
    let commands = match env::var("CAIRN_PYTHON") {
        Ok(named) if !named.is_empty() => vec![named],
        _ => vec!["python3".to_owned(), "python".to_owned()],
    };
    let mut tried = Vec::new();
    for command in commands {
        match version(&command) {
            Ok(version) if version >= OLDEST => return Ok(command),
            Ok((major, minor)) => tried.push(format!("{command} (found {major}.{minor})")),
            Err(reason) => tried.push(format!("{command} ({reason})")),
        }
    }
    Err(PythonError::Missing { tried: tried.join(", ") })
}

fn version(command: impl AsRef<OsStr>) -> Result<(u32, u32), String> {
    let script = "import sys; print(*sys.version_info[:2])";
    let mut command = Command::new(command);
    let output = match command.args(["-I", "-S", "-c", script]).stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err("not found".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
        _ => Err("does not tell its version".to_owned()),
    }
}

fn run(command: &mut Command) -> Result<Output, PythonError> {
    // An outer environment's settings would redirect ours.
    command.env_remove("PYTHONHOME").env_remove("PYTHONPATH").env_remove("VIRTUAL_ENV");
    let program = PathBuf::from(command.get_program());
    command.stdin(Stdio::null()).output().map_err(io_error("running", &program))
}

fn last_lines(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n")
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PythonError {
    let what = format!("{doing} {}", path.display());
    move |source| PythonError::Io { what, source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn an_environment_is_made_anew_after_an_upgrade_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("python");
        let install = |version: &str| {
            fs::write(&python, format!("#!/bin/sh\necho {version}\n")).unwrap();
            fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        };
        install("3 11");
        assert!(!is_complete(folder.path(), &python), "half made");
        fs::write(folder.path().join(COMPLETE), "3.11").unwrap();
        assert!(is_complete(folder.path(), &python));
        install("3 12");
        assert!(!is_complete(folder.path(), &python), "upgraded");
        fs::remove_file(&python).unwrap();
        assert!(!is_complete(folder.path(), &python), "gone");
    }
}
