#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::Parent;
use crate::header::tests::header;

fn chain(shard: &str) -> ChainId {
    format!("events/20260131T235959Z/{shard}").parse().unwrap()
}

fn sealed(shard: &str, number: u64, lineage: Lineage) -> SealedHeader {
    let mut header = header();
    (header.chain, header.number, header.lineage) = (chain(shard), number, lineage);
    header.seal(Hash::of(b"object"))
}

fn genesis(shard: &str) -> SealedHeader {
    sealed(shard, 0, Lineage::Genesis(Vec::new()))
}

#[test]
fn a_chain_is_followed_link_by_link() {
    let mut cursors = Cursors::default();
    let first = genesis("a");
    cursors.append(&chain("a"), &first).unwrap();
    let second = sealed("a", 1, Lineage::Previous(first.link()));
    cursors.append(&chain("a"), &second).unwrap();
    assert_eq!(cursors.get(&chain("a")), Some(Cursor { link: second.link(), next: 2 }));
    assert_eq!((cursors.next(&chain("a")), cursors.next(&chain("b"))), (2, 0));
}

#[test]
fn a_header_that_is_not_the_next_is_refused_and_changes_nothing() {
    let mut cursors = Cursors::default();
    let first = genesis("a");
    let early = sealed("a", 1, Lineage::Previous(first.link()));
    let refuse = |cursors: &mut Cursors, header: &SealedHeader| {
        let before = cursors.clone();
        let error = cursors.append(&chain("a"), header).unwrap_err();
        assert_eq!(*cursors, before);
        error
    };
    let error = refuse(&mut cursors, &early);
    assert_eq!(error, CursorError::Number { chain: chain("a"), expected: 0, found: 1 });
    let error = refuse(&mut cursors, &genesis("b"));
    assert_eq!(error, CursorError::Chain { expected: chain("a"), found: chain("b") });
    let orphan = sealed("a", 0, Lineage::Previous(first.link()));
    let error = refuse(&mut cursors, &orphan);
    assert_eq!(error, CursorError::Genesis { chain: chain("a"), found: first.link() });

    cursors.append(&chain("a"), &first).unwrap();
    let error = refuse(&mut cursors, &first);
    assert_eq!(error, CursorError::Number { chain: chain("a"), expected: 1, found: 0 });
    for lineage in [Lineage::Previous(early.link()), Lineage::Genesis(Vec::new())] {
        let error = refuse(&mut cursors, &sealed("a", 1, lineage));
        assert!(matches!(error, CursorError::Previous { number: 1, .. }), "{error}");
    }
}

#[test]
fn a_child_shard_follows_the_last_headers_of_its_parents() {
    let mut cursors = Cursors::default();
    let (a, b) = (genesis("a"), genesis("b"));
    let parents = vec![
        Parent { chain: chain("a"), link: a.link() },
        Parent { chain: chain("b"), link: b.link() },
    ];
    let child = sealed("c", 0, Lineage::Genesis(parents));
    cursors.append(&chain("a"), &a).unwrap();
    let error = cursors.append(&chain("c"), &child).unwrap_err();
    assert_eq!(error.to_string().rsplit(' ').next(), Some("nothing"));
    assert!(
        matches!(error, CursorError::Parent { parent, found: None, .. } if parent == chain("b"))
    );
    cursors.append(&chain("b"), &b).unwrap();
    let more = sealed("a", 1, Lineage::Previous(a.link()));
    let mut ahead = cursors.clone();
    ahead.append(&chain("a"), &more).unwrap();
    let error = ahead.append(&chain("c"), &child).unwrap_err();
    assert!(
        matches!(error, CursorError::Parent { found: Some(found), .. } if found == more.link())
    );
    cursors.append(&chain("c"), &child).unwrap();
}

fn ordered(shard: &str, parents: Vec<Parent>) -> SealedHeader {
    sealed(shard, 0, Lineage::Ordered { parents, order: Hash::of(b"order") })
}

