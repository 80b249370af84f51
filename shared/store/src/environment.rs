//! Configuration from environment variables, as Lambda functions get it.

use std::fmt::Display;
use std::str::FromStr;

/// Why a variable cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// It is not set.
    #[error("{name} is not set")]
    Missing {
        /// The variable.
        name: &'static str,
    },
    /// It is set to something else than what is needed.
    #[error("{name}: {detail}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What was expected and what was found.
        detail: String,
    },
}

/// Several values in one variable, separated by commas: one at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T: FromStr> FromStr for List<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(|value| value.trim().parse()).collect::<Result<_, _>>().map(Self)
    }
}

/// A variable that must be set.
pub fn required<T: FromStr<Err: Display>>(name: &'static str) -> Result<T, EnvironmentError> {
    optional(name)?.ok_or(EnvironmentError::Missing { name })
}

/// A variable that may be set; an empty one counts as not set.
pub fn optional<T: FromStr<Err: Display>>(
    name: &'static str,
) -> Result<Option<T>, EnvironmentError> {
    let invalid = |detail: String| EnvironmentError::Invalid { name, detail };
    let text = match std::env::var(name) {
        Ok(text) => text,
        Err(std::env::VarError::NotPresent) => return Ok(None),
        Err(error) => return Err(invalid(error.to_string())),
    };
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error: T::Err| invalid(error.to_string()))
}
