//! Every call of both functions, crossed with everything that can go wrong with it, on the code
//! that runs in production; each case ends with a green verification.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod changes;
mod checkpoint;
mod ingest;
mod planted;
mod resumed;
mod rollout;
mod slow;
mod story;
mod writers;
