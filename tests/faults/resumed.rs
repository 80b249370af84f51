//! An operator orders a stopped chain to go on: every fault at every call of the order and of ingest going
//! over, zombies of the stopped chain and other operators in between. Each case ends with a green verification:
//! no fork, nothing lost, nothing twice.

use std::sync::Arc;

use cairn_batch::keys;
use cairn_cli::resume::{Context, ResumeError, Resumed, examine, resume};
use cairn_ledger::{ChainId, Hash, Lineage, Order, Parent};
use cairn_store::faults::{At, Call, Fault, Faults, Operation};
use cairn_store::{Objects, StoredRecord, Table};
use cairn_tests::{World, operator};

use crate::planted::{half_made, plant};
use crate::story::{Cut, all_is_well, deliver, event, records};

const BATCH: std::ops::Range<usize> = 2..6;

/// What `cairn resume` does, in a process that may die.
async fn order_in(
    world: &World,
    faults: &Faults,
    chain: &ChainId,
    context: &Context,
) -> Option<Result<Resumed, ResumeError>> {
    let (objects, table) = (faults.wrap(world.cloud.clone()), faults.wrap(world.cloud.clone()));
    let work = async {
        let examined = examine(&objects, &table, context, chain).await?;
        resume(&objects, &table, context, examined).await
    };
    faults.until_crash(work).await
}

async fn order(world: &World, chain: &ChainId) -> Resumed {
    order_in(world, &Faults::new(), chain, &operator("explained")).await.unwrap().unwrap()
}

/// The first shard's chain has one batch; at its next key lies another's object, which has stopped it.
async fn stopped() -> (World, Vec<StoredRecord>) {
    let (world, records) = half_made().await;
    plant(&world, |header, _| header.root = Hash::EMPTY_ROOT).await;
    stop(&world, 0, &records[BATCH]).await;
    (world, records)
}

/// Ingest finds what lies at the next key, and stops the chain.
async fn stop(world: &World, shard: usize, records: &[StoredRecord]) {
    let answer = world.process().ingest(shard, records).await.unwrap().unwrap();
    assert_eq!(answer.failures.len(), 1);
}

async fn in_force(world: &World) -> ChainId {
    let mut chain = world.chain(0).await;
    while world.cloud.chain(&chain).await.unwrap().continued.is_some() {
        chain = chain.successor();
    }
    chain
}

#[tokio::test]
async fn a_stopped_chain_goes_on_by_an_order() {
    let (world, records) = stopped().await;
    let chain = world.chain(0).await;
    let head = world.cloud.chain(&chain).await.unwrap().head.unwrap();
    let resumed = order(&world, &chain).await;
    assert!(resumed.new);
    assert_eq!(resumed.successor, chain.successor());
    deliver(&world.process(), &[&records]).await;
    all_is_well(&world, &records, "resumed").await;

    let items = world.cloud.batches(&chain.successor(), 0, 10).await.unwrap();
    let parents = vec![Parent { chain: chain.clone(), link: head.link }];
    assert_eq!(items[0].header.header.lineage, Lineage::Ordered { parents, order: resumed.hash });
    let state = world.cloud.chain(&chain).await.unwrap();
    assert_eq!(state.head, Some(head), "the stopped chain is left as it is");
    let report = world.verify().await;
    let [known] = &report.acknowledged[..] else { panic!("{:?}", report.acknowledged) };
    assert_eq!((&known.chain, known.versions.len()), (&chain, 1));
    assert_eq!(known.key, keys::batch(&chain, 1));

    // Once more: it stands.
    let faults = Faults::new();
    let again = order_in(&world, &faults, &chain, &operator("again")).await.unwrap().unwrap();
    assert_eq!(again, Resumed { new: false, ..resumed });
    assert!(!faults.writes().iter().any(|call| call.operation == Operation::Create));
}

