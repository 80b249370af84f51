//! The formats of SPEC.md against everything outside this crate: committed vectors, other
//! people's implementations, a verifier in Python, and the text of the specification itself.

#![allow(clippy::unwrap_used)]

mod common;
mod interop;
mod spec;
mod vectors;
