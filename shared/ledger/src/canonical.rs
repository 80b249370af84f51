//! Canonical JSON (RFC 8785) of the documents that this crate defines. SPEC.md §2.
//!
//! Their types declare members in canonical order and hold only strings and integers up to
//! [`MAX_INTEGER`], so that what `serde_json` writes is canonical as it stands; tests compare it
//! with an implementation of RFC 8785.

use serde::Serialize;

/// The largest integer that every JSON reader holds exactly: 2^53 - 1 (RFC 8785 §3.2.2.3).
pub(crate) const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Writes a document.
pub(crate) fn write<T: Serialize>(document: &T) -> String {
    #[expect(clippy::expect_used, reason = "strings, integers and string keys always serialise")]
    serde_json::to_string(document).expect("a document serialises")
}
