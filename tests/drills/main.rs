//! Drills: the runbooks (`infra/runbooks`) are carried out, by their own text.
//!
//! A deployment in the emulator is put into the state that a runbook is for. Then its commands are run by
//! `bash`, as they stand there, with the real `aws` and `cairn`, in the order of the page; what is said in
//! Terraform is applied; what is left to judgement is asserted. Both functions are the real binaries, and run
//! or stand still as the cloud's settings say. At the end every block of the page was run, every event is
//! there once, and `cairn verify` is green but for what the page says remains.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bundle;
mod drill;
mod expired;
mod fork;
mod function_lost;
mod runbook;
mod shell;
mod succession;
mod table_lost;
mod terraform;
mod throttled;
