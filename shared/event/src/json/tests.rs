#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value as Oracle;

use super::*;

const LIMITS: ReadLimits = ReadLimits::new(100, 100_000);

/// The canonical form of a text that is one JSON value, or what is wrong with it.
fn canonical(text: &str) -> Result<String, FaultKind> {
    canonical_as(text, Numbers::Exact)
}

fn canonical_as(text: &str, numbers: Numbers) -> Result<String, FaultKind> {
    let mut tree = Tree::new(text);
    let start = skip_whitespace(text, 0);
    let end = tree.read(start, LIMITS, numbers).map_err(|fault| fault.kind)?;
    if skip_whitespace(text, end) < text.len() {
        return Err(FaultKind::Syntax(Expected::Value));
    }
    let mut out = Vec::new();
    tree.root().write(&mut out);
    let out = String::from_utf8(out).unwrap();
    assert_eq!(tree.root().is_canonical(), text[start..end] == out, "{text}");
    Ok(out)
}

fn skips(text: &str) -> bool {
    let start = skip_whitespace(text, 0);
    skip_value(text, start).is_ok_and(|end| skip_whitespace(text, end) == text.len())
}

/// JSON values whose numbers doubles hold exactly.
fn value() -> impl Strategy<Value = Oracle> {
    let number = prop_oneof![
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Oracle::from),
        (-20_i64..20).prop_map(Oracle::from),
        proptest::num::f64::NORMAL.prop_map(Oracle::from),
        (-1e6..1e6_f64).prop_map(Oracle::from),
    ];
    let scalar = prop_oneof![
        Just(Oracle::Null),
        any::<bool>().prop_map(Oracle::from),
        number,
        text().prop_map(Oracle::from),
    ];
    scalar.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Oracle::from),
            btree_map(text(), inner, 0..8)
                .prop_map(|members| Oracle::Object(members.into_iter().collect())),
        ]
    })
}

/// Texts with all that needs care: escapes, controls, names that share a beginning, and
/// characters that UTF-8 and UTF-16 order differently.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,12}",
        "prefixed[a-c\u{fb33}\u{10000}]{0,3}",
        "[\u{0}-\u{1f}\"\\\\/\u{7f}a]{0,10}",
        "[a\u{e9}\u{20ac}\u{d7ff}\u{e000}\u{fb33}\u{ffff}\u{10000}\u{1f600}\u{10ffff}]{0,6}",
        "\\PC{0,20}",
    ]
}

/// Writes a value in one of the many ways that JSON has.
fn spell(value: &Oracle, dice: &mut impl FnMut(u32) -> u32, out: &mut String) {
    let space = |dice: &mut dyn FnMut(u32) -> u32, out: &mut String| {
        if dice(6) == 0 {
            out.push_str(["\n", " ", "\t ", "\r\n"][dice(4) as usize]);
        }
    };
    match value {
        Oracle::Array(elements) => {
            out.push('[');
            space(dice, out);
            for (place, element) in elements.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                space(dice, out);
                spell(element, dice, out);
                space(dice, out);
            }
            out.push(']');
        }
        Oracle::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            for place in (1..members.len()).rev() {
                members.swap(place, dice(place as u32 + 1) as usize);
            }
            out.push('{');
            space(dice, out);
            for (place, (name, member)) in members.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                space(dice, out);
                spell_text(name, dice, out);
                space(dice, out);
                out.push(':');
                space(dice, out);
                spell(member, dice, out);
                space(dice, out);
            }
            out.push('}');
        }
        Oracle::String(text) => spell_text(text, dice, out),
        other => out.push_str(&other.to_string()),
    }
}

fn spell_text(text: &str, dice: &mut impl FnMut(u32) -> u32, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        let short = match char {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '/' => Some("\\/"),
            '\u{8}' => Some("\\b"),
            '\u{c}' => Some("\\f"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            _ => None,
        };
        let demanded = char < ' ' || char == '"' || char == '\\';
        match (short, dice(8)) {
            (Some(short), 2..) => out.push_str(short),
            (None, 2..) if !demanded => out.push(char),
            (_, case) => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let escape =
                        if case == 0 { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                    out.push_str(&escape);
                }
            }
        }
    }
    out.push('"');
}

