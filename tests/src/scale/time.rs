//! Time that passes where the function waits for an answer, and while its code runs, as long as that would
//! take there. Nothing here sleeps.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// How long what the function does takes where it runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Of a page of a query, or an item, of the table.
    pub table: Duration,
    /// Of an object that is read.
    pub get: Duration,
    /// Of an object that is put, or a list.
    pub put: Duration,
    /// Of a signature.
    pub sign: Duration,
    /// Of a second of this machine's core.
    pub cpu: f64,
}

impl Pace {
    /// Nothing takes any time: a tick goes on as long as there is more.
    pub const NONE: Self = Self {
        table: Duration::ZERO,
        get: Duration::ZERO,
        put: Duration::ZERO,
        sign: Duration::ZERO,
        cpu: 0.0,
    };

    /// What the services usually answer in. Without the function's CPU, so that it is the same each time.
    pub const WAITING: Self = Self {
        table: Duration::from_millis(5),
        get: Duration::from_millis(20),
        put: Duration::from_millis(40),
        sign: Duration::from_millis(20),
        cpu: 0.0,
    };

    /// The same on a function of so much memory: 1,769 MB have a core.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
    pub fn of_memory(megabytes: u32) -> Self {
        Self { cpu: (1_769.0 / f64::from(megabytes)).max(1.0), ..Self::WAITING }
    }
}

/// The clock of a thread.
struct Clock {
    cpu: f64,
    began: Duration,
    waited: Duration,
    waits: BTreeMap<(Duration, u64), Waker>,
    made: u64,
}

thread_local! {
    static CLOCK: RefCell<Clock> = const {
        RefCell::new(Clock {
            cpu: 0.0,
            began: Duration::ZERO,
            waited: Duration::ZERO,
            waits: BTreeMap::new(),
            made: 0,
        })
    };
}

fn clock<R>(work: impl FnOnce(&mut Clock) -> R) -> R {
    CLOCK.with_borrow_mut(work)
}

/// Sets this thread's clock to the beginning.
pub(super) fn start(pace: &Pace) {
    let (cpu, began) = (pace.cpu, cpu_time());
    clock(|clock| {
        *clock = Clock { cpu, began, waited: Duration::ZERO, waits: BTreeMap::new(), made: 0 };
    });
}

/// How long it has run.
pub(super) fn elapsed() -> Duration {
    clock(|clock| clock.waited + (cpu_time() - clock.began).mul_f64(clock.cpu))
}

/// The time of day that the function sees.
pub(super) fn now() -> Timestamp {
    let elapsed = SignedDuration::try_from(elapsed()).unwrap_or_default();
    Timestamp::constant(1_767_225_600, 0) + elapsed
}

/// The time that this thread was running; where the system does not say, the time that passed.
pub(super) fn cpu_time() -> Duration {
    thread_local!(static BEGUN: Instant = Instant::now());
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| BEGUN.with(Instant::elapsed), Duration::from_nanos)
}

/// Waits, on this thread's clock.
pub(super) async fn wait(time: Duration) {
    if !time.is_zero() {
        Wait { until: clock(|clock| clock.waited + time), key: None }.await;
    }
}

struct Wait {
    until: Duration,
    key: Option<(Duration, u64)>,
}

impl Future for Wait {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        clock(|clock| {
            if clock.waited >= self.until {
                return Poll::Ready(());
            }
            clock.made += 1;
            let new = (self.until, clock.made);
            let key = *self.key.get_or_insert(new);
            clock.waits.insert(key, context.waker().clone());
            Poll::Pending
        })
    }
}

/// Runs work whose every wait is one on this thread's clock.
pub(super) fn run<R>(work: impl Future<Output = R>) -> R {
    let mut work = pin!(work);
    let waker = Waker::from(Arc::new(Awake));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
        let next = clock(|clock| {
            let ((until, _), waker) = clock.waits.pop_first()?;
            clock.waited = until;
            Some(waker)
        });
        next.expect("whoever waits, waits on this clock").wake();
    }
}

/// The work is polled after each wait in any case.
struct Awake;

impl Wake for Awake {
    fn wake(self: Arc<Self>) {}
}
