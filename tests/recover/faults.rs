//! Every call of a recovery, crossed with everything that can go wrong with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cairn_cli::recover::{Options, RecoverError};
use cairn_store::faults::{At, Fault, Operation};

use crate::story::{Operator, Story, held, recovered, seal};

/// The story with its table lost, and the table that it should have again.
async fn lost() -> (Story, crate::story::Held) {
    let story = Story::new().await;
    // Ingest adopts what was never committed; so does recovery.
    let adopted = story.fork();
    let (shard, records) = &adopted.stranded;
    crate::story::deliver(&adopted.world, *shard, records).await;
    let expected = held(&adopted.world).await;
    story.world.cloud.operator().lose_table();
    (story, expected)
}

#[tokio::test]
async fn a_lost_table_is_made_again_as_it_was() {
    let (story, expected) = lost().await;
    let told = Operator::new(&story.world, Some(&story.kept));
    let dry = Options { dry_run: true, ..Options::default() };
    let would = told.run(&dry).await.unwrap().unwrap();
    assert!(told.faults.writes().is_empty());
    let done = recovered(&story.world, Some(&story.kept)).await;
    assert_eq!(held(&story.world).await, expected);
    assert_eq!((would.written, would.dry_run), (done.written, true));
    assert_eq!((done.chains, done.batches, done.found, done.written), (5, 11, 0, 11));
    assert_eq!(done.adopted.len(), 3, "{:?}", done.adopted);
    assert_eq!((&done.stopped, &done.cursors), (&Vec::new(), &Vec::new()));
    assert!(!done.log.unwrap().unfinished);

    let again = Operator::new(&story.world, Some(&story.kept));
    let nothing = again.recover().await;
    assert_eq!((nothing.found, nothing.written), (11, 0));
    assert!(again.faults.writes().is_empty());
    story.goes_on("recovered").await;
}

#[tokio::test]
async fn every_fault_at_every_call_is_survived() {
    let (story, expected) = lost().await;
    let operator = Operator::new(&story.fork().world, None);
    operator.recover().await;
    // From a table that is half made, too.
    let half = story.fork();
    let dying = Operator::new(&half.world, None);
    dying.faults.inject(At::write(5), Fault::CrashAfter);
    assert!(dying.run(&Options::default()).await.is_none());
    let mut cases = 0;
    for from in [&story, &half] {
        let counted = from.fork();
        let operator = Operator::new(&counted.world, None);
        operator.recover().await;
        let calls = operator.faults.calls().len();
        assert!(calls > 40, "{calls}");
        for n in 0..calls {
            for fault in Fault::ALL {
                let story = from.fork();
                let operator = Operator::new(&story.world, Some(&story.kept));
                operator.faults.inject(At::call(n), fault);
                let ended = operator.run(&Options::default()).await;
                let case = format!("{:?}", operator.faults.fired());
                assert!(!operator.faults.fired().is_empty(), "{case}");
                assert_eq!(ended.is_none(), fault.is_crash(), "{case}");
                // The checkpoint function goes on only once all is there.
                let now = held(&story.world).await;
                assert!(now.log.is_none() || now == expected, "{case}: {now:#?}");
                if let Some(Ok(_)) = &ended {
                    assert_eq!(now, expected, "{case}");
                }
                recovered(&story.world, Some(&story.kept)).await;
                assert_eq!(held(&story.world).await, expected, "{case}");
                story.goes_on(&case).await;
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
}

/// However little each run gets done, the next one goes on from there.
#[tokio::test]
async fn a_recovery_that_dies_at_every_write_gets_to_its_end() {
    let (story, expected) = lost().await;
    let mut runs = 0;
    loop {
        let operator = Operator::new(&story.world, None);
        operator.faults.inject(At::write(0), Fault::CrashAfter);
        let ended = operator.run(&Options::default()).await;
        runs += 1;
        if let Some(done) = ended {
            assert_eq!((done.unwrap().written, runs), (0, 13), "11 batches, the log, nothing");
            break;
        }
        if held(&story.world).await.log.is_none() {
            assert!(story.world.process().tick().await.is_err());
        }
    }
    assert_eq!(held(&story.world).await, expected);
    story.goes_on("many deaths").await;
}

/// A function that was not stopped, between any two calls of a recovery: the log's head is not written over it.
#[tokio::test]
async fn a_function_that_runs_is_noticed() {
    let (story, _) = lost().await;
    let operator = Operator::new(&story.fork().world, None);
    operator.recover().await;
    let calls = operator.faults.calls();
    let noticed = Arc::new(AtomicUsize::new(0));
    for (n, call) in calls.iter().enumerate() {
        let story = story.fork();
        let operator = Operator::new(&story.world, None);
        let world = story.world.clone();
        operator.faults.before(At::call(n), async move {
            // A new chain's first batch, as a shard makes it that had none.
            world.add_shard(&[1]);
            seal(&world, 5, 30).await;
        });
        let ended = operator.run(&Options::default()).await.unwrap();
        let late = call.operation == Operation::AdvanceLog || after_the_look(&calls, n);
        match ended {
            Ok(_) if late || n == 0 => {}
            Ok(_) => panic!("{call} was not noticed"),
            Err(
                RecoverError::Moving { .. } | RecoverError::Table { .. } | RecoverError::Store(_),
            ) => {
                assert_eq!(held(&story.world).await.log, None, "{call}");
                noticed.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => panic!("{call}: {error}"),
        }
    }
    assert!(noticed.load(Ordering::Relaxed) > 20);
}

/// Whether a call comes after the objects and the chains were looked at for the last time: what comes then
/// is as if it came after the recovery.
fn after_the_look(calls: &[cairn_store::faults::Call], n: usize) -> bool {
    let last = calls.iter().rposition(|call| call.operation == Operation::Chains);
    last.is_some_and(|last| n > last)
}

/// Two operators: whoever comes second goes on from what is there, or says so.
#[tokio::test]
async fn two_recoveries_at_once_make_one_table() {
    let (story, expected) = lost().await;
    let operator = Operator::new(&story.fork().world, None);
    operator.recover().await;
    for n in 0..operator.faults.calls().len() {
        let story = story.fork();
        let (first, second) =
            (Operator::new(&story.world, None), Operator::new(&story.world, None));
        first.faults.before(At::call(n), async move {
            second.recover().await;
        });
        match first.run(&Options::default()).await.unwrap() {
            Ok(_) | Err(RecoverError::Moving { .. } | RecoverError::Table { .. }) => {}
            Err(error) => panic!("call {n}: {error}"),
        }
        assert_eq!(held(&story.world).await, expected, "call {n}");
    }
}
