//! Pauses.

use std::time::Duration;

/// A random while of at most `longest`: "full jitter", which keeps many producers from coming back at
/// once (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
pub(crate) fn jitter(longest: Duration) -> Duration {
    // Without randomness, the middle.
    let random = getrandom::u32().unwrap_or(u32::MAX / 2);
    longest.mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// The longest pause after so many failures in a row.
pub(crate) fn longest_pause(first: Duration, most: Duration, failures: u32) -> Duration {
    first.saturating_mul(1 << failures.min(20)).min(most)
}
