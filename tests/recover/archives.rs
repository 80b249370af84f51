//! What is wrong with the archive is not made into a table.

use cairn_batch::keys;
use cairn_cli::recover::{Options, RecoverError};
use cairn_ledger::VerifierKey;
use cairn_store::memory::Operator as Hand;
use cairn_store::{Objects, Signer};

use crate::story::{Operator, Story, held, refused, seal, tick};

async fn lost() -> Story {
    let story = Story::new().await;
    story.world.cloud.operator().lose_table();
    story
}

#[tokio::test]
async fn a_tampered_archive_is_refused() {
    type Deed = fn(&Hand, &str);
    let deeds: [(&str, Deed); 6] = [
        ("altered", |hand, key| hand.overwrite(key, None, "other bytes")),
        ("removed", |hand, key| hand.delete(key)),
        ("hidden", |hand, key| hand.mark_deleted(key)),
        ("doubled", |hand, key| {
            let object = hand.object(key).unwrap();
            hand.put(key, object.body, object.retention);
        }),
        ("unlocked", |hand, key| hand.set_retention(key, None, None)),
        ("a foreign key", |hand, key| {
            hand.put(&format!("{key}.copy"), "x", None);
        }),
    ];
    let story = lost().await;
    let (first, chain) = (story.world.chain(0).await, story.world.chain(4).await);
    let log = story.world.verify_archive(None);
    let subjects = [
        keys::batch(&first, 0),
        keys::batch(&first, 3),
        keys::batch(&chain, 0),
        keys::checkpoint(log.size),
        keys::CHECKPOINT.to_owned(),
        keys::tile(&format!("tile/entries/000.p/{}", log.size)),
    ];
    for subject in &subjects {
        for (case, deed) in deeds {
            let tampered = story.fork();
            if subject == keys::CHECKPOINT && ["doubled", "unlocked"].contains(&case) {
                continue;
            }
            deed(&tampered.world.cloud.operator(), subject);
            // An altered last object of a chain stops it: see `stops.rs`. These were followed by others.
            let error = refused(&tampered.world, &Options::default()).await;
            let wrong =
                matches!(error, RecoverError::Unverified { .. } | RecoverError::Archive { .. });
            assert!(wrong && error.is_finding(), "{subject} {case}: {error}");
        }
    }
}

#[tokio::test]
async fn a_history_that_does_not_extend_the_kept_checkpoint_is_refused() {
    let story = Story::new().await;
    let fork = story.fork();
    for (world, n) in [(&story.world, 50), (&fork.world, 60)] {
        seal(world, 1, n).await;
        tick(world).await;
    }
    let kept = story.world.verify_archive(None).checkpoint;
    fork.world.cloud.operator().lose_table();
    let operator = Operator::new(&fork.world, Some(&kept));
    let error = operator.run(&Options::default()).await.unwrap().unwrap_err();
    assert!(matches!(error, RecoverError::Unverified { .. }), "{error}");
    assert!(operator.faults.writes().is_empty());
    assert_eq!(held(&fork.world).await.chains, []);
}

#[tokio::test]
async fn another_deployments_archive_is_refused() {
    let mut story = lost().await;
    let der = story.world.signer().public_key().await.unwrap();
    story.world.keys = vec![VerifierKey::from_spki("other.example/log", &der).unwrap()];
    let error = refused(&story.world, &Options::default()).await;
    assert!(error.is_finding(), "{error}");
}

/// An archive that changes after it was verified is not what was verified.
#[tokio::test]
async fn entries_that_are_not_those_that_were_verified_are_refused() {
    let story = lost().await;
    let operator = Operator::new(&story.world, None);
    let size = story.world.verify_archive(None).size;
    let key = keys::tile(&format!("tile/entries/000.p/{size}"));
    let object = story.world.cloud.read(&key).await.unwrap().unwrap();
    let mut bytes = object.body.to_vec();
    let at = bytes.windows(6).position(|window| window == b"\"root\"").unwrap() + 9;
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    story.world.cloud.operator().overwrite(&key, None, bytes);
    let error = operator.run(&Options::default()).await.unwrap().unwrap_err();
    assert!(matches!(error, RecoverError::Archive { .. }), "{error}");
    assert!(operator.faults.writes().is_empty());
}
