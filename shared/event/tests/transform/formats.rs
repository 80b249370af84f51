//! How records hold events: plain or gzip; one, an array, lines, a delivery file.

use std::io::Write;

use cairn_event::Item;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::*;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn small() -> String {
    smallest().to_string()
}

/// An item that is JSON, but no event.
const BAD: &str = r#"{"tenant": 1}"#;

#[test]
fn one_event_may_have_white_space_around_it() {
    let plain = event(small());
    assert_eq!(event(format!(" \r\n\t{} \n", small())), plain);
    assert_eq!(event(serde_json::to_string_pretty(&smallest()).unwrap()), plain);
}

#[test]
fn an_array_holds_events_in_order() {
    let made = items(format!("[{}, {}]", small(), fullest()));
    let [Item::Event(first), Item::Event(second)] = &made[..] else { panic!("{made:?}") };
    assert_eq!(json(first)["coordinates"]["index"], 0);
    assert_eq!(json(second)["coordinates"]["index"], 1);
    assert_eq!(json(second)["outcome"], "denied");
}

#[test]
fn lines_hold_events_and_blank_ones_count_for_nothing() {
    let text = format!("\n{}\r\n \n{}\n\n{}", small(), small(), small());
    let made = items(text);
    assert_eq!(codes(&made), ["event"; 3]);
    let Item::Event(last) = &made[2] else { panic!() };
    assert_eq!(json(last)["coordinates"]["index"], 2);
}

#[test]
fn a_bad_item_among_good_ones_is_rejected_alone_with_its_own_bytes() {
    for text in [format!("[{0},\n {BAD} , {0}]", small()), format!("{0}\n {BAD} \r\n{0}", small())]
    {
        let made = items(text);
        assert_eq!(codes(&made), ["event", "field.type", "event"]);
        let Item::Rejection(rejection) = &made[1] else { panic!() };
        assert_eq!(rejection.raw, BAD.as_bytes());
        assert_eq!(rejection.index, 1);
        assert_eq!(rejection.sequence.as_str(), SEQUENCE);
    }
}

