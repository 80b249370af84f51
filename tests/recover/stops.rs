//! Stops are lost with the table: a chain whose next key holds what is not its next batch is stopped again,
//! for the same reason.

use cairn_batch::keys;
use cairn_cli::recover::{Options, RecoverError};
use cairn_ledger::{BatchHeader, Hash, Lineage};
use cairn_store::memory::Operator as Hand;
use cairn_store::{Encryption, Objects, StoredRecord, Table};
use cairn_tests::World;
use cairn_verify::FindingCode;

use crate::story::{Operator, deliver, held, recovered, refused, seal, strand, tick};

/// A chain with a logged batch, one that is not logged, and an object of number 2 that was not committed.
async fn half_made() -> (World, Vec<StoredRecord>, String) {
    let world = World::new(1).await;
    seal(&world, 0, 0).await;
    tick(&world).await;
    seal(&world, 0, 2).await;
    let records = strand(&world, 0, 4).await;
    let key = keys::batch(&world.chain(0).await, 2);
    (world, records, key)
}

/// Changes the header of the uncommitted object.
async fn replant(world: &World, key: &str, change: impl FnOnce(&mut BatchHeader)) {
    let object = world.cloud.read(key).await.unwrap().unwrap();
    let batch = cairn_batch::decode(object.body, 1 << 20).unwrap();
    let mut header = batch.header;
    change(&mut header);
    let leaves: Vec<_> = batch.rows.into_iter().map(|row| row.leaf).collect();
    world.cloud.operator().overwrite(key, None, cairn_batch::encode(&header, &leaves).unwrap());
}

/// Ingest stops the chain; with the table lost instead, recovery stops it too, with the same words.
async fn is_stopped_again(world: &World, records: &[StoredRecord], case: &str) {
    let lost = world.fork();
    let answer = world.process().ingest(0, records).await.unwrap().unwrap();
    assert!(!answer.failures.is_empty(), "{case}");
    let expected = held(world).await;
    let reason = expected.chains[0].1.stopped.clone().expect(case);

    lost.cloud.operator().lose_table();
    let done = recovered(&lost, None).await;
    assert_eq!(held(&lost).await, expected, "{case}");
    assert_eq!(done.stopped.len(), 1, "{case}");
    assert_eq!((done.stopped[0].before, &done.stopped[0].reason), (2, &reason), "{case}");
    let writes = lost.process();
    assert!(!writes.ingest(0, records).await.unwrap().unwrap().failures.is_empty(), "{case}");
    assert!(writes.faults.writes().is_empty(), "{case}: a stopped chain is left alone");
    assert_eq!(lost.process().tick().await.unwrap().added, 1, "{case}: what is its is logged");
    // Again, with a stop in the table.
    let again = Operator::new(&lost, None).run(&Options::default()).await.unwrap();
    assert_eq!(again.unwrap().written, 0, "{case}");
}

#[tokio::test]
async fn an_object_whose_header_is_not_the_next_stops_its_chain_again() {
    type Change = fn(&mut BatchHeader);
    let changes: [(&str, Change); 5] = [
        ("lineage", |header| header.lineage = Lineage::Previous(Hash::EMPTY_ROOT)),
        ("origin", |header| header.origin = "other.example".to_owned()),
        ("number", |header| header.number = 3),
        ("root", |header| header.root = Hash::EMPTY_ROOT),
        ("counts", |header| header.counts.events += 1),
    ];
    for (case, change) in changes {
        let (world, records, key) = half_made().await;
        replant(&world, &key, change).await;
        is_stopped_again(&world, &records, case).await;
    }
}

#[tokio::test]
async fn an_object_that_is_no_batch_or_not_alone_stops_its_chain_again() {
    type Deed = fn(&Hand, &str);
    let deeds: [(&str, Deed); 4] = [
        ("garbage", |hand, key| hand.overwrite(key, None, "garbage")),
        ("another version", |hand, key| {
            let object = hand.object(key).unwrap();
            hand.put(key, object.body, object.retention);
        }),
        ("a delete marker", |hand, key| hand.mark_deleted(key)),
        ("a delete marker alone", |hand, key| {
            hand.delete(key);
            hand.mark_deleted(key);
        }),
    ];
    for (case, deed) in deeds {
        let (world, records, key) = half_made().await;
        deed(&world.cloud.operator(), &key);
        is_stopped_again(&world, &records, case).await;
    }
}

