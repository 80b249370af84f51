//! What the function reads from its environment.

use cairn_store::environment::{EnvironmentError, required};
use jiff::SignedDuration;

use crate::handler::Settings;

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
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, EnvironmentError> {
        let days: u32 = required("CAIRN_BATCH_RETENTION_DAYS")?;
        Ok(Self {
            settings: Settings {
                origin: required("CAIRN_ORIGIN")?,
                bundle: required("CAIRN_BUNDLE")?,
                lock_mode: required("CAIRN_LOCK_MODE")?,
                batch_retention: SignedDuration::from_hours(i64::from(days) * 24),
            },
            bucket: required("CAIRN_BUCKET")?,
            table: required("CAIRN_TABLE")?,
            data_key: required("CAIRN_DATA_KEY")?,
        })
    }
}
