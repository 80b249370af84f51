//! What must hold whatever bytes come, as functions of the bytes: each is a fuzz target of cargo-fuzz and
//! a part of the short smoke that every test run makes. See README.md.
//!
//! None of them may panic, hang or take much memory, which the harnesses watch. Beyond that each
//! asserts what its parser promises: that what is accepted is canonical, that limits hold, that the same
//! bytes make the same leaves, that a verifier does not call fine what differs.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what does not hold must stop the run")]

mod archive;
mod formats;
mod objects;
mod records;
pub mod smoke;

// The archive of the verifier's own tests: made as ingest and checkpoint make theirs.
#[path = "../../../shared/verify/tests/tampering/world.rs"]
#[allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::new_without_default,
    reason = "a part of another crate's tests"
)]
pub mod world;

pub use archive::whole;

pub use archive::archive;
pub use formats::{bundle, document, note, proof, tile};
pub use objects::batch;
pub use records::{leaves, records, request};

/// A target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: that of its function, of its binary and of its corpus' folder.
    pub name: &'static str,
    /// Tries some bytes.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 10] = [
    Target { name: "records", run: records },
    Target { name: "leaves", run: leaves },
    Target { name: "request", run: request },
    Target { name: "bundle", run: bundle },
    Target { name: "note", run: note },
    Target { name: "proof", run: proof },
    Target { name: "document", run: document },
    Target { name: "tile", run: tile },
    Target { name: "batch", run: batch },
    Target { name: "archive", run: archive },
];
