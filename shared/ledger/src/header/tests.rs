#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

/// A header that is right in itself, for the tests of this crate.
pub(crate) fn header() -> BatchHeader {
    BatchHeader {
        origin: "example.com/audit".into(),
        chain: "events/20260131T235959Z/shardId-000000000000".parse().unwrap(),
        number: 1,
        lineage: Lineage::Previous(Hash::leaf(b"previous")),
        root: Hash::leaf(b"root"),
        counts: Counts { events: 3, records: 2, rejections: 1 },
        tenants: Hash::leaf(b"tenants"),
        first: "49590338271490256608559692538361571095921575989136588898".parse().unwrap(),
        last: "49590338271490256608559692540925702759324208523137515618".parse().unwrap(),
        arrived: ["2026-01-31T23:59:59.000Z".into(), "2026-02-01T00:00:00.120Z".into()],
        bundle: Hash::of(b"bundle"),
        transform: "cairn/1".into(),
        key: "batches/events/20260131T235959Z/shardId-000000000000/00000000000000000001.parquet"
            .into(),
    }
}

fn sealed() -> SealedHeader {
    header().seal(Hash::of(b"object"))
}

fn parents(names: &[&str]) -> Lineage {
    let parent = |name: &&str| Parent {
        chain: format!("events/20260131T235959Z/{name}").parse().unwrap(),
        link: Hash::leaf(name.as_bytes()),
    };
    Lineage::Genesis(names.iter().map(parent).collect())
}

/// The first header of the successor of a stopped chain.
fn ordered() -> BatchHeader {
    let mut ordered = header();
    (ordered.number, ordered.chain) = (0, ordered.chain.successor());
    let Lineage::Genesis(parents) = parents(&["a"]) else { unreachable!("parents") };
    ordered.lineage = Lineage::Ordered { parents, order: Hash::of(b"order") };
    ordered
}

#[test]
fn the_json_is_that_of_an_implementation_of_rfc_8785() {
    let mut genesis = header();
    (genesis.number, genesis.lineage) = (0, parents(&["a", "b"]));
    let ordered = ordered();
    for json in [header().to_json(), sealed().to_json(), genesis.to_json(), ordered.to_json()] {
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), json);
    }
}

#[test]
fn a_header_is_read_as_it_was_written() {
    assert_eq!(BatchHeader::parse(&header().to_json()).unwrap(), header());
    assert_eq!(BatchHeader::parse(&ordered().to_json()).unwrap(), ordered());
    assert_eq!(SealedHeader::parse(&sealed().to_json()).unwrap(), sealed());
}

#[test]
fn the_link_is_the_leaf_hash_of_the_complete_header() {
    assert_eq!(sealed().link(), Hash::leaf(sealed().to_json().as_bytes()));
    assert_ne!(sealed().link(), header().seal(Hash::of(b"other")).link());
}

#[test]
fn an_objects_own_header_and_a_complete_one_cannot_pose_as_each_other() {
    assert!(BatchHeader::parse(&sealed().to_json()).is_err());
    assert!(SealedHeader::parse(&header().to_json()).is_err());
}

#[test]
fn the_first_header_of_a_successor_names_its_order_and_no_other_does() {
    let (good, order) = (ordered(), Hash::of(b"order"));
    let parents = good.lineage.parents().to_vec();
    let mut without = good.clone();
    without.lineage = Lineage::Genesis(parents.clone());
    let mut above = good.clone();
    above.number = 1;
    let mut original = good.clone();
    original.chain = good.chain.original();
    for bad in [without, above, original] {
        let error = BatchHeader::parse(&bad.to_json()).unwrap_err();
        assert!(matches!(error, HeaderError::Field { field: "prev", .. }), "{error}");
    }
    let mut second = good.clone();
    (second.number, second.lineage) = (1, Lineage::Previous(order));
    assert_eq!(BatchHeader::parse(&second.to_json()).unwrap(), second);
}

#[test]
fn lineage_is_parents_at_number_0_and_the_previous_link_above() {
    let mut wrong = header();
    wrong.number = 0;
    assert!(BatchHeader::parse(&wrong.to_json()).is_err());
    let mut wrong = header();
    wrong.lineage = parents(&[]);
    assert!(BatchHeader::parse(&wrong.to_json()).is_err());
    wrong.number = 0;
    assert_eq!(BatchHeader::parse(&wrong.to_json()).unwrap(), wrong);
}

