//! What the tests over files share.

use std::path::PathBuf;

use base64::Engine;
use cairn_ledger::Hash;
use serde_json::Value;

pub(crate) fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

pub(crate) fn vector(name: &str) -> Value {
    let json = std::fs::read(vectors().join(name)).unwrap();
    serde_json::from_slice(&json).unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

pub(crate) fn hash(value: &Value) -> Hash {
    text(value).parse().unwrap()
}

pub(crate) fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

pub(crate) fn base64(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text).unwrap()
}
