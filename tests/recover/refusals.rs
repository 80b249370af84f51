//! What is not rebuilt: a table that says something else, an archive that is not whole.

use cairn_batch::keys;
use cairn_ledger::Lineage;
use cairn_store::Table;
use cairn_store::faults::Faults;
use cairn_tests::World;

use crate::story::{event, held, recover, seal, world};

/// What was refused, after which the table is as it was.
async fn refused(world: &World) -> String {
    let before = held(&world.cloud).await;
    let error = recover(world, &Faults::new()).await.unwrap_err();
    assert!(error.is_finding(), "{error}");
    assert_eq!(held(&world.cloud).await, before, "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_table_that_says_something_else_is_left_alone() {
    let world = world().await;
    let chain = world.chain(2).await;
    let item = world.cloud.batches(&chain, 1, 1).await.unwrap().remove(0);
    let operator = world.cloud.operator();

    let mut altered = item.clone();
    altered.header.header.lineage = Lineage::Previous(cairn_ledger::Hash::EMPTY_ROOT);
    operator.set_batch(&chain, 1, Some(altered));
    let reason = refused(&world).await;
    assert!(reason.contains("number 1: expected the same item in the table"), "{reason}");
    operator.set_batch(&chain, 1, Some(item));
    recover(&world, &Faults::new()).await.unwrap();

    let head = world.cloud.log_head().await.unwrap().unwrap();
    let mut other = head.clone();
    other.to.size += 1;
    operator.set_log_head(Some(other));
    let reason = refused(&world).await;
    assert!(reason.contains("the log's head"), "{reason}");
    operator.set_log_head(Some(head));

    let foreign: cairn_ledger::ChainId = "other/20260101T000000Z/shardId-0".parse().unwrap();
    operator.set_registered(&foreign, true);
    let state = world.cloud.chain(&chain).await.unwrap();
    operator.set_chain(&foreign, state);
    let reason = refused(&world).await;
    assert!(reason.contains("the head of other/"), "{reason}");
}

/// A table that was restored from a backup and is ahead of the archive, or stopped.
#[tokio::test]
async fn a_chain_that_is_ahead_or_stopped_is_left_alone() {
    let world = world().await;
    let chain = world.chain(2).await;
    let head = world.cloud.chain(&chain).await.unwrap().head;
    world.cloud.stop(&chain, head.as_ref(), "why").await.unwrap();
    let reason = refused(&world).await;
    assert!(reason.contains("stopped: why"), "{reason}");
}

#[tokio::test]
async fn an_archive_that_is_not_whole_rebuilds_nothing_wrong() {
    let world = world().await;
    let operator = world.cloud.operator();
    operator.lose_table();
    let chain = world.chain(0).await;
    let (key, other) = (keys::batch(&chain, 1), keys::batch(&chain, 2));

    let whole = world.fork();
    whole.cloud.operator().delete(&key);
    let reason = recover(&whole, &Faults::new()).await.unwrap_err().to_string();
    assert!(reason.contains("number 1: expected its object, found none"), "{reason}");

    let twice = world.fork();
    let body = twice.cloud.operator().object(&other).unwrap().body;
    twice.cloud.operator().put(&other, body, None);
    let reason = recover(&twice, &Faults::new()).await.unwrap_err().to_string();
    assert!(reason.contains("expected one version"), "{reason}");

    let marked = world.fork();
    marked.cloud.operator().mark_deleted(&other);
    let reason = recover(&marked, &Faults::new()).await.unwrap_err().to_string();
    assert!(reason.contains("a delete marker"), "{reason}");
}

/// What lies after the last batch and does not follow it is not taken for the next.
#[tokio::test]
async fn a_planted_batch_is_not_adopted() {
    let world = world().await;
    let before = world.fork();
    // Two writers of two worlds: each has sealed another batch at the same number.
    seal(&world.process(), 2, &[world.put(2, event(50))]).await;
    let fork = before.fork();
    for n in 0..2 {
        seal(&fork.process(), 2, &[fork.put(2, event(60 + n))]).await;
    }
    let chain = world.chain(2).await;
    let key = keys::batch(&chain, 4);
    let planted = fork.cloud.operator().object(&key).unwrap();
    world.cloud.operator().put(&key, planted.body, planted.retention);
    world.cloud.operator().lose_table();
    let error = recover(&world, &Faults::new()).await.unwrap_err();
    assert!(error.is_finding(), "{error}");
    assert!(error.to_string().contains("number 4: expected what follows 4"), "{error}");
    let head = world.cloud.chain(&chain).await.unwrap().head;
    assert_eq!(head.map(|head| head.number), Some(3));
}
