//! Every call of a redrive, crossed with everything that can go wrong with it, and with a second one
//! that follows at once or when the first has nothing in hand any more.

use std::sync::atomic::{AtomicI64, Ordering};

use cairn_cli::quarantine::{Kept, Selection};
use cairn_cli::redrive::{Context, Done, Options};
use cairn_event::{Bundle, Envelope};
use cairn_store::faults::{At, Fault, Operation};
use cairn_store::{StoredRecord, Table};
use cairn_tests::{STREAM, TENANT_KEY, World};
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};

use crate::story::{LATER, Operator, deliver, event, mended, records, redriven, strict};

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

/// A run takes long: what another run puts meanwhile comes after it has looked at the stream.
#[tokio::test]
async fn what_was_put_since_the_stream_was_read_is_looked_for_again() {
    let world = World::new(1).await.under(strict()).await;
    for tenant in ["acme", "globex"] {
        let record = world.put(0, event(tenant));
        let answer = world.process().ingest(0, &[record]).await.unwrap().unwrap();
        assert!(answer.failures.is_empty());
    }
    let world = world.under(Bundle::with_tenant_key(TENANT_KEY)).await;
    let items = Operator::new(&world, NOW).list().await.unwrap();
    // Two runs begin an item each, and die; the second a while after the first.
    for (item, later) in items.iter().zip([NOW, LATER / 2]) {
        let dying = Operator::new(&world, later);
        dying.faults.inject(At::operation(Operation::Put, 0), Fault::CrashBefore);
        let coordinates = [item.coordinates.clone()].into();
        let selection = Selection { coordinates, ..Selection::default() };
        let options = Options { selection, ..Options::default() };
        assert!(dying.try_redrive(&options).await.is_none());
    }
    // What the second had under way arrives when the third is at work, which then takes so long that
    // the second cannot have anything in hand any more.
    let minutes = AtomicI64::new(20);
    let now = || Timestamp::now() + SignedDuration::from_mins(minutes.load(Ordering::Relaxed));
    let context = Context {
        stream: STREAM,
        bundle: world.bundle().hash(),
        now: &now,
        run: "third".to_owned(),
    };
    let mut outcomes = Vec::new();
    let tell = |done: Done| {
        if outcomes.is_empty() {
            let second = &items[1];
            let Kept::Raw(raw) = &second.kept else { panic!("{second:?}") };
            let envelope = Envelope { first: second.coordinates.clone(), raw: raw.clone() };
            world.put(0, envelope.to_bytes());
            minutes.store(40, Ordering::Relaxed);
        }
        outcomes.push(done.outcome.name());
    };
    let (stores, bar) = (Operator::new(&world, NOW).stores, ProgressBar::hidden());
    cairn_cli::redrive::redrive(&stores, &context, &Options::default(), &bar, tell).await.unwrap();
    assert_eq!(outcomes, ["put", "found"]);
    assert_eq!(records(&world).await.len(), 4);
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
