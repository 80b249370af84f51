//! Where an item came from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ChainId, SequenceNumber};

/// The coordinates of an item (SPEC.md §4.1). As JSON it is
/// `{"chain":"...","index":0,"sequence":"..."}`, as text `<chain>#<sequence>#<index>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coordinates {
    /// The chain of the shard that its record was in.
    pub chain: ChainId,
    /// Its place in the record, from 0.
    pub index: u32,
    /// Sequence number of the record.
    pub sequence: SequenceNumber,
}

/// Why a text is not [`Coordinates`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected coordinates `<stream>/<created>/<shard>#<sequence number>#<index>`, found {found:?}"
)]
pub struct CoordinatesError {
    found: String,
}

impl FromStr for Coordinates {
    type Err = CoordinatesError;

    fn from_str(text: &str) -> Result<Self, CoordinatesError> {
        let read = || {
            let mut parts = text.split('#');
            let [chain, sequence, index] = [parts.next()?, parts.next()?, parts.next()?];
            let canonical = index == "0" || !index.starts_with(['0', '+']);
            let whole = parts.next().is_none() && canonical;
            let index = index.parse().ok().filter(|_| whole)?;
            Some(Self { chain: chain.parse().ok()?, index, sequence: sequence.parse().ok()? })
        };
        read().ok_or_else(|| CoordinatesError { found: text.chars().take(600).collect() })
    }
}

impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}#{}", self.chain, self.sequence, self.index)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const TEXT: &str = "events/20260131T120000Z/shardId-000000000000#4959#7";

    #[test]
    fn coordinates_are_written_as_they_are_read() {
        let read: Coordinates = TEXT.parse().unwrap();
        assert_eq!((read.sequence.as_str(), read.index), ("4959", 7));
        assert_eq!(read.to_string(), TEXT);
        let json = r#"{"chain":"events/20260131T120000Z/shardId-000000000000","index":7,"sequence":"4959"}"#;
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        assert_eq!(serde_json::from_str::<Coordinates>(json).unwrap(), read);
    }

    #[test]
    fn other_texts_are_refused() {
        for (from, to) in [
            ("#7", ""),
            ("#7", "#7#8"),
            ("#7", "#07"),
            ("#7", "#+7"),
            ("#7", "#4294967296"),
            ("4959", "04959"),
            ("events", "e/vents"),
        ] {
            let text = TEXT.replace(from, to);
            assert!(text.parse::<Coordinates>().is_err(), "{text}");
        }
    }
}
