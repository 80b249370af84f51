//! The columns of a batch's object: one table that the writer and the reader share.

/// Key of the header in the file's metadata.
pub(crate) const HEADER_KEY: &str = "cairn.header";

/// The writer's name in the file's metadata: it names the dialect that the reader accepts.
pub(crate) const CREATED_BY: &str = "cairn-batch 1";

/// Name of the schema's root.
pub(crate) const ROOT: &str = "cairn";

/// How many columns there are.
pub(crate) const COLUMNS: usize = 20;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Microseconds since 1970, UTC.
    Timestamp,
    /// A signed 64-bit integer.
    Integer,
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether a row can lack it. The columns of an event are null for a rejection.
    pub(crate) optional: bool,
    /// Whether the writer tries a dictionary: for columns with few distinct values.
    pub(crate) dictionary: bool,
    /// Whether the writer states minimum and maximum, so that queries can skip the object.
    pub(crate) statistics: bool,
}

/// The columns, in file order. Their places are named by [`at`].
pub(crate) const LAYOUT: [Column; COLUMNS] = [
    Column { kind: Kind::Timestamp, optional: true, ..integer("time") },
    Column { kind: Kind::Timestamp, ..integer("arrived") },
    word("tenant"),
    word("actor_type"),
    word("actor_id"),
    word("action"),
    word("resource_type"),
    word("resource_id"),
    word("outcome"),
    word("source_ip"),
    word("session"),
    Column { dictionary: false, ..word("trace_id") },
    Column { dictionary: false, ..word("id") },
    Column { optional: false, ..word("chain") },
    integer("number"),
    integer("index"),
    Column { optional: false, dictionary: false, ..word("sequence_number") },
    Column { optional: false, dictionary: false, statistics: false, ..word("event") },
    Column { kind: Kind::Binary, dictionary: false, statistics: false, ..word("private") },
    word("key_id"),
];

/// Places of columns in [`LAYOUT`].
pub(crate) mod at {
    pub(crate) const TIME: usize = 0;
    pub(crate) const ARRIVED: usize = 1;
    pub(crate) const TENANT: usize = 2;
    pub(crate) const ACTOR_TYPE: usize = 3;
    pub(crate) const ACTOR_ID: usize = 4;
    pub(crate) const ACTION: usize = 5;
    pub(crate) const RESOURCE_TYPE: usize = 6;
    pub(crate) const RESOURCE_ID: usize = 7;
    pub(crate) const OUTCOME: usize = 8;
    pub(crate) const SOURCE_IP: usize = 9;
    pub(crate) const SESSION: usize = 10;
    pub(crate) const TRACE_ID: usize = 11;
    pub(crate) const ID: usize = 12;
    pub(crate) const CHAIN: usize = 13;
    pub(crate) const NUMBER: usize = 14;
    pub(crate) const INDEX: usize = 15;
    pub(crate) const SEQUENCE_NUMBER: usize = 16;
    pub(crate) const EVENT: usize = 17;
    pub(crate) const PRIVATE: usize = 18;
    pub(crate) const KEY_ID: usize = 19;
}

const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, optional: false, dictionary: false, statistics: true }
}

const fn word(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, optional: true, dictionary: true, statistics: true }
}

impl Kind {
    /// Its number in Parquet's `enum Type`: INT64 or BYTE_ARRAY.
    pub(crate) fn physical(self) -> i64 {
        match self {
            Self::Timestamp | Self::Integer => 2,
            Self::Text | Self::Binary => 6,
        }
    }

    /// Its number in `enum ConvertedType`, for readers older than logical types.
    pub(crate) fn converted(self) -> Option<i64> {
        match self {
            Self::Text => Some(0),
            Self::Timestamp => Some(10),
            Self::Integer | Self::Binary => None,
        }
    }
}
