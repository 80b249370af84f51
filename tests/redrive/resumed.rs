//! A stopped chain goes on by an order: what it and its successor rejected, or what expired meanwhile, comes back.

use cairn_batch::keys;
use cairn_cli::find::{Query, find};
use cairn_cli::quarantine::State;
use cairn_cli::redrive::Options;
use cairn_store::{Objects, Table};
use cairn_tests::World;
use indicatif::ProgressBar;
use jiff::{SignedDuration, Timestamp};

use crate::expired::{EXPIRED, operator_since};
use crate::story::{LATER, Operator, deliver, event, mended, records, redriven, strict};

/// The object lies at the chain's next key; ingest finds it, and an operator has the chain go on.
async fn resumed(world: &World, body: Vec<u8>) {
    let chain = world.chain(0).await;
    world.cloud.operator().put(&keys::batch(&chain, 1), body, None);
    let all = records(world).await;
    let answer = world.process().ingest(0, &all).await.unwrap().unwrap();
    assert!(!answer.failures.is_empty());
    world.resume(&chain).await;
}

#[tokio::test]
async fn what_a_chain_and_its_successor_rejected_is_redriven() {
    let world = mended(&[event("acme")]).await.under(strict()).await;
    world.put(0, event("globex"));
    resumed(&world, b"another's".to_vec()).await;
    deliver(&world).await;
    let world = world.under(cairn_event::Bundle::with_tenant_key(cairn_tests::TENANT_KEY)).await;
    let operator = Operator::new(&world, SignedDuration::ZERO);
    let items = operator.list().await.unwrap();
    let original = world.chain(0).await;
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item.coordinates.chain == original));
    assert_eq!(operator.redrive(&Options::default()).await, ["put", "put"]);
    deliver(&world).await;
    let firsts: Vec<_> = redriven(&world, "redriven").await;
    assert_eq!(firsts.len(), 2);
    for (item, event) in items.iter().zip(&firsts) {
        assert_eq!(event["redrive"], serde_json::to_value(&item.coordinates).unwrap());
    }
    let again = Operator::new(&world, LATER).redrive(&Options::default()).await;
    assert_eq!(again, ["already", "already"]);
    assert_eq!(world.verify().await.acknowledged.len(), 1);
}

/// While the chain stands, nobody can tell that what lies at its next key is not committed; the order tells.
#[tokio::test]
async fn what_expired_while_the_chain_stood_is_redriven_once_it_goes_on() {
    let world = World::new(1).await;
    world.put(0, event("acme"));
    deliver(&world).await;
    let lost = world.put(0, event("globex"));
    let chain = world.chain(0).await;
    let gone = Timestamp::now() - SignedDuration::from_mins(60);
    let expired = async || {
        let operator = operator_since(&world, std::slice::from_ref(&lost), LATER, gone);
        let done = operator.try_redrive(&EXPIRED).await.unwrap();
        done.map(|done| done.iter().map(|done| done.outcome.name()).collect::<Vec<_>>())
    };
    world.cloud.operator().put(&keys::batch(&chain, 1), "another's", None);
    let before = expired().await.unwrap();
    assert!(!before.contains(&"put"), "{before:?}");
    world.cloud.operator().delete(&keys::batch(&chain, 1));
    resumed(&world, b"another's".to_vec()).await;
    assert!(expired().await.unwrap().contains(&"put"));
    let seen = records(&world).await;
    let fresh: Vec<_> = seen.into_iter().filter(|record| record.sequence > lost.sequence).collect();
    assert_eq!(fresh.len(), 1);
    let answer = world.process().ingest(0, &fresh).await.unwrap().unwrap();
    assert!(answer.failures.is_empty());
    let events = redriven(&world, "expired").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["tenant"], "globex");
    assert!(matches!(
        operator_since(&world, &[lost], LATER, gone).list().await.unwrap()[0].state,
        State::Redriven { .. }
    ));
}

/// What is acknowledged as no batch may hold the same events as the batch that was sealed in its place.
#[tokio::test]
async fn an_event_is_found_where_it_was_sealed_anew() {
    let world = World::new(1).await;
    let chain = world.chain(0).await;
    world.put(0, event("acme"));
    deliver(&world).await;
    let fork = world.fork();
    world.put(0, event("globex"));
    fork.put(0, event("globex"));
    deliver(&fork).await;
    let key = keys::batch(&chain, 1);
    let mut twin = fork.cloud.read(&key).await.unwrap().unwrap().body.to_vec();
    let header = cairn_batch::header(&twin).unwrap();
    let id = cairn_batch::decode(twin.clone().into(), 1 << 20).unwrap().rows.remove(0).leaf;
    let id = id.event.unwrap().id.to_string();
    // Another log's: ingest refuses it, and whoever looks for an event could find it here.
    let rows = cairn_batch::decode(twin.clone().into(), 1 << 20).unwrap().rows;
    let leaves: Vec<_> = rows.into_iter().map(|row| row.leaf).collect();
    let foreign = cairn_ledger::BatchHeader { origin: "other.example".to_owned(), ..header };
    twin = cairn_batch::encode(&foreign, &leaves).unwrap().to_vec();
    resumed(&world, twin).await;
    deliver(&world).await;
    let bar = ProgressBar::hidden();
    let found = find(&world.cloud, &Query::Id(id), &bar).await.unwrap();
    assert_eq!(found.header.header.key, keys::batch(&chain.successor(), 0));
    let place = Query::Place { key, index: 0 };
    let planted = find(&world.cloud, &place, &bar).await.unwrap();
    assert_eq!(planted.header.header.origin, "other.example", "who names it is shown it");
    assert!(world.cloud.chain(&chain).await.unwrap().continued.is_some());
}