#[tokio::test]
async fn an_event_has_the_leaf_that_it_would_have_had() {
    let (world, records) = stopped().await;
    let chain = world.chain(0).await;
    let other = world.fork();
    order(&world, &chain).await;
    deliver(&world.process(), &[&records]).await;
    let rows = crate::story::rows(&world).await;
    assert!(rows.iter().all(|row| {
        let leaf = String::from_utf8_lossy(&row.leaf.bytes);
        leaf.contains(&format!("\"coordinates\":{{\"chain\":\"{chain}\","))
    }));
    // The same records, had the chain never been stopped.
    let key = keys::batch(&chain, 1);
    other.cloud.operator().delete(&key);
    other.cloud.operator().set_chain(&chain, {
        let mut state = other.cloud.chain(&chain).await.unwrap();
        state.stopped = None;
        state
    });
    deliver(&other.process(), &[&records]).await;
    let events = |rows: Vec<cairn_batch::Row>| -> Vec<Vec<u8>> {
        rows.into_iter().filter(|row| row.leaf.event.is_some()).map(|row| row.leaf.bytes).collect()
    };
    assert_eq!(events(rows), events(crate::story::rows(&other).await));
}

#[tokio::test]
async fn every_fault_at_every_call_of_the_order_is_survived() {
    let calls = {
        let (world, _) = stopped().await;
        let faults = Faults::new();
        let chain = world.chain(0).await;
        order_in(&world, &faults, &chain, &operator("explained")).await.unwrap().unwrap();
        faults.calls().len()
    };
    assert!(calls >= 7, "state, order, log, beyond, evidence, its bytes, order, mark: {calls}");
    for n in 0..calls {
        for fault in Fault::ALL {
            let (world, records) = stopped().await;
            let chain = world.chain(0).await;
            let faults = Faults::new();
            faults.inject(At::call(n), fault);
            let first = order_in(&world, &faults, &chain, &operator("first")).await;
            let case = format!("{:?}: {first:?}", faults.fired());
            assert!(!faults.fired().is_empty(), "{case}");
            let stands = world.cloud.read(&keys::order(&chain)).await.unwrap().is_some();
            // Ingest may come before the operator looks again.
            let _ = world.process().ingest(0, &records[BATCH]).await.unwrap().unwrap();
            let second = order_in(&world, &Faults::new(), &chain, &operator("second")).await;
            let second = second.unwrap().unwrap_or_else(|error| panic!("{case}: {error}"));
            let why = if stands { "first" } else { "second" };
            assert_eq!(second.order.why, why, "{case}");
            deliver(&world.process(), &[&records]).await;
            all_is_well(&world, &records, &case).await;
        }
    }
}

/// Another operator does everything between any two calls of one.
#[tokio::test]
async fn of_two_operators_one_decides() {
    for n in 0..10 {
        for after in [false, true] {
            let (world, records) = stopped().await;
            let chain = world.chain(0).await;
            let hook = {
                let (world, chain) = (world.clone(), chain.clone());
                async move {
                    let faults = Faults::new();
                    let other = order_in(&world, &faults, &chain, &operator("other")).await;
                    other.unwrap().unwrap();
                }
            };
            let faults = Faults::new();
            match after {
                true => faults.after(At::call(n), hook),
                false => faults.before(At::call(n), hook),
            }
            let one = order_in(&world, &faults, &chain, &operator("one")).await.unwrap();
            let case = format!("another operator at call {n}, after it: {after}: {one:?}");
            // Where the table names what the archive was not seen to have, it is looked at again.
            let one = match one {
                Err(error) if error.is_finding() => order(&world, &chain).await,
                one => one.unwrap_or_else(|error| panic!("{case}: {error}")),
            };
            let named = world.cloud.chain(&chain).await.unwrap().continued;
            assert_eq!(named, Some(one.hash), "{case}");
            deliver(&world.process(), &[&records]).await;
            all_is_well(&world, &records, &case).await;
        }
    }
}

/// A store that refuses to create an object and then has none has lost one, or lies: the chain stops.
fn is_a_lie(call: &Call, fault: Fault) -> bool {
    fault == Fault::Conflict
        && call.operation == Operation::Create
        && call.key.starts_with("batches/")
}

/// A deployment whose stopped chain was ordered to go on, and a process that remembers the stopped one's head.
async fn ordered(warm: bool) -> (World, Vec<StoredRecord>, cairn_tests::Process) {
    let (world, records) = half_made().await;
    let process = world.process();
    if warm {
        deliver(&process, &[&records[..2]]).await;
    }
    plant(&world, |header, _| header.root = Hash::EMPTY_ROOT).await;
    stop(&world, 0, &records[BATCH]).await;
    order(&world, &world.chain(0).await).await;
    (world, records, process)
}

