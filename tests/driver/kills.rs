//! SIGKILL: at every request to storage, and at any moment under load.

use std::sync::Arc;
use std::time::Duration;

use cairn_local::driver::{Outcome, Pool};
use cairn_tests::{Driven, Fault};

/// More than a function makes in one invocation.
const MOST: usize = 40;

/// A rule for one fault at the `n`th request, and none from there on.
fn once(n: usize, fault: Fault) -> impl FnMut(&cairn_tests::Passing) -> Option<Fault> + Send {
    move |passing| (passing.number == n).then_some(fault)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingest_killed_at_any_request_loses_nothing() {
    let driven = Driven::start("killed-ingest", MOST as u32).await;
    let mut settings = driven.settings().await;
    // Each round has a shard of its own, so that each is the beginning of a chain, too.
    settings.pace.poll = Duration::from_millis(400);
    let driver = driven.drive(settings);
    let mut hit = Vec::new();
    let mut shard = 0;
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for n in 1.. {
            // A warm process makes fewer requests.
            driver.pool().kill_all().await;
            driven.proxy.set(once(n, fault));
            driven.put(shard, 3, 10).await;
            driven.put_bad(shard).await;
            driven.sealed().await;
            match driven.proxy.hit().pop() {
                Some(passing) => hit.push(passing.what),
                None => break,
            }
            shard += 1;
            assert!(shard < MOST, "{hit:#?}");
        }
    }
    for write in ["/batches/", "/quarantine/", "TransactWriteItems"] {
        let count = hit.iter().filter(|what| what.contains(write)).count();
        assert!(count >= 2, "no kill before and after {write}: {hit:#?}");
    }
    driven.finish(driver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checkpoint_killed_at_any_request_signs_nothing_wrong() {
    let driven = Driven::start("killed-checkpoint", 1).await;
    let driver = driven.drive(driven.settings().await);
    let pool = Arc::new(Pool::new(driven.checkpoint_function()));
    let mut hit = Vec::new();
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for n in 1.. {
            driven.proxy.heal();
            driven.put(0, 1, 10).await;
            driven.sealed().await;
            pool.kill_all().await;
            driven.proxy.kills(&pool);
            driven.proxy.set(once(n, fault));
            let first = pool.invoke("{}".into()).await.unwrap().outcome;
            let Some(passing) = driven.proxy.hit().pop() else {
                assert!(matches!(first, Outcome::Answered(_)), "{first:?}");
                break;
            };
            hit.push(passing.what);
            assert!(matches!(first, Outcome::Died(_)), "{first:?}");
            let second = pool.invoke("{}".into()).await.unwrap().outcome;
            assert!(matches!(second, Outcome::Answered(_)), "{second:?}");
            assert!(n < MOST, "{hit:#?}");
        }
    }
    for write in ["PutItem", "/log/tile/", "/log/checkpoint", "TrentService.Sign"] {
        let count = hit.iter().filter(|what| what.contains(write)).count();
        assert!(count >= 2, "no kill before and after {write}: {hit:#?}");
    }
    driven.finish(driver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingest_killed_at_random_moments_under_load_loses_nothing() {
    let driven = Driven::start("killed-at-random", 2).await;
    let driver = driven.drive(driven.settings().await);
    let mut random = fastrand::Rng::with_seed(4711);
    for round in 0..40 {
        for shard in 0..2 {
            driven.put(shard, random.usize(1..=20), 200).await;
        }
        tokio::time::sleep(Duration::from_millis(random.u64(..300))).await;
        if round % 2 == 0 {
            driver.pool().kill_all().await;
        }
    }
    let happened = driven.happened();
    let died = happened.iter().filter(|happening| happening.to_string().contains("SIGKILL"));
    assert!(died.count() > 0, "nothing was killed in the middle: {happened:#?}");
    driven.finish(driver).await;
}
