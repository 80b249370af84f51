//! Repeats and takes the best: the run that was disturbed least.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// The shortest of several runs of `work`.
pub(crate) fn best<R>(runs: u32, mut work: impl FnMut() -> R) -> Duration {
    (0..runs)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Microseconds for each of `n`.
#[expect(clippy::cast_precision_loss, reason = "a figure to read")]
pub(crate) fn micros_each(duration: Duration, n: usize) -> f64 {
    duration.as_secs_f64() * 1e6 / n as f64
}
