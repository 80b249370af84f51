//! What `terraform apply` does with the root module's variables, done here through the same API.

use std::collections::BTreeMap;

use cairn_ledger::Hash;
use serde::Deserialize;
use serde_json::Value;

/// The variables that the runbooks set. A runbook that sets another one fails its drill.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Variables {
    pub(crate) paused: Paused,
    pub(crate) bundle: Option<Hash>,
    pub(crate) stream: Stream,
    pub(crate) keys: Keys,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Paused {
    pub(crate) ingest: bool,
    pub(crate) checkpoint: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Stream {
    pub(crate) retention_hours: i32,
}

impl Default for Stream {
    fn default() -> Self {
        Self { retention_hours: 168 }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Keys {
    pub(crate) signing: Signing,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Signing {
    /// Kinds of keys, by their generation.
    pub(crate) generations: BTreeMap<String, String>,
    /// The generations that sign, the newest first.
    pub(crate) signers: Vec<String>,
}

impl Default for Signing {
    fn default() -> Self {
        let first = ("1".to_owned(), "ECC_NIST_EDWARDS25519".to_owned());
        Self { generations: BTreeMap::from([first]), signers: vec!["1".to_owned()] }
    }
}

/// Takes over what a piece of HCL says; `within`: the variable, and what of it, that this is a part of.
pub(crate) fn set(variables: &mut Value, within: &str, hcl: &str) {
    let said: Value = hcl::from_str(hcl).unwrap();
    let mut place = variables;
    for name in within.split('.').filter(|name| !name.is_empty()) {
        place = &mut place[name];
    }
    for (name, value) in said.as_object().unwrap() {
        place[name] = value.clone();
    }
}