#[tokio::test]
async fn every_fault_at_every_call_of_ingest_going_over_is_survived() {
    for warm in [false, true] {
        let calls = {
            let (_, records, process) = ordered(warm).await;
            let before = process.faults.calls().len();
            deliver(&process, &[&records[BATCH]]).await;
            process.faults.calls().len() - before
        };
        assert!(calls >= 8, "{calls}");
        for n in 0..calls {
            for (fault, cut) in
                Fault::ALL.into_iter().flat_map(|fault| Cut::ALL.map(|cut| (fault, cut)))
            {
                let (world, records, process) = ordered(warm).await;
                process.faults.inject(At::call(n), fault);
                let answer = process.ingest(0, &records[BATCH]).await;
                let struck = process.faults.fired();
                let Some((call, _)) = struck.first() else { panic!("{n}: the fault has struck") };
                let case = format!("warm: {warm}, {fault:?} at {call}, then {cut:?}");
                assert_eq!(answer.is_none(), fault.is_crash(), "{case}");
                let state = world.cloud.chain(&in_force(&world).await).await.unwrap();
                if is_a_lie(call, fault) && call.key.contains(".1/") {
                    assert!(state.stopped.is_some(), "{case}");
                    continue;
                }
                assert_eq!(state.stopped, None, "{case}");
                let next = if answer.is_none() { world.process() } else { process };
                deliver(&next, &cut.batches(&records[2..], BATCH.len())).await;
                all_is_well(&world, &records, &case).await;
            }
        }
    }
}

/// A writer that remembers the head of the stopped chain does all it can between any two calls of the operator.
#[tokio::test]
async fn a_zombie_of_the_stopped_chain_may_come_between_any_two_calls_of_the_order() {
    for n in 0..10 {
        let (world, records) = half_made().await;
        let zombie = Arc::new(world.process());
        deliver(&zombie, &[&records[..2]]).await;
        plant(&world, |header, _| header.root = Hash::EMPTY_ROOT).await;
        stop(&world, 0, &records[BATCH]).await;
        let faults = Faults::new();
        let hook = {
            let (zombie, records) = (zombie.clone(), records[BATCH].to_vec());
            async move { drop(zombie.ingest(0, &records).await) }
        };
        faults.before(At::call(n), hook);
        let chain = world.chain(0).await;
        order_in(&world, &faults, &chain, &operator("explained")).await.unwrap().unwrap();
        let case = format!("a zombie at call {n}");
        deliver(&zombie, &[&records[2..4], &records[2..]]).await;
        all_is_well(&world, &records, &case).await;
    }
}

#[tokio::test]
async fn a_zombie_of_the_stopped_chain_may_come_between_any_two_calls_of_ingest() {
    let calls = {
        let (_, records, process) = ordered(false).await;
        deliver(&process, &[&records[BATCH]]).await;
        process.faults.calls().len()
    };
    for n in 0..calls {
        for cut in Cut::ALL {
            let (world, records, zombie) = ordered(true).await;
            let process = world.process();
            let first = cut.batches(&records[2..], BATCH.len())[0].to_vec();
            process.faults.before(At::call(n), async move { deliver(&zombie, &[&first]).await });
            deliver(&process, &[&records[BATCH], &records[BATCH.end..]]).await;
            let case = format!("a zombie at call {n}, {cut:?}");
            all_is_well(&world, &records, &case).await;
        }
    }
}

#[tokio::test]
async fn a_successor_can_be_stopped_and_succeeded_too() {
    let (world, records) = stopped().await;
    let chain = world.chain(0).await;
    order(&world, &chain).await;
    let mut stopped = chain.clone();
    // The first is stopped before it has a batch, the second after one.
    for sealed in [0, 2] {
        let process = world.process();
        deliver(&process, &[&records[..2 + sealed]]).await;
        stopped = stopped.successor();
        let number = u64::from(sealed > 0);
        world.cloud.operator().put(&keys::batch(&stopped, number), "another's", None);
        stop(&world, 0, &records[2 + sealed..6]).await;
        assert!(world.cloud.chain(&stopped).await.unwrap().stopped.is_some());
        order(&world, &stopped).await;
    }
    // One process goes all the way, one remembers where it was.
    deliver(&world.process(), &[&records[..8]]).await;
    deliver(&world.process(), &[&records[2..], &records]).await;
    all_is_well(&world, &records, "succeeded twice").await;
    assert_eq!(in_force(&world).await, stopped.successor());
    assert_eq!(world.verify().await.acknowledged.len(), 3);
}

