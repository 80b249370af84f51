//! The wrapper is the store itself until its script says otherwise.

#![allow(clippy::unwrap_used)]

use cairn_store::conformance::{self, Given, Ground};
use cairn_store::faults::{At, Fault, Faults, Operation};
use cairn_store::memory::{DATA_KEY, Memory, SoftwareSigner};
use cairn_store::{Objects, Signer, StoreError, Table};
use jiff::Timestamp;

fn now() -> Timestamp {
    "2026-01-31T23:59:59.123456789Z".parse().unwrap()
}

fn ground() -> Ground {
    Ground { name: "faults".to_owned(), now: now(), data_key: DATA_KEY.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_script_it_keeps_the_contracts() {
    let cloud = Memory::new(now);
    let faults = Faults::new();
    let store = faults.wrap(cloud.clone());
    conformance::objects(&store, &ground()).await;
    conformance::locks(&store, &cloud, &ground()).await;
    conformance::table(&store, &ground()).await;
    conformance::signer(&faults.wrap(SoftwareSigner::ed25519([7; 32]))).await;
    let shards = cloud.create_stream("events", 1);
    let put = |n: u8| cloud.put_record("events", &shards[0], vec![n; 3]);
    let records = (0..3).map(put).map(|record| (record.sequence, record.data)).collect();
    let given = Given {
        stream: "events".to_owned(),
        shard: shards[0].clone(),
        records,
        children: Vec::new(),
    };
    conformance::stream(&store, &given).await;
    assert!(!faults.crashed() && faults.fired().is_empty());
    let unused: Vec<Operation> = ALL
        .into_iter()
        .filter(|operation| faults.calls().iter().all(|call| call.operation != *operation))
        .collect();
    assert_eq!(unused, [], "every method was called by way of the wrapper");
}

const ALL: [Operation; 18] = [
    Operation::Create,
    Operation::Replace,
    Operation::Read,
    Operation::ReadVersion,
    Operation::Versions,
    Operation::List,
    Operation::Chain,
    Operation::Commit,
    Operation::Stop,
    Operation::Chains,
    Operation::Batches,
    Operation::LogHead,
    Operation::AdvanceLog,
    Operation::PublicKey,
    Operation::Sign,
    Operation::Created,
    Operation::Parents,
    Operation::Records,
];

/// Creates three objects, going on after errors; how each ended.
async fn three_writes(store: &impl Objects) -> Vec<&'static str> {
    let mut answers = Vec::new();
    for key in ["a", "b", "c"] {
        answers.push(match store.create(key, "1".into(), None).await {
            Ok(_) => "done",
            Err(StoreError::Conflict { .. }) => "conflict",
            Err(StoreError::Unknown { .. }) => "unknown",
            Err(StoreError::Throttled { .. }) => "throttled",
            Err(StoreError::Refused { .. }) => "refused",
            Err(StoreError::Corrupt { .. }) => "corrupt",
        });
    }
    answers
}

#[tokio::test]
async fn every_fault_strikes_the_call_it_was_meant_for() {
    for (fault, answer, keys) in [
        (Fault::Lost, "unknown", &["a", "c"][..]),
        (Fault::Applied, "unknown", &["a", "b", "c"]),
        (Fault::AppliedThenConflict, "conflict", &["a", "b", "c"]),
        (Fault::Throttled, "throttled", &["a", "c"]),
        (Fault::Conflict, "conflict", &["a", "c"]),
        (Fault::Refused, "refused", &["a", "c"]),
    ] {
        let cloud = Memory::new(now);
        let faults = Faults::new();
        faults.inject(At::write(1), fault);
        assert_eq!(three_writes(&faults.wrap(cloud.clone())).await, ["done", answer, "done"]);
        assert_eq!(cloud.operator().keys(), keys, "{fault:?}");
        assert_eq!(faults.fired().len(), 1);
        assert_eq!(faults.fired()[0].0.key, "b");
    }
}

#[tokio::test]
async fn a_call_that_fails_of_itself_fails_so() {
    let cloud = Memory::new(now);
    cloud.create("a", "0".into(), None).await.unwrap();
    let faults = Faults::new();
    faults.inject(At::write(0), Fault::Applied);
    assert_eq!(three_writes(&faults.wrap(cloud)).await, ["conflict", "done", "done"]);
}

#[tokio::test]
async fn calls_are_counted_by_kind_operation_and_key() {
    let at = |at: At| async {
        let cloud = Memory::new(now);
        let faults = Faults::new();
        faults.inject(at, Fault::Lost);
        let store = faults.wrap(cloud);
        for key in ["x/1", "y/1", "x/2", "y/2"] {
            let _ = store.read(key).await;
            let _ = store.create(key, "1".into(), None).await;
        }
        let fired = faults.fired().into_iter().map(|(call, _)| call.to_string());
        fired.collect::<Vec<_>>()
    };
    assert_eq!(at(At::call(2)).await, ["Read y/1"]);
    assert_eq!(at(At::write(2)).await, ["Create x/2"]);
    assert_eq!(at(At::operation(Operation::Read, 3)).await, ["Read y/2"]);
    assert_eq!(at(At::write(1).under("x/")).await, ["Create x/2"]);
    assert_eq!(at(At::call(1).under("y/")).await, ["Create y/1"]);
    assert_eq!(at(At::write(2).and_after()).await, ["Create x/2", "Create y/2"]);
    assert_eq!(at(At::operation(Operation::Stop, 0)).await, [""; 0]);
}

#[tokio::test]
async fn all_that_is_wrapped_shares_one_count() {
    let faults = Faults::new();
    faults.inject(At::call(1), Fault::Throttled);
    let store = faults.wrap(Memory::new(now));
    let signer = faults.wrap(SoftwareSigner::ed25519([7; 32]));
    store.log_head().await.unwrap();
    assert!(matches!(signer.sign(b"1").await, Err(StoreError::Throttled { .. })));
    assert!(signer.sign(b"1").await.is_ok());
    let calls: Vec<_> = faults.calls().iter().map(|call| call.operation).collect();
    assert_eq!(calls, [Operation::LogHead, Operation::Sign, Operation::Sign]);
}

#[tokio::test]
async fn a_process_that_dies_does_nothing_more() {
    for (fault, keys) in [(Fault::CrashBefore, &["a"][..]), (Fault::CrashAfter, &["a", "b"])] {
        let cloud = Memory::new(now);
        let faults = Faults::new();
        faults.inject(At::write(1), fault);
        let store = faults.wrap(cloud.clone());
        let mut lines = Vec::new();
        let work = async {
            for key in ["a", "b", "c"] {
                let _ = store.create(key, "1".into(), None).await;
                lines.push(key);
            }
        };
        assert_eq!(faults.until_crash(work).await, None);
        assert_eq!(lines, ["a"], "not even a line after the call");
        assert!(faults.crashed());
        assert_eq!(cloud.operator().keys(), keys);
        assert!(matches!(store.read("a").await, Err(StoreError::Refused { .. })));
        assert_eq!(faults.calls().len(), 2, "a dead process makes no calls");
    }
}

#[tokio::test]
async fn a_crash_in_a_spawned_task_ends_the_work() {
    let faults = Faults::new();
    faults.inject(At::write(0), Fault::CrashBefore);
    let store = faults.wrap(Memory::new(now));
    let work = async move {
        let task = tokio::spawn(async move { store.create("a", "1".into(), None).await });
        task.await.unwrap().is_ok()
    };
    assert_eq!(faults.until_crash(work).await, None);
}

#[tokio::test]
async fn work_that_ends_before_a_crash_is_done() {
    let faults = Faults::new();
    let store = faults.wrap(Memory::new(now));
    let work = store.create("a", "1".into(), None);
    assert!(faults.until_crash(work).await.unwrap().is_ok());
}

#[tokio::test]
async fn another_process_can_come_between() {
    let between = |hook: fn(&Faults, Memory)| async move {
        let cloud = Memory::new(now);
        let faults = Faults::new();
        hook(&faults, cloud.clone());
        let answers = three_writes(&faults.wrap(cloud.clone())).await;
        (answers, cloud.operator().versions("b").len())
    };
    let before = between(|faults, cloud| {
        faults.before(At::write(1), async move {
            cloud.create("b", "other".into(), None).await.unwrap();
        });
    });
    assert_eq!(before.await, (vec!["done", "conflict", "done"], 1));
    let after = between(|faults, cloud| {
        faults.after(At::write(1), async move {
            cloud.operator().put("b", "other", None);
        });
    });
    assert_eq!(after.await, (vec!["done", "done", "done"], 2));
}

#[tokio::test]
async fn a_hook_and_a_fault_can_meet_at_one_call() {
    let cloud = Memory::new(now);
    let faults = Faults::new();
    let other = cloud.clone();
    faults.before(At::write(1), async move {
        other.create("between", "1".into(), None).await.unwrap();
    });
    faults.inject(At::write(1), Fault::Lost);
    assert_eq!(three_writes(&faults.wrap(cloud.clone())).await, ["done", "unknown", "done"]);
    assert_eq!(cloud.operator().keys(), ["a", "between", "c"]);
}
