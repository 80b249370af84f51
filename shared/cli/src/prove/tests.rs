#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::check;
use crate::show::show_in;
use crate::testing::{World, event, run};

async fn prove_id(world: &World, id: &str) -> Result<Proven, ProveError> {
    let query = id.parse().unwrap();
    prove_in(&world.cloud, &query, std::slice::from_ref(&world.key), &ProgressBar::hidden()).await
}

#[test]
fn every_event_of_a_growing_log_is_proven_and_checks_offline() {
    run(async {
        let world = World::new(2).await;
        for batch in 0..9 {
            let ids = (0..=batch % 4).map(|n| event(&format!("event-{batch}-{n}")));
            world.seal(batch % 2, &ids.collect::<Vec<_>>()).await;
            if batch % 3 == 2 {
                assert_eq!(world.tick().await, if batch == 2 { 4 } else { 3 });
            }
        }
        let key = [world.key.to_string()];
        for batch in 0..9 {
            for n in 0..=batch % 4 {
                let id = format!("event-{batch}-{n}");
                let proven = prove_id(&world, &id).await.unwrap();
                let checked = check(&proven.text, &key).unwrap();
                let leaf: serde_json::Value = serde_json::from_str(&checked.leaf).unwrap();
                assert_eq!((leaf["id"].as_str(), checked.index), (Some(id.as_str()), n as u64));
                assert_eq!(checked.checkpoint.checkpoint.size, 10);
            }
        }
    });
}

#[test]
fn an_event_that_no_checkpoint_covers_is_not_proven_yet() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("first")]).await;
        let error = prove_id(&world, "first").await.unwrap_err();
        assert!(matches!(error, ProveError::Waiting { index: 0, .. }), "{error}");
        world.tick().await;
        world.seal(0, &[event("second"), event("third")]).await;
        assert!(prove_id(&world, "first").await.is_ok());
        let error = prove_id(&world, "third").await.unwrap_err();
        assert!(matches!(error, ProveError::Waiting { index: 1, .. }), "{error}");
        world.tick().await;
        assert!(prove_id(&world, "third").await.is_ok());
    });
}

#[test]
fn an_event_that_is_not_there_is_not_found() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("first")]).await;
        // The id of an actor is not that of an event.
        for id in ["u1", "firs", "first ", ""] {
            let error = prove_id(&world, id).await.unwrap_err();
            assert!(
                matches!(error, ProveError::Find(FindError::Nowhere { batches: 1, .. })),
                "{error}"
            );
        }
    });
}

#[test]
fn a_rejection_is_proven_by_its_place() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("first"), "not json".into()]).await;
        world.tick().await;
        let found =
            show_in(&world.cloud, &"first".parse().unwrap(), &ProgressBar::hidden()).await.unwrap();
        assert_eq!(found.standing, Standing::Logged(1));
        let place = format!("{}#1", found.found.header.header.key);
        let proven = prove_id(&world, &place).await.unwrap();
        assert!(proven.checked.leaf.contains("\"kind\":\"rejection\""), "{}", proven.checked.leaf);
        let beyond = format!("{}#2", found.found.header.header.key);
        assert!(matches!(prove_id(&world, &beyond).await, Err(ProveError::Find(_))));
    });
}

#[test]
fn an_altered_batch_proves_nothing() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("first"), event("second")]).await;
        world.tick().await;
        let other = world.fork();
        let find =
            find(&world.cloud, &"first".parse().unwrap(), &ProgressBar::hidden()).await.unwrap();
        let key = find.header.header.key.clone();
        let mut batch =
            cairn_batch::decode(other.cloud.operator().object(&key).unwrap().body, 1 << 20)
                .unwrap();
        let leaf = String::from_utf8(batch.rows[0].leaf.bytes.clone()).unwrap();
        batch.rows[0].leaf.bytes = leaf.replace("\"d1\"", "\"d2\"").into_bytes();
        let body = cairn_batch::encode_rows(&batch.header, &batch.rows).unwrap();
        other.cloud.operator().overwrite(&key, None, body);
        let error = prove_id(&other, "first").await.unwrap_err();
        assert!(matches!(error, ProveError::Altered { position: 1, .. }), "{error}");
        let shown = show_in(&other.cloud, &"second".parse().unwrap(), &ProgressBar::hidden())
            .await
            .unwrap();
        assert_eq!(shown.standing, Standing::Other(1), "it is not what was logged");
        assert!(prove_id(&world, "first").await.is_ok());
    });
}

#[test]
fn a_missing_plan_is_not_mistaken_for_a_batch_that_waits() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("first")]).await;
        world.tick().await;
        world.seal(0, &[event("second")]).await;
        world.tick().await;
        let operator = world.cloud.operator();
        let plan = operator.keys().into_iter().find(|key| key.starts_with("log/plans/")).unwrap();
        operator.delete(&plan);
        let error = prove_id(&world, "first").await.unwrap_err();
        assert!(matches!(error, ProveError::Log(LogError::NoPlan { number: 0, .. })), "{error}");
        assert!(prove_id(&world, "second").await.is_ok());
    });
}

#[test]
fn a_batch_that_cannot_be_read_is_named_when_nothing_is_found() {
    run(async {
        let world = World::new(2).await;
        world.seal(0, &[event("first")]).await;
        world.seal(1, &[event("second")]).await;
        let operator = world.cloud.operator();
        let key = operator.keys().into_iter().find(|key| key.starts_with("batches/")).unwrap();
        operator.overwrite(&key, None, "garbage");
        let error = prove_id(&world, "nowhere").await.unwrap_err();
        assert!(error.to_string().contains(&key), "{error}");
    });
}

#[test]
fn a_forged_checkpoint_is_a_finding_and_no_failure() {
    run(async {
        let world = World::new(1).await;
        world.seal(0, &[event("first")]).await;
        world.tick().await;
        let other = cairn_store::memory::SoftwareSigner::ed25519([99; 32]);
        let der = cairn_store::Signer::public_key(&other).await.unwrap();
        let key = VerifierKey::from_spki(world.key.name(), &der).unwrap();
        let query = "first".parse().unwrap();
        let error =
            prove_in(&world.cloud, &query, &[key], &ProgressBar::hidden()).await.unwrap_err();
        assert!(matches!(&error, ProveError::Log(error) if error.is_finding()), "{error}");
    });
}
