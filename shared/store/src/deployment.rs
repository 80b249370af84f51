//! What a deployment is made of: the outputs that Terraform and the local cloud write and the
//! tools read.

use std::io;
use std::path::{Path, PathBuf};

use cairn_ledger::Hash;
use serde::{Deserialize, Serialize};

mod terraform;

use crate::LockMode;
use crate::environment::{EnvironmentError, List, optional, required};

/// The names of a deployment's parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Name of the log, such as `audit.example.com/prod`.
    pub origin: String,
    /// The log's public keys, the newest first, as C2SP verifier keys `<name>+<id>+<key>`.
    pub verifier_keys: Vec<String>,
    /// AWS region.
    pub region: String,
    /// Endpoint of every service, if not AWS's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Kinesis stream.
    pub stream: String,
    /// Archive bucket.
    pub bucket: String,
    /// Ledger table.
    pub table: String,
    /// SHA-256 of the config bundle in force, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle: Option<Hash>,
    /// KMS key (ARN) of the archive's objects.
    pub data_key: String,
    /// KMS keys (ARNs) that sign checkpoints, the newest first.
    pub signing_keys: Vec<String>,
    /// Lock mode of the archive.
    pub lock_mode: LockMode,
    /// Days for which batches are locked.
    pub batch_retention_days: u32,
    /// Days for which full tiles, checkpoints and bundles are locked.
    pub log_retention_days: u32,
    /// Bucket of what expired before it was sealed: the failure destination of ingest's event source
    /// mapping, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expired: Option<String>,
}

/// Why there is no [`Deployment`].
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not the JSON of a deployment.
    #[error("{} does not describe a deployment: {source}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// What is missing or wrong, and where.
        source: serde_json::Error,
    },
    /// A variable is missing or wrong.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
}

impl Deployment {
    /// Reads a file, such as `cairn.json`: one that [`save`](Self::save) wrote, or what
    /// `terraform output -json` says of the module, be it the root or called by it.
    pub fn load(path: &Path) -> Result<Self, DeploymentError> {
        let json = std::fs::read(path)
            .map_err(|source| DeploymentError::File { path: path.to_owned(), source })?;
        serde_json::from_slice(&json)
            .and_then(terraform::unwrapped)
            .and_then(serde_json::from_value)
            .map_err(|source| DeploymentError::Shape { path: path.to_owned(), source })
    }

    /// Writes the file that [`load`](Self::load) reads: all of it or none.
    pub fn save(&self, path: &Path) -> Result<(), DeploymentError> {
        let mut json = serde_json::to_vec_pretty(self)
            .map_err(|source| DeploymentError::Shape { path: path.to_owned(), source })?;
        json.push(b'\n');
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        std::fs::write(&part, json)
            .and_then(|()| std::fs::rename(&part, path))
            .map_err(|source| DeploymentError::File { path: path.to_owned(), source })
    }

    /// Reads the environment: `CAIRN_` and the member's name in capitals, but `AWS_REGION` and
    /// `AWS_ENDPOINT_URL` (which may be missing) for what every AWS tool reads there.
    pub fn from_env() -> Result<Self, DeploymentError> {
        Ok(Self {
            origin: required("CAIRN_ORIGIN")?,
            verifier_keys: required::<List<_>>("CAIRN_VERIFIER_KEYS")?.0,
            region: required("AWS_REGION")?,
            endpoint: optional("AWS_ENDPOINT_URL")?,
            stream: required("CAIRN_STREAM")?,
            bucket: required("CAIRN_BUCKET")?,
            table: required("CAIRN_TABLE")?,
            bundle: optional("CAIRN_BUNDLE")?,
            data_key: required("CAIRN_DATA_KEY")?,
            signing_keys: required::<List<_>>("CAIRN_SIGNING_KEYS")?.0,
            lock_mode: required("CAIRN_LOCK_MODE")?,
            batch_retention_days: required("CAIRN_BATCH_RETENTION_DAYS")?,
            log_retention_days: required("CAIRN_LOG_RETENTION_DAYS")?,
            expired: optional("CAIRN_EXPIRED")?,
        })
    }
}
