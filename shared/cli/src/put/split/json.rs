//! Where the values of a JSON text begin and end.

use serde::de::IgnoredAny;

/// The events in a text of JSON values, one after another: the elements of an array, of a CloudTrail
/// delivery file (`{"Records": [...]}`) and of an `EventList` of Kubernetes, any other value itself. `None` where the text
/// is anything else than JSON values.
pub(super) fn pieces(text: &[u8]) -> Option<Vec<&[u8]>> {
    // The parser does not look into strings that it skips.
    std::str::from_utf8(text).ok()?;
    let mut cursor = Cursor { text, at: 0 };
    let mut pieces = Vec::new();
    while cursor.peek().is_some() {
        let value = cursor.value()?;
        match elements(value) {
            Some(elements) => pieces.extend(elements),
            None => pieces.push(value),
        }
    }
    Some(pieces)
}

/// The elements of a value that stands for several events.
fn elements(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut cursor = Cursor { text: value, at: 0 };
    if cursor.skip(b'{') {
        return delivered(value).or_else(|| listed(value)).and_then(elements);
    }
    if !cursor.skip(b'[') {
        return None;
    }
    let mut elements = Vec::new();
    while cursor.peek() != Some(b']') {
        elements.push(cursor.value()?);
        cursor.skip(b',');
    }
    Some(elements)
}

/// The array of a CloudTrail delivery file.
fn delivered(object: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor { text: object, at: 1 };
    if cursor.value()? != b"\"Records\"" || !cursor.skip(b':') || cursor.peek() != Some(b'[') {
        return None;
    }
    let array = cursor.value()?;
    (cursor.peek() == Some(b'}')).then_some(array)
}

/// Members of an `EventList`, and how they begin.
const MEMBERS: [(&[u8], &[u8]); 4] = [
    (b"\"apiVersion\"", b"\"audit.k8s.io/v1\""),
    (b"\"items\"", b"["),
    (b"\"kind\"", b"\"EventList\""),
    (b"\"metadata\"", b"{"),
];

/// The array of an `EventList` of `audit.k8s.io/v1`, which has those members, each once, and of these
/// at least the first three.
fn listed(object: &[u8]) -> Option<&[u8]> {
    let mut cursor = Cursor { text: object, at: 1 };
    let mut values = [None; MEMBERS.len()];
    while cursor.peek() == Some(b'"') {
        let name = cursor.value()?;
        let place = MEMBERS.iter().position(|(known, _)| *known == name)?;
        cursor.skip(b':').then_some(())?;
        let value = cursor.value().filter(|value| value.starts_with(MEMBERS[place].1))?;
        values[place].replace(value).is_none().then_some(())?;
        cursor.skip(b',');
    }
    match values {
        [Some(_), items, Some(_), _] => items,
        _ => None,
    }
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The next byte that is not white space (RFC 8259 §2).
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.text.get(self.at) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self) -> Option<&'a [u8]> {
        self.peek()?;
        let rest = &self.text[self.at..];
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
        values.next()?.ok()?;
        let end = values.byte_offset();
        self.at += end;
        Some(&rest[..end])
    }
}