#[test]
fn a_successor_follows_the_stopped_chain_alone_and_ends_it() {
    let mut cursors = Cursors::default();
    let (a, b) = (genesis("a"), genesis("b"));
    let follows = |header: &SealedHeader| {
        vec![Parent { chain: header.header.chain.clone(), link: header.link() }]
    };
    let successor = ordered("a.1", follows(&a));
    let error = cursors.append(&chain("a.1"), &successor).unwrap_err();
    assert!(matches!(error, CursorError::Parent { found: None, .. }), "{error}");
    cursors.append(&chain("a"), &a).unwrap();
    cursors.append(&chain("b"), &b).unwrap();
    let both = [follows(&a), follows(&b)].concat();
    for parents in [Vec::new(), follows(&b), both] {
        let error = cursors.append(&chain("a.1"), &ordered("a.1", parents)).unwrap_err();
        assert!(
            matches!(error, CursorError::Stopped { expected, .. } if expected == a.link()),
            "{error}"
        );
    }
    cursors.append(&chain("a.1"), &successor).unwrap();
    let before = cursors.clone();
    let more = sealed("a", 1, Lineage::Previous(a.link()));
    let error = cursors.append(&chain("a"), &more).unwrap_err();
    assert!(matches!(error, CursorError::Succeeded { number: 1, .. }), "{error}");
    assert_eq!(cursors, before);
    let second = sealed("a.1", 1, Lineage::Previous(successor.link()));
    cursors.append(&chain("a.1"), &second).unwrap();
}

#[test]
fn the_successor_of_a_chain_without_batches_follows_what_that_one_would_have() {
    let mut cursors = Cursors::default();
    let a = genesis("a");
    cursors.append(&chain("a"), &a).unwrap();
    let parents = vec![Parent { chain: chain("a"), link: a.link() }];
    cursors.append(&chain("c.1"), &ordered("c.1", parents)).unwrap();
    let error = cursors.append(&chain("c"), &genesis("c")).unwrap_err();
    assert!(matches!(error, CursorError::Succeeded { number: 0, .. }), "{error}");
}

#[test]
fn a_generation_without_batches_is_passed_over() {
    let mut cursors = Cursors::default();
    let a = genesis("a");
    cursors.append(&chain("a"), &a).unwrap();
    let after = |header: &SealedHeader| {
        vec![Parent { chain: header.header.chain.clone(), link: header.link() }]
    };
    let error = cursors.append(&chain("a.11"), &ordered("a.11", Vec::new())).unwrap_err();
    assert!(matches!(error, CursorError::Stopped { .. }), "{error}");
    let last = ordered("a.11", after(&a));
    cursors.append(&chain("a.11"), &last).unwrap();
    for (name, header) in
        [("a", sealed("a", 1, Lineage::Previous(a.link()))), ("a.2", ordered("a.2", after(&a)))]
    {
        let error = cursors.append(&chain(name), &header).unwrap_err();
        assert!(matches!(error, CursorError::Succeeded { .. }), "{error}");
    }
    // Other shards follow the last of them.
    let child = |parents| sealed("b", 0, Lineage::Genesis(parents));
    let error = cursors.append(&chain("b"), &child(after(&a))).unwrap_err();
    assert!(
        matches!(error, CursorError::Parent { found, .. } if found == Some(last.link())),
        "{error}"
    );
    cursors.append(&chain("b"), &child(after(&last))).unwrap();
}

#[test]
fn the_json_is_canonical_and_pinned() {
    let mut cursors = Cursors::default();
    assert_eq!(cursors.to_json(), r#"{"bundles":{},"chains":{},"kind":"cursors","version":1}"#);
    let first = genesis("a");
    cursors.append(&chain("a"), &first).unwrap();
    cursors.append(&chain("B"), &genesis("B")).unwrap();
    let json = cursors.to_json();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), json);
    assert_eq!(Cursors::parse(json.as_bytes()).unwrap(), cursors);
}

/// Changes the bundle that judged a batch.
fn judged_by(mut header: SealedHeader, bundle: &str) -> SealedHeader {
    header.header.bundle = Hash::of(bundle.as_bytes());
    header
}

fn change(bundle: &str) -> Entry {
    ConfigChange { origin: header().origin, bundle: Hash::of(bundle.as_bytes()) }.into()
}

#[test]
fn each_bundle_is_entered_once_before_the_first_batch_that_names_it() {
    let mut cursors = Cursors::default();
    let mut entries: Vec<Entry> = Vec::new();
    let mut last = std::collections::BTreeMap::new();
    for (shard, bundle) in [("a", "A"), ("b", "A"), ("a", "B"), ("b", "A"), ("b", "B"), ("a", "A")]
    {
        let number = cursors.next(&chain(shard));
        let lineage =
            last.get(shard).map_or(Lineage::Genesis(Vec::new()), |link| Lineage::Previous(*link));
        let header = judged_by(sealed(shard, number, lineage), bundle);
        last.insert(shard, header.link());
        entries.extend(cursors.append(&chain(shard), &header).unwrap().map(Entry::from));
        entries.push(header.into());
    }
    assert_eq!((&entries[0], &entries[3]), (&change("A"), &change("B")));
    assert_eq!((entries.len(), cursors.size()), (8, 8));
    assert_eq!(cursors.entered(&Hash::of(b"A")), Some(0));
    assert_eq!(cursors.entered(&Hash::of(b"B")), Some(3));
    assert_eq!(cursors.entered(&Hash::of(b"C")), None);

    let mut read = Cursors::default();
    for entry in &entries {
        read.follow(entry).unwrap();
    }
    assert_eq!(read, cursors);
    assert_eq!(Cursors::parse(read.to_json().as_bytes()).unwrap(), cursors);
}

