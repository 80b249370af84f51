//! What `cairn` does, as functions: each command is one, and the binary only reads arguments and
//! prints answers. `README.md` beside this crate lists every command, and shows a session.

pub mod check;
pub mod cloud;
pub mod config;
pub mod entries;
pub mod find;
pub mod generate;
mod interrupt;
mod log;
pub mod prove;
pub mod put;
pub mod quarantine;
pub mod recover;
pub mod redrive;
pub mod resume;
pub mod show;
pub mod status;
#[cfg(test)]
mod testing;
pub mod verify;

pub use check::check;
pub use cloud::{Cloud, Settings};
pub use find::Query;
pub use generate::generate;
pub use interrupt::interrupted;
pub use log::{LogError, Standing};
pub use prove::prove;
pub use put::put;
pub use show::show;
pub use status::status;
pub use verify::verify;

/// Serialises what people read as they read it, and as the commands take it.
fn as_text<T: std::fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
