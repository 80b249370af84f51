//! Objects of batches: what is written is read back, by this crate and by another engine.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod engine;
mod hostile;
mod sample;
mod size;
mod vector;

use bytes::Bytes;
use cairn_batch::{Batch, decode, encode, encode_rows};
use cairn_ledger::Hash;
use proptest::prelude::*;

use sample::{header, leaves, real_leaves, rows};

const LIMIT: u64 = 1 << 28;

#[test]
fn leaves_are_read_back_as_they_were_written() {
    let leaves = real_leaves();
    assert!(leaves.iter().any(|leaf| leaf.event.is_none()), "a rejection is among them");
    let object = encode(&header(), &leaves).unwrap();
    let batch = decode(object.into(), LIMIT).unwrap();
    assert_eq!(batch.header, header());
    assert_eq!(batch.rows.len(), leaves.len());
    for ((place, row), leaf) in batch.rows.iter().enumerate().zip(&leaves) {
        assert_eq!(row.leaf, *leaf);
        assert_eq!((row.chain.as_str(), row.number), (header().chain.as_str(), 42));
        assert_eq!((row.index, &row.private, &row.key_id), (place as i64, &None, &None));
    }
}

#[test]
fn the_bytes_of_an_object_are_pinned() {
    // A change here is another zstd, or a change of the format: what was sealed before must still be
    // read.
    let object = encode(&header(), &real_leaves()).unwrap();
    let pinned = "c0432644c88e939b40c3112f3e520b42554a3f2897d5ca10e916686952fcdd21";
    assert_eq!(Hash::of(&object).to_string(), pinned);
    assert_eq!(encode(&header(), &real_leaves()).unwrap(), object, "again, with warm buffers");
}

#[test]
fn columns_of_several_pages_and_dictionaries_of_every_width_are_read_back() {
    // 70,000 rows: more than 65,536 distinct actors, 300 resources, 9 MB of events.
    let leaves =
        leaves(70_000, |n| (format!("actor-{n}").repeat(1 + n % 2), format!("r-{}", n % 300)));
    let object = encode(&header(), &leaves).unwrap();
    let batch = decode(object.into(), LIMIT).unwrap();
    assert!(batch.rows.iter().map(|row| &row.leaf).eq(&leaves));
    // The same twice over: each actor is worth its place in a dictionary of four bytes a place.
    let twice: Vec<_> =
        leaves.iter().take(66_000).chain(leaves.iter().take(66_000)).cloned().collect();
    let object = encode(&header(), &twice).unwrap();
    let batch = decode(object.into(), LIMIT).unwrap();
    assert!(batch.rows.iter().map(|row| &row.leaf).eq(&twice));
}

#[test]
fn a_batch_without_rows_is_read_back() {
    let object = encode(&header(), &[]).unwrap();
    assert_eq!(decode(object.into(), LIMIT).unwrap(), Batch { header: header(), rows: Vec::new() });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_of_any_kind_are_read_back(rows in rows()) {
        let object = Bytes::from(encode_rows(&header(), &rows).unwrap());
        let batch = decode(object, LIMIT).unwrap();
        prop_assert_eq!(batch.header, header());
        prop_assert_eq!(batch.rows, rows);
    }
}
