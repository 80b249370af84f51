//! The checkpoint function: takes new batches into the transparency log and publishes the signed
//! checkpoint.
//!
//! `main.rs` wires it to AWS; [`handle`] works on one tick; [`protocol`] decides each step, and [`plan`]
//! what the log grows by.
//!
//! One tick: finish what the head of the log says was begun; read the batches after the cursors,
//! each chain in its order up to the first gap; move the head by compare-and-set; write the plan,
//! the tiles and the signed checkpoint. Whatever fails after the head has moved is finished by
//! the next tick, from the same stored bytes, on the same path.

mod collect;
mod config;
mod handler;
pub mod plan;
pub mod protocol;
mod publish;
mod signers;

pub use config::Config;
pub use handler::{CheckpointError, Deps, Settings, Tick, handle};
pub use signers::Signers;
