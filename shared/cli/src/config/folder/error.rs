//! Why a folder makes no bundle.

use std::io;
use std::path::{Path, PathBuf};

use cairn_event::{BundleError, RulesError};

use super::Places;

/// Why a folder makes no bundle.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something lies there that no bundle is made from.
    #[error("{}: expected {expected}, found another name", path.display())]
    Stray {
        /// What lies there.
        path: PathBuf,
        /// What may.
        expected: &'static str,
    },
    /// A file is not TOML, or not JSON.
    #[error("{place}: {detail}")]
    Syntax {
        /// File and line.
        place: String,
        /// What was expected.
        detail: String,
    },
    /// A member stands in a file that is not for files.
    #[error(
        "{place}: expected no `{member}`: schemas are files in schemas/, the tenant key is a secret that \
         lies elsewhere, kind and version are always the same"
    )]
    Reserved {
        /// File and line.
        place: String,
        /// The member.
        member: String,
    },
    /// Two files say the same member.
    #[error("{place}: expected `{member}` in one file, found it at {first} as well")]
    Twice {
        /// File and line.
        place: String,
        /// File and line of the other.
        first: String,
        /// The member.
        member: String,
    },
    /// A member is not what it must be.
    #[error("{place}: `{at}`: {detail}")]
    Member {
        /// File, and line or pointer in it.
        place: String,
        /// JSON pointer in the bundle.
        at: String,
        /// What was expected and found.
        detail: String,
    },
    /// An example of a schema is not taken.
    #[error("{place}: expected an example that the schema takes: {reason}")]
    Example {
        /// File and pointer.
        place: String,
        /// JSON pointer in the bundle.
        at: String,
        /// Why it is rejected.
        reason: String,
    },
    /// The rules of the bundle cannot be made.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// The bundle is not one, for a reason that no place is to blame for.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl FolderError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn bundle(error: BundleError, places: &Places) -> Self {
        match error {
            BundleError::Shape { at, detail } => {
                Self::Member { place: places.name(&at), at, detail }
            }
            BundleError::Field { at, expected, found } => {
                let detail = format!("expected {expected}, found {found}");
                Self::Member { place: places.name(&at), at, detail }
            }
            error @ BundleError::NotCanonical => Self::Bundle(error),
        }
    }

    pub(super) fn rules(error: RulesError, places: &Places) -> Self {
        match error {
            RulesError::Schema { at, detail } => {
                Self::Member { place: places.name(&at), at, detail }
            }
            error => Self::Rules(error),
        }
    }

    /// Whether the files are to blame, and not the machine.
    pub fn is_finding(&self) -> bool {
        !matches!(self, Self::Io { .. })
    }
}
