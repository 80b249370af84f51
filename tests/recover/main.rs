//! The ledger table is lost: `cairn recover` rebuilds it from the archive, under every fault.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod emulator;
mod faults;
mod refusals;
mod story;
