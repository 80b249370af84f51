#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn cut(input: &[u8]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    split(input, &mut |piece| {
        pieces.push(piece);
        Ok(())
    })
    .unwrap();
    pieces
}

fn texts(input: &[u8]) -> Vec<(String, bool)> {
    let text = |piece: Piece| (String::from_utf8_lossy(&piece.bytes).into_owned(), piece.whole);
    cut(input).into_iter().map(text).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn good(pieces: &[&str]) -> Vec<(String, bool)> {
    pieces.iter().map(|&piece| (piece.to_owned(), true)).collect()
}

#[test]
fn one_event_keeps_its_bytes() {
    let event = "{\n  \"a\": [1, 2],\r\n  \"b\": \"}{\"\n}";
    assert_eq!(texts(format!("  {event}\n\n").as_bytes()), good(&[event]));
}

#[test]
fn an_array_is_cut_into_its_elements() {
    assert_eq!(
        texts(b"[ {\"a\" : 1},[2],\n\"x,]\" ,4 ]"),
        good(&["{\"a\" : 1}", "[2]", "\"x,]\"", "4"])
    );
    assert_eq!(texts(b"[]"), good(&[]));
}

#[test]
fn json_lines_are_cut_at_lines() {
    assert_eq!(texts(b"\n{\"a\":1}\r\n\n{\"b\":2}"), good(&["{\"a\":1}", "{\"b\":2}"]));
}

#[test]
fn values_one_after_another_are_cut_wherever_they_end() {
    assert_eq!(
        texts(b"{\"a\":1}{\"b\":2} {\n\"c\":3}"),
        good(&["{\"a\":1}", "{\"b\":2}", "{\n\"c\":3}"])
    );
}

#[test]
fn a_delivery_file_is_cut_into_its_records() {
    assert_eq!(texts(b"{\"Records\":[{\"a\":1},{\"b\":2}]}"), good(&["{\"a\":1}", "{\"b\":2}"]));
    let two = b"{\"Records\":[{\"a\":1}]}{\"Records\" : [ {\"b\":2} ] }";
    assert_eq!(texts(two), good(&["{\"a\":1}", "{\"b\":2}"]));
}

#[test]
fn an_event_that_merely_has_records_is_not_cut() {
    for event in [
        "{\"Records\":[1],\"x\":2}",
        "{\"x\":2,\"Records\":[1]}",
        "{\"Records\":{}}",
        "{\"records\":[1]}",
    ] {
        assert_eq!(texts(event.as_bytes()), good(&[event]));
    }
}

#[test]
fn a_line_that_is_no_json_is_passed_on_as_it_is() {
    let broken = |text: &str| (text.to_owned(), false);
    let whole = |text: &str| (text.to_owned(), true);
    let found = texts(b"{\"a\":1}\nnot json\n{\"b\":2,}\n{\"c\":3}\n");
    assert_eq!(
        found,
        [whole("{\"a\":1}"), broken("not json"), broken("{\"b\":2,}"), whole("{\"c\":3}")]
    );
    let found = texts(b"{\"a\":\n{\"b\":2}\n");
    assert_eq!(found, [broken("{\"a\":"), whole("{\"b\":2}")], "a broken first line");
}

#[test]
fn a_line_that_is_not_utf_8_is_passed_on_as_it_is() {
    let found = cut(b"{\"a\":1}\n{\"a\":\"\xff\"}\n");
    assert_eq!(found[1], Piece { bytes: b"{\"a\":\"\xff\"}".to_vec(), whole: false, line: 2 });
}

#[test]
fn a_file_without_any_json_is_passed_on_whole() {
    let text = b"  neither this\nnor that\n";
    assert_eq!(cut(text), [Piece { bytes: text.to_vec(), whole: false, line: 1 }]);
    let cut_off = b"[{\"a\":1},\n{\"b\":";
    assert_eq!(cut(cut_off), [Piece { bytes: cut_off.to_vec(), whole: false, line: 1 }]);
}

#[test]
fn a_pretty_printed_text_that_is_cut_off_is_passed_on_whole() {
    let events = serde_json::json!([
        {"a": "text", "b": [1, [2, {}], "last"], "c": {}},
        {"Records": [{"d": "last"}, [], [[3]]]},
    ]);
    for text in [
        serde_json::to_string_pretty(&events).unwrap(),
        serde_json::to_string_pretty(&serde_json::json!({ "Records": events })).unwrap(),
    ] {
        for end in 2..text.len() {
            let bytes = text.as_bytes()[..end].to_vec();
            assert_eq!(cut(&bytes), [Piece { bytes, whole: false, line: 1 }], "{end}");
        }
    }
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(cut(b""), []);
    assert_eq!(cut(b" \n\r\n\t"), []);
    assert_eq!(cut(&gzip(b"")), []);
}

#[test]
fn gzip_is_unpacked_member_by_member() {
    let two = [gzip(b"{\"a\":1}\n"), gzip(b"{\"b\":2}\n")].concat();
    assert_eq!(texts(&two), good(&["{\"a\":1}", "{\"b\":2}"]));
}

#[test]
fn a_gzip_file_that_is_cut_off_is_passed_on_as_it_is() {
    let packed = gzip("{\"a\":1}\n".repeat(500).as_bytes());
    for end in [1, 2, 9, packed.len() / 2, packed.len() - 1] {
        let bytes = packed[..end].to_vec();
        assert_eq!(cut(&bytes), [Piece { bytes, whole: false, line: 1 }]);
    }
    let mut garbled = packed;
    let middle = garbled.len() / 2;
    garbled[middle] ^= 0x40;
    assert_eq!(cut(&garbled), [Piece { bytes: garbled, whole: false, line: 1 }]);
}

#[test]
fn zstd_is_unpacked_frame_by_frame() {
    let pack = |text: &str| zstd::encode_all(text.as_bytes(), 3).unwrap();
    let skippable = b"\x53\x2a\x4d\x18\x02\0\0\0ab".to_vec();
    let two = [skippable, pack("{\"a\":1}\n"), pack("{\"b\":2}\n")].concat();
    assert_eq!(texts(&two), good(&["{\"a\":1}", "{\"b\":2}"]));
}

#[test]
fn a_zstd_file_that_is_cut_off_is_passed_on_as_it_is() {
    let packed = zstd::encode_all(&"{\"a\":1}\n".repeat(500).into_bytes()[..], 3).unwrap();
    for end in [1, 2, 3, 4, 9, packed.len() - 1] {
        let bytes = packed[..end].to_vec();
        assert_eq!(cut(&bytes), [Piece { bytes, whole: false, line: 1 }]);
    }
}

#[test]
fn an_aggregate_is_passed_on_as_it_is() {
    let bytes = b"\xf3\x89\x9a\xc2\n{\"a\":1}\n{\"b\":2}\n".to_vec();
    assert_eq!(cut(&bytes), [Piece { bytes, whole: false, line: 1 }]);
}

#[test]
fn a_text_that_begins_like_something_packed_is_text() {
    for text in ["(no json)", "Plain text", "P*M"] {
        let bytes = text.as_bytes().to_vec();
        assert_eq!(cut(&bytes), [Piece { bytes, whole: false, line: 1 }]);
    }
}

#[test]
fn a_list_of_audit_events_is_cut_into_its_items() {
    let (kind, version) = ("\"kind\":\"EventList\"", "\"apiVersion\":\"audit.k8s.io/v1\"");
    let items = "\"items\" : [ {\"a\":1},{\"b\":2} ]";
    for list in [
        format!("{{{kind},{version},\"metadata\":{{}},{items}}}"),
        format!("{{ {items} , {version},{kind} }}"),
    ] {
        assert_eq!(texts(list.as_bytes()), good(&["{\"a\":1}", "{\"b\":2}"]));
    }
    for event in [
        format!("{{{kind},{version}}}"),
        format!("{{{kind},{items}}}"),
        format!("{{{version},{items}}}"),
        format!("{{{kind},{version},{items},{kind}}}"),
        format!("{{{kind},{version},{items},\"more\":1}}"),
        format!("{{\"kind\":\"PodList\",{version},{items}}}"),
    ] {
        assert_eq!(texts(event.as_bytes()), good(&[&event]));
    }
}

#[test]
fn pieces_know_the_lines_that_they_begin_in() {
    let begins = |input: &[u8]| cut(input).iter().map(|piece| piece.line).collect::<Vec<u64>>();
    assert_eq!(begins(b"\n{}\n\n[1,2]\nx\n"), [2, 4, 4, 5]);
    assert_eq!(begins(b"[\n{},\n\n{\n}, {}\n]"), [2, 4, 5]);
    assert_eq!(begins(&gzip(b"{\"Records\":[\n1,\n2]}")), [2, 3]);
    assert_eq!(begins(b"\n{\"a\":\n{}\n"), [2, 3]);
}

#[test]
fn lines_are_passed_on_untouched() {
    let mut pieces = Vec::new();
    lines(&b" {\"a\":1} \r\n\n[1"[..], &mut |piece| {
        pieces.push(piece.bytes);
        Ok(())
    })
    .unwrap();
    assert_eq!(pieces, [&b" {\"a\":1} \r"[..], b"", b"[1"]);
}

#[test]
fn an_error_of_the_taker_stops_the_cutting() {
    let mut taken = 0;
    let result = split(&b"{}\n{}\n{}\n"[..], &mut |_| {
        taken += 1;
        if taken == 2 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
    });
    assert_eq!((result.unwrap_err().kind(), taken), (io::ErrorKind::BrokenPipe, 2));
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map(".{0,6}", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = serde_json::Value> {
    value().prop_map(|value| serde_json::json!({ "value": value }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn however_events_are_written_the_same_events_come_out(
        events in prop::collection::vec(object(), 0..8),
        shape in 0..6,
        packed: bool,
    ) {
        let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
        let text = match shape {
            0 => lines.join("\n"),
            1 => lines.concat(),
            2 => serde_json::to_string(&events).unwrap(),
            3 => serde_json::to_string_pretty(&events).unwrap(),
            4 => serde_json::json!({ "Records": events }).to_string(),
            _ => serde_json::to_string_pretty(&serde_json::json!({ "Records": events })).unwrap(),
        };
        let input = if packed { gzip(text.as_bytes()) } else { text.into_bytes() };
        let found = cut(&input);
        prop_assert!(found.iter().all(|piece| piece.whole));
        let found: Vec<serde_json::Value> =
            found.iter().map(|piece| serde_json::from_slice(&piece.bytes).unwrap()).collect();
        prop_assert_eq!(found, events);
    }

    #[test]
    fn no_byte_is_lost_but_white_space_and_the_signs_between_events(input: Vec<u8>) {
        let keep = |bytes: &[u8]| -> Vec<u8> {
            bytes.iter().copied().filter(|b| !b" \t\r\n[],\x0c".contains(b)).collect()
        };
        let found: Vec<u8> = cut(&input).iter().flat_map(|piece| piece.bytes.clone()).collect();
        prop_assert_eq!(keep(&found), keep(&input));
    }
}

/// A few bytes may unpack to any number of them.
#[test]
fn what_would_fill_memory_is_refused() {
    let mut zeros = io::repeat(0).take(1 << 40);
    let mut bytes = b"begun".to_vec();
    let error = rest(&mut zeros, &mut bytes, 1_000).unwrap_err().to_string();
    assert!(error.contains("at most 1000 bytes unpacked, found more"), "{error}");
    assert!(bytes.len() <= 1_006, "{}", bytes.len());
    let mut zeros = BufReader::new(io::repeat(0).take(1 << 40));
    assert!(line_within(&mut zeros, 1_000).is_err());
    let mut lines = b"1234\n1234\n".as_slice();
    assert_eq!(line_within(&mut lines, 5).unwrap().unwrap(), b"1234\n");
    assert!(line_within(&mut lines, 4).is_err());
}
