//! Why bytes are not one of the documents that this crate defines.

/// Why bytes are not the document they should be.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON of the document's shape.
    #[error("not of the document's shape: {0}")]
    Shape(#[from] serde_json::Error),
    /// A member has a value that a document of this version cannot have.
    #[error("`{field}`: expected {expected}, found {found:?}")]
    Field {
        /// The member.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The JSON is not in canonical form, so its hash is not that of the document it says.
    #[error("not in canonical form (RFC 8785)")]
    NotCanonical,
}

impl DocumentError {
    pub(crate) fn field(field: &'static str, expected: &'static str, found: String) -> Self {
        Self::Field { field, expected, found }
    }
}

/// Checks a member with one possible value.
pub(crate) fn check(
    field: &'static str,
    expected: &'static str,
    found: &str,
) -> Result<(), DocumentError> {
    match found == expected {
        true => Ok(()),
        false => {
            let found = found.chars().take(100).collect();
            Err(DocumentError::field(field, expected, found))
        }
    }
}
