//! Reads attributes, and says what is wrong with those it cannot read.

use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use cairn_ledger::Hash;

use super::Item;
use crate::{StoreError, StoreResult};

/// Takes an item apart.
pub(super) struct Reader<'a> {
    operation: &'a str,
    item: Item,
}

impl<'a> Reader<'a> {
    pub(super) fn new(operation: &'a str, item: Item) -> Self {
        Self { operation, item }
    }

    /// An attribute that may be missing.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self, &str) -> StoreResult<T>,
    ) -> StoreResult<Option<T>> {
        self.item.contains_key(name).then(|| read(self, name)).transpose()
    }

    pub(super) fn text(&mut self, name: &str) -> StoreResult<String> {
        match self.take(name)? {
            AttributeValue::S(text) => Ok(text),
            other => Err(self.wrong(name, "a string", &kind(&other))),
        }
    }

    /// A string that says something.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &str) -> StoreResult<T> {
        self.text(name)?.parse().map_err(|error: T::Err| {
            StoreError::corrupt(self.operation, format_args!("attribute `{name}`: {error}"))
        })
    }

    pub(super) fn number(&mut self, name: &str) -> StoreResult<u64> {
        let expected = "a number below 2^64";
        match self.take(name)? {
            AttributeValue::N(digits) => {
                digits.parse().map_err(|_| self.wrong(name, expected, &digits))
            }
            other => Err(self.wrong(name, expected, &kind(&other))),
        }
    }

    pub(super) fn hash(&mut self, name: &str) -> StoreResult<Hash> {
        let expected = "32 bytes";
        match self.take(name)? {
            AttributeValue::B(bytes) => {
                let bytes = bytes.into_inner();
                let length = format!("{} bytes", bytes.len());
                let bytes = bytes.try_into().map_err(|_| self.wrong(name, expected, &length))?;
                Ok(Hash::from_bytes(bytes))
            }
            other => Err(self.wrong(name, expected, &kind(&other))),
        }
    }

    pub(super) fn map(&mut self, name: &str) -> StoreResult<Item> {
        match self.take(name)? {
            AttributeValue::M(map) => Ok(map),
            other => Err(self.wrong(name, "a map", &kind(&other))),
        }
    }

    pub(super) fn list(&mut self, name: &str) -> StoreResult<Vec<AttributeValue>> {
        match self.take(name)? {
            AttributeValue::L(list) => Ok(list),
            other => Err(self.wrong(name, "a list", &kind(&other))),
        }
    }

    pub(super) fn wrong(&self, name: &str, expected: &str, found: &str) -> StoreError {
        let detail = format!("attribute `{name}`: expected {expected}, found {found}");
        StoreError::corrupt(self.operation, detail)
    }

    fn take(&mut self, name: &str) -> StoreResult<AttributeValue> {
        self.item.remove(name).ok_or_else(|| self.wrong(name, "a value", "none"))
    }
}

fn kind(value: &AttributeValue) -> String {
    let kind = match value {
        AttributeValue::B(_) => "binary",
        AttributeValue::L(_) => "a list",
        AttributeValue::M(_) => "a map",
        AttributeValue::N(_) => "a number",
        AttributeValue::S(_) => "a string",
        _ => "another type",
    };
    kind.to_owned()
}
