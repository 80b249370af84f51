//! A cloud that is kept serves the auditor's tool, run as people run it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;
mod session;

use aws_sdk_s3::primitives::ByteStream;
use cairn_local::{aws, cloud};
use guard::Named;
use serde_json::Value;
use session::{Cairn, local};

#[tokio::test]
async fn a_kept_cloud_is_there_for_other_tools_and_verifies() {
    let name = Named::new("kept");
    let demo = local(&["demo", "--events", "20", "--keep", "--name", &name]);
    assert_eq!(demo.status.code(), Some(0), "{demo:?}");
    let said = String::from_utf8(demo.stdout).unwrap();
    let cairn = Cairn::of(&name);
    let note = format!("\n     — {} ", cairn.environment["CAIRN_ORIGIN"]);
    assert!(said.contains(&note), "no signature: {said}");
    for variable in ["LOCK_MODE", "BATCH_RETENTION_DAYS", "LOG_RETENTION_DAYS", "SIGNING_KEYS"] {
        assert!(cairn.environment.contains_key(&format!("CAIRN_{variable}")), "{variable}");
    }
    let config = aws::config(&cairn.environment["AWS_ENDPOINT_URL"]).await;

    let object = one_event_can_be_followed(&cairn, &config).await;
    a_change_is_named(&cairn, &config, &object).await;
    a_bundle_is_published(&cairn);

    let again = local(&["demo", "--keep", "--name", &name]);
    assert_eq!(again.status.code(), Some(2), "a demonstration ran in a cloud that was in use");
    assert_eq!(local(&["status", "--name", &name]).status.code(), Some(0));
    assert_eq!(local(&["down", "--purge", "--name", &name]).status.code(), Some(0));
    assert_eq!(local(&["status", "--name", &name]).status.code(), Some(1));
    assert_eq!(local(&["env", "--name", &name]).status.code(), Some(2));
}

/// Puts an event and follows it to its proof; the key of its batch.
async fn one_event_can_be_followed(cairn: &Cairn, config: &aws_config::SdkConfig) -> String {
    let (code, event) = cairn.run(&["generate", "--events", "1", "--seed", "4711"], b"");
    assert_eq!(code, 0);
    let event = event.stdout;
    let id = serde_json::from_slice::<Value>(&event).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(cairn.run(&["show", &id], b"").0, 1, "it was there before");
    let put = cairn.json(0, &["put"], &event);
    assert_eq!((&put["records"], &put["possibly_twice"]), (&1.into(), &0.into()));

    cairn.until_it_succeeds(&["show", &id]);
    cloud::checkpoint(config, "cairn").await.unwrap();
    cairn.until_it_succeeds(&["prove", &id]);
    let status = cairn.json(0, &["status"], b"");
    assert_eq!((&status["checkpoint"]["signed"], &status["unlogged"]), (&true.into(), &0.into()));
    let shown = cairn.json(0, &["show", &id], b"");
    assert_eq!((&shown["event"]["id"], &shown["logged"]), (&id.into(), &true.into()));

    let id = shown["event"]["id"].as_str().unwrap();
    let proof = cairn.folder.path().join("event.tlog-proof");
    let proof = proof.to_str().unwrap();
    assert_eq!(cairn.run(&["prove", id, "--out", proof], b"").0, 0);
    let key = &cairn.environment["CAIRN_VERIFIER_KEYS"];
    assert_eq!(cairn.json(0, &["check", proof, "--key", key], b"")["event"], shown["event"]);
    shown["object"]["key"].as_str().unwrap().to_owned()
}

/// Publishes the example's bundle, whose schemas are new to what took every event.
fn a_bundle_is_published(cairn: &Cairn) {
    let folder = cairn_local::config_folder();
    let folder = folder.to_str().unwrap();
    let build = ["config", "build", folder, "--from", "current", "--publish"];
    let refused = cairn.json(1, &build, b"");
    let breaks = refused["breaks"].as_array().unwrap();
    assert!(breaks.iter().all(|found| found["rule"] == "schema.first"), "{refused:#}");
    let meant = [&build[..], &["--allow", "schema.first"]].concat();
    let built = cairn.json(0, &meant, b"");
    let hash = built["hash"].as_str().unwrap();
    assert_eq!(built["created"], serde_json::json!([format!("config/{hash}")]));
    assert_eq!(cairn.json(0, &meant, b"")["created"], serde_json::json!([]));
    assert_eq!(cairn.json(0, &["config", "show", hash], b"")["hash"], hash);
    assert_eq!(cairn.json(0, &["config", "diff", hash, folder], b""), serde_json::json!([]));
    let shown = cairn.json(0, &["config", "show"], b"");
    assert_eq!(shown["hash"], cairn.environment["CAIRN_BUNDLE"].as_str());
}

/// Verifies, changes a batch, and verifies again.
async fn a_change_is_named(cairn: &Cairn, config: &aws_config::SdkConfig, object: &str) {
    let report = cairn.json(0, &["verify"], b"");
    assert_eq!((&report["ok"], &report["events"]), (&true.into(), &21.into()), "{report:#}");
    let s3 = aws::s3(config);
    let bucket = &cairn.environment["CAIRN_BUCKET"];
    let put = s3.put_object().bucket(bucket).key(object).body(ByteStream::from_static(b"PAR1"));
    let rogue = put.send().await.unwrap().version_id.unwrap();
    let report = cairn.json(1, &["verify"], b"");
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["subject"] == object), "{report:#}");
    let delete = s3.delete_object().bucket(bucket).key(object).version_id(rogue);
    delete.send().await.unwrap();
    assert_eq!(cairn.json(0, &["verify"], b"")["ok"], true);
}
