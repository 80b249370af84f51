//! From the bytes of a record, or of a user record of an aggregate, to its text.

use std::borrow::Cow;
use std::io::{self, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;
use zstd::zstd_safe::zstd_sys::ZSTD_ErrorCode;

use crate::Limits;
use crate::reason::{Reason, code};
use crate::split::Stop;

/// The first bytes of gzip (RFC 1952 §2.3.1); no JSON text starts with them.
pub(crate) const GZIP: &[u8] = &[0x1f, 0x8b];

/// The first bytes of a frame of zstd (RFC 8878 §3.1.1).
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// The first bytes of a frame that decoders skip, but for the low half of the first, which may be
/// anything (RFC 8878 §3.1.2).
const SKIPPABLE: [u8; 4] = [0x50, 0x2a, 0x4d, 0x18];

/// The greatest window of zstd, as a power of two: 8 MiB, what RFC 8878 §3.1.1.1.2 asks of decoders,
/// and what no level below 20 goes beyond. A frame can ask for terabytes.
const ZSTD_WINDOW: u32 = 23;

/// What the texts of one record may take, and have taken.
pub(crate) struct Room<'l> {
    limits: &'l Limits,
    /// Bytes of the record.
    encoded: usize,
    /// Bytes that were decoded so far, also where they turned out to be no text.
    taken: u64,
    /// Whether any of it was compressed.
    compressed: bool,
}

impl<'l> Room<'l> {
    /// For a record of so many bytes.
    pub(crate) fn new(limits: &'l Limits, encoded: usize) -> Self {
        Self { limits, encoded, taken: 0, compressed: false }
    }

    /// Bytes that all texts together may have.
    fn limit(&self) -> u64 {
        match self.compressed {
            true => self.limits.decompressed_bytes(self.encoded),
            false => self.limits.decoded_bytes,
        }
    }

    /// Bytes that are left.
    fn left(&self) -> u64 {
        self.limit().saturating_sub(self.taken)
    }

    /// Takes so many bytes.
    fn take(&mut self, bytes: usize) -> Result<(), Stop> {
        self.taken = self.taken.saturating_add(bytes as u64);
        let (limit, Limits { decoded_bytes, ratio, .. }) = (self.limit(), *self.limits);
        if self.taken <= limit {
            return Ok(());
        }
        Err(Stop::Record(if limit < decoded_bytes {
            let message =
                format!("expected at most {ratio} decoded bytes for each encoded one, found more");
            Reason::new(code::LIMIT_RATIO, message)
        } else {
            let message = format!("expected at most {limit} decoded bytes, found more");
            Reason::new(code::LIMIT_DECODED, message)
        }))
    }
}

/// The text, decompressed if need be.
pub(crate) fn decode<'d>(data: &'d [u8], room: &mut Room<'_>) -> Result<Cow<'d, str>, Stop> {
    let (gzip, zstd) = (data.starts_with(GZIP), is_zstd(data));
    room.compressed |= gzip || zstd;
    if !gzip && !zstd {
        room.take(data.len())?;
        let text = std::str::from_utf8(data).map(Cow::Borrowed);
        return text.map_err(|error| Stop::Value(not_utf8(error)));
    }
    let mut bytes = Vec::new();
    let fault = if gzip {
        read(MultiGzDecoder::new(data), data.len(), room.left(), &mut bytes)
            .map_err(|error| gzip_fault(&error))
    } else {
        unzstd(data, room.left(), &mut bytes).map_err(|error| zstd_fault(&error))
    };
    // What is no text in the end took as long to decode.
    room.take(bytes.len())?;
    fault.map_err(Stop::Value)?;
    let text = String::from_utf8(bytes).map(Cow::Owned);
    text.map_err(|error| Stop::Value(not_utf8(error.utf8_error())))
}

fn is_zstd(data: &[u8]) -> bool {
    let skippable = |head: &[u8; 4]| [head[0] & 0xf0, head[1], head[2], head[3]] == SKIPPABLE;
    data.starts_with(ZSTD) || data.first_chunk().is_some_and(skippable)
}

fn unzstd(data: &[u8], left: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut decoder = zstd::Decoder::with_buffer(data)?;
    decoder.window_log_max(ZSTD_WINDOW)?;
    read(decoder, data.len(), left, bytes)
}

/// All that a decoder of `packed` bytes makes; one byte more than `left`, if it makes more. Up to
/// where it fails, if it does.
fn read(decoder: impl Read, packed: usize, left: u64, bytes: &mut Vec<u8>) -> io::Result<()> {
    // The sizes that compressed data state are not to be trusted; JSON shrinks about tenfold.
    let guess = (packed as u64).saturating_mul(10).min(left).min(1 << 20);
    bytes.reserve(guess as usize);
    decoder.take(left.saturating_add(1)).read_to_end(bytes).map(drop)
}

fn gzip_fault(error: &io::Error) -> Reason {
    match error.kind() {
        ErrorKind::UnexpectedEof => Reason::new(
            code::GZIP_TRUNCATED,
            "expected gzip with its trailer, found the end of the record",
        ),
        _ => Reason::new(
            code::GZIP_CORRUPT,
            "expected gzip with valid data and checksum, found other data",
        ),
    }
}

fn zstd_fault(error: &io::Error) -> Reason {
    let too_wide = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<zstd::Error>())
        .is_some_and(|error| error.is(ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge));
    if too_wide {
        let limit = 1 << ZSTD_WINDOW;
        let message = format!("expected zstd with a window of at most {limit} bytes, found more");
        return Reason::new(code::LIMIT_WINDOW, message);
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => Reason::new(
            code::ZSTD_TRUNCATED,
            "expected zstd with whole frames, found the end of the record",
        ),
        _ => Reason::new(
            code::ZSTD_CORRUPT,
            "expected zstd with valid data and checksums, found other data",
        ),
    }
}

fn not_utf8(error: std::str::Utf8Error) -> Reason {
    let at = error.valid_up_to();
    Reason::new(code::UTF8_INVALID, format!("expected UTF-8, found another byte at byte {at}"))
}
