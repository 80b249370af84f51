//! A deployment of Cairn in an emulator: everything that Terraform makes on AWS, made through the
//! same API, and found again if it is there.
//!
//! Not made, as nothing local has a use for it: lifecycle rules, access logs, alarms and dashboard, the
//! functions' log groups, and policies of whoever is not part of it, such as producers and auditors.

mod bucket;
mod bundle;
mod describe;
mod driven;
mod error;
mod functions;
mod keys;
mod options;
mod package;
mod policies;
mod roles;
mod stream;
mod table;
mod wait;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::SdkConfig;
use cairn_ledger::VerifierKey;
use cairn_store::Deployment;

pub use describe::describe;
pub use driven::driven;
pub use error::CloudError;
pub use functions::lock_mode;
pub use options::{Options, SHARDS, Signing};
pub use policies::{Policy, Tokens};

use crate::driver::{Function, Mapping};
use crate::emulator::{CREDENTIALS, Emulator, REGION};
use crate::{aws, build};
use options::Names;
use policies::Keys;

/// Name of the file that describes a deployment to the tools.
pub const FILE: &str = "cairn.json";

/// A deployment in an emulator of its own: what a test needs, gone when it is dropped.
#[derive(Debug)]
pub struct Cloud {
    emulator: Emulator,
    config: SdkConfig,
    deployment: Deployment,
    tokens: Tokens,
}

impl Cloud {
    /// Starts an emulator and deploys into it, building the functions if they are wanted.
    pub async fn start(options: &Options) -> Result<Self, CloudError> {
        let emulator = Emulator::start(options.auth)?;
        let (deployment, tokens) = deploy_all(emulator.endpoint(), options).await?;
        save(&deployment, emulator.folder())?;
        let config = aws::config(emulator.endpoint()).await;
        Ok(Self { emulator, config, deployment, tokens })
    }

    /// What the deployment is made of.
    pub fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The file that describes the deployment to the tools.
    pub fn deployment_file(&self) -> PathBuf {
        self.emulator.folder().join(FILE)
    }

    /// Configuration for clients of the emulator.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The policy, as it is in this deployment.
    pub fn policy(&self, policy: Policy) -> String {
        self.tokens.fill(policy)
    }

    /// The variables of a new session of a role, for whatever is to run under it.
    pub async fn session(&self, role: &str) -> Result<HashMap<String, String>, CloudError> {
        roles::session(&self.config, &roles::arn(role)).await
    }

    /// A function's binary, run by hand, as a function of this deployment: with what any of them is
    /// told, and the rights of whoever has deployed.
    pub fn function(&self, name: &str, binary: &Path) -> Function {
        let mut variables = functions::ingest_environment(&self.deployment);
        variables.extend(functions::checkpoint_environment(&self.deployment));
        let (id, secret) = CREDENTIALS;
        let credentials = [("AWS_ACCESS_KEY_ID", id), ("AWS_SECRET_ACCESS_KEY", secret)];
        let credentials = credentials.map(|(name, value)| (name.to_owned(), value.to_owned()));
        variables.extend(credentials);
        Function {
            name: name.to_owned(),
            arn: functions::arn(name),
            binary: binary.to_path_buf(),
            environment: driven::environment(variables, self.emulator.endpoint()),
            timeout: Duration::from_secs(u64::from(functions::TIMEOUT.unsigned_abs())),
            memory: functions::MEMORY.unsigned_abs(),
            log: None,
        }
    }

    /// The mapping that feeds ingest in production, for a driver.
    pub async fn mapping(&self, options: &Options) -> Result<Mapping, CloudError> {
        let kinesis = aws_sdk_kinesis::Client::new(&self.config);
        let stream = stream::arn(&kinesis, &self.deployment.stream).await?;
        Ok(functions::mapping(&Names::new(&options.name), options.batch_size, &stream))
    }

    /// Keeps the emulator's folder when it ends; the folder.
    pub fn keep_folder(&mut self) -> PathBuf {
        self.emulator.keep_folder().to_path_buf()
    }

