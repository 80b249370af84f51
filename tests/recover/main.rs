//! The ledger table is lost, and made again from the archive: by the code that `cairn recover` runs, from
//! what the real handlers wrote; with everything that can go wrong on the way; and on with the real handlers
//! and the real verifier.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod archives;
mod driven;
mod expired;
mod faults;
mod orders;
mod stops;
mod story;
mod tables;
mod ticks;