/// A text of the value, spelt as a seed says.
fn spelt(value: &Oracle, mut seed: u64) -> String {
    let mut text = String::new();
    let mut dice = |sides: u32| {
        // SplitMix64.
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = seed;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % u64::from(sides)) as u32
    };
    spell(value, &mut dice, &mut text);
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn canonical_form_is_that_of_the_oracle(value in value(), seed: u64) {
        let text = spelt(&value, seed);
        let expected = serde_json_canonicalizer::to_string(&value).unwrap();
        prop_assert_eq!(canonical(&text).unwrap(), expected.as_str(), "{}", text);
        prop_assert!(skips(&text));
        let again = canonical_as(&expected, Numbers::Doubles).unwrap();
        prop_assert_eq!(again, expected);
    }

    #[test]
    fn what_is_json_is_what_serde_json_says(value in value(), seed: u64, at: prop::sample::Index, byte in "[\\[\\]{}\",:0-9eE.+\\\\tfnu\u{1}\u{e9} -]?", cut in 0..3_usize) {
        let mut text = spelt(&value, seed);
        let mut at = at.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let mut end = (at + cut).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        text.replace_range(at..end, &byte);
        agrees(&text)?;
    }

    #[test]
    fn what_is_json_is_what_serde_json_says_of_any_text(
        text in "[\\[\\]{}\",:0-9eE.+\\\\tfnua\u{1}\u{e9}\n -]{0,14}|-?[0-9.eE+-]{1,12}|\"[\\\\ud8-fD-F0-9c\"]{0,16}\"",
    ) {
        agrees(&text)?;
    }

    #[test]
    fn any_double_is_written_as_the_oracle_writes_it(bits: u64) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let expected = serde_json_canonicalizer::to_string(&number).unwrap();
        prop_assert_eq!(canonical(&format!("{number:e}")).unwrap(), expected.as_str());
        prop_assert_eq!(canonical_as(&expected, Numbers::Doubles).unwrap(), expected);
    }

    #[test]
    fn an_integer_keeps_all_its_digits(number: i128) {
        let literal = number.to_string();
        let safe = number.unsigned_abs() <= u128::from(number::MAX_SAFE_INTEGER);
        let expected = if safe { literal.clone() } else { format!("\"{literal}\"") };
        prop_assert_eq!(canonical(&literal).unwrap(), expected);
    }

    #[test]
    fn names_stand_in_the_order_of_utf_16(
        names in prop_oneof![
            prop::collection::hash_set(text(), 0..40),
            // One odd name sends its whole object to the slow comparison; these are alone.
            prop::collection::hash_set("prefixed[a-c\u{fb33}\u{10000}]{0,3}", 0..10),
            prop::collection::hash_set("[a-c]{1,12}", 0..40),
        ],
    ) {
        let names: Vec<_> = names.into_iter().collect();
        let members: Vec<_> = names.iter().map(|name| format!("{}:0", Oracle::from(name.as_str()))).collect();
        let text = format!("{{{}}}", members.join(","));
        let mut tree = Tree::new(&text);
        tree.read(0, LIMITS, Numbers::Exact).unwrap();
        let found: Vec<_> = tree.root().members().map(|(name, _)| String::from_utf8(name.bytes().into_owned()).unwrap()).collect();
        let mut expected = names;
        expected.sort_by_key(|name| name.encode_utf16().collect::<Vec<_>>());
        prop_assert_eq!(&found, &expected);
        for name in &expected {
            prop_assert!(tree.root().member(name).is_some());
        }
    }

    #[test]
    fn a_name_that_is_there_twice_is_found(value in btree_map(text(), Just(Oracle::Null), 1..30), which: prop::sample::Index, place: prop::sample::Index, seed: u64) {
        let names: Vec<&String> = value.keys().collect();
        let mut members: Vec<_> = names.iter().map(|name| format!("{}:0", spelt(&Oracle::from(name.as_str()), seed))).collect();
        let again = format!("{}:1", spelt(&Oracle::from(names[which.index(names.len())].as_str()), !seed));
        members.insert(place.index(members.len() + 1), again);
        let text = format!("{{{}}}", members.join(","));
        prop_assert_eq!(canonical(&text), Err(FaultKind::Duplicate));
        prop_assert!(skips(&text));
    }
}