#[test]
fn values_that_no_batch_has_are_refused_by_name() {
    type Change = fn(&mut BatchHeader);
    let changes: [(&str, Change); 16] = [
        ("origin", |h| h.origin = "a b".into()),
        ("origin", |h| h.origin = String::new()),
        ("number", |h| h.number = 1 << 53),
        ("parents", |h| (h.number, h.lineage) = (0, parents(&["b", "a"]))),
        ("parents", |h| (h.number, h.lineage) = (0, parents(&["a", "a"]))),
        ("counts", |h| h.counts.records = 0),
        ("counts", |h| h.counts.records = 5),
        ("counts", |h| h.counts.events = u64::MAX),
        ("counts", |h| h.counts.events = 1 << 53),
        ("first", |h| std::mem::swap(&mut h.first, &mut h.last)),
        ("arrived", |h| h.arrived.swap(0, 1)),
        ("arrived", |h| h.arrived[0] = "2026-01-31T23:59:59Z".into()),
        ("arrived", |h| h.arrived[0] = "2026-01-32T23:59:59.000Z".into()),
        ("arrived", |h| h.arrived[0] = "2026-01-31t23:59:59.000z".into()),
        ("transform", |h| h.transform = String::new()),
        ("transform", |h| h.key = String::new()),
    ];
    for (expected, change) in changes {
        let mut header = header();
        change(&mut header);
        match BatchHeader::parse(&header.to_json()) {
            Err(HeaderError::Field { field, .. }) => assert_eq!(field, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn a_header_longer_than_an_entry_of_the_log_is_refused() {
    let long = |more: usize| {
        let mut header = header();
        header.key.push_str(&"k".repeat(more));
        header
    };
    let spare = 65_535 - sealed().to_json().len();
    let longest = long(spare).seal(Hash::of(b"object"));
    assert_eq!(longest.to_json().len(), 65_535);
    assert_eq!(SealedHeader::parse(&longest.to_json()).unwrap(), longest);
    assert_eq!(BatchHeader::parse(&longest.header.to_json()).unwrap(), longest.header);
    let refused = SealedHeader::parse(&long(spare + 1).seal(Hash::of(b"object")).to_json());
    assert!(matches!(refused, Err(HeaderError::TooLong { found: 65_536 })), "{refused:?}");
    // An object's own header is refused if no complete one can be made of it.
    let refused = BatchHeader::parse(&long(spare + 1).to_json());
    assert!(matches!(refused, Err(HeaderError::TooLong { found: 65_536 })), "{refused:?}");
    assert!(matches!(SealedHeader::parse(&" ".repeat(1 << 20)), Err(HeaderError::TooLong { .. })));
}

#[test]
fn json_in_any_other_form_is_refused() {
    let good = sealed().to_json();
    let bad = [
        format!("{good} "),
        good.replacen(':', ": ", 1),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("\"version\":1", "\"version\":1.0"),
        good.replace("\"version\":1", "\"version\":1,\"version\":1"),
        good.replace("\"version\":1", "\"version\":1,\"z\":1"),
        good.replace("\"kind\":\"batch\"", "\"kind\":\"segment\""),
        good.replace("\"number\":1", "\"number\":01"),
        good.replace("\"number\":1", "\"number\":-1"),
        good.replace("example.com", "ex\\u0061mple.com"),
        good.replace("\"prev\"", "\"parents\":[],\"prev\""),
        good.replace(
            &Hash::leaf(b"root").to_string(),
            &Hash::leaf(b"root").to_string().to_uppercase(),
        ),
    ];
    for bad in bad {
        assert_ne!(bad, good);
        assert!(SealedHeader::parse(&bad).is_err(), "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,300}") {
        prop_assert!(SealedHeader::parse(&text).is_err());
        prop_assert!(BatchHeader::parse(&text).is_err());
    }

    #[test]
    fn no_changed_byte_leaves_the_link_as_it_was(at in any::<prop::sample::Index>(), byte in b' '..b'~') {
        let mut json = sealed().to_json().into_bytes();
        let at = at.index(json.len());
        let same = json[at] == byte;
        json[at] = byte;
        let json = String::from_utf8(json).unwrap();
        let link = SealedHeader::parse(&json).map(|header| header.link());
        prop_assert!(same || link.is_err() || link.unwrap() != sealed().link());
    }

    #[test]
    fn any_name_is_written_canonically(origin in "[^ \\s+\\p{Cc}]{1,20}", transform in ".{1,20}") {
        let mut header = header();
        (header.origin, header.transform) = (origin, transform);
        let json = header.to_json();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), json.clone());
        prop_assert_eq!(BatchHeader::parse(&json).unwrap(), header);
    }
}
