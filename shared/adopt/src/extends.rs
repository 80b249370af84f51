//! Whether an object is a chain's next batch, as far as its versions and its header tell.

use cairn_batch::keys;
use cairn_ledger::{BatchHeader, ChainId};
use cairn_store::{ChainHead, ObjectVersion, VersionId};

/// Why an object is not adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not the chain's next batch, and never will be: the chain stops.
    Foreign(String),
    /// It cannot be judged here and now: by this version of the code, or in this process's
    /// memory. Nothing is decided and nothing is lost; the records wait for a writer that can.
    Unclear(String),
}

/// Says that an object is not the chain's, in the words of every such judgement.
pub fn foreign(
    what: impl std::fmt::Display,
    expected: &dyn std::fmt::Debug,
    found: &dyn std::fmt::Debug,
) -> Refusal {
    Refusal::Foreign(format!("{what}: expected {expected:?}, found {found:?}"))
}

/// The only version that there ever was at a key, if it is that.
pub fn only_version(versions: &[ObjectVersion]) -> Result<&VersionId, Refusal> {
    match versions {
        [only] if !only.delete_marker => Ok(&only.version),
        [] => Err(Refusal::Foreign("creation was refused, yet no version is there".to_owned())),
        several => {
            let markers = several.iter().filter(|version| version.delete_marker).count();
            let versions = several.len() - markers;
            let found = format!("{versions} and {markers} delete markers");
            Err(Refusal::Foreign(format!("expected one version, found {found}")))
        }
    }
}

/// Whether a header is the next of a chain, its lineage apart.
pub fn extends(
    origin: &str,
    chain: &ChainId,
    head: Option<&ChainHead>,
    header: &BatchHeader,
) -> Result<(), Refusal> {
    let number = ChainHead::next_number(head);
    let key = keys::batch(chain, number);
    if header.origin != origin {
        return Err(foreign("origin", &origin, &header.origin));
    }
    if header.chain != *chain {
        return Err(foreign("chain", chain, &header.chain));
    }
    if header.number != number {
        return Err(foreign("number", &number, &header.number));
    }
    if header.key != key {
        return Err(foreign("object key", &key, &header.key));
    }
    match head {
        Some(head) if header.first <= head.last => Err(Refusal::Foreign(format!(
            "records from {} on, but {} is sealed",
            header.first, head.last
        ))),
        _ => Ok(()),
    }
}
