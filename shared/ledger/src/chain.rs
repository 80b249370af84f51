//! The names of chains and Kinesis's sequence numbers.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The name of a chain: `<stream>/<stream creation time>/<shard>`, and `.<generation>` behind it for
/// one that succeeds a stopped chain of the shard.
///
/// The creation time (UTC, `20260131T235959Z`) is part of the name because shard ids restart
/// when a stream is deleted and made again. Each part is 1 to 128 of `[a-zA-Z0-9_.-]`, so that a
/// chain's name is also safe as a path of object keys; `.` and `..` are refused. Shards have no dot
/// in their names, so that none can pose as a successor.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChainId(String);

/// Why a text is not a [`ChainId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a chain `<stream>/<created, as 20260131T235959Z>/<shard>[.<generation>]`, found {found:?}"
)]
pub struct ChainIdError {
    found: String,
}

/// Digits of the highest generation: far more than operators can order.
const GENERATION_DIGITS: usize = 9;

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
        let name = self.part(2);
        name.split_once('.').map_or(name, |(shard, _)| shard)
    }

    /// How many stopped chains of the shard came before it.
    pub fn generation(&self) -> u64 {
        let generation = self.part(2).split_once('.').map(|(_, generation)| generation);
        generation.and_then(|generation| generation.parse().ok()).unwrap_or(0)
    }

    /// The chain that the shard began with. Coordinates name it, whichever chain of the shard a record
    /// is sealed in.
    pub fn original(&self) -> Self {
        self.at(0)
    }

    /// The chain that goes on where this one was stopped.
    pub fn successor(&self) -> Self {
        self.at(self.generation().saturating_add(1))
    }

    /// The stopped chain that it goes on from, if it is a successor.
    pub fn predecessor(&self) -> Option<Self> {
        Some(self.at(self.generation().checked_sub(1)?))
    }

    /// The chain of another shard of the same stream.
    pub fn sibling(&self, shard: &str) -> Result<Self, ChainIdError> {
        format!("{}/{}/{shard}", self.stream(), self.created()).parse()
    }

    /// The chains of the same shard that a map has, not in order of generations.
    pub fn of_shard<'m, V>(
        &self,
        map: &'m BTreeMap<Self, V>,
    ) -> impl Iterator<Item = (&'m Self, &'m V)> {
        let original = self.original();
        let first = map.get_key_value(&original);
        // No other name lies between those of a shard's successors.
        let successors = map.range(original.successor()..);
        let successors = successors.take_while(move |(chain, _)| chain.original() == original);
        first.into_iter().chain(successors)
    }

    fn at(&self, generation: u64) -> Self {
        let shard = format!("{}/{}/{}", self.stream(), self.created(), self.shard());
        Self(if generation == 0 { shard } else { format!("{shard}.{generation}") })
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
        let succeeds = |generation: &str| {
            generation.starts_with(|first: char| ('1'..='9').contains(&first))
                && generation.len() <= GENERATION_DIGITS
                && generation.bytes().all(|b| b.is_ascii_digit())
        };
        let shard_is_one = match shard.split_once('.') {
            None => is_name(shard),
            Some((shard, generation)) => is_name(shard) && succeeds(generation),
        };
        if !(is_name(stream) && created_is_time && shard_is_one) {
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
