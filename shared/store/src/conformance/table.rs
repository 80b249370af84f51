//! What every ledger table promises.

use cairn_ledger::{BatchHeader, ChainId, Coordinates, Counts, Hash, Lineage, Parent};
use jiff::{SignedDuration, Timestamp};

use super::{Ground, assert_conflict, at_once, only_winner};
use crate::{
    BatchItem, ChainHead, ChainState, LogHead, LogPoint, ObjectVersionRef, Placed, Redrive, Table,
    VersionId,
};

/// The promises of [`Table`]. Moves the head of the log, from wherever it is.
pub async fn table<T: Table + Clone + 'static>(store: &T, ground: &Ground) {
    a_chain_grows_batch_by_batch(store, ground).await;
    a_commit_on_another_head_writes_nothing(store, ground).await;
    an_item_is_written_once(store, ground).await;
    one_of_many_commits_wins(store, ground).await;
    a_stopped_chain_takes_no_commit(store, ground).await;
    a_chain_can_be_stopped_before_it_began(store, ground).await;
    a_stopped_chain_is_continued_once_and_stays_stopped(store, ground).await;
    a_chain_that_was_stopped_before_it_began_can_be_continued(store, ground).await;
    one_of_many_orders_wins(store, ground).await;
    batches_are_listed_in_order(store, ground).await;
    chains_are_registered_by_their_first_batch(store, ground).await;
    the_log_moves_from_where_it_is(store, ground).await;
    one_of_many_moves_of_the_log_wins(store, ground).await;
    a_redrive_moves_from_where_it_is(store, ground).await;
    one_of_many_redrives_wins(store, ground).await;
}

fn chain(ground: &Ground, shard: &str) -> ChainId {
    format!("{}/20260131T235959Z/{shard}", ground.name).parse().expect("a chain's name")
}

/// The next batch of a chain; `salt` tells apart those that contend for the same number.
fn next(chain: &ChainId, head: Option<&ChainHead>, salt: u64) -> (ChainHead, BatchItem) {
    let number = head.map_or(0, |head| head.number + 1);
    let hash = |what: &str| Hash::of(format!("{what} {chain} {number} {salt}").as_bytes());
    let parent = |shard| Parent { chain: chain.sibling(shard).unwrap(), link: hash(shard) };
    let sequence = |n: u64| format!("4959033827149025660855969253836157109592{n:016}").parse();
    let key = format!("batches/{chain}/{number:020}.parquet");
    let header = BatchHeader {
        origin: "audit.example.com/conformance".to_owned(),
        chain: chain.clone(),
        number,
        lineage: match head {
            Some(head) => Lineage::Previous(head.link),
            None => Lineage::Genesis(vec![parent("parent-0"), parent("parent-1")]),
        },
        root: hash("root"),
        counts: Counts { events: number + 7, records: number + 6, rejections: salt },
        tenants: hash("tenants"),
        first: sequence(number * 10).unwrap(),
        last: sequence(number * 10 + 9).unwrap(),
        arrived: ["2026-01-31T23:59:59.000Z".to_owned(), "2026-01-31T23:59:59.999Z".to_owned()],
        bundle: hash("bundle"),
        transform: "conformance/1".to_owned(),
        key: key.clone(),
    };
    let header = header.seal(hash("object"));
    let version = VersionId::new(&hash("version").to_string()[..32]);
    let next = ChainHead {
        number,
        link: header.link(),
        last: header.header.last.clone(),
        object: ObjectVersionRef { key, version: version.clone() },
    };
    (next, BatchItem { header, version })
}

async fn grow(store: &impl Table, chain: &ChainId, batches: u64) -> Vec<(ChainHead, BatchItem)> {
    let mut grown: Vec<(ChainHead, BatchItem)> = Vec::new();
    for _ in 0..batches {
        let head = grown.last().map(|(head, _)| head);
        let (to, item) = next(chain, head, 0);
        store.commit(chain, head, &to, &item).await.unwrap();
        grown.push((to, item));
    }
    grown
}

