//! A writer that lies about its own columns.

#![allow(clippy::unwrap_used)]

use cairn_event::{EventColumns, Leaf};
use cairn_ledger::{BatchHeader, Counts, Hash, Lineage};

use super::*;
use crate::encode;
use crate::layout::at;

fn object() -> Vec<u8> {
    let header = BatchHeader {
        origin: "audit.example.com/test".into(),
        chain: "audit/20260131T120000Z/s".parse().unwrap(),
        number: 42,
        lineage: Lineage::Previous(Hash::leaf(b"previous")),
        root: Hash::leaf(b"root"),
        counts: Counts { events: 4, records: 4, rejections: 0 },
        tenants: Hash::leaf(b"tenants"),
        first: "1".parse().unwrap(),
        last: "4".parse().unwrap(),
        arrived: ["2026-01-31T12:00:00.000Z".into(), "2026-01-31T12:00:00.000Z".into()],
        bundle: Hash::leaf(b"bundle"),
        transform: "cairn/1".into(),
        key: "k".into(),
    };
    let leaf = |n: i64| Leaf {
        bytes: vec![b'e'; 80],
        sequence: n.to_string().parse().unwrap(),
        arrived: "2026-01-31T12:00:00Z".parse().unwrap(),
        event: Some(EventColumns {
            time: n,
            tenant: ["acme", "globex"][n as usize % 2].to_owned(),
            id: format!("id-{n}"),
            ..EventColumns::default()
        }),
    };
    encode(&header, &[1, 2, 3, 4].map(leaf)).unwrap()
}

/// The object with another footer.
fn with_footer(change: impl FnOnce(&mut Footer)) -> Vec<u8> {
    let object = object();
    let (pages, footer) = split(&object).unwrap();
    let mut footer = Footer::read(footer).unwrap();
    change(&mut footer);
    let footer = footer.write();
    [pages, &footer, &(footer.len() as u32).to_le_bytes(), MAGIC].concat()
}

fn refused(object: &[u8]) -> String {
    Columns::read(object, 1 << 20).unwrap_err().to_string()
}

#[test]
fn an_honest_footer_is_the_one_that_was_read() {
    assert_eq!(with_footer(|_| {}), object());
    assert!(Columns::read(&object(), 1 << 20).is_ok());
}

#[test]
fn statistics_that_would_hide_rows_from_queries_are_refused() {
    let range = |min: &[u8], max: &[u8]| Some((min.to_vec(), max.to_vec()));
    let object = with_footer(|footer| {
        footer.chunks[at::TENANT].statistics.range = range(b"acme", b"acme");
    });
    assert_eq!(
        refused(&object),
        "column tenant: expected statistics of the values that are there, found something else"
    );
    let object = with_footer(|footer| {
        footer.chunks[at::TIME].statistics.range = range(&2i64.to_le_bytes(), &4i64.to_le_bytes());
    });
    assert!(refused(&object).starts_with("column time: expected statistics"));
    let object = with_footer(|footer| footer.chunks[at::ID].statistics.nulls = 4);
    assert!(refused(&object).starts_with("column id: expected statistics"));
    let object = with_footer(|footer| footer.chunks[at::ID].statistics.range = None);
    assert!(refused(&object).starts_with("column id: expected statistics"));
    let object = with_footer(|footer| {
        footer.chunks[at::EVENT].statistics.range = range(b"a", b"z");
    });
    assert!(refused(&object).starts_with("metadata of the object"));
}

#[test]
fn other_numbers_of_rows_are_refused() {
    for rows in [0, 3, 5, -1, i64::MAX, i64::MIN] {
        let object = with_footer(|footer| footer.rows = rows);
        assert!(Columns::read(&object, 1 << 20).is_err(), "{rows} rows");
    }
    let object = with_footer(|footer| footer.rows = 1 << 40);
    assert!(refused(&object).starts_with("expected at most 1048576 bytes of rows"));
}

#[test]
fn columns_that_overlap_or_leave_bytes_between_them_are_refused() {
    let changes: [fn(&mut Chunk); 6] = [
        |chunk| chunk.data += 1,
        |chunk| chunk.data -= 1,
        |chunk| chunk.compressed += 1,
        |chunk| chunk.compressed = i64::MAX,
        |chunk| chunk.compressed = -1,
        |chunk| chunk.uncompressed += 1,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for place in 0..COLUMNS {
            let object = with_footer(|footer| change(&mut footer.chunks[place]));
            assert!(Columns::read(&object, 1 << 20).is_err(), "change {n} of column {place}");
        }
    }
}

#[test]
fn a_dictionary_that_is_claimed_or_denied_is_refused() {
    for place in 0..COLUMNS {
        let object = with_footer(|footer| {
            let chunk = &mut footer.chunks[place];
            chunk.dictionary = match chunk.dictionary {
                None => Some(chunk.data),
                Some(at) => {
                    chunk.data = at;
                    None
                }
            };
        });
        assert!(Columns::read(&object, 1 << 20).is_err(), "column {place}");
    }
}
