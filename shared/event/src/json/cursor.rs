//! The grammar of scalars and white space (RFC 8259), shared by all that walk over a text.

use super::text::{escape, scan};
use super::{Expected, Fault, FaultKind};

/// A place in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'s> {
    pub(super) bytes: &'s [u8],
    pub(super) at: usize,
}

/// How a string stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoted {
    /// It has no escapes.
    pub(super) plain: bool,
    /// It has no escapes but those that canonical form has.
    pub(super) canonical: bool,
}

impl Cursor<'_> {
    /// The next byte; 0, which JSON has nowhere, at the end.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Passes white space; says whether there was any.
    #[inline]
    pub(super) fn space(&mut self) -> bool {
        // Two comparisons for most places, which have none.
        self.peek() <= b' ' && self.pass_space()
    }

    fn pass_space(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.at > start
    }

    /// Passes one byte, which the grammar demands.
    pub(super) fn demand(&mut self, byte: u8, expected: Expected) -> Result<(), Fault> {
        if self.peek() != byte {
            return Err(self.syntax(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// Passes the string whose opening quote is next.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Quoted, Fault> {
        let end = scan(self.bytes, self.at + 1);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Quoted { plain: true, canonical: true });
        }
        self.rest_of_string(end)
    }

    /// Passes the rest of a string that is no plain one, from the first byte that says so.
    #[inline(never)]
    fn rest_of_string(&mut self, at: usize) -> Result<Quoted, Fault> {
        let mut canonical = true;
        self.at = at;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let escape = escape(self.bytes, self.at)?;
                    canonical &= escape.canonical;
                    self.at = scan(self.bytes, escape.end);
                }
                Some(_) => return Err(self.syntax(Expected::NoControl)),
                None => return Err(self.syntax(Expected::Quote)),
            }
        }
        self.at += 1;
        Ok(Quoted { plain: false, canonical })
    }

    /// Passes a number; says whether it has a fraction or an exponent.
    pub(super) fn number(&mut self) -> Result<bool, Fault> {
        if self.peek() == b'-' {
            self.at += 1;
        }
        match self.peek() {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        let mut real = false;
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
            real = true;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
            real = true;
        }
        Ok(real)
    }

    /// Passes `true`, `false` or `null`.
    pub(super) fn word(&mut self, word: &'static str) -> Result<(), Fault> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.syntax(Expected::Value));
        }
        self.at += word.len();
        Ok(())
    }

    pub(super) fn syntax(&self, expected: Expected) -> Fault {
        Fault::new(FaultKind::Syntax(expected), self.at)
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !self.peek().is_ascii_digit() {
            return Err(self.syntax(Expected::Digit));
        }
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        Ok(())
    }
}
