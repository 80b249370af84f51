//! From the bytes of a record to its text.

use std::borrow::Cow;
use std::io::{ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;

use crate::Limits;
use crate::reason::{Reason, code};

/// The first bytes of gzip (RFC 1952 §2.3.1); no JSON text starts with them.
pub(crate) const GZIP: &[u8] = &[0x1f, 0x8b];

/// The text of a record, decompressed if need be, within the limits.
pub(crate) fn decode<'d>(data: &'d [u8], limits: &Limits) -> Result<Cow<'d, str>, Reason> {
    if !data.starts_with(GZIP) {
        if data.len() as u64 > limits.decoded_bytes {
            return Err(too_long(limits, limits.decoded_bytes));
        }
        return std::str::from_utf8(data).map(Cow::Borrowed).map_err(not_utf8);
    }
    let bytes = gunzip(data, limits)?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|error| not_utf8(error.utf8_error()))
}

fn gunzip(data: &[u8], limits: &Limits) -> Result<Vec<u8>, Reason> {
    let limit = limits.decompressed_bytes(data.len());
    // The members' own sizes are not to be trusted; JSON shrinks about tenfold.
    let guess = (data.len() as u64).saturating_mul(10).min(limit).min(1 << 20);
    let mut bytes = Vec::with_capacity(guess as usize);
    let mut decoder = MultiGzDecoder::new(data).take(limit.saturating_add(1));
    match decoder.read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > limit => Err(too_long(limits, limit)),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(Reason::new(
            code::GZIP_TRUNCATED,
            "expected gzip with its trailer, found the end of the record",
        )),
        Err(_) => Err(Reason::new(
            code::GZIP_CORRUPT,
            "expected gzip with valid data and checksum, found other data",
        )),
    }
}

/// A record is longer than `limit`: the lower of what its decoded bytes and their ratio may be.
fn too_long(limits: &Limits, limit: u64) -> Reason {
    if limit < limits.decoded_bytes {
        let message = format!(
            "expected at most {} decoded bytes for each encoded one, found more",
            limits.ratio
        );
        return Reason::new(code::LIMIT_RATIO, message);
    }
    Reason::new(code::LIMIT_DECODED, format!("expected at most {limit} decoded bytes, found more"))
}

fn not_utf8(error: std::str::Utf8Error) -> Reason {
    let at = error.valid_up_to();
    Reason::new(code::UTF8_INVALID, format!("expected UTF-8, found another byte at byte {at}"))
}
