//! The wire format of Protocol Buffers, as far as aggregates need it
//! (<https://protobuf.dev/programming-guides/encoding/>).

/// No message.
#[derive(Debug)]
pub(super) struct Corrupt;

/// What a field holds.
#[derive(Debug)]
pub(super) enum Payload<'d> {
    /// A string, bytes, or a message.
    Bytes(&'d [u8]),
    /// A number of whatever type.
    Number,
}

/// The fields of a message, as their numbers and what they hold. Ends after the first fault.
#[derive(Debug)]
pub(super) struct Fields<'d> {
    rest: &'d [u8],
}

impl<'d> Fields<'d> {
    pub(super) fn new(message: &'d [u8]) -> Self {
        Self { rest: message }
    }

    fn field(&mut self) -> Option<(u64, Payload<'d>)> {
        let tag = self.varint()?;
        let number = tag >> 3;
        let payload = match tag & 7 {
            0 => self.varint().map(|_| Payload::Number),
            1 => self.take(8).map(|_| Payload::Number),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                self.take(length).map(Payload::Bytes)
            }
            5 => self.take(4).map(|_| Payload::Number),
            // Groups, which no aggregate has, and what is no type.
            _ => None,
        };
        // Numbers have 29 bits; 0 is none.
        (1..1 << 29).contains(&number).then_some(())?;
        payload.map(|payload| (number, payload))
    }

    /// Seven bits a byte, the lowest first; 64 at most.
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..10 {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            if place == 9 && byte > 1 {
                return None;
            }
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'d [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

impl<'d> Iterator for Fields<'d> {
    type Item = Result<(u64, Payload<'d>), Corrupt>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field().ok_or(Corrupt);
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}
