//! The config bundle: what an operator decides about how records are judged.

mod check;
mod error;
mod limits;
mod pattern;
mod policy;
mod wire;

pub use error::BundleError;
pub use limits::Limits;
pub use pattern::{ActionPattern, PointerPattern};
pub use policy::{
    ActorEntry, Detail, Heuristic, LocationSource, Redaction, RedactionAction, Retention, Tenant,
    Unknown,
};

pub(crate) use pattern::Segment;

use std::collections::{BTreeMap, BTreeSet};

use cairn_ledger::Hash;

use crate::json;

/// The config bundle of a deployment: one canonical JSON document of `kind` `config`, locked in
/// the archive at `config/<hash>`, its hash named by every batch header (SPEC.md §4.5).
///
/// `Rules` are what it becomes to judge records by it.
#[derive(Clone, PartialEq)]
pub struct Bundle {
    /// What a record may be at most.
    pub limits: Limits,
    /// Key of the HMAC under which tenants appear in tenant lines (SPEC.md §5).
    pub tenant_key: [u8; 32],
    /// The tenants that are known, by name.
    pub tenants: BTreeMap<String, Tenant>,
    /// What becomes of events of other tenants.
    pub unknown_tenants: Unknown,
    /// Retention classes, by name.
    pub retention: BTreeMap<String, Retention>,
    /// The class of tenants that name none.
    pub default_retention: Option<String>,
    /// JSON Schemas (2020-12) of the `data` of native events, by `<action>/<version>`.
    pub schemas: BTreeMap<String, serde_json::Value>,
    /// What becomes of native events whose action has no schema.
    pub unknown_actions: Unknown,
    /// What is known of actors: by tenant, then by `<actor type>:<actor id>`.
    pub directory: BTreeMap<String, BTreeMap<String, ActorEntry>>,
    /// The database that tells where addresses are, if one does.
    pub location: Option<LocationSource>,
    /// Whether `source.user_agent` is read for the device behind it.
    pub device: bool,
    /// What is removed or masked before an event is sealed.
    pub redaction: Vec<Redaction>,
    /// Patterns that are masked wherever free text holds them.
    pub heuristics: BTreeSet<Heuristic>,
}

impl Bundle {
    /// A bundle that decides nothing: the default limits, all tenants and actions taken, nothing
    /// added, nothing redacted.
    pub fn with_tenant_key(tenant_key: [u8; 32]) -> Self {
        Self {
            limits: Limits::default(),
            tenant_key,
            tenants: BTreeMap::new(),
            unknown_tenants: Unknown::Accept,
            retention: BTreeMap::new(),
            default_retention: None,
            schemas: BTreeMap::new(),
            unknown_actions: Unknown::Accept,
            directory: BTreeMap::new(),
            location: None,
            device: false,
            redaction: Vec::new(),
            heuristics: BTreeSet::new(),
        }
    }

    /// The canonical JSON. Members that decide nothing are left out.
    pub fn to_json(&self) -> String {
        json::canonical(&wire::write(self))
    }

    /// Reads what [`to_json`](Self::to_json) wrote; refuses any other bytes, and says where and
    /// why. Does not compile schemas: `Rules::new` does.
    pub fn parse(json: &[u8]) -> Result<Self, BundleError> {
        let bundle = Self::read(json)?;
        if bundle.to_json().as_bytes() != json {
            return Err(BundleError::NotCanonical);
        }
        Ok(bundle)
    }

    /// Reads a bundle from JSON in any form: as [`parse`](Self::parse) does, but for white space,
    /// the order of members, and members that say what is meant without them. For tools that make
    /// bundles from what people wrote. Numbers in schemas are doubles from here on (RFC 8785): the
    /// bundle is the one that its JSON says.
    pub fn compose(json: &[u8]) -> Result<Self, BundleError> {
        let bundle = Self::read(json)?;
        wire::read(bundle.to_json().as_bytes())
    }

    fn read(json: &[u8]) -> Result<Self, BundleError> {
        let bundle = wire::read(json)?;
        check::check(&bundle)?;
        Ok(bundle)
    }

    /// SHA-256 of the canonical JSON: the name of the bundle.
    pub fn hash(&self) -> Hash {
        Hash::of(self.to_json().as_bytes())
    }
}

impl std::fmt::Debug for Bundle {
    /// Without the tenant key, and without what the directory says of people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bundle").field("limits", &self.limits).finish_non_exhaustive()
    }
}
