//! A stopped chain that was ordered to go on is stopped again, and goes on by the same order.

use cairn_batch::keys;
use cairn_cli::recover::{Options, RecoverError};
use cairn_ledger::ChainId;
use cairn_store::{StoredRecord, Table};
use cairn_tests::World;

use crate::story::{Operator, deliver, event, held, recovered, refused, seal, tick};

/// Puts another's object at the next key of a chain, has ingest find it, and orders the chain to go on.
async fn order(world: &World, chain: &ChainId, number: u64, records: &[StoredRecord]) {
    world.cloud.operator().put(&keys::batch(chain, number), "another's", None);
    let answer = world.process().ingest(0, records).await.unwrap().unwrap();
    assert!(!answer.failures.is_empty());
    world.resume(chain).await;
}

/// With the table lost it becomes what it was; ingest and checkpoint go on, and nothing is wrong.
async fn is_recovered(world: &World, stops: usize, records: &[StoredRecord], case: &str) {
    let expected = held(world).await;
    world.cloud.operator().lose_table();
    let done = recovered(world, None).await;
    assert_eq!(held(world).await, expected, "{case}");
    assert_eq!(done.stopped.len(), stops, "{case}");
    assert!(done.stopped.iter().all(|stop| stop.continued.is_some()), "{case}");
    let again = Operator::new(world, None).recover().await;
    assert_eq!(again.written, 0, "{case}");
    deliver(world, 0, records).await;
    while world.process().tick().await.expect(case).added > 0 {}
    let report = world.verify_as_it_is(None).await;
    assert!(report.ok, "{case}: {:#?}", report.findings);
    assert_eq!((report.unlogged, report.acknowledged.len()), (0, stops), "{case}");
}

#[tokio::test]
async fn a_chain_that_goes_on_by_an_order_does_so_again() {
    for sealed in [false, true] {
        for logged in [false, true] {
            for followed in 0..3 {
                let case = format!("sealed: {sealed}, logged: {logged}, followed: {followed}");
                let world = World::new(1).await;
                let chain = world.chain(0).await;
                if sealed {
                    seal(&world, 0, 0).await;
                }
                if logged {
                    tick(&world).await;
                }
                let records = [world.put(0, event(2)), world.put(0, event(3))];
                order(&world, &chain, u64::from(sealed), &records).await;
                if followed > 0 {
                    deliver(&world, 0, &records).await;
                }
                if followed > 1 {
                    tick(&world).await;
                    seal(&world, 0, 4).await;
                }
                // There is nothing to recover where nothing was ever sealed.
                if sealed || followed > 0 {
                    is_recovered(&world, 1, &records, &case).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_successor_that_was_stopped_goes_on_by_its_own_order() {
    let world = World::new(1).await;
    let chain = world.chain(0).await;
    seal(&world, 0, 0).await;
    // More than one digit: names sort in another order than generations. Some have a batch, some none.
    let mut stopped = chain;
    let mut records = [world.put(0, event(2))];
    for generation in 0..12 {
        let has_none = generation == 5;
        order(&world, &stopped, u64::from(!has_none), &records).await;
        stopped = stopped.successor();
        if generation != 4 {
            deliver(&world, 0, &records).await;
            records = [world.put(0, event(generation))];
        }
    }
    is_recovered(&world, 12, &records, "twelve times").await;
}

#[tokio::test]
async fn a_table_that_names_another_order_is_refused() {
    let world = World::new(1).await;
    let chain = world.chain(0).await;
    seal(&world, 0, 0).await;
    let records = [world.put(0, event(2))];
    order(&world, &chain, 1, &records).await;
    let mut state = world.cloud.chain(&chain).await.unwrap();
    state.continued = Some(cairn_ledger::Hash::of(b"another"));
    world.cloud.operator().set_chain(&chain, state);
    let error = refused(&world, &Options::default()).await;
    assert!(matches!(error, RecoverError::Table { .. }), "{error}");
}
