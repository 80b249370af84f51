//! Which deployment a command is about, and the clients to reach it.

use std::path::Path;

use aws_sdk_sts::error::DisplayErrorContext;
use cairn_ledger::{Hash, KeyError, VerifierKey};
use cairn_store::aws::{Clients, DynamoDb, Kinesis, S3};
use cairn_store::environment::{self, EnvironmentError, List};
use cairn_store::{Deployment, DeploymentError, LockMode};

/// What is known of a deployment. An auditor may know less than its operator.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    verifier_keys: Option<Vec<String>>,
    region: Option<String>,
    endpoint: Option<String>,
    stream: Option<String>,
    bucket: Option<String>,
    table: Option<String>,
    data_key: Option<String>,
    bundle: Option<Hash>,
    batch_retention_days: Option<u32>,
    log_retention_days: Option<u32>,
    lock_mode: Option<LockMode>,
    expired: Option<String>,
}

/// Why a deployment is not known or cannot be reached.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// Something about it is needed and was not said.
    #[error(
        "expected the deployment's {what}, found nothing: name its file with --deployment (or CAIRN_DEPLOYMENT), or set {variable}"
    )]
    Unknown {
        /// What is needed.
        what: &'static str,
        /// The variable to set.
        variable: &'static str,
    },
    /// The deployment's file is no good.
    #[error("deployment: {0}")]
    Deployment(#[from] DeploymentError),
    /// A variable of the environment is no good.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The verifier key is none.
    #[error("verifier key: {0}")]
    Key(#[from] KeyError),
}

impl Settings {
    /// Reads a deployment's file.
    pub fn read(path: &Path) -> Result<Self, CloudError> {
        let deployment = Deployment::load(path)?;
        Ok(Self::from(&deployment))
    }

    /// Reads the variables `CAIRN_*` that are set.
    pub fn from_environment() -> Result<Self, CloudError> {
        Ok(Self {
            verifier_keys: environment::optional::<List<_>>("CAIRN_VERIFIER_KEYS")?
                .map(|keys| keys.0),
            region: None,
            endpoint: None,
            stream: environment::optional("CAIRN_STREAM")?,
            bucket: environment::optional("CAIRN_BUCKET")?,
            table: environment::optional("CAIRN_TABLE")?,
            data_key: environment::optional("CAIRN_DATA_KEY")?,
            bundle: environment::optional("CAIRN_BUNDLE")?,
            batch_retention_days: environment::optional("CAIRN_BATCH_RETENTION_DAYS")?,
            log_retention_days: environment::optional("CAIRN_LOG_RETENTION_DAYS")?,
            lock_mode: environment::optional("CAIRN_LOCK_MODE")?,
            expired: environment::optional("CAIRN_EXPIRED")?,
        })
    }

    /// The Kinesis stream.
    pub fn stream(&self) -> Result<&str, CloudError> {
        known(self.stream.as_deref(), "stream", "CAIRN_STREAM")
    }

    /// The archive's bucket.
    pub fn bucket(&self) -> Result<&str, CloudError> {
        known(self.bucket.as_deref(), "bucket", "CAIRN_BUCKET")
    }

    /// The ledger table.
    pub fn table(&self) -> Result<&str, CloudError> {
        known(self.table.as_deref(), "table", "CAIRN_TABLE")
    }

    /// The key that objects are encrypted under, if it is known.
    pub fn data_key(&self) -> Option<&str> {
        self.data_key.as_deref()
    }

    /// The config bundle in force.
    pub fn bundle(&self) -> Result<Hash, CloudError> {
        known(self.bundle, "config bundle", "CAIRN_BUNDLE")
    }

    /// Days for which batches must be locked.
    pub fn batch_retention_days(&self) -> Result<u32, CloudError> {
        known(self.batch_retention_days, "retention of batches", "CAIRN_BATCH_RETENTION_DAYS")
    }

    /// Days for which the log must be locked.
    pub fn log_retention_days(&self) -> Result<u32, CloudError> {
        known(self.log_retention_days, "retention of the log", "CAIRN_LOG_RETENTION_DAYS")
    }

    /// The mode that locks must have, if it is known.
    pub fn lock_mode(&self) -> Option<LockMode> {
        self.lock_mode
    }

    /// The same, where a lock is to be made.
    pub fn required_lock_mode(&self) -> Result<LockMode, CloudError> {
        known(self.lock_mode, "lock mode", "CAIRN_LOCK_MODE")
    }

    /// The bucket of what expired, if it is known.
    pub fn expired(&self) -> Option<&str> {
        self.expired.as_deref()
    }

    /// Whether a verifier key was given, good or not.
    pub fn has_verifier_key(&self) -> bool {
        self.verifier_keys.is_some()
    }

    /// The log's public keys, any of which may have signed.
    pub fn verifier_keys(&self) -> Result<Vec<VerifierKey>, CloudError> {
        let keys = known(self.verifier_keys.as_ref(), "verifier key", "CAIRN_VERIFIER_KEYS")?;
        Ok(keys.iter().map(|key| key.parse()).collect::<Result<_, _>>()?)
    }
}

fn known<T>(value: Option<T>, what: &'static str, variable: &'static str) -> Result<T, CloudError> {
    value.ok_or(CloudError::Unknown { what, variable })
}

impl From<&Deployment> for Settings {
    fn from(deployment: &Deployment) -> Self {
        let deployment = deployment.clone();
        Self {
            verifier_keys: Some(deployment.verifier_keys),
            region: Some(deployment.region),
            endpoint: deployment.endpoint,
            stream: Some(deployment.stream),
            bucket: Some(deployment.bucket),
            table: Some(deployment.table),
            data_key: Some(deployment.data_key),
            bundle: deployment.bundle,
            batch_retention_days: Some(deployment.batch_retention_days),
            log_retention_days: Some(deployment.log_retention_days),
            lock_mode: Some(deployment.lock_mode),
            expired: deployment.expired,
        }
    }
}

/// A deployment that can be reached.
#[derive(Debug, Clone)]
pub struct Cloud {
    settings: Settings,
    clients: Clients,
}

impl Cloud {
    /// A deployment, and clients that the caller made.
    pub fn new(settings: Settings, clients: Clients) -> Self {
        Self { settings, clients }
    }

    /// Makes clients: credentials come from the environment, region and endpoint too unless the
    /// deployment names them.
    pub async fn connect(settings: Settings) -> Self {
        let clients = match &settings.region {
            Some(region) => Clients::connect(region, settings.endpoint.as_deref()).await,
            None => Clients::from_env().await,
        };
        Self { settings, clients }
    }

    /// What is known of it.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its archive, for reading.
    pub fn objects(&self) -> Result<S3, CloudError> {
        let data_key = self.settings.data_key.clone().unwrap_or_default();
        Ok(self.clients.objects(self.settings.bucket()?, data_key))
    }

    /// Its archive, for writing: under the deployment's data key.
    pub fn objects_for_writing(&self) -> Result<S3, CloudError> {
        let data_key = known(self.settings.data_key.as_deref(), "data key", "CAIRN_DATA_KEY")?;
        Ok(self.clients.objects(self.settings.bucket()?, data_key))
    }

    /// Its ledger table.
    pub fn table(&self) -> Result<DynamoDb, CloudError> {
        Ok(self.clients.table(self.settings.table()?))
    }

    /// The bucket of what expired, if it is known.
    pub fn expired(&self) -> Option<S3> {
        let data_key = self.settings.data_key.clone().unwrap_or_default();
        self.settings.expired().map(|bucket| self.clients.objects(bucket, data_key))
    }

    /// Its stream.
    pub fn stream(&self) -> Kinesis {
        self.clients.stream()
    }

    /// Who is signed in, by ARN.
    pub async fn caller(&self) -> Result<String, String> {
        let sts = aws_sdk_sts::Client::new(self.clients.config());
        let identity = sts.get_caller_identity().send().await;
        let identity = identity.map_err(|error| DisplayErrorContext(error).to_string())?;
        identity.arn.ok_or_else(|| "expected an ARN from STS, found none".to_owned())
    }

    /// Kinesis.
    pub fn kinesis(&self) -> aws_sdk_kinesis::Client {
        aws_sdk_kinesis::Client::new(self.clients.config())
    }
}
