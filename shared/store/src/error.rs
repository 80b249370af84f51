//! How a call to storage can fail, told apart by what the caller must do next.

use std::fmt;

/// The answer of a storage call.
pub type StoreResult<T> = Result<T, StoreError>;

/// Why a storage call gave no answer, or not the one hoped for.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The condition of a write did not hold; nothing was written. Reload, then decide.
    #[error("{operation}: condition failed: {detail}")]
    Conflict {
        /// The call, with the key it was about.
        operation: String,
        /// What the store said.
        detail: String,
    },
    /// Nobody knows whether a write took effect (a time-out, a reset, a 5xx, a transaction
    /// conflict). Reload, never assume.
    #[error("{operation}: outcome unknown: {detail}")]
    Unknown {
        /// The call, with the key it was about.
        operation: String,
        /// What was seen.
        detail: String,
    },
    /// The store refused for lack of capacity; nothing was written. The same call may be made again later.
    #[error("{operation}: throttled: {detail}")]
    Throttled {
        /// The call, with the key it was about.
        operation: String,
        /// What the store said.
        detail: String,
    },
    /// The store refused for good (permission, validation, a missing bucket or table); nothing
    /// was written. The same call fails again.
    #[error("{operation}: refused: {detail}")]
    Refused {
        /// The call, with the key it was about.
        operation: String,
        /// What the store said.
        detail: String,
    },
    /// What the store returned is not what Cairn writes.
    #[error("{operation}: unreadable: {detail}")]
    Corrupt {
        /// The call, with the key it was about.
        operation: String,
        /// What was expected and what was found.
        detail: String,
    },
}

impl StoreError {
    pub(crate) fn conflict(operation: impl fmt::Display, detail: impl fmt::Display) -> Self {
        Self::Conflict { operation: operation.to_string(), detail: detail.to_string() }
    }

    pub(crate) fn unknown(operation: impl fmt::Display, detail: impl fmt::Display) -> Self {
        Self::Unknown { operation: operation.to_string(), detail: detail.to_string() }
    }

    pub(crate) fn throttled(operation: impl fmt::Display, detail: impl fmt::Display) -> Self {
        Self::Throttled { operation: operation.to_string(), detail: detail.to_string() }
    }

    pub(crate) fn refused(operation: impl fmt::Display, detail: impl fmt::Display) -> Self {
        Self::Refused { operation: operation.to_string(), detail: detail.to_string() }
    }

    pub(crate) fn corrupt(operation: impl fmt::Display, detail: impl fmt::Display) -> Self {
        Self::Corrupt { operation: operation.to_string(), detail: detail.to_string() }
    }
}
