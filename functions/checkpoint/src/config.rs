//! What the function reads from its environment.

use cairn_store::environment::{EnvironmentError, List, required};
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
    /// KMS keys that sign checkpoints, the newest first (`CAIRN_SIGNING_KEYS`).
    pub signing_keys: Vec<String>,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, EnvironmentError> {
        Ok(Self {
            settings: Settings {
                origin: required("CAIRN_ORIGIN")?,
                lock_mode: required("CAIRN_LOCK_MODE")?,
                batch_retention: days("CAIRN_BATCH_RETENTION_DAYS")?,
                log_retention: days("CAIRN_LOG_RETENTION_DAYS")?,
            },
            bucket: required("CAIRN_BUCKET")?,
            table: required("CAIRN_TABLE")?,
            data_key: required("CAIRN_DATA_KEY")?,
            signing_keys: required::<List<_>>("CAIRN_SIGNING_KEYS")?.0,
        })
    }
}

fn days(name: &'static str) -> Result<SignedDuration, EnvironmentError> {
    let days: u32 = required(name)?;
    Ok(SignedDuration::from_hours(i64::from(days) * 24))
}
