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
            tenant: ["acme", "globex"][n as usize % 2].into(),
            id: format!("id-{n}").into(),
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

/// The object with the first page of a column packed otherwise, and all that follows from it.
fn with_page(place: usize, change: impl FnOnce(&mut PageHeader, &mut Vec<u8>)) -> Vec<u8> {
    let object = object();
    let (pages, footer) = split(&object).unwrap();
    let mut footer = Footer::read(footer).unwrap();
    let chunk = &mut footer.chunks[place];
    let from = chunk.dictionary.unwrap_or(chunk.data) as usize;
    let (mut header, length) =
        PageHeader::read(&pages[from..], chunk.dictionary.is_some()).unwrap();
    let end = from + length + header.compressed as usize;
    let mut packed = pages[from + length..end].to_vec();
    let stated = header.uncompressed;
    change(&mut header, &mut packed);
    header.compressed = packed.len() as i64;
    let page = [header.write(), packed].concat();
    let more = page.len() as i64 - (end - from) as i64;
    chunk.compressed += more;
    chunk.uncompressed += page.len() as i64 - header.compressed - length as i64;
    chunk.uncompressed += header.uncompressed - stated;
    if chunk.dictionary.is_some() {
        chunk.data += more;
    }
    for later in &mut footer.chunks[place + 1..] {
        later.data += more;
        later.dictionary = later.dictionary.map(|at| at + more);
    }
    let footer = footer.write();
    let length = (footer.len() as u32).to_le_bytes();
    [&pages[..from], &page, &pages[end..], &footer, &length, MAGIC].concat()
}

#[test]
fn a_page_that_is_more_than_one_zstd_frame_is_refused() {
    // Bytes that decoders pass over (RFC 8878 §3.1.2).
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 5, 0, 0, 0][..], b"hello"].concat();
    let frame = |bytes: &[u8]| zstd::bulk::compress(bytes, 3).unwrap();
    let unpacked = |packed: &[u8]| zstd::bulk::decompress(packed, 1 << 20).unwrap();
    assert_eq!(with_page(0, |_, _| {}), object());
    for (place, Column { name, .. }) in LAYOUT.iter().enumerate() {
        let again = with_page(place, |_, packed| {
            *packed = zstd::bulk::compress(&unpacked(packed), 19).unwrap()
        });
        assert!(Columns::read(&again, 1 << 20).is_ok(), "column {place}: another level");
        let before = with_page(place, |_, packed| drop(packed.splice(..0, skippable.clone())));
        let after = with_page(place, |_, packed| packed.extend(&skippable));
        let empty = with_page(place, |_, packed| packed.extend(frame(b"")));
        let parted = with_page(place, |_, packed| {
            let page = unpacked(packed);
            let (one, other) = page.split_at(page.len() / 2);
            *packed = [frame(one), frame(other)].concat();
        });
        for (object, how) in
            [(before, "before"), (after, "after"), (empty, "empty"), (parted, "parted")]
        {
            assert_eq!(
                refused(&object),
                format!("column {name}: expected one zstd frame a page, found something else"),
                "{how}"
            );
        }
    }
}

#[test]
fn a_zstd_frame_of_another_length_than_its_page_header_says_is_refused() {
    for (place, Column { name, .. }) in LAYOUT.iter().enumerate() {
        let sized =
            format!("column {name}: expected a page of the size stated, found something else");
        // zstd itself refuses where no memory is left over from the page before.
        let full = "zstd: Destination buffer is too small";
        let less = refused(&with_page(place, |header, _| header.uncompressed -= 1));
        assert!(less == full || less == sized, "{less}");
        let more = refused(&with_page(place, |header, _| header.uncompressed += 1));
        assert_eq!(more, sized);
    }
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
