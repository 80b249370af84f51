//! Every metric there is.

use crate::{Metric, Unit};

macro_rules! metrics {
    ($list:ident, $about:literal: $($constant:ident = $name:literal, $unit:ident, $meaning:literal;)+) => {
        $(
            #[doc = concat!("`", $name, "`: ", $meaning, ".")]
            pub const $constant: Metric =
                Metric { name: $name, unit: Unit::$unit, meaning: $meaning };
        )+

        #[doc = $about]
        pub const $list: &[Metric] = &[$($constant),+];
    };
}

metrics! { INGEST, "What the ingest function writes.":
    RECORDS = "Records", Count, "Kinesis records that this invocation committed";
    EVENTS = "Events", Count, "events among them, sealed";
    REJECTIONS = "Rejections", Count, "rejections among them, sealed and quarantined; by `Reason` too, where this invocation built the batch";
    BYTES_RECEIVED = "BytesReceived", Bytes, "of all records that Lambda handed over, as they lay on the stream";
    BYTES_SEALED = "BytesSealed", Bytes, "of the batch objects that were created";
    BATCHES = "Batches", Count, "batches committed";
    BATCH_LATENCY = "BatchLatency", Milliseconds, "from the start of the invocation to its answer";
    SEAL_LATENCY = "SealLatency", Milliseconds, "from the arrival of the oldest record that was committed to its commit";
    ITERATOR_AGE = "IteratorAge", Milliseconds, "how old the newest record was when Lambda handed it over: how far the function is behind the stream";
    ADOPTIONS = "Adoptions", Count, "objects found at the next number and adopted: a crash before the commit, or another writer";
    RECORDS_LEFT = "RecordsLeft", Count, "records handed back to Lambda for a retry";
    CHAINS_BLOCKED = "ChainsBlocked", Count, "1 where an object at the next number could not be judged: an operator must look";
    CHAINS_STOPPED = "ChainsStopped", Count, "1 where the chain is stopped, as something foreign lies on it (a fork): an operator must act";
}

metrics! { CHECKPOINT, "What the checkpoint function writes, once a tick.":
    LOG_SIZE = "LogSize", Count, "entries of the log";
    LOG_ENTRIES = "LogEntries", Count, "entries that this tick added";
    LOG_LATENCY = "LogLatency", Milliseconds, "from the arrival of the oldest record among them to the signed checkpoint; only where entries were added";
    CHECKPOINT_AGE = "CheckpointAge", Milliseconds, "since the log last moved; it grows while nothing is sealed, and is missing while ticks fail";
    CHAINS_BROKEN = "ChainsBroken", Count, "chains whose next batch cannot be logged: an operator must look";
}
