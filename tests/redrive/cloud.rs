//! The same in the local cloud, by the stores that run in production.

use cairn_batch::keys;
use cairn_cli::quarantine::{Selection, State, Stores, list};
use cairn_cli::redrive::{Context, Done, Options, run_name};
use cairn_cli::{Cloud, Settings};
use cairn_event::Bundle;
use cairn_ledger::Hash;
use cairn_local::aws;
use cairn_local::cloud::{Cloud as Local, Options as LocalOptions};
use cairn_store::{Deployment, LockMode, Objects, Retention, Stream};
use cairn_tests::{TENANT_KEY, lambda_event};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};

use crate::story::{event, strict};

/// A deployment, and its stores.
struct Scene {
    deployment: Deployment,
    cloud: Cloud,
}

impl Scene {
    /// Puts a bundle into the archive.
    async fn keep(&self, bundle: &Bundle) -> Hash {
        let until = Timestamp::now() + SignedDuration::from_hours(24 * 3650);
        let lock = Some(Retention { mode: LockMode::Compliance, until });
        let objects = self.cloud.objects().unwrap();
        objects.create(&keys::bundle(&bundle.hash()), bundle.to_json().into(), lock).await.unwrap();
        bundle.hash()
    }

    /// Hands all that is on the stream to ingest, under a bundle.
    async fn ingest(&self, bundle: Hash) {
        let stream = self.cloud.stream();
        let mut records = Vec::new();
        let name = &self.deployment.stream;
        let since = Timestamp::now() - SignedDuration::from_hours(1);
        stream.scan(name, since, |_, record| records.push(record)).await.unwrap();
        let deps = cairn_ingest::Deps {
            objects: self.cloud.objects().unwrap(),
            table: self.cloud.table().unwrap(),
            stream,
            settings: cairn_ingest::Settings {
                origin: self.deployment.origin.clone(),
                bundle,
                lock_mode: LockMode::Compliance,
                batch_retention: SignedDuration::from_hours(24 * 35),
                traces: false,
            },
            now: Timestamp::now,
            salt: || [5; 32],
            warm: cairn_ingest::Warm::default(),
        };
        let request = serde_json::from_value(lambda_event(name, 0, &records)).unwrap();
        assert!(cairn_ingest::handle(&deps, request).await.unwrap().response.failures.is_empty());
    }

    async fn redrive(&self, bundle: Hash) -> Vec<Done> {
        let stores = Stores::of(&self.cloud).unwrap();
        let now = Timestamp::now;
        let run = run_name().unwrap();
        let context = Context { stream: &self.deployment.stream, bundle, now: &now, run };
        let (options, bar, mut all) = (Options::default(), ProgressBar::hidden(), Vec::new());
        let tell = |done| all.push(done);
        cairn_cli::redrive::redrive(&stores, &context, &options, &bar, tell).await.unwrap();
        all
    }

    async fn states(&self) -> Vec<State> {
        let (stores, selection) = (Stores::of(&self.cloud).unwrap(), Selection::default());
        let items = list(&stores, &selection, false, Timestamp::now(), &ProgressBar::hidden())
            .await
            .unwrap()
            .items;
        items.into_iter().map(|item| item.state).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_rejected_comes_back_in_the_local_cloud() {
    let options = LocalOptions {
        functions: false,
        shards: Some(1),
        name: "redrive".to_owned(),
        ..LocalOptions::default()
    };
    let local = Local::start(&options).await.unwrap();
    let deployment = local.deployment().clone();
    let endpoint = deployment.endpoint.clone().unwrap();
    let clients = aws::clients(&deployment.region, &endpoint).await;
    let scene = Scene { cloud: Cloud::new(Settings::from(&deployment), clients), deployment };
    let (strict, lax) =
        (scene.keep(&strict()).await, scene.keep(&Bundle::with_tenant_key(TENANT_KEY)).await);
    let stream = scene.cloud.stream();
    stream.put(&scene.deployment.stream, "a", event("acme").into()).await.unwrap();
    scene.ingest(strict).await;
    assert_eq!(scene.states().await, [State::Open]);

    assert_eq!(scene.redrive(strict).await[0].outcome.name(), "rejected");
    assert_eq!(scene.redrive(lax).await[0].outcome.name(), "put");
    assert_eq!(scene.redrive(lax).await[0].outcome.name(), "already");
    let states = scene.states().await;
    let [State::Redriven { sequence, .. }] = &states[..] else { panic!("{states:?}") };

    scene.ingest(lax).await;
    let query = second_batch(&scene, sequence).await;
    let (objects, bar) = (scene.cloud.objects().unwrap(), ProgressBar::hidden());
    let found = cairn_cli::find::find(&objects, &query, &bar).await.unwrap();
    let leaf: serde_json::Value = serde_json::from_slice(&found.leaf.bytes).unwrap();
    assert_eq!((&leaf["kind"], &leaf["tenant"]), (&"event".into(), &"acme".into()));
    assert!(leaf["redrive"]["sequence"].is_string(), "{leaf}");
}

/// The place of the second batch's only leaf.
async fn second_batch(scene: &Scene, sequence: &str) -> cairn_cli::Query {
    use cairn_store::Table;
    let table = scene.cloud.table().unwrap();
    let chain = table.chains().await.unwrap().remove(0);
    let batch = table.batches(&chain, 1, 1).await.unwrap().remove(0);
    assert_eq!(batch.header.header.first.as_str(), sequence);
    cairn_cli::Query::Place { key: batch.header.header.key, index: 0 }
}
