//! Aggregates of the Kinesis Producer Library.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_event::Item;
use md5::{Digest, Md5};
use proptest::prelude::*;

use crate::support::*;
use crate::zstandard::zstd;

const MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];

/// Made once by AWS's `aws_kinesis_agg` 1.2.3 (Python), of three user records: an event, `oops`,
/// and an array of two events; with two partition keys and an explicit hash key.
const BY_AWS: &str = "\
    84mawgoIdGVuYW50LWEKCHRlbmFudC1iEgkxMjM0NTY3ODkasQEIABAAGqoBeyJ0ZW5hbnQiOiJhY21lIiwidGltZSI6\
    IjIwMjYtMDEtMzFUMjM6NTk6NThaIiwiYWN0aW9uIjoiZG9jdW1lbnQuc2hhcmUiLCJhY3RvciI6eyJ0eXBlIjoidXNl\
    ciIsImlkIjoidS0xIn0sInJlc291cmNlIjp7InR5cGUiOiJkb2N1bWVudCIsImlkIjoiZC05In0sIm91dGNvbWUiOiJz\
    dWNjZXNzIn0aCAgBGgRvb3BzGtwCCAAa1wJbeyJ0ZW5hbnQiOiJhY21lIiwidGltZSI6IjIwMjYtMDEtMzFUMjM6NTk6\
    NThaIiwiYWN0aW9uIjoiZG9jdW1lbnQuc2hhcmUiLCJhY3RvciI6eyJ0eXBlIjoidXNlciIsImlkIjoidS0yIn0sInJl\
    c291cmNlIjp7InR5cGUiOiJkb2N1bWVudCIsImlkIjoiZC05In0sIm91dGNvbWUiOiJzdWNjZXNzIn0seyJ0ZW5hbnQi\
    OiJhY21lIiwidGltZSI6IjIwMjYtMDEtMzFUMjM6NTk6NThaIiwiYWN0aW9uIjoiZG9jdW1lbnQuc2hhcmUiLCJhY3Rv\
    ciI6eyJ0eXBlIjoidXNlciIsImlkIjoidS0zIn0sInJlc291cmNlIjp7InR5cGUiOiJkb2N1bWVudCIsImlkIjoiZC05\
    In0sIm91dGNvbWUiOiJzdWNjZXNzIn1dGj6gkqwRXoc1z5NNvUBmAA==";

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field that is bytes.
fn field(number: usize, bytes: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(bytes.len()), bytes.to_vec()].concat()
}

/// A `Record` in an `AggregatedRecord`.
fn user(data: &[u8]) -> Vec<u8> {
    field(3, &[&[0x08, 0x00][..], &field(3, data)].concat())
}

/// A message with magic and MD5.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    [&MAGIC[..], message, &Md5::digest(message)].concat()
}

pub(crate) fn aggregate(users: &[&[u8]]) -> Vec<u8> {
    let users = users.iter().flat_map(|data| user(data));
    framed(&field(1, b"key").into_iter().chain(users).collect::<Vec<u8>>())
}

fn rejections(items: &[Item]) -> Vec<(u32, &'static str, &[u8])> {
    let mut found = Vec::new();
    for item in items {
        if let Item::Rejection(it) = item {
            found.push((it.index, it.reason.code, &it.raw[..]));
        }
    }
    found
}

#[test]
fn an_aggregate_made_by_aws_is_its_user_records() {
    let made = items(STANDARD.decode(BY_AWS).unwrap());
    assert_eq!(codes(&made), ["event", "json.syntax", "event", "event"]);
    assert_eq!(rejections(&made), [(1, "json.syntax", &b"oops"[..])]);
    for (place, actor) in [(0, "u-1"), (2, "u-2"), (3, "u-3")] {
        let Item::Event(leaf) = &made[place] else { panic!() };
        assert_eq!(json(leaf)["actor"]["id"], actor);
        assert_eq!(json(leaf)["coordinates"]["index"], place);
        assert_eq!(json(leaf)["coordinates"]["sequence"], SEQUENCE);
    }
}