fn at(head: &ChainHead) -> ChainState {
    ChainState { head: Some(head.clone()), ..ChainState::default() }
}

async fn a_chain_grows_batch_by_batch(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "grows");
    assert_eq!(store.chain(&chain).await.unwrap(), ChainState::default());
    let mut head: Option<ChainHead> = None;
    for number in 0..3 {
        let (to, item) = next(&chain, head.as_ref(), 0);
        assert_eq!(to.number, number);
        store.commit(&chain, head.as_ref(), &to, &item).await.unwrap();
        assert_eq!(store.chain(&chain).await.unwrap(), at(&to));
        assert_eq!(store.batches(&chain, number, 10).await.unwrap(), [item]);
        head = Some(to);
    }
}

async fn a_commit_on_another_head_writes_nothing(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "another-head");
    let grown = grow(store, &chain, 2).await;
    let [(first, _), (second, _)] = &grown[..] else { unreachable!("two batches") };
    let mut strange = second.clone();
    strange.link = Hash::of(b"another link");
    let mut version = second.clone();
    version.object.version = VersionId::new("another version");
    for wrong in [None, Some(first), Some(&strange), Some(&version)] {
        let (to, item) = next(&chain, Some(second), 1);
        assert_conflict(store.commit(&chain, wrong, &to, &item).await);
        // A number that has no item yet, so that nothing but the head stands in the way.
        assert_eq!(store.batches(&chain, to.number, 10).await.unwrap(), [], "no item was written");
        assert_eq!(store.chain(&chain).await.unwrap(), at(second), "the head did not move");
    }
    let empty = super::table::chain(ground, "another-head-of-none");
    let (to, item) = next(&empty, Some(second), 0);
    assert_conflict(store.commit(&empty, Some(second), &to, &item).await);
    assert_eq!(store.chain(&empty).await.unwrap(), ChainState::default());
    assert_eq!(store.batches(&empty, 0, 10).await.unwrap(), []);
}

async fn an_item_is_written_once(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "item-once");
    let grown = grow(store, &chain, 2).await;
    let head = &grown[1].0;
    let mut again = next(&chain, Some(&grown[0].0), 1);
    again.0.number += 1;
    // The head is as expected, but the batch's number has an item.
    assert_conflict(store.commit(&chain, Some(head), &again.0, &again.1).await);
    assert_eq!(store.chain(&chain).await.unwrap(), at(head));
    assert_eq!(store.batches(&chain, 1, 10).await.unwrap(), [grown[1].1.clone()]);
}

async fn one_of_many_commits_wins<T: Table + Clone + 'static>(store: &T, ground: &Ground) {
    let chain = chain(ground, "race");
    let mut head: Option<ChainHead> = None;
    for _ in 0..3 {
        let contenders: Vec<_> = (0..8).map(|n| next(&chain, head.as_ref(), n)).collect();
        let commit = |(to, item): (ChainHead, BatchItem)| {
            let (store, chain, head) = (store.clone(), chain.clone(), head.clone());
            async move {
                loop {
                    match store.commit(&chain, head.as_ref(), &to, &item).await {
                        // Transactions in each other's way; the head has not moved by this one.
                        Err(crate::StoreError::Unknown { .. })
                            if store.chain(&chain).await.unwrap().head == head => {}
                        Err(crate::StoreError::Unknown { operation, detail }) => {
                            return Err(crate::StoreError::Conflict { operation, detail });
                        }
                        answer => return answer,
                    }
                }
            }
        };
        let answers = at_once(contenders.iter().cloned().map(commit)).await;
        let (to, item) = &contenders[only_winner(&answers)];
        assert_eq!(store.chain(&chain).await.unwrap(), at(to));
        assert_eq!(store.batches(&chain, to.number, 10).await.unwrap(), std::slice::from_ref(item));
        head = Some(to.clone());
    }
}