#[test]
fn an_item_that_cannot_be_evidence_is_cut_out_of_its_array() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (bad, code) in [
        (r#"{"a":1,"a":2}"#, "json.duplicate"),
        (r#"{"a":"\ud800"}"#, "json.surrogate"),
        (r#"{"a":1e999}"#, "json.number"),
        (deep.as_str(), "limit.depth"),
        ("7", "field.type"),
        ("[]", "field.type"),
        ("null", "field.type"),
    ] {
        let made = items(format!("[{0}, {bad} ,{0}]", small()));
        assert_eq!(codes(&made), ["event", code, "event"]);
        let Item::Rejection(rejection) = &made[1] else { panic!() };
        assert_eq!(rejection.raw, bad.as_bytes());
    }
}

#[test]
fn a_line_that_is_not_json_is_rejected_alone() {
    for bad in ["oops", "{\"tenant\":", "{}}", "[{},", "[]"] {
        let made = items(format!("{0}\n{bad}\n{0}\n", small()));
        let code = if bad == "[]" { "record.empty" } else { "json.syntax" };
        assert_eq!(codes(&made), ["event", code, "event"], "{bad}");
        let Item::Rejection(rejection) = &made[1] else { panic!() };
        assert_eq!((rejection.index, &rejection.raw[..]), (1, bad.as_bytes()));
    }
    let made = items(format!("oops\n{0}\n{0}\n", small()));
    assert_eq!(codes(&made), ["json.syntax", "event", "event"]);
}

#[test]
fn a_line_may_hold_an_array() {
    let made = items(format!("[{0},{0}]\n{BAD}\n[{0},{0} oops]", small()));
    assert_eq!(codes(&made), ["event", "event", "field.type", "json.syntax"]);
}

#[test]
fn a_line_without_events_is_rejected_alone_wherever_it_stands() {
    for empty in ["[]", " [ ] ", "{\"Records\":[]}", "{ \"Records\" : [ ] }"] {
        for place in 0..3 {
            let mut lines = vec![small(); 2];
            lines.insert(place, empty.to_owned());
            let made = items(lines.join("\n"));
            let mut expected = vec!["event"; 2];
            expected.insert(place, "record.empty");
            assert_eq!(codes(&made), expected, "{empty} at {place}");
            let Item::Rejection(rejection) = &made[place] else { panic!() };
            assert_eq!(
                (rejection.index as usize, &rejection.raw[..]),
                (place, empty.trim().as_bytes())
            );
        }
    }
    assert_eq!(codes(&items("[]\n[]")), ["record.empty"; 2]);
    assert_eq!(rejection("[] []").reason.code, "json.syntax");
}

#[test]
fn a_byte_order_mark_at_the_start_counts_for_nothing() {
    let mark = "\u{feff}";
    for text in [small(), format!("[{0},{BAD}]", small()), format!("{BAD}\n{0}\noops", small())] {
        let made = items(text.clone());
        assert_eq!(items(format!("{mark}{text}")), made);
        assert_eq!(items(gzip(format!("{mark}{text}").as_bytes())), made);
    }
    for text in [format!("{mark}{mark}{}", small()), format!("{}{mark}", small())] {
        assert_eq!(rejection(text.clone()).reason.code, "json.syntax");
    }
    let nothing = rejection(mark);
    assert_eq!((nothing.reason.code, &nothing.raw[..]), ("record.empty", mark.as_bytes()));
}

#[test]
fn what_is_not_json_is_rejected_whole() {
    for text in ["oops".to_owned(), format!("[{},", small()), format!("{0} {0}", small())] {
        let rejection = rejection(text.clone());
        assert_eq!(rejection.reason.code, "json.syntax");
        assert_eq!((rejection.index, rejection.raw), (0, text.into_bytes()));
    }
}

#[test]
fn pieces_of_a_broken_document_are_not_taken_for_events() {
    let quoted = format!("{{\n\"data\": [\n{0},\n{0}\n],\n\"broken\"\n", small());
    assert_eq!(rejection(quoted).reason.code, "json.syntax");
    let cut = format!("[\n{0},\n{0}\n", small());
    assert_eq!(rejection(cut).reason.code, "json.syntax");
}

#[test]
fn nothing_at_all_is_a_rejection() {
    for text in ["", " \n\t ", "[]", " [ ] ", "{\"Records\":[]}"] {
        let rejection = rejection(text);
        assert_eq!(rejection.reason.code, "record.empty", "{text:?}");
        assert_eq!(rejection.raw, text.as_bytes());
    }
    assert_eq!(rejection(gzip(b"")).reason.code, "record.empty");
    assert_eq!(rejection("{\"Records\":[],\"x\":1}").reason.code, "field.unknown");
}

#[test]
fn gzip_makes_no_difference() {
    let text = format!("{}\n{}", small(), fullest());
    let made = items(text.clone());
    assert_eq!(items(gzip(text.as_bytes())), made);
    let (first, second) = text.split_at(100);
    let members = [gzip(first.as_bytes()), gzip(b""), gzip(second.as_bytes())].concat();
    assert_eq!(items(members), made);
}

#[test]
fn gzip_that_ends_too_early_is_rejected_whole() {
    let data = gzip(small().as_bytes());
    for end in 2..data.len() {
        let rejection = rejection(&data[..end]);
        assert_eq!(rejection.reason.code, "gzip.truncated", "{end}");
        assert_eq!(rejection.raw, &data[..end]);
    }
}

#[test]
fn gzip_that_is_none_is_rejected_whole() {
    let good = gzip(small().as_bytes());
    let last = good.len() - 1;
    for at in [2, 3, last, last - 5] {
        let mut bad = good.clone();
        bad[at] ^= 0xe5;
        let rejection = rejection(bad.clone());
        assert!(rejection.reason.code.starts_with("gzip."), "{at}: {:?}", rejection.reason);
        assert_eq!(rejection.raw, bad);
    }
    let mut bad = good.clone();
    bad[last - 5] ^= 1;
    assert_eq!(rejection(bad).reason.code, "gzip.corrupt");
    let trailing = [&good[..], b"more than a header"].concat();
    assert_eq!(rejection(trailing).reason.code, "gzip.corrupt");
}

#[test]
fn what_is_not_utf_8_is_rejected_whole() {
    let data = [b"{\"tenant\":\"".as_slice(), &[0xff], b"\"}"].concat();
    for data in [data.clone(), gzip(&data)] {
        let rejection = rejection(data.clone());
        assert_eq!(rejection.reason.code, "utf8.invalid");
        assert_eq!(rejection.reason.message, "expected UTF-8, found another byte at byte 11");
        assert_eq!(rejection.raw, data);
    }
}

#[test]
fn the_decoded_size_is_limited() {
    let text = small();
    let bundle = |bytes| limited(|limits| limits.decoded_bytes = bytes);
    let (enough, short) = (bundle(text.len() as u64), bundle(text.len() as u64 - 1));
    for data in [text.clone().into_bytes(), gzip(text.as_bytes())] {
        assert_eq!(codes(&items_under(&enough, data.clone())), ["event"]);
        let rejection = rejection_under(&short, data.clone());
        assert_eq!(rejection.reason.code, "limit.decoded");
        assert_eq!(rejection.raw, data);
    }
}

#[test]
fn the_number_of_events_is_limited_for_the_record_as_a_whole() {
    let bundle = limited(|limits| limits.events = 3);
    let small = small();
    let array = |count: usize| format!("[{}]", vec![small.as_str(); count].join(","));
    let lines = |count: usize| vec![small.as_str(); count].join("\n");
    assert_eq!(codes(&items_under(&bundle, array(3))), ["event"; 3]);
    assert_eq!(codes(&items_under(&bundle, lines(3))), ["event"; 3]);
    let oops = format!("{}\noops", lines(3));
    let empty = format!("{}\n[]", lines(3));
    for data in [array(4), lines(4), oops, empty, format!("{small}\n{}", array(3))] {
        let rejection = rejection_under(&bundle, data.clone());
        assert_eq!(rejection.reason.code, "limit.events");
        assert_eq!((rejection.index, rejection.raw), (0, data.into_bytes()));
    }
}

#[test]
fn the_canonical_size_is_limited_for_the_record_as_a_whole() {
    // Twice the decoded size, and 1 MiB for what sealing adds.
    let bundle = limited(|limits| limits.decoded_bytes = 1 << 20);
    let holding = |numbers: usize| {
        let numbers = vec!["1e20"; numbers].join(",");
        with(smallest(), "/data", Some(serde_json::json!("@")))
            .to_string()
            .replace("\"@\"", &format!("{{\"n\":[{numbers}]}}"))
    };
    let one = holding(35_000);
    assert_eq!(codes(&items_under(&bundle, one.clone())), ["event"]);
    let array = |count: usize| format!("[{}]", vec![one.as_str(); count].join(","));
    let lines = |count: usize| vec![one.as_str(); count].join("\n");
    assert_eq!(codes(&items_under(&bundle, array(4))), ["event"; 4]);
    assert_eq!(codes(&items_under(&bundle, lines(4))), ["event"; 4]);
    for data in [array(5), lines(5), format!("{}\noops\n{}", array(3), array(2))] {
        let rejection = rejection_under(&bundle, gzip(data.as_bytes()));
        assert_eq!(rejection.reason.code, "limit.canonical");
        assert_eq!((rejection.index, rejection.raw), (0, gzip(data.as_bytes())));
    }
    // What a line that is rejected would have made does not count.
    let text = format!("{0}\n{0} oops\n{one}", array(2));
    assert_eq!(codes(&items_under(&bundle, text)), ["event", "event", "json.syntax", "event"]);
}

#[test]
fn depth_and_values_are_limited_for_each_item() {
    let depth = limited(|limits| limits.depth = 2);
    assert_eq!(codes(&items_under(&depth, format!("[{}]", small()))), ["event"]);
    assert_eq!(rejection_under(&depth, fullest().to_string()).reason.code, "limit.depth");
    let values = limited(|limits| limits.values = 21);
    let text = format!("[{0},{1},{0}]", small(), fullest());
    assert_eq!(codes(&items_under(&values, text)), ["event", "limit.values", "event"]);
}

#[test]
fn items_of_earlier_records_are_left_alone() {
    let mut made = items(small());
    let before = made.clone();
    for data in ["oops", "[{},{},", "{}\n{}\noops", "[]"] {
        cairn_event::transform(&chain(), &record(data), &rules(&bundle()), &mut made);
        assert_eq!(made[..1], before[..]);
        made.truncate(1);
    }
}
