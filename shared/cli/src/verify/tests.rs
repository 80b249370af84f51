#![allow(clippy::unwrap_used, clippy::expect_used)]

use cairn_store::memory::DATA_KEY;
use cairn_verify::FindingCode;

use super::*;
use crate::testing::{DAY, World, event, run};

async fn ask(world: &World) -> cairn_verify::Options {
    cairn_verify::Options {
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
    }
}

async fn verify_world(world: &World, options: &Options) -> Verified {
    verify_in(world.cloud.clone(), ask(world).await, options, &ProgressBar::hidden()).unwrap()
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
fn a_given_checkpoint_does_not_stand_for_what_is_remembered() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let memory = Some(Memory::in_folder(folder.path()));
        let world = World::new(1).await;
        grow(&world, "a").await;
        let old = verify_world(&world, &Options::default()).await.report.checkpoint;
        let since = Options { since: vec![old], memory: memory.clone(), ..Options::default() };
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
        assert_eq!(again.trusted, Trusted::Both(file.clone()));
        assert_ne!(std::fs::read_to_string(&file).unwrap(), kept, "a larger one replaces it");
    });
}

#[test]
fn a_fork_is_found_by_what_was_remembered_though_another_checkpoint_is_given() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let memory = Some(Memory::in_folder(folder.path()));
        let world = World::new(1).await;
        grow(&world, "a").await;
        let since = vec![verify_world(&world, &Options::default()).await.report.checkpoint];
        let fork = world.fork();
        grow(&world, "b").await;
        verify_world(&world, &Options { memory: memory.clone(), ..Options::default() }).await;
        grow(&fork, "c").await;
        let found = verify_world(&fork, &Options { since, memory, ..Options::default() }).await;
        let codes: Vec<_> = found.report.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [FindingCode::LogFork]);
    });
}

#[test]
fn what_another_key_signed_is_not_forgotten_but_asked_about() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::in_folder(folder.path());
        let options = Options { memory: Some(memory), ..Options::default() };
        let mut world = World::new(1).await;
        grow(&world, "a").await;
        verify_world(&world, &options).await;
        let other = cairn_store::memory::SoftwareSigner::ed25519([99; 32]);
        let der = cairn_store::Signer::public_key(&other).await.unwrap();
        world.key = VerifierKey::from_spki(world.key.name(), &der).unwrap();
        let error =
            verify_in(world.cloud.clone(), ask(&world).await, &options, &ProgressBar::hidden())
                .unwrap_err();
        assert!(error.to_string().contains("--key"), "{error}");
    });
}

#[test]
fn a_report_is_given_though_its_checkpoint_cannot_be_remembered() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("link")).unwrap();
        let memory = Some(Memory::in_folder(folder.path().join("link")));
        let world = World::new(1).await;
        grow(&world, "a").await;
        let verified = verify_world(&world, &Options { memory, ..Options::default() }).await;
        assert!(verified.report.ok);
        assert_eq!(verified.remembered, None);
        assert!(verified.forgotten.unwrap().contains("cannot write"));
    });
}

#[test]
fn the_table_is_asked_about_chains_that_it_does_not_list() {
    run(async {
        let world = World::new(1).await;
        let chain: ChainId = "events/20260131T120000Z/shardId-000000000009".parse().unwrap();
        world.cloud.stop(&chain, None, "another's").await.unwrap();
        let chains = heads(&world.cloud, &world.cloud).await.unwrap();
        assert_eq!(
            chains[&chain],
            TableChain { stopped: Some("another's".into()), ..TableChain::default() }
        );
    });
}