#[test]
fn a_user_record_is_whatever_a_record_is() {
    let small = smallest().to_string();
    let lines = format!("{small}\noops\n{{}}\n{small}");
    let packed = zstd(lines.as_bytes());
    let made = items(aggregate(&[small.as_bytes(), &packed, b"[]", &[0xff], &packed[..9], b""]));
    assert_eq!(
        codes(&made),
        [
            "event",
            "event",
            "json.syntax",
            "field.missing",
            "event",
            "record.empty",
            "utf8.invalid",
            "zstd.truncated",
            "record.empty",
        ]
    );
    let expected: [(u32, &str, &[u8]); 6] = [
        (2, "json.syntax", b"oops"),
        (3, "field.missing", b"{}"),
        (5, "record.empty", b"[]"),
        (6, "utf8.invalid", &[0xff]),
        (7, "zstd.truncated", &packed[..9]),
        (8, "record.empty", b""),
    ];
    assert_eq!(rejections(&made), expected);
}

#[test]
fn an_aggregate_in_an_aggregate_or_in_gzip_is_not_unpacked() {
    let small = smallest().to_string();
    let inner = aggregate(&[small.as_bytes()]);
    let made = items(aggregate(&[small.as_bytes(), &inner]));
    assert_eq!(rejections(&made), [(1, "utf8.invalid", &inner[..])]);
    assert_eq!(codes(&items(zstd(&inner))), ["utf8.invalid"]);
}

#[test]
fn an_aggregate_of_nothing_is_rejected() {
    for message in [vec![], field(1, b"key")] {
        let data = framed(&message);
        let rejection = rejection(data.clone());
        assert_eq!((rejection.reason.code, rejection.raw), ("record.empty", data));
    }
}

#[test]
fn an_aggregate_that_was_changed_or_cut_is_rejected_whole() {
    let small = smallest().to_string();
    let good = aggregate(&[small.as_bytes(), small.as_bytes()]);
    assert_eq!(codes(&items(good.clone())), ["event"; 2]);
    for at in MAGIC.len()..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        for bad in [bad, good[..at].to_vec()] {
            let rejection = rejection(bad.clone());
            assert_eq!((rejection.reason.code, rejection.raw), ("kpl.corrupt", bad), "{at}");
        }
    }
    // Less than the magic is anything else.
    assert_eq!(rejection(&good[..3]).reason.code, "utf8.invalid");
}

#[test]
fn what_lies_about_its_lengths_is_rejected_whole() {
    let small = smallest().to_string();
    let good = user(small.as_bytes());
    let long = varint(usize::MAX);
    for (why, lie) in [
        ("a user record beyond the end", [&[0x1a][..], &varint(500), b"x"].concat()),
        ("a length of 2^64 - 1", [&[0x1a][..], &long, b"x"].concat()),
        ("data beyond its user record", field(3, &[&[0x1a][..], &varint(9), b"x"].concat())),
        ("a number without end", vec![0x08, 0xff]),
        ("a number of more than 64 bits", [&[0x08][..], &[0xff; 9], &[0x02]].concat()),
        ("a tag without a field", vec![0x1a]),
        ("field 0", vec![0x02, 0x00]),
        ("a group", vec![0x0b, 0x0c]),
        ("no type", vec![0x0f]),
        ("a user record that is a number", vec![0x18, 0x01]),
        ("a user record without data", field(3, &[0x08, 0x00])),
        ("data that is a number", field(3, &[0x18, 0x01])),
        ("data twice", field(3, &[field(3, b"{}"), field(3, b"[]")].concat())),
    ] {
        for message in [[&good[..], &lie].concat(), [&lie[..], &good].concat()] {
            let data = framed(&message);
            let rejection = rejection(data.clone());
            assert_eq!((rejection.reason.code, rejection.raw), ("kpl.corrupt", data), "{why}");
        }
    }
}

#[test]
fn fields_that_are_not_known_are_passed_over() {
    let small = smallest().to_string();
    let tags = field(4, &[field(1, b"k"), field(2, b"v")].concat());
    let record = [&[0x08, 0x07, 0x10, 0x80, 0x01][..], &tags, &field(3, small.as_bytes())].concat();
    let fixed = [&[0x39][..], &[0; 8], &[0x45], &[0; 4]].concat();
    let message = [field(1, b"k"), field(2, b"1"), fixed, field(3, &record), field(9, b"x")];
    assert_eq!(codes(&items(framed(&message.concat()))), ["event"]);
}

