//! Every call of a redrive, crossed with everything that can go wrong with it, and with a second one
//! that follows at once or when the first has nothing in hand any more.

use cairn_cli::redrive::Options;
use cairn_store::faults::{At, Fault, Operation};
use cairn_store::{StoredRecord, Table};
use jiff::SignedDuration;

use crate::story::{LATER, Operator, deliver, event, mended, records, redriven};

const NOW: SignedDuration = SignedDuration::ZERO;

#[tokio::test]
async fn whatever_fails_an_item_comes_back_exactly_once() {
    let world = mended(&[event("acme"), event("globex")]).await;
    let operator = Operator::new(&world, NOW);
    assert_eq!(operator.redrive(&Options::default()).await, ["put", "put"]);
    let calls = operator.faults.calls().len();
    assert!(calls >= 12, "bundle, batches, batch, quarantine, redrives, 2 x 3; found {calls}");
    let mut cases = 0;
    for n in 0..calls {
        for fault in Fault::ALL {
            let world = mended(&[event("acme"), event("globex")]).await;
            let operator = Operator::new(&world, NOW);
            operator.faults.inject(At::call(n), fault);
            let ended = operator.try_redrive(&Options::default()).await;
            let (call, _) = operator.faults.fired().first().expect("it has struck").clone();
            let case = format!("{fault:?} at {call}");
            assert_eq!(ended.is_none(), fault.is_crash(), "{case}");

            // Another operator at once never puts what the first may have put.
            Operator::new(&world, NOW).redrive(&Options::default()).await;
            assert!(records(&world).await.len() <= 4, "{case}: put twice");
            let outcomes = Operator::new(&world, LATER).redrive(&Options::default()).await;
            let fine = |name: &&str| ["already", "found", "put"].contains(name);
            assert!(outcomes.iter().all(fine), "{case}: {outcomes:?}");
            deliver(&world).await;
            let mut tenants: Vec<String> = redriven(&world, &case)
                .await
                .iter()
                .map(|event| event["tenant"].as_str().unwrap().to_owned())
                .collect();
            tenants.sort();
            assert_eq!(tenants, ["acme", "globex"], "{case}");
            cases += 1;
        }
    }
    println!("{cases} cases");
}

#[tokio::test]
async fn what_another_has_begun_is_left_alone() {
    for (operation, fault) in [
        (Operation::MoveRedrive, Fault::CrashAfter),
        (Operation::Put, Fault::Lost),
        (Operation::Put, Fault::Applied),
    ] {
        let world = mended(&[event("acme")]).await;
        let operator = Operator::new(&world, NOW);
        operator.faults.inject(At::operation(operation, 0), fault);
        operator.try_redrive(&Options::default()).await;
        let before = records(&world).await.len();
        let outcomes = Operator::new(&world, NOW).redrive(&Options::default()).await;
        assert_eq!(outcomes, ["busy"], "{fault:?} at {operation:?}");
        assert_eq!(records(&world).await.len(), before);
    }
}

#[tokio::test]
async fn what_the_stream_has_forgotten_is_put_again_only_when_told_to() {
    let world = mended(&[event("acme")]).await;
    let operator = Operator::new(&world, NOW);
    operator.faults.inject(At::operation(Operation::Put, 0), Fault::CrashBefore);
    assert!(operator.try_redrive(&Options::default()).await.is_none());
    // A record that came after it is forgotten: the stream cannot tell what came before.
    let after: StoredRecord = world.put(0, event("globex"));
    deliver(&world).await;
    world.expire(0, &after);

    let operator = Operator::new(&world, LATER);
    assert_eq!(operator.redrive(&Options::default()).await, ["forgotten"]);
    let again = Options { again: true, ..Options::default() };
    assert_eq!(operator.redrive(&again).await, ["put"]);
    deliver(&world).await;
    assert_eq!(redriven(&world, "forgotten").await.len(), 1);
    let chain = world.chain(0).await;
    assert!(world.cloud.redrives(&chain).await.unwrap().values().all(|at| at.put.is_some()));
}
