//! Another's object stops a chain; an operator orders it to go on: with the commands that people use.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;
mod session;

use std::time::{Duration, Instant};

use aws_sdk_s3::primitives::ByteStream;
use cairn_local::{aws, cloud};
use guard::Named;
use serde_json::Value;
use session::{Cairn, local};

fn event(id: &str) -> String {
    serde_json::json!({
        "id": id, "tenant": "acme", "time": "2026-03-01T09:30:00Z", "action": "door.open",
        "actor": {"type": "user", "id": "u-1"}, "resource": {"type": "door", "id": "d-1"},
        "outcome": "success",
    })
    .to_string()
}

/// The chains, once one of them is what is asked for.
fn chains(cairn: &Cairn, wanted: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let (_, output) = cairn.run(&["--json", "status"], b"");
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        if let Some(found) = status["chains"].as_array().unwrap().iter().find(|one| wanted(one)) {
            return found.clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{status:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[tokio::test]
async fn a_stopped_chain_goes_on_by_an_order() {
    let name = Named::new("stopped");
    let up = local(&["up", "--driver", "--shards", "1", "--name", &name]);
    assert_eq!(up.status.code(), Some(0), "{up:?}");
    let cairn = Cairn::of(&name);
    let config = aws::config(&cairn.environment["AWS_ENDPOINT_URL"]).await;
    cairn.json(0, &["put"], event("e-1").as_bytes());
    cairn.until_it_succeeds(&["show", "e-1"]);
    let first = chains(&cairn, |chain| chain["number"] == 0);
    let chain = first["chain"].as_str().unwrap().to_owned();

    // The emulator does not ask who puts it.
    let key = format!("batches/{chain}/{:020}.parquet", 1);
    let put = aws::s3(&config).put_object().bucket(&cairn.environment["CAIRN_BUCKET"]).key(&key);
    put.body(ByteStream::from_static(b"another's")).send().await.unwrap();
    cairn.json(0, &["put"], event("e-2").as_bytes());
    chains(&cairn, |chain| chain["stopped"].is_string());
    assert_eq!(cairn.run(&["status"], b"").0, 1, "a stopped chain needs an operator");
    cloud::checkpoint(&config, "cairn").await.unwrap();
    let report = cairn.json(1, &["verify"], b"");
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().any(|found| found["code"] == "chain.stopped"), "{report:#}");

    let why = "a test put it";
    let refused = cairn.run(&["resume", &chain, "--why", why], b"go on\n");
    assert_eq!(refused.0, 2, "nobody sits at a terminal: {refused:?}");
    let ordered = cairn.json(0, &["resume", &chain, "--why", why, "--yes"], b"");
    assert_eq!((&ordered["new"], &ordered["order"]["why"]), (&true.into(), &why.into()));
    let again = cairn.json(0, &["resume", &chain, "--why", "again"], b"");
    assert_eq!((&again["new"], &again["hash"]), (&false.into(), &ordered["hash"]));

    cairn.until_it_succeeds(&["show", "e-2"]);
    cairn.json(0, &["put"], event("e-3").as_bytes());
    cairn.until_it_succeeds(&["show", "e-3"]);
    cloud::checkpoint(&config, "cairn").await.unwrap();
    assert_eq!(cairn.run(&["status"], b"").0, 0, "it goes on");
    cairn.until_it_succeeds(&["prove", "e-2"]);
    let report = cairn.json(0, &["verify"], b"");
    assert_eq!(report["events"], 3, "{report:#}");
    let acknowledged = report["acknowledged"].as_array().unwrap();
    assert_eq!(acknowledged.len(), 1, "{report:#}");
    assert_eq!((&acknowledged[0]["key"], &acknowledged[0]["why"]), (&key.into(), &why.into()));
    assert_eq!(acknowledged[0]["versions"][0]["bytes"], 9);
    let (_, text) = cairn.run(&["verify"], b"");
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("acknowledged") && text.contains(why), "{text}");
    assert_eq!(local(&["down", "--name", &name]).status.code(), Some(0));
}
