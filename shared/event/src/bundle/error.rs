//! Why bytes are not a bundle.

/// Why bytes are not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Not JSON of the bundle's shape.
    #[error("config bundle: `{at}`: {detail}")]
    Shape {
        /// JSON pointer of the place.
        at: String,
        /// What was expected and found there.
        detail: String,
    },
    /// A member has a value that a bundle of this version cannot have.
    #[error("config bundle: `{at}`: expected {expected}, found {found}")]
    Field {
        /// JSON pointer of the member.
        at: String,
        /// What it must be.
        expected: String,
        /// What it is; never a secret.
        found: String,
    },
    /// The JSON is not in canonical form, so its hash does not name it.
    #[error("config bundle is not in canonical form (RFC 8785), or spells out a default")]
    NotCanonical,
}

impl BundleError {
    /// A member, named by its pointer, has another value than it can have.
    pub(crate) fn field(
        at: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Field { at: at.into(), expected: expected.into(), found: found.into() }
    }
}
