//! The rules of compatibility, and breaking them on purpose.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::Break;

/// What a later bundle must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Lower a limit.
    LimitsLower,
    /// Forget a tenant while unknown ones are rejected, or begin to reject them.
    TenantsUnknown,
    /// Keep a tenant's events for a shorter time.
    TenantsRetention,
    /// Shorten a class that is in use.
    RetentionShorter,
    /// Drop a class that is in use.
    RetentionRemoved,
    /// Change the key that names tenants in batch headers.
    TenantKey,
    /// Begin to reject actions without a schema.
    ActionsUnknown,
    /// Drop a published schema.
    SchemaRemoved,
    /// Begin to judge an action that was taken unjudged.
    SchemaFirst,
    /// Judge events that name no schema by a stricter one.
    SchemaHighest,
    /// Require more members.
    SchemaRequired,
    /// Take fewer types, or fewer alternatives.
    SchemaType,
    /// Take fewer of listed values.
    SchemaEnum,
    /// Take a smaller range.
    SchemaRange,
    /// Match by another pattern.
    SchemaPattern,
    /// Change what cannot be compared.
    SchemaUnclear,
    /// Redact less; a warning only.
    RedactionRemoved,
}

/// Every rule, and its name.
const NAMES: [(Rule, &str); 17] = [
    (Rule::LimitsLower, "limits.lower"),
    (Rule::TenantsUnknown, "tenants.unknown"),
    (Rule::TenantsRetention, "tenants.retention"),
    (Rule::RetentionShorter, "retention.shorter"),
    (Rule::RetentionRemoved, "retention.removed"),
    (Rule::TenantKey, "tenant-key"),
    (Rule::ActionsUnknown, "actions.unknown"),
    (Rule::SchemaRemoved, "schema.removed"),
    (Rule::SchemaFirst, "schema.first"),
    (Rule::SchemaHighest, "schema.highest"),
    (Rule::SchemaRequired, "schema.required"),
    (Rule::SchemaType, "schema.type"),
    (Rule::SchemaEnum, "schema.enum"),
    (Rule::SchemaRange, "schema.range"),
    (Rule::SchemaPattern, "schema.pattern"),
    (Rule::SchemaUnclear, "schema.unclear"),
    (Rule::RedactionRemoved, "redaction.removed"),
];

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = NAMES.iter().find(|(rule, _)| rule == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Breaks that are meant: of one rule, everywhere or at and below one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    rule: Rule,
    below: String,
}

/// Why a text is not an [`Allowed`].
#[derive(Debug, thiserror::Error)]
#[error(
    "expected a rule, or a rule, a colon and a JSON pointer, found {found:?}; the rules are {}",
    NAMES.map(|(_, name)| name).join(", ")
)]
pub struct AllowedError {
    found: String,
}

impl FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        let (name, below) = text.split_once(':').unwrap_or((text, ""));
        let rule = NAMES.iter().find(|(_, known)| *known == name);
        match rule.filter(|_| below.is_empty() || below.starts_with('/')) {
            Some((rule, _)) => Ok(Self { rule: *rule, below: below.to_owned() }),
            None => Err(AllowedError { found: text.to_owned() }),
        }
    }
}

impl Allowed {
    /// Whether it allows this.
    pub(super) fn is(&self, found: &Break) -> bool {
        let rest = found.at.strip_prefix(&self.below);
        self.rule == found.rule && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}
