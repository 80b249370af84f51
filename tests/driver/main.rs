//! The real binaries, driven as AWS drives them, under faults: each test ends with every event in the
//! archive exactly once, and a full verification.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod answers;
mod kills;
mod resharding;
mod rollout;
mod twice;
