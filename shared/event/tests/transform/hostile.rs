//! Bytes that were never meant to be events. Whatever comes, each record makes items, in order,
//! and none is lost.

use std::io::Write;

use cairn_event::{CODES, Item, Leaf};
use cairn_ledger::Hash;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::json;

use crate::kpl::{aggregate, framed};
use crate::support::*;
use crate::zstandard::zstd;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// Whether user records, which may be empty, could be in it.
fn is_aggregate(data: &[u8]) -> bool {
    data.starts_with(&[0xf3, 0x89, 0x9a, 0xc2])
}

/// What holds for every record.
fn check(data: Vec<u8>) -> Vec<Item> {
    let made = items(data.clone());
    assert!(!made.is_empty());
    for (place, item) in made.iter().enumerate() {
        let leaf = match item {
            Item::Event(leaf) => leaf.clone(),
            Item::Rejection(rejection) => {
                assert_eq!(rejection.index as usize, place);
                assert!(!rejection.raw.is_empty() || data.is_empty() || is_aggregate(&data));
                assert!(CODES.iter().any(|(code, _)| *code == rejection.reason.code));
                rejection.leaf(&chain(), &[1; 32], &Hash::EMPTY_ROOT)
            }
        };
        assert_eq!(json(&leaf)["coordinates"]["index"], place);
        assert_eq!(Leaf::parse(&leaf.bytes).unwrap(), leaf);
    }
    made
}

proptest! {
    #[test]
    fn any_bytes_make_items(data: Vec<u8>) {
        check(data.clone());
        check(gzip(&data));
        let _ = Leaf::parse(&data);
        let _ = cairn_event::Bundle::parse(&data);
    }

    #[test]
    fn any_text_makes_items(text in "[\\[\\]{}\",:0-9a-c\\\\\n -]{0,60}|([\\[\\]{}0, \n]|\"a\":|\"Records\":){0,30}") {
        check(text.into_bytes());
    }

    #[test]
    fn mutated_records_make_items(
        mutations in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
        form in 0..9_u8,
    ) {
        let (small, full) = (smallest().to_string(), fullest().to_string());
        let mut data = match form {
            0 => format!("[{small},{full}]"),
            1 => format!("{small}\n{full}\n"),
            2 => full,
            3 => format!("{{\"Records\":[{}]}}", crate::cloudtrail::bucket_read()),
            4 => crate::cloudevents::share().to_string(),
            5 => crate::kubernetes::pod_exec().to_string(),
            6 => format!(
                "{{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[{0},{0}]}}",
                crate::kubernetes::pod_exec()
            ),
            7 => crate::ocsf::logon().to_string(),
            _ => json!({"headers": {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s",
                "ce-type": "a.b"}, "body": smallest()}).to_string(),
        }
        .into_bytes();
        for (at, byte, how) in mutations {
            let at = at.index(data.len());
            match how {
                0 => data[at] = byte,
                1 => data.insert(at, byte),
                _ => drop(data.remove(at)),
            }
        }
        check(data);
    }

    #[test]
    fn mutated_aggregates_make_items(
        mutations in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        end: prop::sample::Index,
    ) {
        let (small, packed) = (smallest().to_string(), zstd(fullest().to_string().as_bytes()));
        let good = aggregate(&[small.as_bytes(), &packed, b"", small.as_bytes()]);
        let mut message = good[4..good.len() - 16].to_vec();
        for (at, byte) in mutations {
            let at = at.index(message.len());
            message[at] = byte;
        }
        // With the MD5 of what it is now, so that it is the message that is read.
        check(framed(&message));
        check(framed(&message[..end.index(message.len())]));
    }

    #[test]
    fn mutated_compressed_records_make_items(
        at: prop::sample::Index,
        byte: u8,
        end: prop::sample::Index,
        zstandard: bool,
    ) {
        let pack = if zstandard { zstd } else { gzip };
        let mut data = pack(fullest().to_string().as_bytes());
        let at = at.index(data.len());
        data[at] = byte;
        check(data.clone());
        data.truncate(end.index(data.len()));
        check(data);
    }
}

#[test]
fn a_million_brackets_are_one_rejection() {
    for (bracket, code) in [("[", "json.syntax"), ("{\"a\":", "json.syntax"), ("]", "json.syntax")]
    {
        let made = check(bracket.repeat(1_000_000).into_bytes());
        assert_eq!(codes(&made), [code]);
    }
    let nested = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert_eq!(codes(&check(nested.clone().into_bytes())), ["limit.depth"]);
    let nested = format!("[{0},{nested},{0}]", smallest());
    assert_eq!(codes(&check(nested.into_bytes())), ["event", "limit.depth", "event"]);
    let nested = format!("{}1{}", "{\"a\":".repeat(1_000_000), "}".repeat(1_000_000));
    assert_eq!(codes(&check(nested.into_bytes())), ["limit.depth"]);
}

