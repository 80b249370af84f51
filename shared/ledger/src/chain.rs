//! The names of chains and Kinesis's sequence numbers.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a chain: `<stream>/<stream creation time>/<shard>`.
///
/// The creation time (UTC, `20260131T235959Z`) is part of the name because shard ids restart
/// when a stream is deleted and made again. Each part is 1 to 128 of `[a-zA-Z0-9_.-]`, so that a
/// chain's name is also safe as a path of object keys; `.` and `..` are refused.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChainId(String);

/// Why a text is not a [`ChainId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a chain `<stream>/<created, as 20260131T235959Z>/<shard>`, found {found:?}")]
pub struct ChainIdError {
    found: String,
}

impl ChainId {
    /// Names the chain of one shard of a stream that was created at `created`.
    pub fn new(stream: &str, created: jiff::Timestamp, shard: &str) -> Result<Self, ChainIdError> {
        format!("{stream}/{}/{shard}", created.strftime("%Y%m%dT%H%M%SZ")).parse()
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Kinesis stream.
    pub fn stream(&self) -> &str {
        self.part(0)
    }

    /// The stream's creation time, as `20260131T235959Z`.
    pub fn created(&self) -> &str {
        self.part(1)
    }

    /// The Kinesis shard.
    pub fn shard(&self) -> &str {
        self.part(2)
    }

    /// The chain of another shard of the same stream.
    pub fn sibling(&self, shard: &str) -> Result<Self, ChainIdError> {
        format!("{}/{}/{shard}", self.stream(), self.created()).parse()
    }

    fn part(&self, n: usize) -> &str {
        self.0.split('/').nth(n).unwrap_or_default()
    }
}

impl FromStr for ChainId {
    type Err = ChainIdError;

    fn from_str(text: &str) -> Result<Self, ChainIdError> {
        let fail = || ChainIdError { found: text.chars().take(400).collect() };
        let parts: Vec<&str> = text.split('/').collect();
        let [stream, created, shard] = parts[..] else { return Err(fail()) };
        let is_name = |part: &str| {
            (1..=128).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
                && part != "."
                && part != ".."
        };
        let created_is_time = created.len() == 16
            && created.bytes().enumerate().all(|(i, b)| match i {
                8 => b == b'T',
                15 => b == b'Z',
                _ => b.is_ascii_digit(),
            });
        if !(is_name(stream) && created_is_time && is_name(shard)) {
            return Err(fail());
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for ChainId {
    type Error = ChainIdError;

    fn try_from(text: String) -> Result<Self, ChainIdError> {
        text.parse()
    }
}

impl From<ChainId> for String {
    fn from(chain: ChainId) -> Self {
        chain.0
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A Kinesis sequence number: a decimal without leading zeros, ordered as a number.
///
/// Real ones have 56 digits, more than 128 bits hold, so they stay text; a longer one is
/// greater, and of two as long the one greater as text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SequenceNumber(String);

/// Why a text is not a [`SequenceNumber`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a sequence number of 1 to 128 decimal digits without leading zeros, found {found:?}"
)]
pub struct SequenceNumberError {
    found: String,
}

impl SequenceNumber {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SequenceNumber {
    type Err = SequenceNumberError;

    fn from_str(text: &str) -> Result<Self, SequenceNumberError> {
        let digits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !digits || (text.len() > 1 && text.starts_with('0')) {
            return Err(SequenceNumberError { found: text.chars().take(140).collect() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for SequenceNumber {
    type Error = SequenceNumberError;

    fn try_from(text: String) -> Result<Self, SequenceNumberError> {
        text.parse()
    }
}

impl From<SequenceNumber> for String {
    fn from(number: SequenceNumber) -> Self {
        number.0
    }
}

impl Ord for SequenceNumber {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for SequenceNumber {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SequenceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests;
