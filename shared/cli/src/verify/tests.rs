#![allow(clippy::unwrap_used, clippy::expect_used)]

use cairn_store::memory::DATA_KEY;
use cairn_verify::FindingCode;

use super::*;
use crate::testing::{DAY, World, event, run};

async fn verify_world(world: &World, options: &Options) -> Verified {
    let ask = cairn_verify::Options {
        verifier_keys: vec![world.key.to_string()],
        trusted: Vec::new(),
        data_key: Some(DATA_KEY.to_owned()),
        batch_retention: (DAY * 35).as_secs(),
        log_retention: (DAY * 3650).as_secs(),
        lock_mode: Some(cairn_verify::LockMode::Compliance),
        now: Timestamp::now(),
        max_lag: cairn_verify::MAX_LAG,
        heads: Some(heads(&world.cloud, &world.cloud).await.unwrap()),
        log_head: log_head(&world.cloud).await.unwrap(),
        heads_read: None,
    };
    verify_in(world.cloud.clone(), ask, options, &ProgressBar::hidden()).unwrap()
}

async fn grow(world: &World, id: &str) {
    world.seal(0, &[event(id)]).await;
    world.tick().await;
}

#[test]
fn the_checkpoint_of_a_green_verification_is_remembered_and_used() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let options =
            Options { memory: Some(Memory::in_folder(folder.path())), ..Options::default() };
        let world = World::new(1).await;
        grow(&world, "a").await;
        let first = verify_world(&world, &options).await;
        assert!(first.report.ok, "{:?}", first.report.findings);
        assert_eq!(first.trusted, Trusted::Nothing);
        let file = first.remembered.unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), first.report.checkpoint);
        grow(&world, "b").await;
        let second = verify_world(&world, &options).await;
        assert!(second.report.ok, "{:?}", second.report.findings);
        assert_eq!(second.trusted, Trusted::Remembered(file.clone()));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), second.report.checkpoint);
        assert_ne!(first.report.checkpoint, second.report.checkpoint);
    });
}

#[test]
fn a_fork_is_found_by_what_was_remembered_and_not_remembered_itself() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let options =
            Options { memory: Some(Memory::in_folder(folder.path())), ..Options::default() };
        let world = World::new(1).await;
        grow(&world, "a").await;
        let fork = world.fork();
        grow(&world, "b").await;
        let file = verify_world(&world, &options).await.remembered.unwrap();
        let kept = std::fs::read_to_string(&file).unwrap();

        let shorter = verify_world(&fork, &options).await;
        let codes: Vec<_> = shorter.report.findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&FindingCode::CheckpointRolledBack), "{codes:?}");
        grow(&fork, "c").await;
        grow(&fork, "d").await;
        let longer = verify_world(&fork, &options).await;
        let codes: Vec<_> = longer.report.findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&FindingCode::LogFork), "{codes:?}");
        assert_eq!(longer.remembered, None);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), kept);

        let blind = verify_world(&fork, &Options::default()).await;
        assert!(blind.report.ok, "without a checkpoint kept elsewhere nobody can tell");
    });
}

#[test]
fn a_given_checkpoint_does_not_replace_what_is_remembered() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let memory = Some(Memory::in_folder(folder.path()));
        let world = World::new(1).await;
        grow(&world, "a").await;
        let old = verify_world(&world, &Options::default()).await.report.checkpoint;
        let since = Options { since: Some(old), memory: memory.clone(), ..Options::default() };
        let first = verify_world(&world, &since).await;
        assert_eq!(first.trusted, Trusted::Given);
        assert!(first.remembered.is_some(), "nothing was remembered before");
        grow(&world, "b").await;
        let file = verify_world(&world, &Options { memory, ..Options::default() })
            .await
            .remembered
            .unwrap();
        let kept = std::fs::read_to_string(&file).unwrap();
        grow(&world, "c").await;
        let again = verify_world(&world, &since).await;
        assert!(again.report.ok);
        assert_eq!(again.remembered, None);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), kept);
    });
}
