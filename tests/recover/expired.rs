//! What is kept for the retention of batches alone is gone: plans and cursors.

use cairn_batch::keys;
use cairn_store::faults::Operation;
use cairn_tests::{DAY, World};
use jiff::Timestamp;

use crate::story::{Operator, Story, held, recovered, seal, tick};

/// Makes everything of the log look as if it had been put long ago, and lets what may expire expire.
fn expire(world: &World) {
    let operator = world.cloud.operator();
    for key in operator.keys() {
        if key.starts_with("log/") {
            operator.set_modified(&key, None, Timestamp::now() - DAY * 40);
        }
        if key.starts_with("log/plans/") || key.starts_with("log/cursors/") {
            operator.delete(&key);
        }
    }
}

#[tokio::test]
async fn cursors_that_have_expired_are_put_again() {
    let story = Story::new().await;
    let world = &story.world;
    let before = held(world).await.log.unwrap();
    expire(world);
    world.cloud.operator().lose_table();
    let operator = Operator::new(world, Some(&story.kept));
    let done = operator.recover().await;
    let put = keys::cursors(&before.to.cursors);
    assert_eq!(done.cursors, [put.as_str()]);
    let creates = operator.faults.writes().into_iter().filter(|c| c.operation == Operation::Create);
    assert_eq!(creates.map(|call| call.key).collect::<Vec<_>>(), [put.as_str()]);
    let object = world.cloud.operator().object(&put).unwrap();
    assert!(object.retention.unwrap().until > Timestamp::now() + DAY * 34, "locked as any");
    let after = held(world).await.log.unwrap();
    assert_eq!((after.to, after.from), (before.to, before.from));
    story.goes_on("expired").await;
}

/// Entries in many bundles, and of many windows.
#[tokio::test]
async fn a_long_log_is_folded_in_windows() {
    let world = World::new(1).await;
    for n in 0..1_100 {
        seal(&world, 0, 2 * n).await;
        if n % 300 == 0 {
            tick(&world).await;
        }
    }
    assert_eq!(tick(&world).await, 1_101);
    let (before, kept) = (held(&world).await, world.verify_archive(None).checkpoint);
    world.cloud.operator().lose_table();
    let done = recovered(&world, Some(&kept)).await;
    assert_eq!((done.batches, done.written), (1_100, 1_100));
    assert_eq!(held(&world).await, before);
    seal(&world, 0, 5_000).await;
    tick(&world).await;
    let report = world.verify_as_it_is(Some(kept)).await;
    assert!(report.ok, "{:#?}", report.findings);
}
