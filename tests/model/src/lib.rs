//! The commit protocols of ingest and of the log, model-checked with stateright.
//!
//! What decides is the code that runs in production: [`cairn_ingest::protocol`],
//! [`cairn_adopt`], [`cairn_checkpoint::protocol`] and [`cairn_checkpoint::plan`], with real heads,
//! headers, cursors and trees. What is modelled is what they run on: storage, Lambda, and everything that
//! can go wrong between them.
//!
//! Each model has mutations, which break its protocol on purpose: the checker must find a counter-example
//! to every one.

pub mod ingest;
pub mod log;

mod report;

pub use report::{Report, check};

/// A key to sort by where the order makes no difference.
fn fingerprint(value: &impl std::hash::Hash) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}
