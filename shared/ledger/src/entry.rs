//! Entries of the log: batch headers and config changes. SPEC.md §7.

use serde::{Deserialize, Serialize};

use crate::canonical::write;
use crate::document::{DocumentError, check};
use crate::note::is_key_name;
use crate::tile::MAX_ENTRY_BYTES;
use crate::{Hash, HeaderError, SealedHeader};

/// What stands at a position of the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The complete header of a batch.
    Batch(Box<SealedHeader>),
    /// From here on batches may have been judged by another bundle.
    ConfigChange(ConfigChange),
}

/// That a config bundle has come into use. Stands once for each bundle, directly before the first
/// batch whose header names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConfigChange {
    /// Name of the log.
    pub origin: String,
    /// SHA-256 of the config bundle.
    pub bundle: Hash,
}

/// Why bytes are not an entry of the log.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Not a JSON object that names its kind.
    #[error("not an entry of the log: {0}")]
    Shape(#[from] serde_json::Error),
    /// Of a kind that this version does not log.
    #[error("expected an entry of kind `batch` or `config-change`, found {found:?}")]
    Kind {
        /// Its kind.
        found: String,
    },
    /// Said to be a batch header, and is none.
    #[error(transparent)]
    Batch(#[from] HeaderError),
    /// Said to be a config change, and is none.
    #[error("config change: {0}")]
    ConfigChange(#[from] DocumentError),
}

/// Tells what a document says it is.
#[derive(Deserialize)]
struct Kind {
    kind: String,
}

/// The JSON of a config change, its members declared in canonical order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    bundle: Hash,
    kind: String,
    origin: String,
    version: u32,
}

impl Entry {
    /// The canonical JSON: the bytes that are hashed.
    pub fn to_json(&self) -> String {
        match self {
            Self::Batch(header) => header.to_json(),
            Self::ConfigChange(change) => change.to_json(),
        }
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &str) -> Result<Self, EntryError> {
        let Kind { kind } = serde_json::from_str(json)?;
        match kind.as_str() {
            "batch" => Ok(Self::Batch(Box::new(SealedHeader::parse(json)?))),
            "config-change" => Ok(Self::ConfigChange(ConfigChange::parse(json)?)),
            _ => Err(EntryError::Kind { found: kind.chars().take(100).collect() }),
        }
    }

    /// The link hash: the RFC 6962 leaf hash of the canonical JSON, and so the log's leaf.
    pub fn link(&self) -> Hash {
        Hash::leaf(self.to_json().as_bytes())
    }

    /// Name of the log that it says it belongs to.
    pub fn origin(&self) -> &str {
        match self {
            Self::Batch(header) => &header.header.origin,
            Self::ConfigChange(change) => &change.origin,
        }
    }
}

impl From<SealedHeader> for Entry {
    fn from(header: SealedHeader) -> Self {
        Self::Batch(Box::new(header))
    }
}

impl From<ConfigChange> for Entry {
    fn from(change: ConfigChange) -> Self {
        Self::ConfigChange(change)
    }
}

impl ConfigChange {
    /// The canonical JSON.
    pub fn to_json(&self) -> String {
        write(&Wire {
            bundle: self.bundle,
            kind: "config-change".to_owned(),
            origin: self.origin.clone(),
            version: 1,
        })
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes.
    pub fn parse(json: &str) -> Result<Self, DocumentError> {
        let wire: Wire = serde_json::from_str(json)?;
        check("kind", "config-change", &wire.kind)?;
        check("version", "1", &wire.version.to_string())?;
        if !is_key_name(&wire.origin) || json.len() > MAX_ENTRY_BYTES {
            let expected = "a name without spaces and plus signs that an entry can hold";
            let found = wire.origin.chars().take(100).collect();
            return Err(DocumentError::field("origin", expected, found));
        }
        let change = Self { origin: wire.origin, bundle: wire.bundle };
        match change.to_json() == json {
            true => Ok(change),
            false => Err(DocumentError::NotCanonical),
        }
    }

    /// The link hash: the log's leaf.
    pub fn link(&self) -> Hash {
        Hash::leaf(self.to_json().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::header::tests::header;

    fn change() -> ConfigChange {
        ConfigChange { origin: "example.com/log".into(), bundle: Hash::of(b"bundle") }
    }

    #[test]
    fn a_config_change_is_canonical_and_read_as_it_was_written() {
        let json = change().to_json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), json);
        let entry = Entry::parse(&json).unwrap();
        assert_eq!(entry, Entry::ConfigChange(change()));
        assert_eq!((entry.to_json(), entry.origin()), (json.clone(), "example.com/log"));
        assert_eq!(entry.link(), Hash::leaf(json.as_bytes()));
        assert_eq!(change().link(), entry.link());
    }

    #[test]
    fn a_header_is_an_entry_as_it_stands() {
        let sealed = header().seal(Hash::of(b"object"));
        let entry = Entry::parse(&sealed.to_json()).unwrap();
        assert_eq!(entry, Entry::from(sealed.clone()));
        assert_eq!((entry.link(), entry.to_json()), (sealed.link(), sealed.to_json()));
        assert_eq!(entry.origin(), sealed.header.origin);
        let own = header().to_json();
        assert!(matches!(Entry::parse(&own), Err(EntryError::Batch(_))));
    }

    #[test]
    fn another_kind_is_named() {
        let other = change().to_json().replace("config-change", "segment");
        let error = Entry::parse(&other).unwrap_err();
        assert!(matches!(&error, EntryError::Kind { found } if found == "segment"), "{error}");
    }

    #[test]
    fn what_is_no_config_change_is_refused() {
        let good = change().to_json();
        let bundle = change().bundle.to_string();
        let bad = [
            good.replace("\"version\":1", "\"version\":2"),
            good.replace("example.com/log", "example.com log"),
            good.replace("example.com/log", ""),
            good.replace("example.com/log", &"o".repeat(MAX_ENTRY_BYTES)),
            good.replace(&bundle, &bundle[1..]),
            good.replace(&bundle, &bundle.to_uppercase()),
            good.replace("\"kind\"", "\"a\":1,\"kind\""),
            good.replace("\"version\":1", "\"version\":1,\"version\":1"),
            good.replace("\"kind\":\"config-change\",", ""),
            good.replace(',', ", "),
            format!("{good}\n"),
        ];
        for bad in bad {
            assert!(Entry::parse(&bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,200}") {
            prop_assert!(Entry::parse(&text).is_err());
        }
    }
}
