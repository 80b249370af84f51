//! Numbers: which literals canonical form keeps, and how it writes the others.

/// The greatest integer up to which doubles hold every integer: 2^53 - 1.
pub(crate) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// What canonical form makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// The literal as it stands.
    Kept,
    /// Another literal, see [`write`].
    Rewritten,
    /// An integer that doubles do not hold exactly.
    Big,
    /// Beyond all doubles.
    Infinite,
}

/// Judges an integer literal (no fraction, no exponent) by its value.
pub(super) fn integer(literal: &str) -> Number {
    let digits = literal.strip_prefix('-').unwrap_or(literal);
    match digits.len() {
        1 if literal == "-0" => Number::Rewritten,
        ..=15 => Number::Kept,
        16 if digits.parse().is_ok_and(|value: u64| value <= MAX_SAFE_INTEGER) => Number::Kept,
        _ => Number::Big,
    }
}

/// Judges any literal by the double nearest to it.
pub(super) fn double(literal: &str) -> Number {
    match literal.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            match ryu_js::Buffer::new().format_finite(value) == literal {
                true => Number::Kept,
                false => Number::Rewritten,
            }
        }
        _ => Number::Infinite,
    }
}

/// Writes the double nearest to a literal as ECMAScript does (RFC 8785 §3.2.2.3).
pub(super) fn write(literal: &str, out: &mut Vec<u8>) {
    let value: f64 = literal.parse().unwrap_or_default();
    out.extend_from_slice(ryu_js::Buffer::new().format(value).as_bytes());
}
