//! The ingest function: turns a batch of Kinesis records into a sealed, chained batch.
//!
//! `main.rs` wires it to AWS; [`handle`] works on one request; [`protocol`] decides each step.

mod adopt;
mod build;
mod config;
mod handler;
mod lineage;
mod measured;
pub mod protocol;
mod quarantine;
mod rebuild;
mod request;
mod rules;
mod succession;
mod traces;
mod warm;

pub use build::{Built, Context, build};
pub use config::Config;
pub use handler::{Deps, Handled, IngestError, Settings, handle};
pub use measured::Measured;
pub use request::{Failure, Request, RequestError, Response};
pub use traces::{Daemon, Traced};
pub use warm::Warm;