#[tokio::test]
async fn a_chain_that_was_stopped_before_its_first_batch_goes_on_from_its_parents() {
    let world = World::new(1).await;
    let parent = world.put(0, event(1));
    deliver(&world.process(), &[std::slice::from_ref(&parent)]).await;
    world.add_shard(&[0]);
    let child = [world.put(1, event(2)), world.put(1, event(3))];
    let chain = world.chain(1).await;
    world.cloud.operator().put(&keys::batch(&chain, 0), "another's", None);
    stop(&world, 1, &child).await;
    let resumed = order(&world, &chain).await;
    assert_eq!(resumed.order.after, None);
    let answer = world.process().ingest(1, &child).await.unwrap().unwrap();
    assert!(answer.failures.is_empty());
    let items = world.cloud.batches(&chain.successor(), 0, 1).await.unwrap();
    let link = world.cloud.chain(&world.chain(0).await).await.unwrap().head.unwrap().link;
    let parents = [Parent { chain: world.chain(0).await, link }];
    assert_eq!(items[0].header.header.lineage.parents(), parents);
    let report = world.verify().await;
    assert!(report.ok, "{:#?}", report.findings);
    assert_eq!((report.records, report.acknowledged.len()), (3, 1));
}

#[tokio::test]
async fn a_child_shard_follows_the_last_of_its_parents_chains() {
    for sealed in [false, true] {
        let (world, records) = stopped().await;
        let chain = world.chain(0).await;
        order(&world, &chain).await;
        let mut end = chain.clone();
        let mut count = 2;
        if sealed {
            deliver(&world.process(), &[&records]).await;
            (end, count) = (chain.successor(), records.len() as u64);
        }
        world.add_shard(&[0]);
        let child = world.put(1, event(77));
        let answer = world.process().ingest(1, &[child]).await.unwrap().unwrap();
        assert!(answer.failures.is_empty());
        let items = world.cloud.batches(&world.chain(1).await, 0, 1).await.unwrap();
        let link = world.cloud.chain(&end).await.unwrap().head.unwrap().link;
        let parents = vec![Parent { chain: end, link }];
        assert_eq!(items[0].header.header.lineage, Lineage::Genesis(parents));
        let report = world.verify().await;
        assert!(report.ok, "{:#?}", report.findings);
        assert_eq!(report.records, count + 1);
    }
}

/// The table alone makes no chain go on: it must name an order that the archive holds, locked.
#[tokio::test]
async fn ingest_follows_no_order_but_the_one_in_the_archive() {
    type Tamper = fn(&World, &str);
    let tampers: [Tamper; 3] = [
        |world, key| world.cloud.operator().delete(key),
        |world, key| world.cloud.operator().set_retention(key, None, None),
        |world, key| {
            let body = world.cloud.operator().object(key).unwrap().body;
            let text = String::from_utf8(body.to_vec()).unwrap();
            world.cloud.operator().overwrite(key, None, text.replace("explained", "forged"));
        },
    ];
    for (n, tamper) in tampers.into_iter().enumerate() {
        let (world, records) = stopped().await;
        let chain = world.chain(0).await;
        order(&world, &chain).await;
        let whole = world.fork();
        tamper(&world, &keys::order(&chain));
        let handled = world.process().ingest_measured(0, &records[BATCH]).await.unwrap().unwrap();
        assert_eq!(handled.response.failures[0].sequence, records[2].sequence.as_str(), "{n}");
        assert!(handled.measured.blocked, "{n}");
        assert!(world.cloud.batches(&chain.successor(), 0, 1).await.unwrap().is_empty(), "{n}");
        assert!(!world.verify().await.ok, "{n}");
        deliver(&whole.process(), &[&records]).await;
        all_is_well(&whole, &records, "not tampered with").await;
    }
}

/// The order is known by its hash, and its version is locked: what is put over it holds nothing up.
#[tokio::test]
async fn ingest_follows_an_order_whatever_is_put_over_it() {
    type Tamper = fn(&World, &str);
    let tampers: [Tamper; 2] = [
        |world, key| world.cloud.operator().mark_deleted(key),
        |world, key| drop(world.cloud.operator().put(key, "another's", None)),
    ];
    for tamper in tampers {
        let (world, records) = stopped().await;
        let chain = world.chain(0).await;
        order(&world, &chain).await;
        tamper(&world, &keys::order(&chain));
        deliver(&world.process(), &[&records]).await;
        assert_eq!(world.cloud.batches(&chain.successor(), 0, 10).await.unwrap().len(), 1);
        assert!(!world.verify().await.ok, "it is named all the same");
    }
}

