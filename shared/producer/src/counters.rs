//! What a producer has done so far.

use serde::Serialize;

/// What a producer has done so far, and what it holds. `accepted + recovered = delivered +
/// undelivered + queued + spilled` at any moment, if no disk was damaged.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counters {
    /// Events taken from the application.
    pub accepted: u64,
    /// Events found in the spill folder at the start.
    pub recovered: u64,
    /// Events that the stream has taken.
    pub delivered: u64,
    /// Events that were handed back at shutdown, or left in the spill folder by then.
    pub undelivered: u64,
    /// Times that an event found no room at once.
    pub full: u64,
    /// Records that the stream has taken.
    pub records: u64,
    /// Their bytes, as they were put.
    pub bytes: u64,
    /// Requests made.
    pub requests: u64,
    /// How often a record was put again.
    pub retried: u64,
    /// Delivered events that may be in the stream twice: they were put again after a request that
    /// nobody knows the outcome of.
    pub possibly_twice: u64,
    /// Events that went to disk, ever.
    pub spilled_ever: u64,
    /// Events in memory.
    pub queued: u64,
    /// What they and the reserved slots count for, in bytes; at most `queue_bytes`, but for what slots
    /// had to exceed.
    pub queued_bytes: u64,
    /// The most that `queued_bytes` ever was.
    pub queued_bytes_peak: u64,
    /// Slots that are reserved.
    pub reserved: u64,
    /// Events that lie on disk only.
    pub spilled: u64,
    /// Bytes of the spill folder's files.
    pub spill_bytes: u64,
    /// Spill files in which something could not be read. They are kept, as `.damaged`.
    pub damaged_files: u64,
    /// Requests in a row that failed; 0 while all is well.
    pub failing: u64,
}
