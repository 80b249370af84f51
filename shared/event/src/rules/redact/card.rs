//! Numbers of payment cards (ISO/IEC 7812): 13 to 19 digits, alone or in groups with a space or
//! hyphen between, the first 2 to 6 (those of payment networks; so that times in milliseconds,
//! which begin with 1, are none), the last a check digit by Luhn's formula.

use super::text::Span;

/// Digits of a number.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// Whether JSON may hold a number: enough digits, with no more than separators between, or with a
/// point where they are a JSON number; such a number with an exponent may have any digits.
pub(super) fn may_hold(json: &str) -> bool {
    let (mut digits, mut text, mut escaped) = (0, false, false);
    json.bytes().any(|byte| {
        let exponent = !text && digits > 0 && matches!(byte, b'e' | b'E');
        match byte {
            b'0'..=b'9' if !escaped => digits += 1,
            b' ' | b'-' if text && !escaped => {}
            b'.' if !text => {}
            _ => digits = 0,
        }
        if byte == b'"' && !escaped {
            text = !text;
        }
        escaped = text && byte == b'\\' && !escaped;
        exponent || digits >= *DIGITS.start()
    })
}

/// Whether all of a text is the digits of a number.
pub(super) fn is_card(digits: &[u8]) -> bool {
    DIGITS.contains(&digits.len())
        && matches!(digits.first(), Some(b'2'..=b'6'))
        && digits.iter().all(u8::is_ascii_digit)
        && luhn(digits)
}

/// The numbers in a text, none in another. A number ends where its text does: digits that
/// letters or more digits go on from are something else's.
pub(super) fn find(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut run: Vec<Span> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        run.push(start..at);
        let goes_on = matches!(bytes.get(at), Some(b' ' | b'-'))
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if goes_on {
            at += 1;
        } else {
            windows(bytes, &run, &mut found);
            run.clear();
        }
    }
    found
}

/// The numbers among groups of digits with one separator between each two: the first, and the
/// longest of those that start alike.
fn windows(bytes: &[u8], groups: &[Span], found: &mut Vec<Span>) {
    let mut from = 0;
    while from < groups.len() {
        let mut digits = Vec::new();
        let mut longest = None;
        for (to, group) in groups.iter().enumerate().skip(from) {
            digits.extend_from_slice(&bytes[group.clone()]);
            if digits.len() > *DIGITS.end() {
                break;
            }
            let span = groups[from].start..group.end;
            if is_card(&digits) && stands_alone(bytes, &span) {
                longest = Some((to, span));
            }
        }
        match longest {
            Some((to, span)) => {
                found.push(span);
                from = to + 1;
            }
            None => from += 1,
        }
    }
}

fn stands_alone(bytes: &[u8], span: &Span) -> bool {
    let before = span.start.checked_sub(1).map(|at| bytes[at]);
    let joins = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    !joins(before) && !joins(bytes.get(span.end).copied())
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match place % 2 {
                0 => digit,
                _ if digit > 4 => 2 * digit - 9,
                _ => 2 * digit,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}
