//! Why there is no deployment.

use std::path::PathBuf;

use aws_sdk_s3::error::{DisplayErrorContext, SdkError};

use cairn_cli::config::key::TenantKeyError;
use cairn_cli::config::{FolderError, PublishError};
use cairn_store::{DeploymentError, StoreError};

use crate::build::BuildError;
use crate::driver::MappingError;
use crate::emulator::EmulatorError;

/// Why there is no deployment.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// There is no emulator.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// There are no function binaries.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A call to the cloud failed.
    #[error("{call}: {detail}")]
    Call {
        /// The call, and what it was about.
        call: String,
        /// What the cloud said.
        detail: String,
    },
    /// Something exists already, and is another thing than was asked for.
    #[error(
        "{what} exists with {found}, expected {expected}: remove the old cloud first (down --purge)"
    )]
    Mismatch {
        /// What.
        what: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// Something did not become ready.
    #[error("{what} is {found} after {seconds} s, expected {expected}")]
    Late {
        /// What.
        what: String,
        /// Its state.
        found: String,
        /// The awaited state.
        expected: &'static str,
        /// How long it was given.
        seconds: u64,
    },
    /// An answer lacks something.
    #[error("{call}: the answer has no {member}")]
    Answer {
        /// The call.
        call: &'static str,
        /// What is missing.
        member: &'static str,
    },
    /// The driver cannot do what the mapping says.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The key that signs checkpoints is not one Cairn can use.
    #[error("public key of {key}: {detail}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The folder of the config makes no bundle.
    #[error("config: {0}")]
    Config(#[from] FolderError),
    /// The archive did not take the config bundle.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The archive could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no tenant key.
    #[error(transparent)]
    TenantKey(#[from] TenantKeyError),
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file that describes the deployment could not be written.
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// The package of a function could not be made.
    #[error("package of {}: {source}", path.display())]
    Package {
        /// The binary.
        path: PathBuf,
        /// Why.
        source: zip::result::ZipError,
    },
}

/// Names the call that failed, with all that the SDK knows of the reason.
pub(super) fn call<E, R>(call: impl Into<String>) -> impl FnOnce(SdkError<E, R>) -> CloudError
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let call = call.into();
    move |error| CloudError::Call { call, detail: DisplayErrorContext(error).to_string() }
}
