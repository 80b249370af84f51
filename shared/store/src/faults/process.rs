//! A process that can be made to fail and die.

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use super::{At, Call, Fault, Faulty, Operation};
use crate::{StoreError, StoreResult};

/// The script of one process's faults, and the record of its calls. Clones are handles of the
/// same process.
#[derive(Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: Vec<(At, Action)>,
    calls: Vec<Call>,
    fired: Vec<(Call, Fault)>,
    crashed: bool,
    /// Futures under [`Faults::until_crash`], to be woken by a crash.
    guarded: usize,
    wakers: Vec<Waker>,
}

enum Action {
    Fault(Fault),
    Before(Hook),
    After(Hook),
}

type Hook = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is planned for one call.
#[derive(Default)]
struct Planned {
    before: Vec<Hook>,
    fault: Option<Fault>,
    after: Vec<Hook>,
}

impl Faults {
    /// A process that works.
    pub fn new() -> Self {
        Self::default()
    }

    /// The process's view of a store.
    pub fn wrap<T>(&self, store: T) -> Faulty<T> {
        Faulty::new(self.clone(), store)
    }

    /// Scripts a fault. Where several are due at one call, the first scripted strikes, and the
    /// others are spent.
    pub fn inject(&self, at: At, fault: Fault) {
        self.state().script.push((at, Action::Fault(fault)));
    }

    /// Runs `hook` to its end before the call is forwarded: to let another process in between.
    /// It must not call this process's stores. A lasting [`At`] runs it once all the same.
    pub fn before(&self, at: At, hook: impl Future<Output = ()> + Send + 'static) {
        self.state().script.push((at, Action::Before(Box::pin(hook))));
    }

    /// Runs `hook` to its end after the call was applied, before it is answered; if a fault keeps it
    /// from being applied, before that fault is answered.
    pub fn after(&self, at: At, hook: impl Future<Output = ()> + Send + 'static) {
        self.state().script.push((at, Action::After(Box::pin(hook))));
    }

    /// All calls that were made, in order, faulty ones included.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// The [calls](Self::calls) that [write](Operation::is_write).
    pub fn writes(&self) -> Vec<Call> {
        let is_write = |call: &&Call| call.operation.is_write();
        self.state().calls.iter().filter(is_write).cloned().collect()
    }

    /// The faults that struck, and the calls they struck.
    pub fn fired(&self) -> Vec<(Call, Fault)> {
        self.state().fired.clone()
    }

    /// Whether the process has died.
    pub fn crashed(&self) -> bool {
        self.state().crashed
    }

    /// Runs the process's work until it is done (`Some`) or the process dies (`None`). Then the work
    /// is dropped where it stands: nothing of it runs any more.
    ///
    /// Outside of this the calls of a dead process are answered with `Refused`.
    pub async fn until_crash<R>(&self, work: impl Future<Output = R>) -> Option<R> {
        self.state().guarded += 1;
        let _guard = Guard(self);
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.crashed() {
                return Poll::Ready(None);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            let mut state = self.state();
            if state.crashed {
                return Poll::Ready(None);
            }
            // The work may have spawned what crashes: then nothing else would wake this.
            if !state.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                state.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }

    /// Makes one call as the script has it.
    pub(super) async fn call<R>(
        &self,
        operation: Operation,
        key: String,
        forward: impl Future<Output = StoreResult<R>>,
    ) -> StoreResult<R> {
        let call = Call { operation, key };
        let Some(planned) = self.plan(&call) else { return self.dead(&call).await };
        for hook in planned.before {
            hook.await;
        }
        let answer = match planned.fault {
            Some(fault) if !fault.applies() => None,
            _ => Some(forward.await),
        };
        for hook in planned.after {
            hook.await;
        }
        match (planned.fault, answer) {
            (Some(fault), _) if fault.is_crash() => {
                self.crash();
                self.dead(&call).await
            }
            (Some(fault), Some(Ok(_)) | None) => Err(fault.answer(&call)),
            (_, Some(answer)) => answer,
            (None, None) => unreachable!("without a fault the call is forwarded"),
        }
    }

    /// Records the call and takes from the script what is due; `None` in a dead process.
    fn plan(&self, call: &Call) -> Option<Planned> {
        let mut state = self.state();
        if state.crashed {
            return None;
        }
        state.calls.push(call.clone());
        let mut planned = Planned::default();
        for (mut at, action) in std::mem::take(&mut state.script) {
            let due = at.meets(call);
            match action {
                Action::Fault(fault) => {
                    if due && planned.fault.is_none() {
                        planned.fault = Some(fault);
                        state.fired.push((call.clone(), fault));
                    }
                    if !due || at.is_lasting() {
                        state.script.push((at, action));
                    }
                }
                Action::Before(hook) if due => planned.before.push(hook),
                Action::After(hook) if due => planned.after.push(hook),
                Action::Before(_) | Action::After(_) => state.script.push((at, action)),
            }
        }
        Some(planned)
    }

    fn crash(&self) {
        let mut state = self.state();
        state.crashed = true;
        for waker in state.wakers.drain(..) {
            waker.wake();
        }
    }

    /// The answer of a dead process: none, if somebody waits for its death.
    async fn dead<R>(&self, call: &Call) -> StoreResult<R> {
        if self.state().guarded > 0 {
            pending::<()>().await;
        }
        Err(StoreError::refused(call, "the process has crashed"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Guard<'a>(&'a Faults);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.state().guarded -= 1;
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("Faults")
            .field("calls", &state.calls.len())
            .field("fired", &state.fired)
            .field("crashed", &state.crashed)
            .finish_non_exhaustive()
    }
}
