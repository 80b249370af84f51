//! What was rejected, or has expired, comes back once: on the real handlers and the real verifier,
//! with everything that can go wrong on the way.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod again;
mod cloud;
mod expired;
mod faults;
mod resumed;
mod story;