async fn a_stopped_chain_takes_no_commit(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "stopped");
    let grown = grow(store, &chain, 2).await;
    let [(first, _), (second, _)] = &grown[..] else { unreachable!("two batches") };
    assert_conflict(store.stop(&chain, None, "wrong").await);
    assert_conflict(store.stop(&chain, Some(first), "wrong").await);
    assert_eq!(store.chain(&chain).await.unwrap(), at(second), "it was not stopped");

    store.stop(&chain, Some(second), "the object at the next key is another's").await.unwrap();
    let stopped = ChainState {
        head: Some(second.clone()),
        stopped: Some("the object at the next key is another's".to_owned()),
        continued: None,
    };
    assert_eq!(store.chain(&chain).await.unwrap(), stopped);
    let (to, item) = next(&chain, Some(second), 0);
    assert_conflict(store.commit(&chain, Some(second), &to, &item).await);
    assert_eq!(store.batches(&chain, to.number, 10).await.unwrap(), []);
    store.stop(&chain, Some(second), "a second reason").await.unwrap();
    assert_conflict(store.stop(&chain, Some(first), "a second reason").await);
    assert_eq!(store.chain(&chain).await.unwrap(), stopped, "the first reason stays");
}

async fn a_chain_can_be_stopped_before_it_began(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "stopped-at-none");
    store.stop(&chain, None, "early").await.unwrap();
    let stopped = ChainState { stopped: Some("early".to_owned()), ..ChainState::default() };
    assert_eq!(store.chain(&chain).await.unwrap(), stopped);
    let (to, item) = next(&chain, None, 0);
    assert_conflict(store.commit(&chain, None, &to, &item).await);
    assert_eq!(store.chain(&chain).await.unwrap(), stopped);
    assert!(store.chains().await.unwrap().contains(&chain), "whoever lists chains sees it");
}

async fn a_stopped_chain_is_continued_once_and_stays_stopped(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "continued");
    let grown = grow(store, &chain, 2).await;
    let [(first, _), (second, _)] = &grown[..] else { unreachable!("two batches") };
    let order = Hash::of(b"order");
    assert_conflict(store.resume(&chain, Some(second), &order).await);
    assert_eq!(store.chain(&chain).await.unwrap(), at(second), "it goes on by itself");
    store.stop(&chain, Some(second), "why").await.unwrap();
    let mut state = store.chain(&chain).await.unwrap();
    for wrong in [None, Some(first)] {
        assert_conflict(store.resume(&chain, wrong, &order).await);
        assert_eq!(store.chain(&chain).await.unwrap(), state, "it was not continued");
    }
    state.continued = Some(order);
    for _ in 0..2 {
        store.resume(&chain, Some(second), &order).await.unwrap();
        assert_eq!(store.chain(&chain).await.unwrap(), state);
    }
    assert_conflict(store.resume(&chain, Some(second), &Hash::of(b"another order")).await);
    let (to, item) = next(&chain, Some(second), 0);
    assert_conflict(store.commit(&chain, Some(second), &to, &item).await);
    store.stop(&chain, Some(second), "again").await.unwrap();
    assert_eq!(store.chain(&chain).await.unwrap(), state, "the first order stays, and the reason");
    assert_eq!(store.batches(&chain, to.number, 10).await.unwrap(), []);
    assert_eq!(store.chain(&chain.successor()).await.unwrap(), ChainState::default());
    assert!(!store.chains().await.unwrap().contains(&chain.successor()), "it has no batch yet");
}

async fn a_chain_that_was_stopped_before_it_began_can_be_continued(
    store: &impl Table,
    ground: &Ground,
) {
    let (chain, order) = (chain(ground, "continued-at-none"), Hash::of(b"order"));
    assert_conflict(store.resume(&chain, None, &order).await);
    assert_eq!(store.chain(&chain).await.unwrap(), ChainState::default());
    store.stop(&chain, None, "early").await.unwrap();
    store.resume(&chain, None, &order).await.unwrap();
    let continued =
        ChainState { head: None, stopped: Some("early".to_owned()), continued: Some(order) };
    assert_eq!(store.chain(&chain).await.unwrap(), continued);
    let (to, item) = next(&chain, None, 0);
    assert_conflict(store.commit(&chain, None, &to, &item).await);
}