/// Whoever can write both has ingest follow only what is about this stop, of this log.
#[tokio::test]
async fn ingest_follows_no_order_about_something_else() {
    type Change = fn(&mut Order);
    let changes: [Change; 5] = [
        |order| order.after.as_mut().unwrap().link = Hash::EMPTY_ROOT,
        |order| order.after.as_mut().unwrap().last = "1".parse().unwrap(),
        |order| order.after = None,
        |order| order.chain = order.chain.successor(),
        |order| order.origin = "other.example".to_owned(),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let (world, records) = stopped().await;
        let chain = world.chain(0).await;
        let still = operator("explained");
        let mut examined = examine(&world.cloud, &world.cloud, &still, &chain).await.unwrap();
        change(&mut examined.order);
        let (json, hash) = (examined.order.to_json(), examined.order.hash());
        let batch = world.cloud.read(&keys::batch(&chain, 0)).await.unwrap().unwrap();
        world.cloud.create(&keys::order(&chain), json.into(), batch.retention).await.unwrap();
        world.cloud.resume(&chain, examined.head.as_ref(), &hash).await.unwrap();
        stop(&world, 0, &records[BATCH]).await;
        assert!(world.cloud.batches(&chain.successor(), 0, 1).await.unwrap().is_empty(), "{n}");
        assert!(!world.verify().await.ok, "{n}");
    }
}

#[tokio::test]
async fn a_chain_that_goes_on_is_not_ordered_to() {
    let world = World::new(1).await;
    let records = records(&world);
    let chain = world.chain(0).await;
    for expected in ["none of that name", "one that goes on"] {
        let refused = order_in(&world, &Faults::new(), &chain, &operator("why")).await.unwrap();
        assert!(refused.unwrap_err().to_string().contains(expected));
        deliver(&world.process(), &[&records]).await;
    }
    assert!(world.cloud.read(&keys::order(&chain)).await.unwrap().is_none());
}

/// A delete marker does not keep a writer out: it could still put a batch there that the order does not know.
#[tokio::test]
async fn a_key_that_lets_writers_in_is_ordered_about_only_while_ingest_stands_still() {
    let (world, records) = half_made().await;
    let chain = world.chain(0).await;
    world.cloud.operator().mark_deleted(&keys::batch(&chain, 1));
    stop(&world, 0, &records[BATCH]).await;
    let refused = order_in(&world, &Faults::new(), &chain, &operator("why")).await.unwrap();
    assert!(matches!(refused, Err(ResumeError::Open { .. })), "{refused:?}");
    let still = Context { ingest_stood_still: true, ..operator("why") };
    let resumed = order_in(&world, &Faults::new(), &chain, &still).await.unwrap().unwrap();
    assert_eq!(resumed.order.found.len(), 2);
    assert_eq!(resumed.order.found[0].bytes, None, "the marker is the newest");
    deliver(&world.process(), &[&records]).await;
    all_is_well(&world, &records, "behind a marker").await;
}

/// The table was rolled back: what lies at the next key is the chain's, and logged.
#[tokio::test]
async fn a_head_that_was_rolled_back_is_no_stop_to_go_on_from() {
    let world = World::new(1).await;
    let records = records(&world);
    deliver(&world.process(), &[&records[..2]]).await;
    let chain = world.chain(0).await;
    let older = world.cloud.chain(&chain).await.unwrap();
    deliver(&world.process(), &[&records[2..4]]).await;
    let logged = world.fork();
    logged.verify().await;
    deliver(&world.process(), &[&records[4..6]]).await;
    for world in [world, logged] {
        let mut state = older.clone();
        state.stopped = Some("why".to_owned());
        world.cloud.operator().set_chain(&chain, state);
        let refused = order_in(&world, &Faults::new(), &chain, &operator("why")).await.unwrap();
        assert!(refused.as_ref().is_err_and(ResumeError::is_finding), "{refused:?}");
        assert!(world.cloud.read(&keys::order(&chain)).await.unwrap().is_none());
    }
}
