//! Thrift's compact protocol, as far as Parquet's metadata needs it.
//!
//! A structure is described once, by a function over [`Wire`]; [`Writer`] writes what the
//! function visits, [`Reader`] checks constants and fills in the rest. So the reader accepts
//! exactly what the writer can write: fields in order, none unknown, numbers in their shortest form.
//!
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>

/// Types of fields and list elements, with their numbers in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    I16 = 4,
    I32 = 5,
    I64 = 6,
    Binary = 8,
    List = 9,
    Struct = 12,
}

/// The type of a boolean field is its value.
const TRUE: u8 = 1;
const FALSE: u8 = 2;

/// From this length on a list's length stands in a number of its own.
const LONG: u8 = 15;

/// Where the bytes are not what the writer would have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("byte {at}: expected {expected}, found {found}")]
pub struct WireError {
    at: usize,
    expected: &'static str,
    found: String,
}

type Result<T = ()> = std::result::Result<T, WireError>;

/// One pass over a structure, writing or reading.
pub(crate) trait Wire {
    /// An integer field.
    fn int(&mut self, id: u8, kind: Type, value: &mut i64) -> Result;
    /// A field of bytes or text.
    fn bytes(&mut self, id: u8, value: &mut Vec<u8>) -> Result;
    /// A boolean field that is always the same.
    fn flag(&mut self, id: u8, value: bool) -> Result;
    /// Whether the optional field `id` comes next: told to a writer, found by a reader.
    fn optional(&mut self, id: u8, present: &mut bool) -> Result;
    /// Starts a structure in a field.
    fn begin(&mut self, id: u8) -> Result;
    /// Starts a structure in a list, or the outermost one.
    fn begin_element(&mut self);
    /// Ends the structure that was started last.
    fn end(&mut self) -> Result;
    /// Starts a list field of at most 255 elements.
    fn list(&mut self, id: u8, element: Type, length: &mut u8) -> Result;
    /// An integer in a list, always the same.
    fn int_element(&mut self, value: i64) -> Result;
    /// Text in a list, always the same.
    fn text_element(&mut self, value: &'static str) -> Result;

    /// An integer field that is always the same.
    fn constant(&mut self, id: u8, kind: Type, value: i64) -> Result {
        let mut found = value;
        self.int(id, kind, &mut found)?;
        self.check(found == value, "another number", || found.to_string())
    }

    /// A text field that is always the same.
    fn text(&mut self, id: u8, value: &'static str) -> Result {
        let mut found = value.as_bytes().to_vec();
        self.bytes(id, &mut found)?;
        self.check(found == value.as_bytes(), value, || "another text".to_owned())
    }

    /// Starts a list field that always has the same length.
    fn list_of(&mut self, length: u8, id: u8, element: Type) -> Result {
        let mut found = length;
        self.list(id, element, &mut found)?;
        self.check(found == length, "a list of another length", || found.to_string())
    }

    /// Fails at the present byte unless `good`.
    fn check(&self, good: bool, expected: &'static str, found: impl FnOnce() -> String) -> Result;
}

/// Writes.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) out: Vec<u8>,
    ids: Vec<u8>,
}

impl Writer {
    fn field(&mut self, id: u8, kind: u8) {
        if let Some(last) = self.ids.last_mut() {
            self.out.push((id - *last) << 4 | kind);
            *last = id;
        }
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(value as u8);
    }

    fn zigzag(&mut self, value: i64) {
        self.varint(((value << 1) ^ (value >> 63)).cast_unsigned());
    }
}

impl Wire for Writer {
    fn int(&mut self, id: u8, kind: Type, value: &mut i64) -> Result {
        self.field(id, kind as u8);
        self.zigzag(*value);
        Ok(())
    }

    fn bytes(&mut self, id: u8, value: &mut Vec<u8>) -> Result {
        self.field(id, Type::Binary as u8);
        self.varint(value.len() as u64);
        self.out.extend_from_slice(value);
        Ok(())
    }

    fn flag(&mut self, id: u8, value: bool) -> Result {
        self.field(id, if value { TRUE } else { FALSE });
        Ok(())
    }

    fn optional(&mut self, _id: u8, _present: &mut bool) -> Result {
        Ok(())
    }

    fn begin(&mut self, id: u8) -> Result {
        self.field(id, Type::Struct as u8);
        self.begin_element();
        Ok(())
    }

    fn begin_element(&mut self) {
        self.ids.push(0);
    }

    fn end(&mut self) -> Result {
        self.ids.pop();
        self.out.push(0);
        Ok(())
    }

