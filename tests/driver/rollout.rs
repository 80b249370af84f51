//! Another config bundle comes into force while batches are in flight.

use std::collections::BTreeSet;
use std::time::Duration;

use cairn_local::driver::Happening;
use cairn_local::driver::Settings;
use cairn_local::driver::answer::Answer;
use cairn_tests::Driven;

/// The same, under another bundle.
fn under(settings: &Settings, bundle: &cairn_ledger::Hash) -> Settings {
    let mut settings = settings.clone();
    settings.function.environment.insert("CAIRN_BUNDLE".to_owned(), bundle.to_string());
    settings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_is_rolled_out_and_back_under_load() {
    let driven = Driven::start("rollout", 1).await;
    let old = driven.settings().await;
    let bundle = driven.publish(|bundle| bundle.device = true).await;
    let new = under(&old, &bundle);

    // Each leaves a batch that was created and not committed to the next, which judges by the other.
    for settings in [&old, &new, &old] {
        driven.proxy.strand_a_batch();
        let failures = |happened: &[Happening]| happened.iter().filter(|h| failed(h)).count();
        let before = failures(&driven.happened());
        let driver = driven.drive(settings.clone());
        driven.put(0, 5, 50).await;
        driven.until_times(before + 1, "failed", failed).await;
        driver.stop().await;
    }
    driven.proxy.heal();

    // Lambda rolls a change out over a while: for so long, both judge.
    let (old, new) = (driven.drive(old), driven.drive(new));
    for _ in 0..20 {
        driven.put(0, 3, 50).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    driven.sealed().await;
    old.stop().await;
    driven.put(0, 3, 50).await;
    driven.finish(new).await;
    let headers = driven.headers().await;
    let bundles: BTreeSet<_> = headers.iter().map(|header| header.bundle).collect();
    assert_eq!(bundles, [driven.cloud.deployment().bundle.unwrap(), bundle].into());
    let chains: BTreeSet<_> = headers.iter().map(|header| header.chain.to_string()).collect();
    assert_eq!(chains.len(), 1, "{chains:?}");
}

fn failed(happening: &Happening) -> bool {
    matches!(happening, Happening::Invoked { answer: Answer::Failure, .. })
}
