//! What the tests share: a deployment in memory that runs the real handlers, and the
//! Lambda Runtime API for the real binaries.

pub mod runtime_api;
mod world;

pub use world::*;
