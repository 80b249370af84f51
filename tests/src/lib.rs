//! What the tests share: a deployment in memory that runs the real handlers.

mod world;

pub use world::*;
