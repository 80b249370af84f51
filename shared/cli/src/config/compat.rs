//! Whether a later bundle takes every event that an earlier one took, and keeps what is sealed for
//! as long. Pure.

mod bundle;
mod rule;
mod schema;

pub use rule::{Allowed, AllowedError, Rule};

use cairn_event::Bundle;
use serde::Serialize;

/// A way in which a bundle breaks with an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    /// The rule it breaks.
    pub rule: Rule,
    /// JSON pointer of the place in the later bundle; what is gone is named by where it stood.
    pub at: String,
    /// What was, what is, and what to do about it.
    pub detail: String,
}

impl Break {
    fn new(rule: Rule, at: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { rule, at: at.into(), detail: detail.into() }
    }

    /// With a reason put before it.
    fn because(mut self, reason: impl AsRef<str>) -> Self {
        self.detail = format!("{}: {}", reason.as_ref(), self.detail);
        self
    }
}

/// How a bundle stands to an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Compatibility {
    /// What breaks, and is not allowed to.
    pub breaks: Vec<Break>,
    /// What breaks, and was allowed to on purpose.
    pub allowed: Vec<Break>,
    /// What breaks nothing, and should be known.
    pub warnings: Vec<Break>,
}

/// Compares bundles. `keyed` says whether the later one's tenant key is its own, and not merely
/// missing from its source.
pub fn compare(old: &Bundle, new: &Bundle, keyed: bool, allowed: &[Allowed]) -> Compatibility {
    let mut found = bundle::breaks(old, new);
    if keyed && old.tenant_key != new.tenant_key {
        let detail = "the tenant key is another: what batches say of a tenant could not be compared \
                      with what earlier ones say; build with --from the earlier bundle";
        found.push(Break::new(Rule::TenantKey, "/tenant_key", detail));
    }
    let (allowed, breaks) =
        found.into_iter().partition(|found| allowed.iter().any(|allowed| allowed.is(found)));
    Compatibility { breaks, allowed, warnings: bundle::warnings(old, new) }
}

/// A name as a segment of a JSON pointer (RFC 6901 §3).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
