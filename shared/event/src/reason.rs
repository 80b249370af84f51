//! Why something was rejected.

mod near;

use crate::json::{Fault, FaultKind, Kind, MemberName, ReadLimits};

/// Why an item was rejected. Never holds values of the event, nor names that its producer chose:
/// a rejection is read by people who may not read the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// A stable dotted code, such as `json.syntax` or `field.missing`.
    pub code: &'static str,
    /// JSON pointer (RFC 6901) of the offending field, if one is to blame.
    pub pointer: Option<String>,
    /// What was expected and what was found, for a person.
    pub message: String,
}

/// Every code, with its meaning.
pub const CODES: &[(&str, &str)] = &[
    (code::FIELD_MISSING, "a required field is not there"),
    (code::FIELD_RESERVED, "a field that only Cairn may write is there"),
    (code::FIELD_TYPE, "a field, or the item itself, is of another JSON type"),
    (code::FIELD_UNKNOWN, "a field that no event has"),
    (code::FIELD_VALUE, "a field's value does not have the form that its definition asks for"),
    (code::GZIP_CORRUPT, "the record starts as gzip does, but is not gzip"),
    (code::GZIP_TRUNCATED, "the record is gzip that ends too early"),
    (code::JSON_DUPLICATE, "an object holds the same name twice"),
    (code::JSON_NUMBER, "a number is beyond what a double can hold"),
    (code::JSON_SURROGATE, "a `\\u` escape is half of a surrogate pair"),
    (code::JSON_SYNTAX, "not JSON"),
    (code::KPL_CORRUPT, "the record starts as a KPL aggregate does, but is none"),
    (code::LIMIT_CANONICAL, "more bytes, once sealed, than the bundle allows for a record"),
    (code::LIMIT_DECODED, "more bytes, once decompressed, than the bundle allows"),
    (code::LIMIT_DEPTH, "values nest deeper than the bundle allows"),
    (code::LIMIT_EVENTS, "more events in the record than the bundle allows"),
    (code::LIMIT_RATIO, "more decoded bytes for each encoded one than the bundle allows"),
    (code::LIMIT_VALUES, "more JSON values in the item than the bundle allows"),
    (code::LIMIT_WINDOW, "zstd that takes more memory to decompress than Cairn gives it"),
    (code::RECORD_EMPTY, "nothing in the record"),
    (code::REDRIVE_INVALID, "the record starts as a redrive envelope does, but is not one"),
    (code::SCHEMA_INVALID, "`data` is not what the schema of the action asks for"),
    (code::SCHEMA_UNKNOWN, "no schema of the bundle has this name, or is for this action"),
    (code::TENANT_UNKNOWN, "the bundle does not know the tenant"),
    (code::UTF8_INVALID, "not UTF-8"),
    (code::ZSTD_CORRUPT, "the record starts as zstd does, but is not zstd"),
    (code::ZSTD_TRUNCATED, "the record is zstd that ends too early"),
];

/// The codes.
pub(crate) mod code {
    pub(crate) const FIELD_MISSING: &str = "field.missing";
    pub(crate) const FIELD_RESERVED: &str = "field.reserved";
    pub(crate) const FIELD_TYPE: &str = "field.type";
    pub(crate) const FIELD_UNKNOWN: &str = "field.unknown";
    pub(crate) const FIELD_VALUE: &str = "field.value";
    pub(crate) const GZIP_CORRUPT: &str = "gzip.corrupt";
    pub(crate) const GZIP_TRUNCATED: &str = "gzip.truncated";
    pub(crate) const JSON_DUPLICATE: &str = "json.duplicate";
    pub(crate) const JSON_NUMBER: &str = "json.number";
    pub(crate) const JSON_SURROGATE: &str = "json.surrogate";
    pub(crate) const JSON_SYNTAX: &str = "json.syntax";
    pub(crate) const KPL_CORRUPT: &str = "kpl.corrupt";
    pub(crate) const LIMIT_CANONICAL: &str = "limit.canonical";
    pub(crate) const LIMIT_DECODED: &str = "limit.decoded";
    pub(crate) const LIMIT_DEPTH: &str = "limit.depth";
    pub(crate) const LIMIT_EVENTS: &str = "limit.events";
    pub(crate) const LIMIT_RATIO: &str = "limit.ratio";
    pub(crate) const LIMIT_VALUES: &str = "limit.values";
    pub(crate) const LIMIT_WINDOW: &str = "limit.window";
    pub(crate) const RECORD_EMPTY: &str = "record.empty";
    pub(crate) const REDRIVE_INVALID: &str = "redrive.invalid";
    pub(crate) const SCHEMA_INVALID: &str = "schema.invalid";
    pub(crate) const SCHEMA_UNKNOWN: &str = "schema.unknown";
    pub(crate) const TENANT_UNKNOWN: &str = "tenant.unknown";
    pub(crate) const UTF8_INVALID: &str = "utf8.invalid";
    pub(crate) const ZSTD_CORRUPT: &str = "zstd.corrupt";
    pub(crate) const ZSTD_TRUNCATED: &str = "zstd.truncated";
}

