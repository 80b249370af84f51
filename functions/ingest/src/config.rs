//! What the function reads from its environment.

use cairn_store::environment::{EnvironmentError, required};
use jiff::SignedDuration;

use crate::handler::Settings;
use crate::traces::Daemon;

/// The function's configuration.
#[derive(Debug)]
pub struct Config {
    /// What the operator decided.
    pub settings: Settings,
    /// Archive bucket (`CAIRN_BUCKET`).
    pub bucket: String,
    /// Ledger table (`CAIRN_TABLE`).
    pub table: String,
    /// KMS key of the archive's objects (`CAIRN_DATA_KEY`).
    pub data_key: String,
    /// Who is told the traces of events (`CAIRN_TRACES`, `AWS_XRAY_DAEMON_ADDRESS`).
    pub daemon: Option<Daemon>,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, EnvironmentError> {
        let days: u32 = required("CAIRN_BATCH_RETENTION_DAYS")?;
        let daemon = Daemon::from_env()?;
        Ok(Self {
            settings: Settings {
                origin: required("CAIRN_ORIGIN")?,
                bundle: required("CAIRN_BUNDLE")?,
                lock_mode: required("CAIRN_LOCK_MODE")?,
                batch_retention: SignedDuration::from_hours(i64::from(days) * 24),
                traces: daemon.is_some(),
            },
            bucket: required("CAIRN_BUCKET")?,
            table: required("CAIRN_TABLE")?,
            data_key: required("CAIRN_DATA_KEY")?,
            daemon,
        })
    }
}