async fn one_of_many_orders_wins<T: Table + Clone + 'static>(store: &T, ground: &Ground) {
    let chain = chain(ground, "continued-race");
    store.stop(&chain, None, "early").await.unwrap();
    let order = |n: u8| Hash::of(&[n]);
    let resume = |n: u8| {
        let (store, chain) = (store.clone(), chain.clone());
        async move { store.resume(&chain, None, &order(n)).await }
    };
    let answers = at_once((0..8).map(resume)).await;
    let winner = u8::try_from(only_winner(&answers)).unwrap();
    assert_eq!(store.chain(&chain).await.unwrap().continued, Some(order(winner)));
}

async fn batches_are_listed_in_order(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "listed");
    // Past 9 and 10, whose order differs as numbers and as digits.
    let grown = grow(store, &chain, 12).await;
    let items: Vec<BatchItem> = grown.into_iter().map(|(_, item)| item).collect();
    assert_eq!(store.batches(&chain, 0, 1000).await.unwrap(), items);
    assert_eq!(store.batches(&chain, 0, usize::MAX).await.unwrap(), items);
    assert_eq!(store.batches(&chain, 0, 5).await.unwrap(), items[..5]);
    assert_eq!(store.batches(&chain, 5, 5).await.unwrap(), items[5..10]);
    assert_eq!(store.batches(&chain, 11, 5).await.unwrap(), items[11..]);
    assert_eq!(store.batches(&chain, 12, 5).await.unwrap(), []);
    assert_eq!(store.batches(&chain, u64::MAX, 5).await.unwrap(), []);
    assert_eq!(store.batches(&chain, 0, 0).await.unwrap(), []);
    let unborn = chain.sibling("listed-not").unwrap();
    assert_eq!(store.batches(&unborn, 0, 5).await.unwrap(), []);
}

async fn chains_are_registered_by_their_first_batch(store: &impl Table, ground: &Ground) {
    let registered = ["registered-1", "registered-10", "registered-2"].map(|s| chain(ground, s));
    for chain in registered.iter().rev() {
        assert!(!store.chains().await.unwrap().contains(chain));
        grow(store, chain, 2).await;
    }
    let all = store.chains().await.unwrap();
    assert!(all.is_sorted_by(|a, b| a < b), "in order, each once: {all:?}");
    let found: Vec<_> = all.into_iter().filter(|chain| registered.contains(chain)).collect();
    assert_eq!(found, registered);
}

fn moved(from: Option<&LogHead>, by: u64, moved: Timestamp) -> LogHead {
    let from = from.map(|head| head.to.clone());
    let size = from.as_ref().map_or(0, |point| point.size) + by;
    let hash = |what: &str| Hash::of(format!("{what} {size}").as_bytes());
    let to = LogPoint { size, root: hash("root"), cursors: hash("cursors") };
    LogHead { to, from, moved }
}

async fn the_log_moves_from_where_it_is(store: &impl Table, ground: &Ground) {
    let start = store.log_head().await.unwrap();
    let first = moved(start.as_ref(), 3, ground.now);
    store.advance_log(start.as_ref(), &first).await.unwrap();
    assert_eq!(store.log_head().await.unwrap(), Some(first.clone()));
    let second = moved(Some(&first), 2, ground.now + SignedDuration::from_secs(60));
    let mut root = first.clone();
    root.to.root = Hash::of(b"another root");
    let mut cursors = first.clone();
    cursors.to.cursors = Hash::of(b"other cursors");
    let mut time = first.clone();
    time.moved += SignedDuration::from_secs(1);
    let mut from = first.clone();
    from.from = match &from.from {
        Some(_) => None,
        None => Some(from.to.clone()),
    };
    for wrong in [start.as_ref(), Some(&root), Some(&cursors), Some(&time), Some(&from)] {
        assert_conflict(store.advance_log(wrong, &second).await);
        assert_eq!(store.log_head().await.unwrap(), Some(first.clone()), "it did not move");
    }
    store.advance_log(Some(&first), &second).await.unwrap();
    assert_eq!(store.log_head().await.unwrap(), Some(second.clone()));
    assert_conflict(store.advance_log(Some(&first), &second).await);
    assert_conflict(store.advance_log(None, &second).await);
}

