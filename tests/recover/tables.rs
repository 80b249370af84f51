//! Only an empty table is filled, or what an earlier run left of one.

use cairn_cli::recover::{Options, RecoverError};
use cairn_ledger::{ChainId, Hash};
use cairn_store::{ChainState, Table, VersionId};

use crate::story::{Story, held, recovered, refused};

async fn is_refused(story: &Story, case: &str) {
    let error = refused(&story.world, &Options::default()).await;
    assert!(matches!(error, RecoverError::Table { .. }), "{case}: {error}");
    assert!(error.is_finding(), "{case}");
}

/// A table that was recovered, of which the head of the log is not there yet.
async fn whole() -> Story {
    let story = Story::new().await;
    story.world.cloud.operator().lose_table();
    recovered(&story.world, None).await;
    story.world.cloud.operator().set_log_head(None);
    story
}

#[tokio::test]
async fn a_table_that_was_restored_from_before_is_refused() {
    let story = Story::new().await;
    let operator = story.world.cloud.operator();
    let before = held(&story.world).await;
    crate::story::seal(&story.world, 1, 40).await;
    crate::story::tick(&story.world).await;
    operator.set_log_head(before.log.clone());
    is_refused(&story, "the log's head is older").await;
    let (chain, state, items) = &before.chains[1];
    operator.set_chain(chain, state.clone());
    operator.set_batch(chain, items.len() as u64, None);
    is_refused(&story, "a chain, too").await;
}

#[tokio::test]
async fn an_item_that_differs_is_refused() {
    let story = whole().await;
    for number in [0, 2, 3] {
        let altered = story.fork();
        let chain = altered.world.chain(0).await;
        let mut item = altered.world.cloud.batches(&chain, number, 1).await.unwrap().remove(0);
        item.version = VersionId::new("another");
        altered.world.cloud.operator().set_batch(&chain, number, Some(item.clone()));
        is_refused(&altered, "another version").await;
        item.header.sha256 = Hash::EMPTY_ROOT;
        altered.world.cloud.operator().set_batch(&chain, number, Some(item));
        is_refused(&altered, "another header").await;
        altered.world.cloud.operator().set_batch(&chain, number, None);
        is_refused(&altered, "none").await;
    }
}

#[tokio::test]
async fn a_head_that_differs_is_refused() {
    let story = whole().await;
    let chain = story.world.chain(0).await;
    let state = story.world.cloud.chain(&chain).await.unwrap();
    let head = state.head.clone().unwrap();
    let changed = |change: fn(&mut cairn_store::ChainHead)| {
        let mut head = head.clone();
        change(&mut head);
        ChainState { head: Some(head), ..ChainState::default() }
    };
    for (case, state) in [
        ("ahead", changed(|head| head.number += 1)),
        ("another link", changed(|head| head.link = Hash::EMPTY_ROOT)),
        ("another last", changed(|head| head.last = "9".parse().unwrap())),
        ("another version", changed(|head| head.object.version = VersionId::new("another"))),
        ("behind its items", changed(|head| head.number -= 1)),
        ("none, with items", ChainState::default()),
        ("stopped", ChainState { stopped: Some("why".to_owned()), ..state }),
    ] {
        let altered = story.fork();
        altered.world.cloud.operator().set_chain(&chain, state);
        is_refused(&altered, case).await;
    }
    let altered = story.fork();
    altered.world.cloud.operator().set_registered(&chain, false);
    is_refused(&altered, "not listed").await;
}

#[tokio::test]
async fn a_chain_that_the_archive_does_not_have_is_refused() {
    let story = Story::new().await;
    story.world.cloud.operator().lose_table();
    let other: ChainId = "other/20260131T235959Z/shardId-000000000000".parse().unwrap();
    story.world.cloud.operator().set_registered(&other, true);
    is_refused(&story, "another deployment's table").await;
}
