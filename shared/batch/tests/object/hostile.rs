//! Whatever the bytes are: no panic, no memory out of proportion, no second reading.

use bytes::Bytes;
use cairn_batch::{BatchError, Columns, decode, encode};
use proptest::prelude::*;

use crate::LIMIT;
use crate::sample::{header, leaves, real_leaves};

#[test]
fn an_object_cut_short_anywhere_is_refused() {
    let object = Bytes::from(encode(&header(), &real_leaves()).unwrap());
    for length in 0..object.len() {
        assert!(decode(object.slice(..length), LIMIT).is_err(), "{length} bytes");
    }
}

#[test]
fn a_byte_more_anywhere_outside_of_the_header_is_refused() {
    let object = encode(&header(), &real_leaves()).unwrap();
    for at in 0..=object.len() {
        let mut more = object.clone();
        more.insert(at, 0);
        assert!(decode(more.into(), LIMIT).is_err(), "at {at}");
    }
}

#[test]
fn a_changed_byte_of_the_metadata_is_refused_or_is_another_header() {
    let object = encode(&header(), &real_leaves()).unwrap();
    let honest = decode(object.clone().into(), LIMIT).unwrap();
    let length = object.last_chunk::<8>().unwrap().first_chunk::<4>().unwrap();
    let footer = object.len() - 8 - u32::from_le_bytes(*length) as usize;
    for at in footer..object.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = object.clone();
            changed[at] ^= change;
            if let Ok(batch) = decode(changed.into(), LIMIT) {
                assert!(batch.header != honest.header, "at {at} the bytes say nothing");
            }
        }
    }
}

#[test]
fn rows_beyond_the_limit_are_refused_before_memory_is_taken() {
    // 40 MB of one letter, in a few kilobytes.
    let mut leaves = leaves(4, |_| (String::new(), String::new()));
    leaves.iter_mut().for_each(|leaf| leaf.bytes = vec![b'a'; 10_000_000]);
    let object = encode(&header(), &leaves).unwrap();
    assert!(object.len() < 20_000, "{}", object.len());
    let refused = Columns::read(&object, 1 << 20);
    assert!(matches!(refused, Err(BatchError::Limit { .. })), "{refused:?}");
    assert!(Columns::read(&object, 41_000_000).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decode(bytes.clone().into(), LIMIT).is_err());
        let framed = [b"PAR1", bytes.as_slice(), &(bytes.len() as u32).to_le_bytes(), b"PAR1"].concat();
        prop_assert!(decode(framed.into(), LIMIT).is_err());
    }

    #[test]
    fn no_changes_of_an_object_make_the_reader_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut object = encode(&header(), &real_leaves()).unwrap();
        for (at, byte) in changes {
            let at = at.index(object.len());
            object[at] = byte;
        }
        if let Ok(columns) = Columns::read(&object, LIMIT) {
            for row in 0..columns.rows() {
                let _ = columns.row(row);
            }
        }
    }
}
