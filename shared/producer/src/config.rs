//! What a producer may be told.

use std::path::PathBuf;
use std::time::Duration;

use crate::event::is_id;
use crate::record::{MAX_RECORD, MIN_RECORD};

/// What a producer does, and its bounds. Start from [`Config::new`] and change what has to be
/// different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The stream, by name or ARN.
    pub stream: String,
    /// What the producer is called: 1 to 64 of `A-Z a-z 0-9 _ . : -`. Its id, which every event carries with
    /// a counter, is this name with a UUID that is new for every start.
    pub name: String,
    /// Events in memory, at most; default 100,000.
    pub queue_events: usize,
    /// Bytes of events in memory, at most; default 32 MiB, at least 2 MiB.
    pub queue_bytes: usize,
    /// How long an event may wait for others to share its record; default 250 ms, at most a day.
    pub linger: Duration,
    /// Bytes of events that are packed into one record, before compression; from 25,600 to 1,040,000,
    /// default 256,000: ten of the units that Kinesis charges for
    /// (<https://aws.amazon.com/kinesis/data-streams/pricing/>).
    pub record_bytes: usize,
    /// How records are compressed; default not at all.
    pub compression: Compression,
    /// Which events stay in order; default those of an actor.
    pub order: Order,
    /// Partition keys of this producer, from 1 to 256; default 4. Each is one record in flight.
    pub lanes: usize,
    /// How long a request may take before it counts as lost; default 10 s, at most a day.
    pub request_timeout: Duration,
    /// The first pause after a failure is a random while of at most this, each further one of at most
    /// twice as long; default 100 ms.
    pub first_pause: Duration,
    /// No pause is longer than this; default 10 s, at most a day.
    pub longest_pause: Duration,
    /// Where events go that memory has no room for; default nowhere: senders wait.
    pub spill: Option<SpillConfig>,
}

/// How records are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// By gzip (RFC 1952), where that makes a record smaller.
    #[cfg(feature = "gzip")]
    Gzip,
}

/// Which events, of those that one producer accepts, are put in the order in which they were
/// accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Those of one actor in one tenant.
    #[default]
    Actor,
    /// Those about one resource of one tenant.
    Resource,
    /// Those of one tenant.
    Tenant,
    /// All. There is one lane then, and so one record in flight.
    Producer,
}

/// Where events go that memory has no room for. They lie there in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpillConfig {
    /// A folder for this producer alone. It is made with mode 0700; one that others can enter is refused.
    pub folder: PathBuf,
    /// Bytes of all its files, at most; default 1 GiB, at least 4 MiB.
    pub bytes: u64,
    /// How long written events may wait before they are forced to the disk (fsync); default 1 s. What a
    /// power failure may cost; a crash of the process costs nothing that was spilled. From 10 ms to a day.
    pub sync_every: Duration,
}

impl SpillConfig {
    /// The defaults, in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), bytes: 1 << 30, sync_every: Duration::from_secs(1) }
    }
}

/// What cannot be in a [`Config`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("config: {field}: expected {expected}, found {found}")]
pub struct ConfigError {
    /// The field.
    pub field: &'static str,
    /// What it must be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl Config {
    /// The defaults, for a stream and a producer's name.
    pub fn new(stream: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            stream: stream.into(),
            name: name.into(),
            queue_events: 100_000,
            queue_bytes: 32 << 20,
            linger: Duration::from_millis(250),
            record_bytes: 256_000,
            compression: Compression::None,
            order: Order::default(),
            lanes: 4,
            request_timeout: Duration::from_secs(10),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
            spill: None,
        }
    }

    /// Checks every field.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let refuse = |field, expected: &str, found: String| {
            Err(ConfigError { field, expected: expected.to_owned(), found })
        };
        if self.stream.is_empty() {
            return refuse("stream", "the name or ARN of a stream", "nothing".to_owned());
        }
        if !is_id(&self.name) || self.name.len() > 64 {
            let expected = "1 to 64 of A-Z a-z 0-9 _ . : -";
            return refuse("name", expected, format!("{:?}", self.name));
        }
        within("queue_events", self.queue_events, 1, usize::MAX >> 1)?;
        within("queue_bytes", self.queue_bytes, 2 << 20, usize::MAX >> 1)?;
        within("record_bytes", self.record_bytes, MIN_RECORD, MAX_RECORD)?;
        within("lanes", self.lanes, 1, 256)?;
        for (field, duration) in
            [("request_timeout", self.request_timeout), ("first_pause", self.first_pause)]
        {
            if duration.is_zero() {
                return refuse(field, "more than nothing", "0".to_owned());
            }
        }
        let day = Duration::from_secs(24 * 60 * 60);
        for (field, duration) in [
            ("linger", self.linger),
            ("request_timeout", self.request_timeout),
            ("longest_pause", self.longest_pause),
        ] {
            if duration > day {
                return refuse(field, "at most a day", format!("{duration:?}"));
            }
        }
        if self.longest_pause < self.first_pause {
            let expected = format!("at least first_pause ({:?})", self.first_pause);
            return refuse("longest_pause", &expected, format!("{:?}", self.longest_pause));
        }
        if let Some(spill) = &self.spill {
            let least = Duration::from_millis(10);
            if !(least..=day).contains(&spill.sync_every) {
                let found = format!("{:?}", spill.sync_every);
                return refuse("spill.sync_every", "from 10 ms to a day", found);
            }
            within("spill.bytes", usize::try_from(spill.bytes).unwrap_or(0), 4 << 20, usize::MAX)?;
        }
        Ok(())
    }
}

fn within(field: &'static str, found: usize, least: usize, most: usize) -> Result<(), ConfigError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    let expected = format!("from {least} to {most}");
    Err(ConfigError { field, expected, found: found.to_string() })
}
