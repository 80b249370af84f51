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

#[test]
fn what_is_said_is_what_is_written() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("a")]).await;
        let chain = world.cloud.chains().await.unwrap().remove(0);
        let head = world.cloud.chain(&chain).await.unwrap().head;
        world.cloud.stop(&chain, head.as_ref(), "another's").await.unwrap();
        let key = keys::batch(&chain, 1);
        world.cloud.operator().put(&key, "planted", None);
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
