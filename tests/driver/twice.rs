//! Everything is delivered twice, at the same time, to two processes.

use std::time::Duration;

use cairn_local::driver::Happening;
use cairn_tests::Driven;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_with_the_same_shard_make_one_chain() {
    let driven = Driven::start("twice", 2).await;
    let mut settings = driven.settings().await;
    settings.readers = 2;
    // Small batches: they are cut differently by the two.
    settings.mapping.batch_size = 7;
    let driver = driven.drive(settings);
    for round in 0..10 {
        driven.put(0, 3 + round, 50).await;
        driven.put(1, 13 - round, 50).await;
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
    driven.sealed().await;
    let handed: usize = driven.happened().iter().map(handed).sum();
    assert!(handed > 10 * 16, "only {handed} records were handed over: nothing came twice");
    driven.finish(driver).await;
    let chains = driven.headers().await.into_iter().map(|header| header.chain.to_string());
    let chains: std::collections::BTreeSet<_> = chains.collect();
    assert_eq!(chains.len(), 2, "{chains:?}");
}

fn handed(happening: &Happening) -> usize {
    match happening {
        Happening::Invoked { records, .. } => *records,
        _ => 0,
    }
}