/// Whether the reader takes a text as serde_json does, but for what serde_json does not mind.
fn agrees(text: &str) -> Result<(), TestCaseError> {
    let oracle = serde_json::from_str::<Oracle>(text);
    match canonical(text) {
        Ok(_) => prop_assert!(oracle.is_ok(), "{text:?} is not JSON: {oracle:?}"),
        Err(FaultKind::Duplicate) => prop_assert!(oracle.is_ok(), "{text:?}: {oracle:?}"),
        Err(_) => prop_assert!(oracle.is_err(), "{text:?} is JSON"),
    }
    if oracle.is_ok() {
        prop_assert!(skips(text), "{text:?} has an end");
    }
    Ok(())
}

#[test]
fn the_numbers_of_rfc_8785_appendix_b_are_written_so() {
    for (bits, expected) in [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ] {
        let literal = format!("{:e}", f64::from_bits(bits));
        assert_eq!(canonical(&literal).unwrap(), expected, "{bits:x}");
        assert_eq!(canonical_as(expected, Numbers::Doubles).unwrap(), expected);
    }
}

#[test]
fn the_example_of_rfc_8785_is_written_so() {
    let text = r#"{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }"#;
    let expected = concat!(
        r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"#,
        r#""string":"€$\u000f\nA'B\"\\\\\"/"}"#
    );
    assert_eq!(canonical(text).unwrap(), expected);
    let names = r#"{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}"#;
    let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}";
    assert_eq!(canonical(names).unwrap(), expected);
}

#[test]
fn numbers_at_the_borders_are_what_they_should_be() {
    for (literal, expected) in [
        ("-0", "0"),
        ("-0.0", "0"),
        ("0e5", "0"),
        ("9007199254740991", "9007199254740991"),
        ("-9007199254740991", "-9007199254740991"),
        ("9007199254740992", "\"9007199254740992\""),
        ("-9007199254740992", "\"-9007199254740992\""),
        ("10000000000000000000000", "\"10000000000000000000000\""),
        ("1e20", "100000000000000000000"),
        ("1.0", "1"),
        ("1e-400", "0"),
    ] {
        assert_eq!(canonical(literal).unwrap(), expected, "{literal}");
    }
    for literal in ["1e400", "-1e309", "1.8e308"] {
        assert_eq!(canonical(literal), Err(FaultKind::Number), "{literal}");
        assert!(skips(literal));
    }
    // What stands in canonical form must be the shortest text of its double.
    for literal in ["9007199254740993", "1.0", "-0", "1e5", "10000000000000000000000"] {
        assert_ne!(canonical_as(literal, Numbers::Doubles).unwrap(), literal);
    }
}

#[test]
fn half_a_surrogate_pair_is_found() {
    for text in
        [r#""\ud83d""#, r#""\ude00""#, r#""\ud83dx""#, r#""\ud83d\n""#, r#""\ud83d\ud83d\ude00""#]
    {
        assert_eq!(canonical(text), Err(FaultKind::Surrogate), "{text}");
        assert!(skips(text), "{text}");
    }
    for text in [r#""\ud83d"#, r#""\ud83d\""#, r#""\ude0""#] {
        assert!(!skips(text), "{text}");
    }
}

#[test]
fn nesting_is_followed_no_deeper_than_the_limit() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let read = |text: &str| {
        let limits = ReadLimits::new(3, 100);
        Tree::new(text).read(0, limits, Numbers::Exact).map_err(|fault| (fault.kind, fault.at))
    };
    assert_eq!(read(&nested(3)), Ok(6));
    assert_eq!(read(&nested(4)), Err((FaultKind::Depth, 3)));
    assert_eq!(read("[[[1,{}]]]"), Err((FaultKind::Depth, 5)));
    let deep = nested(1_000_000);
    assert_eq!(skip_value(&deep, 0), Ok(deep.len()));
    assert!(skip_value(&deep[1..], 0).is_ok_and(|end| end == deep.len() - 2));
    let greedy = ReadLimits::new(u32::MAX, u32::MAX);
    let fault = Tree::new(&deep).read(0, greedy, Numbers::Exact).unwrap_err();
    assert_eq!((fault.kind, fault.at), (FaultKind::Depth, MAX_DEPTH));
}

#[test]
fn values_and_names_are_counted() {
    let limits = ReadLimits::new(10, 5);
    let read = |text: &str| Tree::new(text).read(0, limits, Numbers::Exact).map_err(|f| f.kind);
    assert!(read(r#"{"a":1,"b":2}"#).is_ok());
    assert_eq!(read(r#"{"a":1,"b":[1]}"#), Err(FaultKind::Values));
}
