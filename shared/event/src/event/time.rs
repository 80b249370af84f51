//! Times as RFC 3339 writes them.

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// What [`micros`] reads, for a person. The last time is the last that `jiff` has.
pub(crate) const EXPECTED: &str = "a time as RFC 3339 writes it, with its offset, such as \
    `2026-01-31T23:59:59Z`, at most `9999-12-30T22:00:00.999Z`";

/// The microseconds since 1970 (UTC) of an RFC 3339 date-time, rounded down; `None` for any
/// other text. Stricter than ISO 8601 and than `jiff`, which reads spaces, missing colons and zone
/// names. A leap second counts as the second before it.
pub(crate) fn micros(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (head, rest) = bytes.split_at_checked(19)?;
    let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let separated = separators.iter().all(|&(at, byte)| head[at] == byte);
    if !separated || !matches!(head[10], b'T' | b't') {
        return None;
    }
    let year = digits(&head[..2])? * 100 + digits(&head[2..4])?;
    let [month, day] = [digits(&head[5..7])?, digits(&head[8..10])?];
    let [hour, minute] = [digits(&head[11..13])?, digits(&head[14..16])?];
    let second = digits(&head[17..])?;
    if second > 60 {
        return None;
    }
    let (fraction, zone) = fraction(rest)?;
    let offset = Offset::from_seconds(offset(zone)?).ok()?;
    let [month, day, hour, minute] = [month, day, hour, minute].map(|part| part as i8);
    let civil = DateTime::new(year, month, day, hour, minute, second.min(59) as i8, 0).ok()?;
    let seconds = offset.to_timestamp(civil).ok()?.as_second();
    // A leap second is the last of a day of UTC.
    (second < 60 || seconds.rem_euclid(86_400) == 86_399).then_some(seconds * 1_000_000 + fraction)
}

/// Two decimal digits.
fn digits(two: &[u8]) -> Option<i16> {
    match two {
        [tens @ b'0'..=b'9', units @ b'0'..=b'9'] => {
            Some(i16::from(tens - b'0') * 10 + i16::from(units - b'0'))
        }
        _ => None,
    }
}

/// The microseconds of a fraction, if there is one, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = rest.split_at(length);
    let micros = (0..6).fold(0, |micros, place| {
        micros * 10 + i64::from(digits.get(place).map_or(0, |digit| digit - b'0'))
    });
    (length > 0).then_some((micros, zone))
}

/// The seconds of an offset.
fn offset(zone: &[u8]) -> Option<i32> {
    match *zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (digits(&[h0, h1])?, digits(&[m0, m1])?);
            let seconds = i32::from(hours) * 3600 + i32::from(minutes) * 60;
            let signed = if sign == b'-' { -seconds } else { seconds };
            (hours < 24 && minutes < 60).then_some(signed)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc_3339_is_read() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:00.5z", 500_000),
            ("1969-12-31T23:59:59.9999999Z", -1),
            ("2023-07-10T13:45:00.123456+02:00", 1_688_989_500_123_456),
            ("2023-07-10T11:45:00.12345678901-00:00", 1_688_989_500_123_456),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000_000),
            ("2017-01-01T00:59:60.25+01:00", 1_483_228_799_250_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ] {
            assert_eq!(micros(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for text in [
            "",
            "2023-07-10",
            "2023-07-10T11:45:00",
            "2023-07-10 11:45:00Z",
            "2023-07-10T11:45Z",
            "20230710T114500Z",
            "2023-07-10T11:45:00+0200",
            "2023-07-10T11:45:00+02",
            "2023-07-10T11:45:00+24:00",
            "2023-07-10T11:45:00+02:60",
            "2023-07-10T11:45:00,5Z",
            "2023-07-10T11:45:00.Z",
            "2023-07-10T11:45:00Z ",
            "2023-07-10T11:45:00Z[UTC]",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-07-10T24:00:00Z",
            "2023-07-10T11:45:60Z",
            "2023-07-10T11:45:61Z",
            "+2023-07-10T11:45:00Z",
            "２023-07-10T11:45:00Z",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_jiff_on_what_both_read(
            seconds in -62_135_596_800_i64..253_402_207_200,
            nanos in 0..1_000_000_000_i32,
            offset in -1439..=1439_i32,
        ) {
            let at = jiff::Timestamp::new(seconds, 0).unwrap() + jiff::SignedDuration::from_nanos(nanos.into());
            let local = Offset::from_seconds(offset * 60).unwrap().to_datetime(at);
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
            let text = format!("{}{sign}{hours:02}:{minutes:02}", local.strftime("%Y-%m-%dT%H:%M:%S%.9f"));
            prop_assume!(local.year() >= 0);
            prop_assert_eq!(micros(&text), Some(at.as_nanosecond().div_euclid(1000) as i64), "{}", text);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[0-9TtZz:+. -]{0,40}") {
            micros(&text);
        }
    }
}
