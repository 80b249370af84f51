//! The real binaries: the table is emptied while records wait, `cairn recover` rebuilds it, and work goes on.

use std::collections::HashMap;
use std::process::Command;

use aws_sdk_dynamodb::types::AttributeValue;
use cairn_local::build::{self, Profile};
use cairn_tests::Driven;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_table_is_rebuilt_and_nothing_is_lost() {
    let driven = Driven::start("recover", 2).await;
    let driver = driven.drive(driven.settings().await);
    for shard in 0..2 {
        driven.put(shard, 5, 10).await;
        driven.put_bad(shard).await;
    }
    let before = driven.settle(driver).await;
    let emptied = empty(&driven).await;
    assert!(emptied > 5, "{emptied} items");
    // Records arrive while there is no table.
    driven.put(0, 5, 10).await;

    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept.checkpoint");
    std::fs::write(&kept, &before.checkpoint).unwrap();
    let recover = |arguments: &[&str]| {
        let mut command = Command::new(build::tool(Profile::default()).unwrap());
        command.args(["recover", "--json", "--deployment"]).arg(driven.cloud.deployment_file());
        command.args(arguments).env("XDG_STATE_HOME", folder.path());
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        command.output().unwrap()
    };
    // It cannot know that the functions stand still, so it must be told.
    assert_eq!(recover(&[]).status.code(), Some(2));
    let kept = kept.display().to_string();
    let done = recover(&["--functions-are-stopped", "--since", &kept]);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(0), "{said}");
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    let rebuilt = &answer["rebuilt"];
    assert_eq!(rebuilt["batches"].as_u64(), Some(before.batches), "{answer}");
    assert_eq!(rebuilt["size"].as_u64(), Some(before.size), "{answer}");
    assert_eq!(answer["verified"]["trusted"]["from"], "given", "{answer}");

    let driver = driven.drive(driven.settings().await);
    driven.put(1, 5, 10).await;
    driven.finish(driver).await;
}

/// Deletes every item of the ledger table; how many there were.
async fn empty(driven: &Driven) -> usize {
    let client = aws_sdk_dynamodb::Client::new(driven.cloud.config());
    let table = &driven.cloud.deployment().table;
    let items = client.scan().table_name(table).send().await.unwrap().items.unwrap_or_default();
    for item in &items {
        let key: HashMap<String, AttributeValue> =
            ["pk", "sk"].map(|name| (name.to_owned(), item[name].clone())).into();
        client.delete_item().table_name(table).set_key(Some(key)).send().await.unwrap();
    }
    items.len()
}
