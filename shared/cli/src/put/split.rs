//! Cuts input into events without changing a byte of any: what cannot be cut is passed on whole,
//! for it is evidence too, and ingest is who judges it.

mod json;

use std::io::{self, BufRead};

use flate2::bufread::MultiGzDecoder;

/// What gzip begins with (RFC 1952 §2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// One piece of the input: usually one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The bytes as they stood, without white space around them.
    pub(crate) bytes: Vec<u8>,
    /// Whether they are known to be JSON.
    pub(crate) whole: bool,
}

/// Takes pieces; an error stops the cutting.
pub(crate) trait Take: FnMut(Piece) -> io::Result<()> {}

impl<F: FnMut(Piece) -> io::Result<()>> Take for F {}

/// Cuts an input, gzip or plain.
pub(crate) fn split(mut input: impl BufRead, take: &mut impl Take) -> io::Result<()> {
    let head = input.fill_buf()?;
    // A pipe may give a single byte at first; no text begins with this one.
    if head.first() != GZIP_MAGIC.first() {
        return split_text(&mut input, take);
    }
    let mut packed = Vec::new();
    input.read_to_end(&mut packed)?;
    // Decoded twice, so that nothing is taken from a file that turns out to be cut off, and a
    // large file does not lie decoded in memory.
    let intact = packed.starts_with(&GZIP_MAGIC)
        && io::copy(&mut MultiGzDecoder::new(&packed[..]), &mut io::sink()).is_ok();
    if !intact {
        return take(Piece { bytes: packed, whole: false });
    }
    split_text(&mut io::BufReader::new(MultiGzDecoder::new(&packed[..])), take)
}

/// Passes on each line as it stands.
pub(crate) fn lines(mut input: impl BufRead, take: &mut impl Take) -> io::Result<()> {
    while let Some(line) = next_line(&mut input)? {
        let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
        take(Piece { bytes: bytes.to_owned(), whole: false })?;
    }
    Ok(())
}

/// JSON lines where the first line is an object or array of its own, otherwise one text.
fn split_text(input: &mut impl BufRead, take: &mut impl Take) -> io::Result<()> {
    let mut first = Vec::new();
    while first.trim_ascii().is_empty() {
        match next_line(input)? {
            Some(line) => first = line,
            None => return Ok(()),
        }
    }
    if let Some(pieces) = json::pieces(&first).filter(|_| is_open(first.trim_ascii_start())) {
        pieces.into_iter().try_for_each(|piece| take(json_piece(piece)))?;
        while let Some(line) = next_line(input)? {
            split_line(&line, take)?;
        }
        return Ok(());
    }
    let mut text = first;
    input.read_to_end(&mut text)?;
    split_whole(&text, take)
}

fn split_whole(text: &[u8], take: &mut impl Take) -> io::Result<()> {
    if let Some(pieces) = json::pieces(text) {
        return pieces.into_iter().try_for_each(|piece| take(json_piece(piece)));
    }
    // The lines of a pretty-printed text that is cut off are no events, though some are JSON by
    // themselves: texts and numbers, and below the first line also what is indented.
    let is_json = |line: &[u8]| is_open(line) && json::pieces(line).is_some();
    if text.split(|&b| b == b'\n').any(is_json) {
        return text.split(|&b| b == b'\n').try_for_each(|line| split_line(line, take));
    }
    take(Piece { bytes: text.to_owned(), whole: false })
}

/// Whether an object or an array begins here: the lines of JSON lines are nothing else.
fn is_open(line: &[u8]) -> bool {
    matches!(line.first(), Some(b'{' | b'['))
}

fn split_line(line: &[u8], take: &mut impl Take) -> io::Result<()> {
    match json::pieces(line) {
        Some(pieces) => pieces.into_iter().try_for_each(|piece| take(json_piece(piece))),
        None => take(Piece { bytes: line.trim_ascii().to_owned(), whole: false }),
    }
}

fn json_piece(bytes: &[u8]) -> Piece {
    Piece { bytes: bytes.to_owned(), whole: true }
}

fn next_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    Ok((input.read_until(b'\n', &mut line)? > 0).then_some(line))
}

#[cfg(test)]
mod tests;
