//! Canonical form (RFC 8785).

use super::number;
use super::text::{is_plain, scan};
use super::tree::{Kind, NONE, Value};

impl Value<'_> {
    /// Appends the canonical form.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if self.is_canonical() {
            return out.extend_from_slice(self.source_bytes());
        }
        match self.kind() {
            Kind::Null | Kind::Bool => out.extend_from_slice(self.source_bytes()),
            Kind::Number => number::write(self.source(), out),
            Kind::BigInteger => {
                out.push(b'"');
                out.extend_from_slice(self.source_bytes());
                out.push(b'"');
            }
            Kind::String => self.write_string(out),
            Kind::Array => self.write_array(out),
            Kind::Object => self.write_object(out),
        }
    }

    fn write_string(&self, out: &mut Vec<u8>) {
        if let Some(text) = self.text() {
            write_text(&text, out);
        }
    }

    fn write_array(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for (place, element) in self.elements().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            element.write(out);
        }
        out.push(b']');
    }

    fn write_object(&self, out: &mut Vec<u8>) {
        let mut before = b'{';
        let mut next = self.node().first;
        while next != NONE {
            let (name, value) = (self.at(next), self.at(next + 1));
            out.push(before);
            before = b',';
            if name.is_canonical()
                && value.is_canonical()
                && name.node().end + 1 == value.node().start
            {
                // A member that stands as it should, with nothing but the colon inside.
                out.extend_from_slice(self.tree.span(name.node().start, value.node().end));
            } else {
                name.write(out);
                out.push(b':');
                value.write(out);
            }
            next = name.node().next;
        }
        if before == b'{' {
            out.push(b'{');
        }
        out.push(b'}');
    }

    fn at(&self, id: u32) -> Self {
        Value { tree: self.tree, id }
    }
}

/// Appends a text as a canonical JSON string.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if is_plain(text) {
        out.extend_from_slice(bytes);
        return out.push(b'"');
    }
    let mut from = 0;
    loop {
        let at = scan(bytes, from);
        out.extend_from_slice(&bytes[from..at]);
        let Some(&byte) = bytes.get(at) else { break };
        write_escape(byte, out);
        from = at + 1;
    }
    out.push(b'"');
}

/// Escapes one of the bytes that cannot stand in a string as they are (RFC 8785 §3.2.2.2).
fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            out.extend_from_slice(br"\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            return out.push(HEX[usize::from(byte & 15)]);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}
