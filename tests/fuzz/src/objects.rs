//! Parquet objects: their footers, pages and rows.

use std::sync::LazyLock;

use bytes::Bytes;
use cairn_batch::{Columns, decode, encode_rows, header};
use cairn_ledger::Hash;

use crate::world::World;

/// The most bytes that rows may come to.
const LIMIT: u64 = 4 << 20;

/// An object as ingest makes it.
static OBJECT: LazyLock<Bytes> = LazyLock::new(|| World::usual().body(&World::batch_key(0, 1)));

/// The first byte says what becomes of the rest: the object itself, its footer, or a part of a valid one.
///
/// What is read is what its bytes say: read twice it is the same, and so by rows and by columns; what it
/// takes in memory is bounded by the limit.
pub fn batch(bytes: &[u8]) {
    let Some((how, rest)) = bytes.split_first() else { return tried(Bytes::new()) };
    let valid: &[u8] = &OBJECT;
    let footer = footer_start(valid);
    let object = match how {
        0 => rest.to_vec(),
        // Another footer behind the same pages.
        1 => with_footer(&valid[..footer], rest),
        // The footer, changed at a place.
        2 => with_footer(&valid[..footer], &spliced(&valid[footer..valid.len() - 8], rest)),
        // Anything, changed at a place.
        3 => spliced(valid, rest),
        _ => bytes.to_vec(),
    };
    tried(object.into());
}

fn tried(object: Bytes) {
    let _ = header(&object);
    let columns = Columns::read(&object, LIMIT);
    let Ok(batch) = decode(object.clone(), LIMIT) else { return };
    let held: usize = batch.rows.iter().map(|row| row.leaf.bytes.len()).sum();
    assert!(held as u64 <= LIMIT, "{held} bytes of leaves");
    let Ok(columns) = columns else { return };
    assert_eq!(*columns.header(), batch.header);
    assert_eq!(columns.rows(), batch.rows.len());
    for (n, row) in batch.rows.iter().enumerate() {
        assert!(columns.event(n) == row.leaf.bytes, "rows and columns agree");
    }
    // Written anew it is read the same.
    let again = encode_rows(&batch.header, &batch.rows).unwrap();
    let again = decode(again.into(), LIMIT).unwrap();
    assert_eq!((again.header, again.rows), (batch.header, batch.rows));
    let _ = Hash::of(&object);
}

/// Where the footer of a Parquet file begins.
fn footer_start(file: &[u8]) -> usize {
    let length: [u8; 4] = file[file.len() - 8..file.len() - 4].try_into().unwrap();
    file.len() - 8 - u32::from_le_bytes(length) as usize
}

fn with_footer(pages: &[u8], footer: &[u8]) -> Vec<u8> {
    let length = (footer.len() as u32).to_le_bytes();
    [pages, footer, &length, b"PAR1"].concat()
}

/// `rest` says where (three bytes), how many bytes go (one), and what comes.
fn spliced(valid: &[u8], rest: &[u8]) -> Vec<u8> {
    let Some((place, new)) = rest.split_first_chunk::<4>() else { return valid.to_vec() };
    let at = u32::from_be_bytes([0, place[0], place[1], place[2]]) as usize % (valid.len() + 1);
    let end = (at + usize::from(place[3])).min(valid.len());
    [&valid[..at], new, &valid[end..]].concat()
}
