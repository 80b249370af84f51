//! What a bundle decides beside limits.

use cairn_ledger::Hash;
use serde::{Deserialize, Serialize};

use super::{ActionPattern, PointerPattern};

/// What becomes of what the bundle does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// It is sealed like any other.
    #[default]
    Accept,
    /// It is rejected.
    Reject,
}

/// What is decided for one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its retention class; without, that is the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<String>,
}

/// A retention class: for how long segments are locked, and when they move to colder storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days of Object Lock; from 1 to 36,500.
    pub days: u32,
    /// Days until segments move to Glacier Instant Retrieval, if they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instant_after_days: Option<u32>,
    /// Days until they move to Glacier Deep Archive, if they do; more than the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deep_after_days: Option<u32>,
}

/// What the directory knows of an actor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorEntry {
    /// The roles that the actor has.
    pub roles: Vec<String>,
}

/// Where addresses are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocationSource {
    /// SHA-256 of a MaxMind DB, which lies in the archive at `config/<hash>`.
    pub database: Hash,
    /// How much of what it says is kept.
    pub detail: Detail,
}

/// How precisely a place is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// The country.
    Country,
    /// The country and its first subdivision.
    Region,
}

/// A redaction rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// Which places of the sealed event.
    pub pointer: PointerPattern,
    /// What is done there.
    pub action: RedactionAction,
    /// Of which tenants' events; empty: of all.
    pub tenants: Vec<String>,
    /// Of events of which actions; empty: of all.
    pub actions: Vec<ActionPattern>,
}

/// What is done to a value that is redacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RedactionAction {
    /// The member is left out. An element of an array is masked instead, so that the others keep
    /// their places.
    Remove,
    /// The string `[redacted]` stands in the value's place.
    Mask,
}

/// A kind of secret that is known by its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Heuristic {
    /// Numbers of payment cards.
    Card,
    /// Credentials: access keys, tokens, private keys.
    Token,
}