impl Reason {
    /// A reason that blames no field.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, pointer: None, message: message.into() }
    }

    /// A reason that blames the field at a pointer.
    pub(crate) fn field(code: &'static str, pointer: &str, message: impl Into<String>) -> Self {
        Self { code, pointer: Some(pointer.to_owned()), message: message.into() }
    }

    /// A required field is not there.
    pub(crate) fn missing(pointer: &str, expected: &str) -> Self {
        Self::field(code::FIELD_MISSING, pointer, format!("expected {expected}, found nothing"))
    }

    /// A field is of another type.
    pub(crate) fn kind(pointer: &str, expected: &str, found: Kind) -> Self {
        let message = format!("expected {expected}, found {}", found.described());
        Self::field(code::FIELD_TYPE, pointer, message)
    }

    /// A field is of the right type, but has another form.
    pub(crate) fn value(pointer: &str, expected: &str) -> Self {
        let message = format!("expected {expected}, found another value");
        Self::field(code::FIELD_VALUE, pointer, message)
    }

    /// An object holds a field that it cannot have; `pointer` is the object's. Says where its name
    /// stands, and which known name it may be a slip of, but not the name.
    pub(crate) fn unknown(pointer: &str, name: MemberName<'_>, known: &str, place: &str) -> Self {
        let at = name.at();
        let mut message = format!(
            "expected no other fields than {known}; the place of others is {place}, \
             found one at byte {at}"
        );
        if let Some(meant) = near::nearest(&name.bytes(), known) {
            message.push_str(&format!(" (did you mean `{meant}`?)"));
        }
        Self::field(code::FIELD_UNKNOWN, pointer, message)
    }

    /// What the reader of JSON found under some limits, in a text that starts at byte `start`.
    pub(crate) fn fault(fault: Fault, start: usize, limits: ReadLimits) -> Self {
        let at = (fault.at as usize).saturating_sub(start);
        let ReadLimits { depth, values } = limits;
        let (code, expected, found) = match fault.kind {
            FaultKind::Syntax(expected) => return Self::syntax(expected.described(), at),
            FaultKind::Duplicate => {
                (code::JSON_DUPLICATE, "each name of an object once".to_owned(), "a second one")
            }
            FaultKind::Surrogate => {
                (code::JSON_SURROGATE, "whole characters".to_owned(), "half of a surrogate pair")
            }
            FaultKind::Number => {
                (code::JSON_NUMBER, "numbers that a double can hold".to_owned(), "a greater one")
            }
            FaultKind::Depth => {
                (code::LIMIT_DEPTH, format!("values nested at most {depth} deep"), "deeper ones")
            }
            FaultKind::Values => {
                (code::LIMIT_VALUES, format!("at most {values} JSON values and names"), "more")
            }
        };
        Self::new(code, format!("expected {expected}, found {found} at byte {at}"))
    }

    /// Something else than the grammar has.
    pub(crate) fn syntax(expected: &str, at: usize) -> Self {
        Self::new(code::JSON_SYNTAX, format!("expected {expected} at byte {at}"))
    }
}
