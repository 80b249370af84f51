#![allow(clippy::unwrap_used, clippy::expect_used)]

use cairn_store::{ChainState, Table};

use super::*;
use crate::testing::{ORIGIN, World, event, run};

/// What an operator who has the deployment's verifier key is told.
async fn status_in(world: &World) -> Status {
    status_of(&world.cloud, &world.cloud, Some(std::slice::from_ref(&world.key))).await.unwrap()
}

#[test]
fn an_empty_deployment_has_a_status() {
    run(async {
        let world = World::new(2).await;
        let status = status_in(&world).await;
        let empty = Status {
            chains: Vec::new(),
            log_size: 0,
            checkpoint: None,
            overdue: false,
            unlogged: 0,
            keys: vec![world.key.to_string()],
        };
        assert_eq!(status, empty);
        assert!(status.is_fine());
    });
}

#[test]
fn unlogged_batches_are_counted() {
    run(async {
        let world = World::new(2).await;
        world.seal(0, &[event("a")]).await;
        world.seal(0, &[event("b")]).await;
        world.tick().await;
        world.seal(0, &[event("c")]).await;
        world.seal(1, &[event("d")]).await;
        world.seal(1, &[event("e")]).await;
        let status = status_in(&world).await;
        let chains: Vec<_> = status.chains.iter().map(|c| (c.number, c.unlogged)).collect();
        assert_eq!((status.log_size, status.unlogged), (3, 3));
        assert_eq!(chains, [(Some(2), 1), (Some(1), 2)]);
        let checkpoint = status.checkpoint.unwrap();
        assert_eq!(
            (checkpoint.origin.as_str(), checkpoint.size, checkpoint.signed),
            (ORIGIN, 3, Some(true))
        );
    });
}

#[test]
fn a_stopped_chain_and_a_forged_checkpoint_are_not_fine() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("a")]).await;
        world.tick().await;
        let other = World::new(1).await;
        let chain = world.cloud.chains().await.unwrap().remove(0);
        let state = world.cloud.chain(&chain).await.unwrap();
        let stopped = ChainState { stopped: Some("a fork".into()), ..state };
        world.cloud.operator().set_chain(&chain, stopped);
        let status = status_in(&world).await;
        assert_eq!(status.chains[0].stopped.as_deref(), Some("a fork"));
        assert!(!status.is_fine());
        let state = world.cloud.chain(&chain).await.unwrap();
        let continued = ChainState { continued: Some(Hash::of(b"order")), ..state };
        world.cloud.operator().set_chain(&chain, continued);
        let status = status_in(&world).await;
        assert_eq!(status.chains[0].successor, Some(format!("{chain}.1")));
        assert!(status.is_fine(), "it goes on by an order");

        other.seal(0, &[event("a")]).await;
        other.tick().await;
        let note = other.cloud.operator().object(keys::CHECKPOINT).unwrap().body;
        let note = String::from_utf8(note.to_vec()).unwrap().replacen("\n2\n", "\n3\n", 1);
        other.cloud.operator().overwrite(keys::CHECKPOINT, None, note);
        let status = status_in(&other).await;
        assert_eq!(status.checkpoint.as_ref().unwrap().signed, Some(false));
        assert!(!status.is_fine());
    });
}

#[test]
fn a_checkpoint_that_never_followed_is_not_fine() {
    let status = Status {
        chains: Vec::new(),
        log_size: 3,
        checkpoint: None,
        overdue: false,
        unlogged: 0,
        keys: Vec::new(),
    };
    assert!(status.is_fine(), "the log has just moved");
    assert!(!Status { overdue: true, ..status }.is_fine());
}

#[test]
fn a_chain_that_was_stopped_before_its_first_batch_is_shown() {
    run(async {
        let world = World::new(1).await;
        let chain = "events/20260131T120000Z/shardId-000000000009".parse().unwrap();
        world.cloud.stop(&chain, None, "the first object is another's").await.unwrap();
        let status = status_in(&world).await;
        assert!(!status.is_fine());
        assert_eq!(status.chains[0].number, None);
        assert_eq!(status.chains[0].stopped.as_deref(), Some("the first object is another's"));
    });
}