#[test]
fn a_config_change_that_is_missing_repeated_or_not_followed_is_refused() {
    let first = judged_by(genesis("a"), "A");
    let refuse = |entries: &[Entry], entry: &Entry| {
        let mut cursors = Cursors::default();
        entries.iter().for_each(|entry| cursors.follow(entry).unwrap());
        let before = cursors.clone();
        let error = cursors.follow(entry).unwrap_err();
        assert_eq!(cursors, before);
        error
    };
    let error = refuse(&[], &first.clone().into());
    assert!(matches!(error, CursorError::Bundle { number: 0, .. }), "{error}");
    let error = refuse(&[change("A")], &change("B"));
    assert!(matches!(error, CursorError::Unnamed { .. }), "{error}");
    let logged = [change("A"), first.into()];
    let error = refuse(&logged, &change("A"));
    assert!(matches!(error, CursorError::Entered { position: 0, .. }), "{error}");
    let error = refuse(&logged, &judged_by(genesis("b"), "B").into());
    assert!(matches!(error, CursorError::Bundle { .. }), "{error}");
    let other = judged_by(genesis("b"), "A");
    let error = refuse(&[&logged[..], &[change("B")]].concat(), &other.into());
    assert!(matches!(error, CursorError::Unnamed { .. }), "{error}");
}

#[test]
fn a_header_that_does_not_follow_enters_no_bundle() {
    let mut cursors = Cursors::default();
    let early = sealed("a", 1, Lineage::Previous(Hash::leaf(b"")));
    assert!(cursors.append(&chain("a"), &early).is_err());
    assert_eq!(cursors, Cursors::default());
}

#[test]
fn a_log_enters_only_so_many_bundles() {
    let mut cursors = Cursors::default();
    cursors.append(&chain("a"), &genesis("a")).unwrap();
    for n in 1..MAX_BUNDLES as u64 {
        cursors.bundles.insert(Hash::of(&n.to_be_bytes()), n * 2);
    }
    let new = judged_by(genesis("b"), "new");
    let before = cursors.clone();
    let error = cursors.append(&chain("b"), &new).unwrap_err();
    assert!(matches!(error, CursorError::Bundles { .. }), "{error}");
    assert_eq!(cursors, before);
    assert!(cursors.append(&chain("b"), &genesis("b")).unwrap().is_none());
}

#[test]
fn other_json_is_refused() {
    let hash = Hash::leaf(b"");
    let other = Hash::of(b"other");
    let cursor = format!(r#"{{"link":"{hash}","next":2}}"#);
    let good = format!(
        r#"{{"bundles":{{"{hash}":0,"{other}":2}},"chains":{{"s/20260131T235959Z/a":{cursor}}},"kind":"cursors","version":1}}"#
    );
    assert!(hash < other && Cursors::parse(good.as_bytes()).is_ok());
    let bad = [
        good.replace("\"next\":2", "\"next\":0"),
        good.replace("\"next\":2", "\"next\":9007199254740992"),
        good.replace("\"next\":2", "\"next\":2.0"),
        good.replace("\"version\":1", "\"version\":2"),
        good.replace("cursors", "cursor"),
        good.replace("s/2026", "2026"),
        good.replace(',', ", "),
        good.replace("\"kind\"", "\"a\":1,\"kind\""),
        format!("{good}\n"),
        good.replace(&cursor, &format!("{cursor},\"s/20260131T235959Z/a\":{cursor}")),
        // A position that another has, that is beyond the log, at its end, or not the first.
        good.replace("\":2,\"", "\":0,\"").replace("\":2}", "\":0}"),
        good.replace("\":2},\"chains", "\":4},\"chains"),
        good.replace("\":2},\"chains", "\":3},\"chains"),
        good.replace("\":0,", "\":1,"),
        good.replace(&format!("\"{hash}\":0,\"{other}\":2"), ""),
        good.replace(&other.to_string(), &hash.to_string()),
    ];
    for bad in bad {
        assert_ne!(bad, good);
        assert!(Cursors::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Cursors::parse(&bytes).is_err());
    }
}
