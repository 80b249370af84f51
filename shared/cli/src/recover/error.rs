//! Why the table is not made again.

use cairn_store::StoreError;
use cairn_verify::Finding;

use crate::log::LogError;

/// Why nothing, or nothing more, was written.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// A store could not be asked, or did not do what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The archive is not what its writers made.
    #[error("the archive does not verify ({} findings): nothing was written", findings.len() as u64 + more)]
    Unverified {
        /// What is wrong, but for what lies where chains were stopped.
        findings: Vec<Finding>,
        /// How much else.
        more: u64,
    },
    /// The archive disagrees with itself.
    #[error("{what}: expected {expected}, found {found}: nothing was written, run `cairn verify`")]
    Archive {
        /// What it is about.
        what: String,
        /// What follows from one part of it.
        expected: String,
        /// What the other says.
        found: String,
    },
    /// An object may be a chain's next batch, or not: this version of the code cannot tell, or an operator
    /// must look first.
    #[error("{key}: {reason}: nothing was written; mend it, or use the version that sealed it")]
    Unclear {
        /// Its key.
        key: String,
        /// Why it cannot be judged.
        reason: String,
    },
    /// The table holds something that does not follow from the archive.
    #[error(
        "the ledger table: {what}: expected {expected}, found {found}: only an empty table is filled, or what an earlier run left"
    )]
    Table {
        /// What it is about.
        what: String,
        /// What the archive says.
        expected: String,
        /// What the table says.
        found: String,
    },
    /// A chain cannot have been stopped there.
    #[error(
        "expected the key that a chain of the archive was stopped before, which could be {expected}, found {found}"
    )]
    NotNext {
        /// The key after the chain's last batch.
        expected: String,
        /// The key that was named.
        found: String,
    },
    /// Something was written by others meanwhile.
    #[error(
        "{what} has changed meanwhile: stop both functions, wait until none can be running (15 minutes), and run this again"
    )]
    Moving {
        /// What.
        what: String,
    },
}

impl RecoverError {
    /// Whether something is wrong with archive or table, rather than that the job could not be done.
    pub fn is_finding(&self) -> bool {
        match self {
            Self::Store(_) | Self::NotNext { .. } | Self::Moving { .. } => false,
            Self::Log(error) => error.is_finding(),
            Self::Unverified { .. }
            | Self::Archive { .. }
            | Self::Unclear { .. }
            | Self::Table { .. } => true,
        }
    }

    pub(super) fn archive(
        what: impl ToString,
        expected: impl ToString,
        found: impl ToString,
    ) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self::Archive { what: what.to_string(), expected, found }
    }

    pub(super) fn table(
        what: impl ToString,
        expected: impl ToString,
        found: impl ToString,
    ) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self::Table { what: what.to_string(), expected, found }
    }
}
