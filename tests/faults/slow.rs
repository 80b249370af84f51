//! Calls that are slow past the function's time-out: Lambda has killed the process and handed its work to
//! another, and the call takes effect at any moment of that one's work, or after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cairn_store::StoredRecord;
use cairn_store::faults::{At, Call, Fault};
use cairn_tests::{Process, World};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::checkpoint;
use crate::story::{Cut, all_is_well, deliver, records};

/// Records of the batch that meets the fault.
const BATCH: usize = 6;

/// A process whose call is under way.
struct Slow {
    call: Call,
    land: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

impl Slow {
    /// Lets `work` go on until its `n`th call, which does not arrive yet; `None` if it makes fewer, and ends.
    async fn begin<F>(
        process: Process,
        n: usize,
        work: impl FnOnce(Arc<Process>) -> F,
    ) -> Option<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (begun, has_begun) = oneshot::channel();
        let (land, landing) = oneshot::channel();
        process.faults.inject(At::call(n), Fault::CrashAfter);
        process.faults.before(At::call(n), async move {
            let _ = begun.send(());
            let _ = landing.await;
        });
        let process = Arc::new(process);
        let mut done = tokio::spawn(work(Arc::clone(&process)));
        tokio::select! {
            begun = has_begun => begun.ok()?,
            // Without that many calls.
            _ = &mut done => return None,
        }
        let call = process.faults.calls().pop()?;
        Some(Self { call, land, done })
    }

    /// Now it arrives, and nobody waits for its answer.
    async fn land(self) {
        self.land.send(()).unwrap();
        self.done.await.unwrap();
    }

    /// Lets it land before the `m`th call of another process.
    fn land_before(self, process: &Process, m: usize) -> Arc<AtomicBool> {
        let landed = Arc::new(AtomicBool::new(false));
        let has_landed = Arc::clone(&landed);
        process.faults.before(At::call(m), async move {
            self.land().await;
            has_landed.store(true, Ordering::Relaxed);
        });
        landed
    }
}

/// A new chain, or one that has a batch.
async fn prepare(warm: bool) -> (World, Vec<StoredRecord>, usize) {
    let world = World::new(1).await;
    let records = records(&world);
    let sealed = if warm { 2 } else { 0 };
    if warm {
        deliver(&world.process(), &[&records[..sealed]]).await;
    }
    (world, records, sealed)
}

/// Every call x every call of the next process before which it may land x every way the batch is cut
/// when it comes again.
async fn every_late_call_of_ingest(warm: bool) {
    let (mut calls, mut cases) = (0, 0);
    for n in 0.. {
        for cut in Cut::ALL {
            for m in 0.. {
                let (world, records, sealed) = prepare(warm).await;
                let batch = records[sealed..BATCH].to_vec();
                let slow = Slow::begin(world.process(), n, |process| async move {
                    let _ = process.ingest(0, &batch).await;
                });
                let Some(slow) = slow.await else {
                    assert!(calls >= 5, "head, look, quarantine, batch, commit; found {calls}");
                    println!("{cases} cases");
                    return;
                };
                calls = calls.max(n + 1);
                let case = format!("{} lands before call {m} of the next, {cut:?}", slow.call);
                let next = world.process();
                let landed = slow.land_before(&next, m);
                deliver(&next, &cut.batches(&records[sealed..], BATCH - sealed)).await;
                if !landed.load(Ordering::Relaxed) {
                    break;
                }
                all_is_well(&world, &records, &case).await;
                cases += 1;
            }
            // After all of its work.
            let (world, records, sealed) = prepare(warm).await;
            let batch = records[sealed..BATCH].to_vec();
            let slow = Slow::begin(world.process(), n, |process| async move {
                let _ = process.ingest(0, &batch).await;
            });
            let Some(slow) = slow.await else { unreachable!("it was made before") };
            let case = format!("{} lands after all, {cut:?}", slow.call);
            deliver(&world.process(), &cut.batches(&records[sealed..], BATCH - sealed)).await;
            slow.land().await;
            all_is_well(&world, &records, &case).await;
            cases += 1;
        }
    }
}

#[tokio::test]
async fn a_late_call_to_a_new_chain_does_no_harm() {
    every_late_call_of_ingest(false).await;
}

#[tokio::test]
async fn a_late_call_to_a_chain_in_work_does_no_harm() {
    every_late_call_of_ingest(true).await;
}

#[tokio::test]
async fn a_late_call_of_a_tick_does_no_harm() {
    let signers = &checkpoint::signers()[0];
    let mut cases = 0;
    for n in 0.. {
        for m in 0.. {
            let (world, records) = checkpoint::prepare(signers).await;
            let kept = world.verify_as_it_is(None).await.checkpoint;
            let slow = Slow::begin(world.process(), n, |process| async move {
                let _ = process.tick_until_crash().await;
            });
            let Some(slow) = slow.await else {
                assert!(cases > 100, "{cases}");
                println!("{cases} cases");
                return;
            };
            let case = format!("{} lands before call {m} of the next tick", slow.call);
            let next = world.process();
            let landed = slow.land_before(&next, m);
            next.tick().await.unwrap();
            if !landed.load(Ordering::Relaxed) {
                break;
            }
            all_is_well(&world, &records, &case).await;
            let report = world.verify_as_it_is(Some(kept)).await;
            assert!(report.ok, "{case}: {:#?}", report.findings);
            cases += 1;
        }
    }
}
