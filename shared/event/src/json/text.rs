//! The inside of JSON strings: scanning, escapes, order.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Expected, Fault, FaultKind};

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Marks, in the highest bit of each byte, the bytes of a word that cannot stand in a string as
/// they are: quotes, backslashes, control characters. The lowest mark is always right; above it
/// there may be false ones.
#[inline]
fn marks(word: u64) -> u64 {
    let quotes = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
    let escapes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    (quotes | escapes | control) & !word & HIGHS
}

/// The first byte from `at` on that is a quote, a backslash or a control character; the end of
/// the text if there is none.
#[inline]
pub(super) fn scan(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let (words, tail) = rest.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return at + 8 * place + (marks.trailing_zeros() / 8) as usize;
        }
    }
    let special = |&byte: &u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    bytes.len() - tail.len() + tail.iter().position(special).unwrap_or(tail.len())
}

/// Whether a string can hold a text as it stands.
pub(super) fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let clean = |word: &[u8; 8]| marks(u64::from_le_bytes(*word)) == 0;
    match bytes.last_chunk::<8>() {
        // The last word overlaps the one before it, which does no harm.
        Some(last) => bytes.as_chunks::<8>().0.iter().all(clean) && clean(last),
        None => scan(bytes, 0) == bytes.len(),
    }
}

/// What a run of escapes in a string is.
pub(super) struct Escape {
    /// Where the text goes on.
    pub(super) end: usize,
    /// The character.
    pub(super) char: char,
    /// Whether RFC 8785 writes that character with this escape.
    pub(super) canonical: bool,
}

/// Reads the escape (a pair of escapes, for a surrogate pair) at a backslash.
pub(super) fn escape(bytes: &[u8], at: usize) -> Result<Escape, Fault> {
    let simple = |char, canonical| Ok(Escape { end: at + 2, char, canonical });
    match bytes.get(at + 1) {
        Some(b'"') => simple('"', true),
        Some(b'\\') => simple('\\', true),
        Some(b'/') => simple('/', false),
        Some(b'b') => simple('\u{8}', true),
        Some(b'f') => simple('\u{c}', true),
        Some(b'n') => simple('\n', true),
        Some(b'r') => simple('\r', true),
        Some(b't') => simple('\t', true),
        Some(b'u') => unicode(bytes, at),
        _ => Err(Fault::new(FaultKind::Syntax(Expected::Escape), at)),
    }
}

fn unicode(bytes: &[u8], at: usize) -> Result<Escape, Fault> {
    let unit = hex4(bytes, at + 2)?;
    let lone = Fault::new(FaultKind::Surrogate, at);
    let (code, end) = match unit {
        0xd800..0xdc00 => {
            if bytes.get(at + 6..at + 8) != Some(br"\u".as_slice()) {
                return Err(lone);
            }
            let low = hex4(bytes, at + 8)?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(lone);
            }
            (0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), at + 12)
        }
        _ => (unit, at + 6),
    };
    let char = char::from_u32(code).ok_or(lone)?;
    let short = matches!(char, '\u{8}' | '\t' | '\n' | '\u{c}' | '\r');
    let lowercase = !bytes[at + 2..at + 6].iter().any(u8::is_ascii_uppercase);
    Ok(Escape { end, char, canonical: code < 0x20 && !short && lowercase })
}

fn hex4(bytes: &[u8], at: usize) -> Result<u32, Fault> {
    let fault = Fault::new(FaultKind::Syntax(Expected::Hex), at);
    let digits = bytes.get(at..at + 4).ok_or(fault)?;
    digits.iter().try_fold(0, |unit, &byte| {
        char::from(byte).to_digit(16).map(|digit| unit << 4 | digit).ok_or(fault)
    })
}

/// The text of a string that was found well-formed, from what stands between its quotes.
pub(super) fn unescape(inner: &str, plain: bool) -> Cow<'_, str> {
    if plain {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut from = 0;
    while let Some(length) = inner[from..].find('\\') {
        let at = from + length;
        text.push_str(&inner[from..at]);
        match escape(inner.as_bytes(), at) {
            Ok(escape) => {
                text.push(escape.char);
                from = escape.end;
            }
            Err(_) => return Cow::Borrowed(inner),
        }
    }
    text.push_str(&inner[from..]);
    Cow::Owned(text)
}

/// Orders two names by their UTF-16 code units (RFC 8785 §3.2.3).
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}