#[test]
fn the_limits_hold_for_all_user_records_together() {
    let small = smallest().to_string();
    let (users, packed) = ([small.as_bytes(); 3], zstd(small.as_bytes()));
    let three = aggregate(&users);
    let mixed = aggregate(&[small.as_bytes(), &packed, b"oops"]);
    for (data, bytes) in [(&three, 3 * small.len()), (&mixed, 2 * small.len() + 4)] {
        let bytes = bytes as u64;
        let bundle = |bytes| limited(|limits| limits.decoded_bytes = bytes);
        assert_eq!(items_under(&bundle(bytes), data.clone()).len(), 3);
        let rejection = rejection_under(&bundle(bytes - 1), data.clone());
        assert_eq!((rejection.reason.code, &rejection.raw), ("limit.decoded", data));
        let bundle = |events| limited(|limits| limits.events = events);
        assert_eq!(items_under(&bundle(3), data.clone()).len(), 3);
        let rejection = rejection_under(&bundle(2), data.clone());
        assert_eq!((rejection.reason.code, &rejection.raw), ("limit.events", data));
    }
    let numbers = vec!["1e20"; 40_000].join(",");
    let item = with(smallest(), "/data", Some(serde_json::json!("@"))).to_string();
    let item = item.replace("\"@\"", &format!("{{\"n\":[{numbers}]}}"));
    let bundle = limited(|limits| (limits.decoded_bytes, limits.ratio) = (2 << 20, 65_535));
    let user = zstd(item.as_bytes());
    assert_eq!(codes(&items_under(&bundle, aggregate(&[&user[..]; 5]))), ["event"; 5]);
    let rejection = rejection_under(&bundle, aggregate(&[&user[..]; 6]));
    assert_eq!(rejection.reason.code, "limit.canonical");
}

#[test]
fn the_ratio_is_of_the_whole_aggregate() {
    let packed = zstd((smallest().to_string() + &" ".repeat(600_000)).as_bytes());
    let codes = |ratio, users: &[&[u8]]| {
        codes(&items_under(&limited(|limits| limits.ratio = ratio), aggregate(users)))
    };
    // Up to 1 MiB the ratio may be any.
    assert_eq!(codes(1, &[&packed]), ["event"]);
    assert_eq!(codes(200, &[&packed, &packed]), ["limit.ratio"]);
    assert_eq!(codes(65_535, &[&packed, &packed]), ["event"; 2]);
    // The bytes of the others count on both sides.
    let long = with(smallest(), "/data", Some(serde_json::json!({ "x": "x".repeat(6_000) })));
    let long = long.to_string();
    assert_eq!(codes(200, &[&packed, &packed, long.as_bytes()]), ["event"; 3]);
}

/// Each user record alone is small, and decodes to much that is no text.
#[test]
fn what_is_no_text_once_decoded_counts_too() {
    let junk = zstd(&vec![0xff; 600_000]);
    let mut cut = zstd(&vec![b' '; 600_000]);
    cut.truncate(cut.len() - 1);
    for user in [&junk, &cut] {
        assert_ne!(codes(&items(aggregate(&[user]))), ["limit.ratio"]);
        assert_eq!(codes(&items(aggregate(&[&user[..]; 2]))), ["limit.ratio"]);
    }
    let any = limited(|limits| limits.ratio = 65_535);
    assert_eq!(codes(&items_under(&any, aggregate(&[&junk[..]; 17]))).len(), 17);
    assert_eq!(codes(&items_under(&any, aggregate(&[&junk[..]; 18]))), ["limit.decoded"]);
}

/// Whichever comes first.
#[test]
fn the_ratio_holds_for_plain_user_records_beside_compressed_ones() {
    let packed = zstd((smallest().to_string() + &" ".repeat(900_000)).as_bytes());
    let plain = smallest().to_string() + &" ".repeat(600_000);
    let bundle = limited(|limits| limits.ratio = 2);
    for users in [[&packed[..], plain.as_bytes()], [plain.as_bytes(), &packed[..]]] {
        assert_eq!(codes(&items_under(&bundle, aggregate(&users))), ["limit.ratio"]);
    }
}

#[test]
fn millions_of_user_records_are_one_rejection() {
    let data = framed(&[0x1a, 0x02, 0x1a, 0x00].repeat(2 << 20));
    let rejection = rejection(data);
    assert_eq!(rejection.reason.code, "limit.events");
}

proptest! {
    #[test]
    fn what_is_aggregated_comes_out(users in prop::collection::vec("[a-z]{0,300}", 1..20)) {
        let bytes: Vec<&[u8]> = users.iter().map(|user| user.as_bytes()).collect();
        let made = items(aggregate(&bytes));
        let found: Vec<&[u8]> = rejections(&made).into_iter().map(|(_, _, raw)| raw).collect();
        prop_assert_eq!(found, bytes);
    }
}
