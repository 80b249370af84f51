//! Judges an object that lies at the next number of a chain: left by a crash between its creation and its
//! commit, or made by another writer a moment ago, or planted. `README.md` beside this crate lists the steps.

mod extends;
mod object;
mod recompute;

pub use extends::{Refusal, extends, foreign, only_version};
pub use object::{ROW_BYTES, most_row_bytes, protected, unreadable};
pub use recompute::{AdoptedBatch, AdoptedLeaf, arrival_range, recomputes};
