//! The form of the fields.

use std::net::IpAddr;

use super::Text;
use crate::json::{Kind, Value};
use crate::reason::Reason;

/// Bytes of the id of an actor or a resource, at most: a column that people search by.
const ID_BYTES: usize = 2048;

/// Bytes of other names that become columns or parts of keys.
const NAME_BYTES: usize = 128;

/// What [`is_tenant`] takes, for a person.
pub(crate) const EXPECTED_TENANT: &str =
    "1 to 128 of A-Z a-z 0-9 _ . -, the first a letter or digit";

/// What [`is_outcome`] takes, for a person.
pub(crate) const EXPECTED_OUTCOME: &str = "`success`, `failure`, `denied` or `unknown`";

/// Whether a text can be a tenant: it becomes part of object keys and of partitions.
pub(crate) fn is_tenant(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= NAME_BYTES
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte))
}

/// Whether a text can be the id of an event.
pub(crate) fn is_id(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=NAME_BYTES).contains(&text.len()) && text.bytes().all(known)
}

/// Whether a text can be the id of an actor or a resource.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=ID_BYTES).contains(&text.len())
}

/// Whether a text can be a country: two letters (ISO 3166-1 alpha-2).
pub(crate) fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// Whether a text can be a region of a country: the country, a hyphen, and one to three letters or
/// digits (ISO 3166-2).
pub(crate) fn is_region(text: &str, country: &str) -> bool {
    let code = text.strip_prefix(country).and_then(|rest| rest.strip_prefix('-'));
    let known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    code.is_some_and(|code| (1..=3).contains(&code.len()) && code.bytes().all(known))
}

/// Whether a text can be the version of a program: 1 to 32 digits and dots, after `NT ` if it is
/// one of Windows.
pub(crate) fn is_version(text: &str) -> bool {
    let number = text.strip_prefix("NT ").unwrap_or(text);
    (1..=32).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Whether a text is an address.
pub(crate) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Whether a text can be an action: lowercase words joined by dots, at least two.
pub(crate) fn is_action(text: &str) -> bool {
    let is_word = |word: &str| {
        word.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && word.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte)
            })
    };
    text.len() <= 2 * NAME_BYTES && text.contains('.') && text.split('.').all(is_word)
}

/// Whether a text is an outcome.
pub(crate) fn is_outcome(text: &str) -> bool {
    ["success", "failure", "denied", "unknown"].contains(&text)
}

/// Whether a text can be the id of a trace (W3C Trace Context).
pub(crate) fn is_trace_id(text: &str) -> bool {
    is_hex(text, 32)
}

/// Whether a text can be the id of a span (W3C Trace Context).
pub(crate) fn is_span_id(text: &str) -> bool {
    is_hex(text, 16)
}

/// Whether a text can name a schema: an action, a slash and a version.
pub(crate) fn is_schema(text: &str) -> bool {
    text.split_once('/').is_some_and(|(name, version)| {
        is_action(name)
            && (1..=9).contains(&version.len())
            && !version.starts_with('0')
            && version.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && text.bytes().any(|byte| byte != b'0')
}

/// Any string.
pub(super) fn text<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    value.text().ok_or_else(|| Reason::kind(at, "a string", value.kind()))
}

/// An object.
pub(super) fn object<'t>(value: Value<'t>, at: &str) -> Result<Value<'t>, Reason> {
    match value.kind() {
        Kind::Object => Ok(value),
        found => Err(Reason::kind(at, "an object", found)),
    }
}

/// An array.
pub(super) fn array<'t>(value: Value<'t>, at: &str) -> Result<Value<'t>, Reason> {
    match value.kind() {
        Kind::Array => Ok(value),
        found => Err(Reason::kind(at, "an array", found)),
    }
}

/// A string of some form.
fn form<'t>(
    value: Value<'t>,
    at: &str,
    expected: &str,
    is: impl Fn(&str) -> bool,
) -> Result<Text<'t>, Reason> {
    let text = text(value, at)?;
    if is(&text) { Ok(text) } else { Err(Reason::value(at, expected)) }
}

pub(super) fn id<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    form(value, at, "1 to 128 of A-Z a-z 0-9 _ . : -", is_id)
}

pub(super) fn tenant<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    form(value, at, EXPECTED_TENANT, is_tenant)
}

pub(super) fn name<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    form(value, at, "a string of 1 to 2048 bytes", is_name)
}

pub(super) fn action<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    let expected = "lowercase words joined by dots, such as `document.share`, at most 256 bytes";
    form(value, at, expected, is_action)
}

pub(super) fn schema<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    let expected = "an action's name, a slash and a version from 1, such as `document.share/2`";
    form(value, at, expected, is_schema)
}

pub(super) fn outcome<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    form(value, at, EXPECTED_OUTCOME, is_outcome)
}

pub(super) fn ip<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    form(value, at, "an IPv4 or IPv6 address", is_ip)
}

pub(super) fn trace_id<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    let expected = "32 lowercase hexadecimal digits, not all 0 (W3C Trace Context)";
    form(value, at, expected, is_trace_id)
}

pub(super) fn span_id<'t>(value: Value<'t>, at: &str) -> Result<Text<'t>, Reason> {
    let expected = "16 lowercase hexadecimal digits, not all 0 (W3C Trace Context)";
    form(value, at, expected, is_span_id)
}

/// A counter: an integer from 0 to 2^53 - 1, written without fraction or exponent.
pub(super) fn counter(value: Value<'_>, at: &str) -> Result<(), Reason> {
    let expected = "an integer from 0 to 9007199254740991";
    match value.kind() {
        Kind::Number | Kind::BigInteger => {}
        found => return Err(Reason::kind(at, expected, found)),
    }
    let digits = value.source().bytes().all(|byte| byte.is_ascii_digit());
    let safe = digits && value.kind() == Kind::Number;
    if safe { Ok(()) } else { Err(Reason::value(at, expected)) }
}