/// A chain that was stopped before it had a batch is listed again.
#[tokio::test]
async fn a_chain_without_a_batch_is_stopped_again() {
    let world = World::new(2).await;
    seal(&world, 1, 0).await;
    tick(&world).await;
    let records = strand(&world, 0, 2).await;
    let key = keys::batch(&world.chain(0).await, 0);
    replant(&world, &key, |header| header.origin = "other.example".to_owned()).await;
    let lost = world.fork();
    world.process().ingest(0, &records).await.unwrap().unwrap();
    lost.cloud.operator().lose_table();
    recovered(&lost, None).await;
    assert_eq!(held(&lost).await, held(&world).await);
    assert!(lost.cloud.chain(&lost.chain(0).await).await.unwrap().stopped.is_some());
}

/// Ingest waits for an operator where an object is the chain's and could be taken away. So does recovery.
#[tokio::test]
async fn what_cannot_be_judged_is_not_decided() {
    type Deed = fn(&Hand, &str);
    let deeds: [Deed; 2] = [
        |hand, key| hand.set_retention(key, None, None),
        |hand, key| hand.set_encryption(key, None, Encryption::Other("AES256".to_owned())),
    ];
    for deed in deeds {
        let (world, _, key) = half_made().await;
        deed(&world.cloud.operator(), &key);
        world.cloud.operator().lose_table();
        let error = refused(&world, &Options::default()).await;
        assert!(matches!(error, RecoverError::Unverified { .. }), "{error}");
        assert!(error.is_finding());
    }
    let (world, _, key) = half_made().await;
    replant(&world, &key, |header| header.bundle = Hash::of(b"gone")).await;
    world.cloud.operator().lose_table();
    let error = refused(&world, &Options::default()).await;
    let RecoverError::Unverified { findings, .. } = error else { panic!("{error}") };
    assert_eq!(findings[0].code, FindingCode::ConfigMissing);
}

/// Only the stream tells that records were altered before they were sealed: the operator knows of the stop.
#[tokio::test]
async fn a_chain_is_stopped_by_the_word_of_its_operator() {
    let (world, records, key) = half_made().await;
    world.cloud.operator().lose_table();
    let chain = world.chain(0).await;
    let options = Options { stopped: [(chain.clone(), 2)].into(), ..Options::default() };
    let stopping = world.fork();
    let done = Operator::new(&stopping, None).run(&options).await.unwrap().unwrap();
    assert_eq!((done.batches, done.stopped[0].before), (2, 2));
    let state = stopping.cloud.chain(&chain).await.unwrap();
    assert_eq!((state.head.unwrap().number, state.stopped.is_some()), (1, true));
    // Without it, it is adopted.
    let done = recovered(&world, None).await;
    assert_eq!((done.batches, done.adopted, done.stopped), (3, vec![key], Vec::new()));
    deliver(&world, 0, &records).await;
    assert_eq!(tick(&world).await, 4);
}

/// Where nothing lies at the next key, or a chain cannot have been stopped at all.
#[tokio::test]
async fn a_stop_is_taken_at_the_next_number_alone() {
    let (world, _, key) = half_made().await;
    world.cloud.operator().delete(&key);
    world.cloud.operator().lose_table();
    let chain = world.chain(0).await;
    let nowhere = "events/20260131T235959Z/shardId-000000000000".parse().unwrap();
    for stopped in [(chain.clone(), 0), (chain.clone(), 1), (chain.clone(), 3), (nowhere, 0)] {
        let options = Options { stopped: [stopped.clone()].into(), ..Options::default() };
        let operator = Operator::new(&world, None);
        let ended = operator.run(&options).await.unwrap();
        if stopped == (chain.clone(), 1) {
            // The last object of the chain: it was committed or not, and this is the operator's word.
            assert_eq!(ended.unwrap().stopped[0].before, 1);
            world.cloud.operator().lose_table();
            continue;
        }
        let error = ended.unwrap_err();
        assert!(matches!(error, RecoverError::NotNext { .. }), "{error}");
        assert!(!error.is_finding() && operator.faults.writes().is_empty());
    }
    let options = Options { stopped: [(chain.clone(), 2)].into(), ..Options::default() };
    let done = Operator::new(&world, None).run(&options).await.unwrap().unwrap();
    assert_eq!((done.batches, done.stopped[0].before), (2, 2));
    let state = world.cloud.chain(&chain).await.unwrap();
    assert_eq!((state.head.unwrap().number, state.stopped.is_some()), (1, true));
}
