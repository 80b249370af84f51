//! What input is, by its first bytes.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;

/// What gzip begins with (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// What a frame of zstd begins with (RFC 8878 §3.1.1).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// What a frame begins with that decoders skip, but for the low half of the first byte (§3.1.2).
const SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];

/// What an aggregate of the Kinesis Producer Library begins with: it is one record, as it is.
const AGGREGATE: &[u8] = &[0xf3, 0x89, 0x9a, 0xc2];

/// What input is.
pub(super) enum Content<'a> {
    /// Text, as far as one can tell.
    Text,
    /// Something packed, to be read unpacked.
    Packed(Box<dyn Read + 'a>),
    /// Something to be passed on as it is.
    Opaque,
}

/// Whether input with this first byte may be anything else than text.
pub(super) fn may_be(first: Option<&u8>) -> bool {
    let starts = [GZIP, ZSTD, AGGREGATE].iter().any(|magic| magic.first() == first);
    starts || first.is_some_and(|first| first & 0xf0 == SKIPPABLE[0])
}

/// What input is. It is unpacked to see whether it is intact, and then again, so that nothing is
/// taken from a file that turns out to be cut off, and a large file does not lie unpacked in memory.
pub(super) fn content(bytes: &[u8]) -> Content<'_> {
    let skippable = |head: &[u8; 4]| [head[0] & 0xf0, head[1], head[2], head[3]] == SKIPPABLE;
    let unpack: fn(&[u8]) -> io::Result<Box<dyn Read + '_>> = match bytes {
        // A part of the magic that is all there is, cut off.
        _ if GZIP.starts_with(bytes) || ZSTD.starts_with(bytes) => return Content::Opaque,
        _ if bytes.starts_with(AGGREGATE) => return Content::Opaque,
        _ if bytes.starts_with(GZIP) => |bytes| Ok(Box::new(MultiGzDecoder::new(bytes))),
        _ if bytes.starts_with(ZSTD) || bytes.first_chunk().is_some_and(skippable) => {
            |bytes| Ok(Box::new(zstd::Decoder::with_buffer(bytes)?))
        }
        _ => return Content::Text,
    };
    let intact = |unpacked: &mut Box<dyn Read + '_>| io::copy(unpacked, &mut io::sink());
    match unpack(bytes).and_then(|mut unpacked| intact(&mut unpacked)).and_then(|_| unpack(bytes)) {
        Ok(unpacked) => Content::Packed(unpacked),
        Err(_) => Content::Opaque,
    }
}
