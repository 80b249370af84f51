//! Where records go.

mod kinesis;

use std::future::Future;
use std::sync::Arc;

pub(crate) use kinesis::Kinesis;

use crate::config::Compression;
use crate::record::Record;

/// A record on its way, under its partition key.
#[derive(Clone)]
pub(crate) struct Parcel {
    pub(crate) lane: usize,
    pub(crate) key: Arc<str>,
    pub(crate) record: Arc<Record>,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is in the stream.
    Taken {
        /// The shard.
        shard: Arc<str>,
        /// Its sequence number.
        sequence: Arc<str>,
        /// Its bytes, as they were put.
        bytes: usize,
    },
    /// It is not, and may be put again.
    Refused {
        /// What the stream said.
        why: String,
    },
}

/// Why a whole request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PutError {
    /// What was said, by whoever said it.
    pub(crate) why: String,
    /// Whether its records may have been taken all the same.
    pub(crate) doubtful: bool,
}

/// Takes records.
pub(crate) trait Sink: Send + Sync + 'static {
    /// Puts records in one request, once; answers for each, in order.
    fn put(
        &self,
        parcels: Vec<Parcel>,
        compression: Compression,
    ) -> impl Future<Output = Result<Vec<Answer>, PutError>> + Send;
}
