//! The form of the fields. The same as ingest's, which a test of this crate holds them to; the
//! source is SPEC.md §4.2 of cairn-ledger.

use serde_json::{Map, Value};

/// Lowercase words joined by dots, at least two, at most 256 bytes.
pub(super) fn is_action(text: &str) -> bool {
    let is_word = |word: &str| {
        word.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && word.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
            })
    };
    text.len() <= 256 && text.contains('.') && text.split('.').all(is_word)
}

/// 1 to 128 of `A-Z a-z 0-9 _ . -`, the first a letter or digit.
pub(super) fn is_tenant(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// 1 to 128 of `A-Z a-z 0-9 _ . : -`.
pub(crate) fn is_id(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=128).contains(&text.len()) && text.bytes().all(known)
}

/// 1 to 2,048 bytes.
pub(super) fn is_name(text: &str) -> bool {
    (1..=2048).contains(&text.len())
}

/// An action, a slash, and a version of 1 to 9 digits without a leading zero.
pub(super) fn is_schema(text: &str) -> bool {
    text.split_once('/').is_some_and(|(name, version)| {
        is_action(name)
            && (1..=9).contains(&version.len())
            && !version.starts_with('0')
            && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// That many lowercase hexadecimal digits, not all 0.
pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && text.bytes().any(|byte| byte != b'0')
}

/// Counts JSON values and names of members, and stops where they are too many or nest too deep.
pub(super) struct Budget {
    /// How many more there may be.
    pub(super) values: usize,
}

/// What a [`Budget`] ran out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    Depth,
    Values,
}

impl Budget {
    /// Counts an object whose own depth, and that of what is in it, may be `depth`.
    pub(super) fn object(&mut self, map: &Map<String, Value>, depth: usize) -> Result<(), Excess> {
        self.take(1 + map.len())?;
        let depth = depth.checked_sub(1).ok_or(Excess::Depth)?;
        map.values().try_for_each(|value| self.value(value, depth))
    }

    /// Counts a value.
    pub(super) fn value(&mut self, value: &Value, depth: usize) -> Result<(), Excess> {
        match value {
            Value::Object(map) => self.object(map, depth),
            Value::Array(values) => {
                self.take(1)?;
                let depth = depth.checked_sub(1).ok_or(Excess::Depth)?;
                values.iter().try_for_each(|value| self.value(value, depth))
            }
            _ => self.take(1),
        }
    }

    /// Counts so many.
    pub(super) fn take(&mut self, count: usize) -> Result<(), Excess> {
        self.values = self.values.checked_sub(count).ok_or(Excess::Values)?;
        Ok(())
    }
}
