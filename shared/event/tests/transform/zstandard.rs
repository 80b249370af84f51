//! Records that are zstd.

use std::io::Write;

use crate::support::*;

pub(crate) fn zstd(data: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A frame that decoders skip.
fn skippable(kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [&[0x50 | kind, 0x2a, 0x4d, 0x18], &length[..], data].concat()
}

fn text() -> String {
    format!("{}\n{}", smallest(), fullest())
}

#[test]
fn zstd_makes_no_difference() {
    let made = items(text());
    assert_eq!(items(zstd(text().as_bytes())), made);
    assert_eq!(items(zstd::encode_all(text().as_bytes(), 19).unwrap()), made);
    assert_eq!(items(zstd(format!("\u{feff}{}", text()).as_bytes())), made);
}

#[test]
fn frames_follow_each_other_and_some_are_skipped() {
    let text = text();
    let (first, second) = text.split_at(100);
    let frames = [
        skippable(0, b"{\"tenant\": 1}"),
        zstd(first.as_bytes()),
        skippable(15, b""),
        zstd(b""),
        zstd(second.as_bytes()),
        skippable(7, &[0; 300]),
    ];
    assert_eq!(items(frames.concat()), items(text));
    assert_eq!(rejection(skippable(3, b"{}")).reason.code, "record.empty");
    assert_eq!(rejection(zstd(b"")).reason.code, "record.empty");
}

#[test]
fn zstd_that_ends_too_early_is_rejected_whole() {
    let data = [zstd(text().as_bytes()), skippable(0, b"abc")].concat();
    let frame = zstd(text().as_bytes()).len();
    for end in (4..data.len()).filter(|end| *end != frame) {
        let rejection = rejection(&data[..end]);
        assert_eq!(rejection.reason.code, "zstd.truncated", "{end}");
        assert_eq!(rejection.raw, &data[..end]);
    }
}

#[test]
fn zstd_that_is_none_is_rejected_whole() {
    let good = zstd(text().as_bytes());
    let last = good.len() - 1;
    for at in [last, last - 3, last / 2] {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        let rejection = rejection(bad.clone());
        assert_eq!(rejection.reason.code, "zstd.corrupt", "{at}");
        assert_eq!(rejection.raw, bad);
    }
    let trailing = [&good[..], b"more than a header"].concat();
    assert_eq!(rejection(trailing).reason.code, "zstd.corrupt");
}

#[test]
fn what_is_compressed_twice_is_rejected() {
    let twice = zstd(&zstd(text().as_bytes()));
    let rejection = rejection(twice.clone());
    assert_eq!((rejection.reason.code, rejection.raw), ("utf8.invalid", twice));
}

#[test]
fn the_decoded_size_is_limited() {
    let text = text();
    let bundle = |bytes| limited(|limits| limits.decoded_bytes = bytes);
    let (enough, short) = (bundle(text.len() as u64), bundle(text.len() as u64 - 1));
    let data = zstd(text.as_bytes());
    assert_eq!(codes(&items_under(&enough, data.clone())), ["event"; 2]);
    let rejection = rejection_under(&short, data.clone());
    assert_eq!((rejection.reason.code, rejection.raw), ("limit.decoded", data));
}

#[test]
fn a_bomb_is_one_rejection() {
    let bomb = zstd(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 10_000);
    let rejection = rejection(bomb.clone());
    assert_eq!((rejection.reason.code, &rejection.raw), ("limit.ratio", &bomb));
    let many = vec![zstd(&vec![b'\n'; 1 << 20]); 11].concat();
    assert_eq!(codes(&items(many.clone())), ["limit.ratio"]);
    let any = limited(|limits| limits.ratio = 65_535);
    assert_eq!(codes(&items_under(&any, bomb)), ["limit.decoded"]);
    assert_eq!(codes(&items_under(&any, many)), ["limit.decoded"]);
}

#[test]
fn a_window_that_takes_too_much_memory_is_refused() {
    let with_window = |log: u32| {
        let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(text().as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(codes(&items(with_window(23))), ["event"; 2]);
    for log in [24, 27] {
        let rejection = rejection(with_window(log));
        assert_eq!(rejection.reason.code, "limit.window", "{log}");
        assert!(rejection.reason.message.contains("8388608"), "{}", rejection.reason.message);
    }
}