#[test]
fn a_bomb_is_one_rejection() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let made = items(bomb.clone());
    assert_eq!(codes(&made), ["limit.decoded"]);
    let Item::Rejection(rejection) = &made[0] else { panic!() };
    assert_eq!(rejection.raw, bomb);
    let many = [gzip(b"{}"), gzip(&vec![b'\n'; 11 << 20])].concat();
    assert_eq!(codes(&items(many.clone())), ["limit.ratio"]);
    let patient = limited(|limits| limits.ratio = 65_535);
    assert_eq!(codes(&items_under(&patient, bomb)), ["limit.decoded"]);
    assert_eq!(codes(&items_under(&patient, many)), ["limit.decoded"]);
}

#[test]
fn what_unpacks_to_a_mebibyte_may_be_as_dense_as_it_likes() {
    let padded = |spaces: usize| gzip(format!("{}{}", smallest(), " ".repeat(spaces)).as_bytes());
    let strict = limited(|limits| limits.ratio = 1);
    let length = smallest().to_string().len();
    assert_eq!(codes(&items_under(&strict, padded((1 << 20) - length))), ["event"]);
    assert_eq!(codes(&items_under(&strict, padded((1 << 20) - length + 1))), ["limit.ratio"]);
    // And beyond, each encoded byte counts.
    let long = padded((2 << 20) - length);
    let ratio = u32::try_from((2_usize << 20).div_ceil(long.len())).unwrap();
    let enough = limited(|limits| limits.ratio = ratio);
    assert_eq!(codes(&items_under(&enough, long.clone())), ["event"]);
    let less = limited(|limits| limits.ratio = ratio - 1);
    assert_eq!(codes(&items_under(&less, long)), ["limit.ratio"]);
}

#[test]
fn numbers_that_grow_make_no_more_leaves_than_the_record_may_have() {
    // Four times the decoded bytes, from a thousandth of them.
    let numbers = vec!["1e20"; 99_000].join(",");
    let item = with(smallest(), "/data", Some(serde_json::json!("@"))).to_string();
    let item = item.replace("\"@\"", &format!("{{\"n\":[{numbers}]}}"));
    let bomb = gzip(vec![item; 20].join("\n").as_bytes());
    assert!(bomb.len() < 40_000);
    let patient = limited(|limits| limits.ratio = 65_535);
    let made = items_under(&patient, bomb.clone());
    assert_eq!(codes(&made), ["limit.canonical"]);
    let Item::Rejection(rejection) = &made[0] else { panic!() };
    assert_eq!(rejection.raw, bomb);
}

#[test]
fn an_item_of_millions_of_values_is_one_rejection() {
    let zeros = vec!["0"; 1_000_000].join(",");
    let text = format!("[{{\"data\":[{zeros}]}},{}]", smallest());
    assert_eq!(codes(&items(text)), ["limit.values", "event"]);
    assert_eq!(codes(&items(format!("[{zeros}]"))), ["limit.events"]);
}

#[test]
fn many_names_that_begin_alike_are_sorted_in_time() {
    let names: Vec<String> = (0..40_000).rev().map(|n| format!("\"prefixed-{n:06}\":0")).collect();
    let text = with(smallest(), "/data", Some(serde_json::json!("@"))).to_string();
    let text = text.replace("\"@\"", &format!("{{{}}}", names.join(",")));
    assert_eq!(codes(&check(text.into_bytes())), ["event"]);
}

/// Two bytes of a record can make a rejection of a thousand.
#[test]
fn rejections_are_bounded_by_more_than_their_number() {
    let bundle = limited(|limits| (limits.events, limits.decoded_bytes) = (u32::MAX, 1 << 20));
    let numbers = |count: usize| format!("[{}]", vec!["1"; count].join(",")).into_bytes();
    assert_eq!(items_under(&bundle, numbers(3_000)).len(), 3_000);
    assert_eq!(codes(&items_under(&bundle, numbers(4_000))), ["limit.canonical"]);
    let lines = "{}\n".repeat(4_000).into_bytes();
    assert_eq!(codes(&items_under(&bundle, lines)), ["limit.canonical"]);
}
