//! Who may do what, with policies enforced: the functions do their work under their roles, and every
//! role is refused what it must not do.
//!
//! Roles and buckets refuse each for themselves. The tests of a role therefore take the policies of
//! buckets and keys away, and the tests of buckets and keys ask in an administrator's name.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod auditor;
mod break_glass;
mod checkpoint;
mod functions;
mod ingest;
mod operator;
mod producer;
mod resources;
mod stage;
mod tenant;
