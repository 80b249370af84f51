//! Tenant lines: what a batch holds of each tenant, without saying who the tenants are. SPEC.md §5.

use std::collections::HashMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;

use crate::Hash;
use crate::canonical::write;
use crate::tree::{Frontier, root};

/// Gathers the leaf hashes of each tenant of a batch, in batch order.
///
/// Pushing costs one map look-up and the node hashes of the tenant's tree; tenants are hashed
/// once, when the lines are made.
#[derive(Clone)]
pub struct TenantTree {
    key: [u8; 32],
    tenants: HashMap<String, Frontier>,
}

/// A tenant line, its members declared in canonical order.
#[derive(Serialize)]
struct Line {
    events: u64,
    root: Hash,
    tenant: Hash,
}

impl TenantTree {
    /// No events yet; tenants will be hidden under `key`, the config bundle's `tenant_key`.
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: *key, tenants: HashMap::new() }
    }

    /// Adds the next event of `tenant`.
    pub fn push(&mut self, tenant: &str, leaf: Hash) {
        match self.tenants.get_mut(tenant) {
            Some(tree) => tree.push(leaf),
            None => self.tenants.entry(tenant.to_owned()).or_default().push(leaf),
        }
    }

    /// The lines, canonical JSON, sorted by their `tenant`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<Line> = self
            .tenants
            .iter()
            .map(|(tenant, tree)| Line {
                events: tree.size(),
                root: tree.root(),
                tenant: pseudonym(&self.key, tenant),
            })
            .collect();
        lines.sort_unstable_by_key(|line| line.tenant);
        lines.iter().map(write).collect()
    }

    /// The header's `tenants`: the RFC 6962 root with the lines as leaves.
    pub fn root(&self) -> Hash {
        let leaves: Vec<Hash> =
            self.lines().iter().map(|line| Hash::leaf(line.as_bytes())).collect();
        root(&leaves)
    }
}

impl fmt::Debug for TenantTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the key nor the names that it hides.
        f.debug_struct("TenantTree").field("tenants", &self.tenants.len()).finish_non_exhaustive()
    }
}

/// `HMAC-SHA256(key, tenant)`: the name under which `tenant` appears in tenant lines.
pub fn pseudonym(key: &[u8; 32], tenant: &str) -> Hash {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of 32 bytes");
    mac.update(tenant.as_bytes());
    Hash::from_bytes(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::tree::model;

    #[test]
    fn no_events_have_the_empty_root() {
        let tree = TenantTree::new(&[7; 32]);
        assert_eq!(tree.lines(), Vec::<String>::new());
        assert_eq!(tree.root(), Hash::EMPTY_ROOT);
    }

    #[test]
    fn a_line_counts_and_commits_to_the_tenants_own_events_in_batch_order() {
        let leaves = model::leaves(5);
        let mut tree = TenantTree::new(&[7; 32]);
        for (leaf, tenant) in leaves.iter().zip(["acme", "globex", "acme", "acme", "globex"]) {
            tree.push(tenant, *leaf);
        }
        let line = |tenant: &str, own: &[Hash]| {
            let name = pseudonym(&[7; 32], tenant);
            let (n, root) = (own.len(), model::root(own));
            format!(r#"{{"events":{n},"root":"{root}","tenant":"{name}"}}"#)
        };
        let mut expected = vec![
            line("acme", &[leaves[0], leaves[2], leaves[3]]),
            line("globex", &[leaves[1], leaves[4]]),
        ];
        expected.sort_by_key(|line| line[line.find("tenant").unwrap()..].to_owned());
        assert_eq!(tree.lines(), expected);
        let lines: Vec<Hash> = expected.iter().map(|l| Hash::leaf(l.as_bytes())).collect();
        assert_eq!(tree.root(), model::root(&lines));
    }

    #[test]
    fn lines_are_canonical_json() {
        let mut tree = TenantTree::new(&[1; 32]);
        tree.push("acme", Hash::leaf(b""));
        let line = tree.lines().remove(0);
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), line);
    }

    #[test]
    fn the_order_of_events_of_other_tenants_changes_nothing() {
        let leaves = model::leaves(2);
        let (mut a, mut b) = (TenantTree::new(&[7; 32]), TenantTree::new(&[7; 32]));
        a.push("acme", leaves[0]);
        a.push("globex", leaves[1]);
        b.push("globex", leaves[1]);
        b.push("acme", leaves[0]);
        assert_eq!(a.root(), b.root());
    }

    #[test]
    fn the_pseudonym_is_hmac_sha256() {
        // RFC 4231 has no key of 32 bytes; from Python's hmac module:
        // hmac.new(bytes(range(32)), b"acme", "sha256").hexdigest()
        let key: [u8; 32] = std::array::from_fn(|i| i as u8);
        assert_eq!(
            pseudonym(&key, "acme").to_string(),
            "c6667e9ad5c0f33e81dccf1001255258c5513a740554a79356a8554b7a09b9b4"
        );
    }

    #[test]
    fn debug_output_shows_neither_the_key_nor_a_tenant() {
        let mut tree = TenantTree::new(&[0xab; 32]);
        tree.push("acme", Hash::leaf(b""));
        let text = format!("{tree:?}");
        assert!(!text.contains("acme") && !text.contains("171") && !text.contains("ab,"), "{text}");
    }
}
