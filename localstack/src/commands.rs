//! The commands. Exit codes: 0 all is well, 1 what was asked about is not so, 2 the job could not
//! be done.

pub(crate) mod chaos;
pub(crate) mod demo;
pub(crate) mod down;
pub(crate) mod drive;
pub(crate) mod env;
mod error;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod up;

use std::io::Write;

pub(crate) use error::CommandError;

/// What a cloud is called where nothing else is said.
pub(crate) const NAME: &str = "cairn";

/// ` --name x`, where it is needed.
pub(crate) fn option(name: &str) -> String {
    if name == NAME { String::new() } else { format!(" --name {name}") }
}

/// Prints a line of an answer. A reader that has seen enough (`| head`) is no error.
pub(crate) fn answer(line: impl std::fmt::Display) {
    let _deaf = writeln!(std::io::stdout(), "{line}");
}
