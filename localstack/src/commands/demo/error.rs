//! Why the demonstration could not be played to its end.

use std::path::PathBuf;

use cairn_cli::check::CheckError;
use cairn_cli::prove::ProveError;
use cairn_cli::put::PutError;
use cairn_cli::status::StatusError;
use cairn_cli::verify::VerificationError;
use cairn_local::{CloudError, EmulatorError};
use cairn_store::StoreError;

/// Why the demonstration could not be played to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error(transparent)]
    Local(#[from] CloudError),
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    #[error(transparent)]
    Cloud(#[from] cairn_cli::cloud::CloudError),
    #[error(transparent)]
    Put(#[from] PutError),
    #[error(transparent)]
    Status(#[from] StatusError),
    #[error(transparent)]
    Prove(#[from] ProveError),
    #[error("the proof that was just made does not hold: {0}")]
    Check(#[from] CheckError),
    #[error(transparent)]
    Verify(#[from] VerificationError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a cloud called {name:?} is up: stop it first (down), or give another --name")]
    Taken { name: String },
    #[error("{}: expected a folder with records, found {found}", path.display())]
    Input { path: PathBuf, found: &'static str },
    #[error("{failed} of the input's pieces could not be put, the first one {subject}: {reason}")]
    NotPut { failed: usize, subject: String, reason: String },
    #[error("the chain {chain} was stopped: {reason}")]
    Stopped { chain: String, reason: String },
    #[error("nothing was {what} for {seconds} s: {found} of {expected} {things} are")]
    Stuck { what: &'static str, things: &'static str, seconds: u64, found: u64, expected: u64 },
    #[error("no batch was sealed")]
    Nothing,
    #[error("{call}: {detail}")]
    Call { call: String, detail: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl DemoError {
    /// Whether the records are to blame, and the emulator's log would tell nothing.
    pub(crate) fn is_of_the_input(&self) -> bool {
        matches!(self, Self::Input { .. } | Self::NotPut { .. })
    }
}
