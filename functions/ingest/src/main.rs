//! Wires the ingest function: reads its configuration, makes its clients once, and runs.

use cairn_ingest::{Config, Deps, Request, Warm, handle};
use cairn_store::aws::Clients;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn, tracing};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = Config::from_env()?;
    let clients = Clients::from_env().await;
    let deps = Deps {
        objects: clients.objects(config.bucket, config.data_key),
        table: clients.table(config.table),
        stream: clients.stream(),
        settings: config.settings,
        now: Timestamp::now,
        salt,
        warm: Warm::default(),
    };
    let deps = &deps;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Request>| {
        let handled = handle(deps, event.payload).await.map_err(Error::from);
        let handled = handled.inspect_err(|error| {
            tracing::error!(error = %error, "the request failed");
        })?;
        for line in handled.measured.lines(&deps.settings.origin, Timestamp::now()) {
            println!("{line}");
        }
        if let Some(daemon) = &config.daemon {
            daemon.send(&handled.segments);
        }
        Ok::<_, Error>(handled.response)
    }))
    .await
}

/// 32 bytes of the operating system's randomness. Without them no rejection can be sealed safely,
/// so the process ends and Lambda starts another.
fn salt() -> [u8; 32] {
    let mut salt = [0; 32];
    #[expect(clippy::expect_used, reason = "see above")]
    getrandom::fill(&mut salt).expect("the operating system gives randomness");
    salt
}
