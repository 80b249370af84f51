//! The real binaries in the emulator: the table is deleted, `cairn recover` fills an empty one, and all goes on.

use cairn_local::driver::Happening;
use cairn_local::driver::answer::Answer;
use cairn_tests::Driven;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_table_is_recovered_and_the_stream_driven_on() {
    let driven = Driven::start("recover", 2).await;
    let settings = driven.settings().await;
    let driver = driven.drive(settings.clone());
    driven.put(0, 20, 50).await;
    driven.put(1, 20, 50).await;
    driven.put_bad(1).await;
    driven.sealed().await;
    driven.tick().await;
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept.checkpoint");
    let kept = kept.to_str().unwrap();
    let (code, said) = driven.cairn(&["verify", "--no-remember", "--checkpoint-out", kept]).await;
    assert_eq!(code, 0, "{said}");
    // Committed and not logged, in one shard; created and not committed, in the other.
    driven.put(1, 5, 50).await;
    driven.sealed().await;
    driver.stop().await;
    driven.proxy.strand_a_batch();
    let driver = driven.drive(settings.clone());
    driven.put(0, 5, 50).await;
    driven.until("failed", failed).await;
    driver.stop().await;
    driven.proxy.heal();

    driven.lose_table().await;
    let (code, said) = driven.cairn(&["recover", "--since", kept]).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("--functions-are-stopped"), "{said}");
    let would = told(&driven, &["--since", kept, "--dry-run"]).await;
    let done = told(&driven, &["--since", kept, "--functions-are-stopped"]).await;
    assert_eq!((&would["dry_run"], &done["dry_run"]), (&true.into(), &false.into()));
    assert_eq!(would["written"], done["batches"], "{would} {done}");
    assert_eq!((&done["written"], &done["chains"]), (&done["batches"], &2.into()), "{done}");
    assert_eq!(done["adopted"].as_array().unwrap().len(), 2, "{done}");
    assert_eq!(done["stopped"], Value::Array(Vec::new()), "{done}");

    let again = ["recover", "--since", kept, "--functions-are-stopped"];
    let (code, said) = driven.cairn(&again).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("written: 0") && said.contains("redrive"), "{said}");
    let (code, said) = driven.cairn(&["verify", "--no-remember", "--since", kept]).await;
    assert_eq!(code, 0, "{said}");

    let driver = driven.drive(settings);
    driven.put(0, 5, 50).await;
    driven.put(1, 5, 50).await;
    driven.finish(driver).await;
    let (code, said) = driven.cairn(&["verify", "--no-remember", "--since", kept]).await;
    assert_eq!(code, 0, "{said}");
}

async fn told(driven: &Driven, options: &[&str]) -> Value {
    let (code, said) = driven.cairn(&[&["recover", "--json"], options].concat()).await;
    assert_eq!(code, 0, "{said}");
    serde_json::from_str(&said).unwrap()
}

fn failed(happening: &Happening) -> bool {
    matches!(happening, Happening::Invoked { answer: Answer::Failure, .. })
}
