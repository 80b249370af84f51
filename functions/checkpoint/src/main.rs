//! Wires the checkpoint function: reads its configuration, makes its clients once, and runs.

use cairn_checkpoint::{Config, Deps, Signers, handle};
use cairn_ledger::VerifierKey;
use cairn_store::Signer;
use cairn_store::aws::Clients;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};
use serde::de::IgnoredAny;
use tokio::sync::OnceCell;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env()?;
    let clients = Clients::from_env().await;
    let deps = OnceCell::new();
    let (config, clients, deps) = (&config, &clients, &deps);
    lambda_runtime::run(service_fn(async |_: LambdaEvent<IgnoredAny>| {
        let deps = deps.get_or_try_init(|| connect(config, clients)).await?;
        let tick = handle(deps).await.map_err(Error::from).inspect_err(|error| {
            tracing::error!(alarm = "checkpoint.failed", error = %error, "the tick failed");
        })?;
        println!("{}", tick.line(&config.settings.origin, Timestamp::now()));
        Ok::<_, Error>(tick)
    }))
    .await
}

type AwsDeps = Deps<cairn_store::aws::S3, cairn_store::aws::DynamoDb, cairn_store::aws::Kms>;

/// Asks for the public keys on the first tick rather than at start, so that a key service that is
/// away for a moment fails a tick and not the function.
async fn connect(config: &Config, clients: &Clients) -> Result<AwsDeps, Error> {
    let mut signers = Vec::new();
    for key in &config.signing_keys {
        let signer = clients.signer(key.clone());
        let key = VerifierKey::from_spki(&config.settings.origin, &signer.public_key().await?)?;
        tracing::info!(verifier_key = %key, "signing key");
        signers.push((key, signer));
    }
    Ok(Deps {
        objects: clients.objects(config.bucket.clone(), config.data_key.clone()),
        table: clients.table(config.table.clone()),
        signers: Signers::new(signers),
        settings: config.settings.clone(),
        now: Timestamp::now,
    })
}
