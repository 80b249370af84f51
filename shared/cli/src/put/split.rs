//! Cuts input into events without changing a byte of any: what cannot be cut is passed on whole,
//! for it is evidence too, and ingest is who judges it.

mod json;
mod packed;

use std::io::{self, BufRead, BufReader, Read};

use self::packed::{Content, content};

/// The most bytes of a line, or of a text that is one document, packed or not: all of it is held in
/// memory, and a few bytes may unpack to any number.
pub(super) const MOST: u64 = 1 << 30;

/// One piece of the input: usually one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The bytes as they stood, without white space around them.
    pub(crate) bytes: Vec<u8>,
    /// Whether they are known to be JSON.
    pub(crate) whole: bool,
    /// The line of the (unpacked) input that they begin in, from 1.
    pub(crate) line: u64,
}

/// Takes pieces; an error stops the cutting.
pub(crate) trait Take: FnMut(Piece) -> io::Result<()> {}

impl<F: FnMut(Piece) -> io::Result<()>> Take for F {}

/// Cuts an input, packed or plain.
pub(crate) fn split(mut input: impl BufRead, take: &mut impl Take) -> io::Result<()> {
    // A pipe may give a single byte at first: whether it is packed, more of it must tell.
    if !packed::may_be(input.fill_buf()?.first()) {
        return split_text(&mut input, take);
    }
    let mut bytes = Vec::new();
    rest(&mut input, &mut bytes, MOST)?;
    match content(&bytes) {
        Content::Text => return split_text(&mut &bytes[..], take),
        Content::Packed(unpacked) => return split_text(&mut BufReader::new(unpacked), take),
        Content::Opaque => {}
    }
    take(Piece { bytes, whole: false, line: 1 })
}

/// Passes on each line as it stands.
pub(crate) fn lines(mut input: impl BufRead, take: &mut impl Take) -> io::Result<()> {
    let mut number = 0;
    while let Some(line) = next_line(&mut input)? {
        number += 1;
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        take(Piece { bytes: bytes.to_owned(), whole: false, line: number })?;
    }
    Ok(())
}

/// JSON lines where the first line is an object or array of its own, otherwise one text.
fn split_text(input: &mut impl BufRead, take: &mut impl Take) -> io::Result<()> {
    let mut first = Vec::new();
    let mut number = 0;
    while first.trim_ascii().is_empty() {
        number += 1;
        match next_line(input)? {
            Some(line) => first = line,
            None => return Ok(()),
        }
    }
    if let Some(pieces) = json::pieces(&first).filter(|_| is_open(first.trim_ascii_start())) {
        take_all(&first, pieces, number, take)?;
        while let Some(line) = next_line(input)? {
            number += 1;
            split_line(&line, number, take)?;
        }
        return Ok(());
    }
    let mut text = first;
    rest(input, &mut text, MOST)?;
    split_whole(&text, number, take)
}

fn split_whole(text: &[u8], number: u64, take: &mut impl Take) -> io::Result<()> {
    if let Some(pieces) = json::pieces(text) {
        return take_all(text, pieces, number, take);
    }
    // The lines of a pretty-printed text that is cut off are no events, though some are JSON by
    // themselves: texts and numbers, and below the first line also what is indented.
    let is_json = |line: &[u8]| is_open(line) && json::pieces(line).is_some();
    if text.split(|&b| b == b'\n').any(is_json) {
        let mut lines = (number..).zip(text.split(|&b| b == b'\n'));
        return lines.try_for_each(|(number, line)| split_line(line, number, take));
    }
    take(Piece { bytes: text.to_owned(), whole: false, line: number })
}

/// Whether an object or an array begins here: the lines of JSON lines are nothing else.
fn is_open(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'{' | b'['))
}

fn split_line(line: &[u8], number: u64, take: &mut impl Take) -> io::Result<()> {
    match json::pieces(line) {
        Some(pieces) => take_all(line, pieces, number, take),
        None => take(Piece { bytes: line.trim_ascii().to_owned(), whole: false, line: number }),
    }
}

/// Takes the pieces of a text, in order, whose first line has a number.
fn take_all(
    text: &[u8],
    pieces: Vec<&[u8]>,
    mut line: u64,
    take: &mut impl Take,
) -> io::Result<()> {
    let mut counted = 0;
    for piece in pieces {
        let start = piece.as_ptr() as usize - text.as_ptr() as usize;
        line += text[counted..start].iter().filter(|&&byte| byte == b'\n').count() as u64;
        counted = start;
        take(Piece { bytes: piece.to_owned(), whole: true, line })?;
    }
    Ok(())
}

fn next_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    line_within(input, MOST)
}

fn line_within(input: &mut impl BufRead, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    input.take(most + 1).read_until(b'\n', &mut line)?;
    within(&line, most)?;
    Ok((!line.is_empty()).then_some(line))
}

/// Reads all that is left.
pub(super) fn rest(input: &mut impl Read, bytes: &mut Vec<u8>, most: u64) -> io::Result<()> {
    input.take(most + 1).read_to_end(bytes)?;
    within(bytes, most)
}

fn within(bytes: &[u8], most: u64) -> io::Result<()> {
    if bytes.len() as u64 <= most {
        return Ok(());
    }
    let reason = format!(
        "expected lines, or one document, of at most {most} bytes unpacked, found more: cut it into smaller files"
    );
    Err(io::Error::new(io::ErrorKind::InvalidData, reason))
}

#[cfg(test)]
mod tests;
