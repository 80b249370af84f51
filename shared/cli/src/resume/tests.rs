#![allow(clippy::unwrap_used)]

use cairn_store::Table;

use super::*;
use crate::testing::{DAY, ORIGIN, World, event, run};

fn context(why: &str) -> Context {
    Context {
        origin: ORIGIN.to_owned(),
        lock_mode: LockMode::Compliance,
        retention: DAY * 3650,
        by: "arn:aws:iam::000000000000:user/zoe".to_owned(),
        why: why.to_owned(),
        ingest_stood_still: true,
        now: Timestamp::now(),
    }
}

/// A chain of one batch, stopped before what somebody planted.
async fn stopped() -> (World, ChainId) {
    let world = World::new(1).await;
    world.seal(0, &[event("a")]).await;
    let chain = world.cloud.chains().await.unwrap().remove(0);
    let head = world.cloud.chain(&chain).await.unwrap().head;
    world.cloud.stop(&chain, head.as_ref(), "another's").await.unwrap();
    world.cloud.operator().put(&keys::batch(&chain, 1), "planted", None);
    (world, chain)
}

#[test]
fn what_is_said_is_what_is_written() {
    run(async {
        let (world, chain) = stopped().await;
        let context = context("the drill of today");
        let examined = examine(&world.cloud, &world.cloud, &context, &chain).await.unwrap();
        assert!(!examined.stands);
        assert!(world.cloud.read(&keys::order(&chain)).await.unwrap().is_none(), "only looked at");
        let resumed = resume(&world.cloud, &world.cloud, &context, examined).await.unwrap();
        let stored = world.cloud.read(&keys::order(&chain)).await.unwrap().unwrap();
        assert_eq!(Order::parse(&stored.body).unwrap(), resumed.order);
        assert_eq!(Hash::of(&stored.body), resumed.hash);
        assert!(stored.retention.unwrap().until > Timestamp::now() + DAY * 3649);
        let json = serde_json::to_value(&resumed).unwrap();
        assert_eq!(json["order"]["why"], "the drill of today");
        assert_eq!(json["order"]["found"][0]["sha256"], Hash::of(b"planted").to_string());
        assert_eq!(json["successor"], format!("{chain}.1"));
    });
}

/// Whoever can write the archive alone may put an order before the operator does: it is shown, and what lies
/// there beside it.
#[test]
fn an_order_of_another_is_told_apart_from_what_lies_there() {
    run(async {
        let (world, chain) = stopped().await;
        let context = context("the drill of today");
        let look = async || examine(&world.cloud, &world.cloud, &context, &chain).await.unwrap();
        let ours = look().await;
        assert!(ours.agrees() && !ours.stands && !ours.named);
        let order = Order { found: Vec::new(), by: "nobody".to_owned(), ..ours.order };
        let retention = world.cloud.read(&keys::batch(&chain, 0)).await.unwrap().unwrap().retention;
        let json = Bytes::from(order.to_json());
        world.cloud.create(&keys::order(&chain), json, retention).await.unwrap();
        let planted = look().await;
        assert!(planted.stands && !planted.named && !planted.agrees());
        assert_eq!((&planted.order, planted.found.len()), (&order, 1));
        // An operator who carries it out all the same is not asked again.
        resume(&world.cloud, &world.cloud, &context, planted).await.unwrap();
        assert!(look().await.named);
    });
}

#[test]
fn a_head_that_the_table_itself_has_batches_after_is_no_stop_to_go_on_from() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("a")]).await;
        let chain = world.cloud.chains().await.unwrap().remove(0);
        let mut state = world.cloud.chain(&chain).await.unwrap();
        world.seal(0, &[event("b")]).await;
        state.stopped = Some("why".to_owned());
        world.cloud.operator().set_chain(&chain, state);
        let error = examine(&world.cloud, &world.cloud, &context("why"), &chain).await.unwrap_err();
        assert!(error.is_finding(), "{error}");
    });
}

#[test]
fn an_order_without_a_reason_is_none() {
    run(async {
        let world = World::new(1).await;
        let chain = "events/20260131T120000Z/shardId-000000000009".parse().unwrap();
        world.cloud.stop(&chain, None, "another's").await.unwrap();
        let error = examine(&world.cloud, &world.cloud, &context(" "), &chain).await.unwrap_err();
        assert!(matches!(error, ResumeError::Order(_)), "{error}");
        assert!(!error.is_finding());
    });
}