    fn list(&mut self, id: u8, element: Type, length: &mut u8) -> Result {
        self.field(id, Type::List as u8);
        self.out.push((*length).min(LONG) << 4 | element as u8);
        if *length >= LONG {
            self.varint(u64::from(*length));
        }
        Ok(())
    }

    fn int_element(&mut self, value: i64) -> Result {
        self.zigzag(value);
        Ok(())
    }

    fn text_element(&mut self, value: &'static str) -> Result {
        self.varint(value.len() as u64);
        self.out.extend_from_slice(value.as_bytes());
        Ok(())
    }

    fn check(
        &self,
        _good: bool,
        _expected: &'static str,
        _found: impl FnOnce() -> String,
    ) -> Result {
        Ok(())
    }
}

/// Reads and checks. Allocates no more than it is given.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
    ids: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, ids: Vec::new() }
    }

    fn byte(&mut self, expected: &'static str) -> Result<u8> {
        let byte = self.bytes.get(self.at).copied();
        let byte = byte.ok_or_else(|| self.error(expected, "the end".to_owned()))?;
        self.at += 1;
        Ok(byte)
    }

    fn exactly(&mut self, byte: u8, expected: &'static str) -> Result {
        let found = self.byte(expected)?;
        self.check(found == byte, expected, || format!("0x{found:02x} instead of 0x{byte:02x}"))
    }

    fn field(&mut self, id: u8, kind: u8) -> Result {
        let last = self.ids.last_mut().map_or(0, |last| std::mem::replace(last, id));
        self.exactly((id - last) << 4 | kind, "the next field")
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte("a number")?;
            value |= u64::from(byte & 0x7f) << shift;
            let lost = shift == 63 && byte > 1;
            if byte < 0x80 {
                let shortest = byte != 0 || shift == 0;
                self.check(shortest && !lost, "the shortest form of a number", || {
                    "another".into()
                })?;
                return Ok(value);
            }
        }
        Err(self.error("a number of 64 bits", "a longer one".to_owned()))
    }

    fn zigzag(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn slice(&mut self) -> Result<&'a [u8]> {
        let length = self.varint()?;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let slice = usize::try_from(length).ok().and_then(|length| rest.get(..length));
        let slice =
            slice.ok_or_else(|| self.error("bytes", format!("{length} of them beyond the end")))?;
        self.at += slice.len();
        Ok(slice)
    }

    fn error(&self, expected: &'static str, found: String) -> WireError {
        WireError { at: self.at, expected, found }
    }
}

impl Wire for Reader<'_> {
    fn int(&mut self, id: u8, kind: Type, value: &mut i64) -> Result {
        self.field(id, kind as u8)?;
        *value = self.zigzag()?;
        Ok(())
    }

    fn bytes(&mut self, id: u8, value: &mut Vec<u8>) -> Result {
        self.field(id, Type::Binary as u8)?;
        self.slice()?.clone_into(value);
        Ok(())
    }

    fn flag(&mut self, id: u8, value: bool) -> Result {
        self.field(id, if value { TRUE } else { FALSE })
    }

    fn optional(&mut self, id: u8, present: &mut bool) -> Result {
        let next = self.bytes.get(self.at).map_or(0, |byte| byte >> 4);
        *present = self.ids.last().is_some_and(|last| last + next == id && next != 0);
        Ok(())
    }

    fn begin(&mut self, id: u8) -> Result {
        self.field(id, Type::Struct as u8)?;
        self.begin_element();
        Ok(())
    }

    fn begin_element(&mut self) {
        self.ids.push(0);
    }

    fn end(&mut self) -> Result {
        self.ids.pop();
        self.exactly(0, "the end of a structure")
    }

    fn list(&mut self, id: u8, element: Type, length: &mut u8) -> Result {
        self.field(id, Type::List as u8)?;
        let head = self.byte("a list")?;
        self.check(head & 0x0f == element as u8, "a list of another type", || head.to_string())?;
        let short = head >> 4;
        let found = if short < LONG { u64::from(short) } else { self.varint()? };
        let shortest = short < LONG || found >= u64::from(LONG);
        self.check(shortest && found <= 255, "a list of at most 255", || found.to_string())?;
        *length = found as u8;
        Ok(())
    }

    fn int_element(&mut self, value: i64) -> Result {
        let found = self.zigzag()?;
        self.check(found == value, "another number", || found.to_string())
    }

    fn text_element(&mut self, value: &'static str) -> Result {
        let found = self.slice()?;
        self.check(found == value.as_bytes(), value, || "another text".to_owned())
    }

    fn check(&self, good: bool, expected: &'static str, found: impl FnOnce() -> String) -> Result {
        if good { Ok(()) } else { Err(self.error(expected, found())) }
    }
}
