//! What the tests share: a deployment in memory that runs the real handlers, and a deployment in an
//! emulator that runs the real binaries, with a proxy between the two that makes faults.

mod driven;
pub mod scale;
mod world;

pub use cairn_local::proxy::{Fault, Passing, Proxy, Rule};
pub use driven::*;
pub use world::*;
