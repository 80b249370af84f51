//! How an event lies on disk: length, checksum, what it is ordered by, its number, its JSON.

use std::io::{self, Read};

/// Before the first frame of a file.
pub(super) const MAGIC: &[u8; 14] = b"cairn-spill/1\n";

/// Length and checksum, each 4 bytes, little-endian.
const HEAD: usize = 8;

/// Order key and counter, each 8 bytes, little-endian; part of what the checksum (CRC-32, as gzip has
/// it) covers.
const NUMBERS: usize = 16;

/// Nothing larger was ever written.
const MAX_PAYLOAD: usize = 2 << 20;

/// An event on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Hash of what it is ordered by.
    pub(crate) key: u64,
    /// The counter of the producer that accepted it.
    pub(crate) seq: u64,
    /// The event, with `producer`.
    pub(crate) json: Vec<u8>,
}

/// The bytes of a frame.
pub(crate) fn encode(key: u64, seq: u64, json: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; HEAD];
    bytes.extend_from_slice(&key.to_le_bytes());
    bytes.extend_from_slice(&seq.to_le_bytes());
    bytes.extend_from_slice(json);
    let payload = bytes.split_off(HEAD);
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..].copy_from_slice(&crc32fast::hash(&payload).to_le_bytes());
    bytes.extend_from_slice(&payload);
    bytes
}

/// Bytes of a frame with so many of JSON.
pub(super) fn size(json: usize) -> u64 {
    (HEAD + NUMBERS + json) as u64
}

/// Reads a frame. `None`: there is none, or only a part of one, or it is not what was written.
pub(super) fn read(from: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut head = [0; HEAD];
    if !fill(from, &mut head)? {
        return Ok(None);
    }
    let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = word(0) as usize;
    if !(NUMBERS..=MAX_PAYLOAD).contains(&length) {
        return Ok(None);
    }
    let mut payload = vec![0; length];
    if !fill(from, &mut payload)? || crc32fast::hash(&payload) != word(4) {
        return Ok(None);
    }
    let json = payload.split_off(NUMBERS);
    let number =
        |at: usize| payload.iter().skip(at).take(8).rev().fold(0, |n, b| n << 8 | u64::from(*b));
    Ok(Some(Frame { key: number(0), seq: number(8), json }))
}

/// Whether there were enough bytes.
fn fill(from: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(bytes) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(key: u64, seq: u64, json in prop::collection::vec(any::<u8>(), 0..200)) {
            let bytes = encode(key, seq, &json);
            prop_assert_eq!(bytes.len() as u64, size(json.len()));
            let frame = read(&mut &bytes[..]).unwrap();
            prop_assert_eq!(frame, Some(Frame { key, seq, json }));
        }

        #[test]
        fn what_was_cut_off_or_changed_is_not(
            json in prop::collection::vec(any::<u8>(), 0..200),
            at: prop::sample::Index,
            by in 1..=255_u8,
        ) {
            let bytes = encode(1, 2, &json);
            let at = at.index(bytes.len());
            prop_assert_eq!(read(&mut &bytes[..at]).unwrap(), None);
            let mut changed = bytes;
            changed[at] ^= by;
            prop_assert_eq!(read(&mut &changed[..]).unwrap(), None);
        }
    }

    #[test]
    fn zeros_that_a_power_failure_leaves_are_no_frame() {
        assert_eq!(read(&mut &[0; 64][..]).unwrap(), None);
    }
}
