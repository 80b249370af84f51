//! Every fault at every call, and every place at which a tick or a writer may have died before.

use cairn_store::faults::{At, Fault, Faults};

use crate::story::{goes_on, held, recover, with_an_uncommitted_batch, world};

#[tokio::test]
async fn the_table_is_what_it_was() {
    let world = world().await;
    let kept = world.verify_as_it_is(None).await.checkpoint;
    let before = held(&world.cloud).await;
    world.cloud.operator().lose_table();
    let rebuilt = recover(&world, &Faults::new()).await.unwrap();
    assert_eq!(held(&world.cloud).await, before);
    assert_eq!((rebuilt.chains, rebuilt.batches, rebuilt.written), (3, 9, 9));
    assert_eq!((rebuilt.unlogged, rebuilt.size), (2, 9));
    // Once more: nothing is left to write.
    let faults = Faults::new();
    assert_eq!(recover(&world, &faults).await.unwrap().written, 0);
    assert!(faults.writes().is_empty(), "{:?}", faults.writes());
    goes_on(&world, &kept, "rebuilt").await;
}

#[tokio::test]
async fn every_fault_at_every_call_is_survived() {
    let calls = {
        let world = world().await;
        world.cloud.operator().lose_table();
        let faults = Faults::new();
        recover(&world, &faults).await.unwrap();
        faults.calls().len()
    };
    assert!(calls > 20, "{calls}");
    for n in 0..calls {
        for fault in Fault::ALL {
            let world = world().await;
            let kept = world.verify_as_it_is(None).await.checkpoint;
            let before = held(&world.cloud).await;
            world.cloud.operator().lose_table();
            let faults = Faults::new();
            faults.inject(At::call(n), fault);
            let first = faults.until_crash(recover(&world, &faults)).await;
            let case = format!("{:?}, {first:?}", faults.fired());
            assert!(!faults.fired().is_empty(), "{case}");
            recover(&world, &Faults::new()).await.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(held(&world.cloud).await, before, "{case}");
            if fault == Fault::CrashAfter {
                goes_on(&world, &kept, &case).await;
            }
        }
    }
}

/// A batch that was created and never committed is the chain's all the same.
#[tokio::test]
async fn what_was_not_committed_is_adopted() {
    let (world, records) = with_an_uncommitted_batch().await;
    world.cloud.operator().lose_table();
    let rebuilt = recover(&world, &Faults::new()).await.unwrap();
    assert_eq!((rebuilt.batches, rebuilt.unlogged), (10, 3));
    // Lambda hands its records over again: they are sealed.
    let answer = world.process().ingest(2, &records).await.unwrap().unwrap();
    assert!(answer.failures.is_empty());
    goes_on(&world, "", "adopted").await;
    let report = world.verify_as_it_is(None).await;
    assert_eq!(report.records, 6 * 2 + 3 + 2 + 2);
}

/// The table is lost while a move of the log is under way, at each of its calls: whatever was signed
/// stays true.
#[tokio::test]
async fn a_tick_may_have_died_anywhere() {
    let calls = {
        let world = world().await;
        let process = world.process();
        process.tick().await.unwrap();
        process.faults.calls().len()
    };
    for n in 0..calls {
        for fault in [Fault::CrashBefore, Fault::CrashAfter] {
            let world = world().await;
            let kept = world.verify_as_it_is(None).await.checkpoint;
            let dying = world.process();
            dying.faults.inject(At::call(n), fault);
            assert!(dying.tick_until_crash().await.is_none());
            let case = format!("{:?}", dying.faults.fired());
            let signed = world.verify_as_it_is(None).await;
            world.cloud.operator().lose_table();
            recover(&world, &Faults::new()).await.unwrap_or_else(|error| panic!("{case}: {error}"));
            goes_on(&world, &kept, &case).await;
            goes_on(&world, &signed.checkpoint, &case).await;
        }
    }
}

/// The very first move.
#[tokio::test]
async fn the_first_tick_may_have_died_anywhere() {
    for n in 0..40 {
        let world = cairn_tests::World::new(3).await;
        crate::story::seal(&world.process(), 2, &[world.put(2, crate::story::event(1))]).await;
        let dying = world.process();
        dying.faults.inject(At::call(n), Fault::CrashAfter);
        if dying.tick_until_crash().await.is_some() {
            assert!(n > 10, "{n} calls");
            return;
        }
        let case = format!("{:?}", dying.faults.fired());
        world.cloud.operator().lose_table();
        recover(&world, &Faults::new()).await.unwrap_or_else(|error| panic!("{case}: {error}"));
        goes_on(&world, "", &case).await;
    }
}

/// Plans and cursors are locked for the retention of batches only.
#[tokio::test]
async fn plans_and_cursors_may_have_expired() {
    let world = world().await;
    world.process().tick().await.unwrap();
    let operator = world.cloud.operator();
    for key in operator.keys() {
        if key.starts_with("log/plans/") || key.starts_with("log/cursors/") {
            operator.delete(&key);
        }
    }
    operator.lose_table();
    recover(&world, &Faults::new()).await.unwrap();
    let process = world.process();
    crate::story::seal(&process, 2, &[world.put(2, crate::story::event(40))]).await;
    assert_eq!(process.tick().await.unwrap().added, 1);
}
