//! What the rules add to an event.

use super::redact::Redacted;

/// What the rules add to an event, ready to be sealed. Most bundles add nothing.
#[derive(Debug, Default)]
pub(crate) struct Additions {
    /// `enrichment`, as canonical JSON.
    pub(crate) enrichment: Option<Vec<u8>>,
    /// What was redacted.
    pub(crate) redacted: Option<Redacted>,
}