async fn one_of_many_moves_of_the_log_wins<T: Table + Clone + 'static>(store: &T, ground: &Ground) {
    let start = store.log_head().await.unwrap();
    let contenders: Vec<_> = (1..9).map(|by| moved(start.as_ref(), by, ground.now)).collect();
    let advance = |to: LogHead| {
        let (store, start) = (store.clone(), start.clone());
        async move { store.advance_log(start.as_ref(), &to).await }
    };
    let answers = at_once(contenders.iter().cloned().map(advance)).await;
    let winner = only_winner(&answers);
    assert_eq!(store.log_head().await.unwrap().as_ref(), Some(&contenders[winner]));
}

/// Markers keep milliseconds.
fn whole(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond()).unwrap()
}

fn item(chain: &ChainId, sequence: &str, index: u32) -> Coordinates {
    Coordinates { chain: chain.clone(), index, sequence: sequence.parse().unwrap() }
}

async fn a_redrive_moves_from_where_it_is(store: &impl Table, ground: &Ground) {
    let chain = chain(ground, "redrive");
    let at = item(&chain, "4959", 7);
    assert_eq!(store.redrive(&at).await.unwrap(), None);
    assert_eq!(store.redrives(&chain).await.unwrap().len(), 0);
    let now = whole(ground.now);
    let begun = Redrive { run: "a".to_owned(), begun: now, put: None };
    let later = Redrive { begun: now + SignedDuration::from_millis(1), ..begun.clone() };
    let other = Redrive { run: "b".to_owned(), ..begun.clone() };
    let placed = Placed { shard: "shardId-1".to_owned(), sequence: "77".parse().unwrap() };
    let put = Redrive { put: Some(placed), ..begun.clone() };
    assert_conflict(store.move_redrive(&at, Some(&begun), &put).await);
    store.move_redrive(&at, None, &begun).await.unwrap();
    for wrong in [None, Some(&later), Some(&other), Some(&put)] {
        assert_conflict(store.move_redrive(&at, wrong, &other).await);
        assert_eq!(store.redrive(&at).await.unwrap(), Some(begun.clone()), "it did not move");
    }
    store.move_redrive(&at, Some(&begun), &put).await.unwrap();
    for wrong in [None, Some(&begun)] {
        assert_conflict(store.move_redrive(&at, wrong, &other).await);
    }
    assert_eq!(store.redrive(&at).await.unwrap(), Some(put.clone()));

    let next = item(&chain, "4959", 8);
    store.move_redrive(&next, None, &other).await.unwrap();
    let elsewhere = item(&chain.sibling("redrive-2").unwrap(), "4959", 7);
    store.move_redrive(&elsewhere, None, &other).await.unwrap();
    let all = store.redrives(&chain).await.unwrap();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [(at, put), (next, other)]);
    assert!(!store.chains().await.unwrap().contains(&chain), "a redrive registers no chain");
}

async fn one_of_many_redrives_wins<T: Table + Clone + 'static>(store: &T, ground: &Ground) {
    let at = item(&chain(ground, "redrive-race"), "4959", 0);
    let contender = |n: u8| Redrive { run: n.to_string(), begun: whole(ground.now), put: None };
    let begin = |redrive: Redrive| {
        let (store, at) = (store.clone(), at.clone());
        async move { store.move_redrive(&at, None, &redrive).await }
    };
    let answers = at_once((0..8).map(contender).map(begin)).await;
    let winner = u8::try_from(only_winner(&answers)).unwrap();
    assert_eq!(store.redrive(&at).await.unwrap(), Some(contender(winner)));
}
