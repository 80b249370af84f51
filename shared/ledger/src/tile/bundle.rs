//! Entry bundles: entries behind their lengths, 16 bits big-endian.

use crate::tile::TileError;

/// The longest entry that a bundle can hold.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Writes a bundle.
pub fn encode_bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, TileError> {
    let mut bundle = Vec::new();
    for entry in entries {
        push_entry(&mut bundle, entry.as_ref())?;
    }
    Ok(bundle)
}

/// Reads a bundle that holds `width` entries and nothing else.
pub fn decode_bundle(bundle: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let fail = |found| TileError::Bundle { expected: width, found };
    let (entries, rest) = split_bundle(bundle, width)?;
    match rest {
        [] => Ok(entries),
        rest => Err(fail(format!("{} bytes after them", rest.len()))),
    }
}

/// The first `width` entries of a bundle, and the bytes after them.
pub(super) fn split_bundle(bundle: &[u8], width: u16) -> Result<(Vec<&[u8]>, &[u8]), TileError> {
    let mut entries = Vec::with_capacity(usize::from(width).min(bundle.len() / 2));
    let mut rest = bundle;
    for n in 0..width {
        let next = rest.split_first_chunk::<2>().and_then(|(length, rest)| {
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
        });
        let Some((entry, after)) = next else {
            let found = format!("{n} entries and {} bytes", rest.len());
            return Err(TileError::Bundle { expected: width, found });
        };
        entries.push(entry);
        rest = after;
    }
    Ok((entries, rest))
}

pub(super) fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), TileError> {
    let length =
        u16::try_from(entry.len()).map_err(|_| TileError::EntryTooLong { found: entry.len() })?;
    bundle.extend(length.to_be_bytes());
    bundle.extend(entry);
    Ok(())
}
