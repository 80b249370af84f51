//! Something foreign lies at a chain's next number, and an operator orders the chain to go on.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::drill::Drill;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_chain_goes_on_by_an_order() {
    let mut drill = Drill::start("fork").await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.put(1, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);
    drill.does("cairn verify --checkpoint-out kept.checkpoint").await;

    // Somebody puts an object where the first chain goes on, locked as batches are.
    let chain = chains(&mut drill).await.remove(0)["chain"].as_str().unwrap().to_owned();
    let number = format!("{:020}", 1);
    let key = format!("batches/{chain}/{number}.parquet");
    let data_key = drill.driven.cloud.deployment().data_key.clone();
    drill.does(&format!("echo 'no batch' > planted; aws s3api put-object --bucket $bucket --key '{key}' --body planted --checksum-algorithm SHA256 --server-side-encryption aws:kms --ssekms-key-id {data_key} --object-lock-mode COMPLIANCE --object-lock-retain-until-date $(date -u -d '36 days' +%FT%TZ) > planted.json")).await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.put(1, 10, 50).await;
    until(&mut drill, "stopped", |chains| chains[0]["stopped"].is_string()).await;
    // The other shards go on.
    until(&mut drill, "sealed", |chains| chains[1]["number"] == 1).await;

    let examples = [
        ("cairn-events/20260301T000000Z/shardId-000000000000", chain.as_str()),
        ("00000000000000000042", number.as_str()),
    ];
    let status = "cairn status";
    let verify = "cairn verify";
    let looked = drill.run_with("Look", 0, &examples, &[status, verify]).await;
    for says in ["chain.stopped", "stopped:", &key, "VersionId", "object.unreadable"] {
        assert!(looked.contains(says), "no {says}: {looked}");
    }

    // It asks at a terminal; where there is none, whoever has looked says so.
    let asked = drill.run_with("Do", 0, &[], &["cairn resume"]).await;
    assert!(asked.contains("9 B, SHA-256") && asked.contains("--yes"), "{asked}");
    let resumed = drill.run_with("Do", 0, &[("cairn resume", "cairn resume --yes")], &[]).await;
    assert!(resumed.contains(&format!("{chain}.1")), "{resumed}");
    until(&mut drill, "sealed", |chains| {
        chains
            .iter()
            .any(|found| found["chain"] == format!("{chain}.1").as_str() && found["number"] == 0)
    })
    .await;
    drill.driven.put(0, 10, 50).await;
    drill.sealed(50).await;
    drill.logged().await;
    let seen = drill.run("Do", 1).await;
    assert!(seen.contains("continued") && seen.contains("verified"), "{seen}");
    // An order cannot be given twice, nor taken back.
    let again = drill.does(&format!("cairn resume '{chain}' --why 'another one' --yes")).await;
    assert!(!again.contains("another one"), "{again}");
    drill.finish(&[]).await;
}

async fn chains(drill: &mut Drill) -> Vec<Value> {
    drill.status().await["chains"].as_array().unwrap().clone()
}

/// Waits until the chains are so.
async fn until(drill: &mut Drill, what: &str, are: impl Fn(&[Value]) -> bool) {
    let begun = Instant::now();
    loop {
        let chains = chains(drill).await;
        if are(&chains) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "not {what}: {chains:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
