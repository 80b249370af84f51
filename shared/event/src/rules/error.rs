//! Why a bundle cannot be used.

/// Why a bundle, though it is one, cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// A schema is none that Cairn takes.
    #[error("config bundle: `{at}`: {detail}")]
    Schema {
        /// JSON pointer of the place in the bundle.
        at: String,
        /// What was expected and found there.
        detail: String,
    },
    /// The bundle names a location database, and it was not given, or one was that it does not
    /// name.
    #[error("location database: expected {expected}, found {found}")]
    Database {
        /// The hash of the database that the bundle names, or none.
        expected: String,
        /// The hash of what was given, or none.
        found: String,
    },
    /// The location database is no MaxMind DB.
    #[error("location database: expected a MaxMind DB: {0}")]
    Format(#[from] maxminddb::MaxMindDbError),
}