    /// The emulator.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }
}

/// Deploys to the endpoint, or completes what is there. May be repeated.
pub async fn deploy(endpoint: &str, options: &Options) -> Result<Deployment, CloudError> {
    deploy_all(endpoint, options).await.map(|(deployment, _)| deployment)
}

async fn deploy_all(endpoint: &str, options: &Options) -> Result<(Deployment, Tokens), CloudError> {
    let binaries = if options.functions { Some(build::functions(options.profile)?) } else { None };
    let config = aws::config(endpoint).await;
    let names = Names::new(&options.name);
    let (kms, s3) = (aws_sdk_kms::Client::new(&config), aws::s3(&config));
    let keys = Keys {
        data: keys::encrypting(&kms, &names.data_key).await?,
        ledger: keys::encrypting(&kms, &names.ledger_key).await?,
        signing: keys::signing(&kms, &names.signing_key, options.signing).await?,
    };
    let tokens = Tokens::new(&names, &keys, options);
    roles::ensure(&config, &names, &tokens).await?;
    for (key, policy) in [
        (&keys.data, Policy::DataKey),
        (&keys.ledger, Policy::LedgerKey),
        (&keys.signing, Policy::SigningKey),
    ] {
        keys::protect(&kms, key, tokens.fill(policy)).await?;
    }
    let Keys { data: data_key, ledger: ledger_key, signing: signing_key } = keys;
    let verifier_key = verifier_key(&kms, &options.origin, &signing_key).await?;
    bucket::ensure(&s3, &names.bucket, &data_key, None, tokens.fill(Policy::Archive)).await?;
    let default = Some((options.lock_mode, options.batch_retention_days));
    bucket::ensure(&s3, &names.expired, &data_key, default, tokens.fill(Policy::Expired)).await?;
    table::ensure(&aws_sdk_dynamodb::Client::new(&config), &names.table, &ledger_key).await?;
    let kinesis = aws_sdk_kinesis::Client::new(&config);
    let stream = stream::ensure(&kinesis, &names.stream, options.shards, &data_key).await?;
    let objects = aws::clients(REGION, endpoint).await.objects(&names.bucket, &data_key);
    let bundle = bundle::ensure(&s3, &objects, &names.bucket, options).await?;
    let deployment = Deployment {
        origin: options.origin.clone(),
        verifier_keys: vec![verifier_key],
        region: REGION.to_owned(),
        endpoint: Some(endpoint.to_owned()),
        stream: names.stream.clone(),
        bucket: names.bucket.clone(),
        table: names.table.clone(),
        bundle: Some(bundle),
        data_key,
        signing_keys: vec![signing_key],
        lock_mode: options.lock_mode,
        batch_retention_days: options.batch_retention_days,
        log_retention_days: options.log_retention_days,
        expired: Some(names.expired.clone()),
    };
    if let Some(binaries) = binaries {
        functions::deploy(&config, &deployment, &names, options, &stream, &binaries).await?;
    }
    Ok((deployment, tokens))
}

/// Runs the checkpoint function of the deployment called `name` once, as the schedule does every
/// minute, and gives its answer.
pub async fn checkpoint(config: &SdkConfig, name: &str) -> Result<String, CloudError> {
    functions::invoke(config, &Names::new(name).checkpoint).await
}

/// Writes the file that describes the deployment into the folder; its path.
pub fn save(deployment: &Deployment, folder: &Path) -> Result<PathBuf, CloudError> {
    let path = folder.join(FILE);
    deployment.save(&path)?;
    Ok(path)
}

async fn verifier_key(
    kms: &aws_sdk_kms::Client,
    origin: &str,
    key: &str,
) -> Result<String, CloudError> {
    let public = keys::public(kms, key).await?;
    let verifier = VerifierKey::from_spki(origin, &public);
    let detail = |e: cairn_ledger::note::KeyError| e.to_string();
    let verifier =
        verifier.map_err(|e| CloudError::Key { key: key.to_owned(), detail: detail(e) })?;
    Ok(verifier.to_string())
}
