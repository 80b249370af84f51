//! Rejected, mended, redriven, sealed; and nothing twice.

use cairn_cli::quarantine::{Kept, State};
use cairn_cli::redrive::Options;
use cairn_event::Envelope;
use cairn_store::faults::{At, Fault, Operation};
use jiff::SignedDuration;

use crate::story::{LATER, Operator, deliver, event, leaves, mended, records, redriven, strict};

const NOW: SignedDuration = SignedDuration::ZERO;

#[tokio::test]
async fn what_was_rejected_is_sealed_once_the_bundle_is_mended() {
    let world = mended(&[event("acme"), "no event".to_owned()]).await;
    let operator = Operator::new(&world, NOW);
    let items = operator.list().await.unwrap();
    let code = |n: usize| items[n].reason.as_ref().unwrap().code.clone();
    assert_eq!((code(0), code(1)), ("tenant.unknown".to_owned(), "json.syntax".to_owned()));
    assert!(items.iter().all(|item| item.state == State::Open));
    assert_eq!(items[0].kept, Kept::Raw(event("acme").into_bytes()));

    let rehearsal = Options { dry_run: true, ..Options::default() };
    assert_eq!(operator.redrive(&rehearsal).await, ["would", "rejected"]);
    assert_eq!(records(&world).await.len(), 2, "a rehearsal puts nothing");

    assert_eq!(operator.redrive(&Options::default()).await, ["put", "rejected"]);
    deliver(&world).await;
    let events = redriven(&world, "redriven").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["redrive"], serde_json::to_value(&items[0].coordinates).unwrap());
    assert_eq!(events[0]["tenant"], "acme");
    let state = &operator.list().await.unwrap()[0].state;
    let State::Redriven { sequence, .. } = state else { panic!("{state:?}") };
    assert_eq!(events[0]["coordinates"]["sequence"], sequence.as_str());

    for later in [NOW, LATER] {
        let again = Operator::new(&world, later).redrive(&Options::default()).await;
        assert_eq!(again, ["already", "rejected"]);
    }
    assert_eq!(records(&world).await.len(), 3, "nothing was put twice");
}

#[tokio::test]
async fn what_is_rejected_again_keeps_where_it_was_first_and_can_come_again() {
    let world = mended(&[event("acme")]).await;
    let first = Operator::new(&world, NOW).list().await.unwrap()[0].coordinates.clone();
    let world = world.under(strict()).await;
    let operator = Operator::new(&world, NOW);
    assert_eq!(operator.redrive(&Options::default()).await, ["rejected"]);
    let force = Options { force: true, ..Options::default() };
    assert_eq!(operator.redrive(&force).await, ["put"]);
    deliver(&world).await;
    let items = operator.list().await.unwrap();
    let Kept::Raw(raw) = &items[1].kept else { panic!("{:?}", items[1]) };
    let envelope = Envelope::parse(raw).unwrap();
    assert_eq!(envelope, Envelope { first: first.clone(), raw: event("acme").into_bytes() });

    let world = world.under(cairn_event::Bundle::with_tenant_key(cairn_tests::TENANT_KEY)).await;
    let operator = Operator::new(&world, NOW);
    assert_eq!(operator.redrive(&Options::default()).await, ["already", "put"]);
    deliver(&world).await;
    let events = redriven(&world, "at the second time").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["redrive"], serde_json::to_value(&first).unwrap());
}

#[tokio::test]
async fn two_items_with_the_same_bytes_are_two_records() {
    for (fault, found) in [(Fault::CrashAfter, "found"), (Fault::CrashBefore, "put")] {
        // An envelope with two like events, each rejected and wrapped like the other.
        let first = "events/20260131T120000Z/shardId-000000000000#7#0".parse().unwrap();
        let raw = format!("[{0},{0}]", event("acme")).into_bytes();
        let envelope = String::from_utf8(Envelope { first, raw }.to_bytes()).unwrap();
        let world = mended(&[envelope]).await;
        let operator = Operator::new(&world, NOW);
        let items = operator.list().await.unwrap();
        assert_eq!(items[0].kept, items[1].kept);

        operator.faults.inject(At::operation(Operation::Put, 1), fault);
        assert!(operator.try_redrive(&Options::default()).await.is_none());
        let outcomes = Operator::new(&world, LATER).redrive(&Options::default()).await;
        assert_eq!(outcomes, ["already", found], "{fault:?}");
        deliver(&world).await;
        assert_eq!(redriven(&world, "two alike").await.len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_leaf_are_not_put() {
    let world = mended(&[event("acme")]).await;
    let operator = Operator::new(&world, NOW);
    let key = operator.list().await.unwrap()[0].object.clone();
    let rights = world.cloud.operator();
    let body = rights.object(&key).unwrap().body;
    let changed =
        String::from_utf8(body.to_vec()).unwrap().replacen("\"raw\":\"ey", "\"raw\":\"ez", 1);
    assert_ne!(changed.as_bytes(), &body[..]);
    rights.overwrite(&key, None, changed);
    let item = operator.list().await.unwrap().remove(0);
    assert_eq!(item.kept, Kept::Altered);
    assert_eq!(operator.redrive(&Options::default()).await, ["lost"]);

    let version = rights.versions(&key)[0].version.clone();
    rights.delete_version(&key, &version);
    assert_eq!(operator.list().await.unwrap()[0].kept, Kept::Gone);
    assert_eq!(operator.redrive(&Options::default()).await, ["lost"]);
    assert_eq!(leaves(&world).await.len(), 1);
}

#[tokio::test]
async fn items_that_are_not_there_are_missed() {
    let world = mended(&[event("acme")]).await;
    let operator = Operator::new(&world, NOW);
    let mut options = Options::default();
    let mut at = operator.list().await.unwrap()[0].coordinates.clone();
    at.index = 1;
    options.selection.coordinates.insert(at.clone());
    let error = operator.try_redrive(&options).await.unwrap().unwrap_err().to_string();
    assert!(error.contains(&at.to_string()), "{error}");
    assert_eq!(records(&world).await.len(), 1);
}
