#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::tree;
use crate::tree::{model, verify_consistency, verify_inclusion};

fn entries(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|i| format!("entry {i}").into_bytes()).collect()
}

fn leaves(entries: &[Vec<u8>]) -> Vec<Hash> {
    entries.iter().map(|entry| Hash::leaf(entry)).collect()
}

/// The definition of C2SP, one hash at a time, over the recursive model of a tree.
fn naive_file(path: &TilePath, entries: &[Vec<u8>]) -> Vec<u8> {
    let from = path.index() as usize * 256;
    let each = from..from + usize::from(path.width());
    match path.kind() {
        TileKind::Entries => each
            .flat_map(|i| {
                let entry = &entries[i];
                [&(entry.len() as u16).to_be_bytes(), entry.as_slice()].concat()
            })
            .collect(),
        TileKind::Hashes(level) => {
            let span = 256usize.pow(level.into());
            let leaves = leaves(entries);
            each.flat_map(|i| *model::root(&leaves[i * span..(i + 1) * span]).as_bytes()).collect()
        }
    }
}

/// A log in memory that grew in steps; every file is written once.
fn grown(entries: &[Vec<u8>], steps: &[usize]) -> (LogTree, Tiles) {
    let (mut tree, mut files) = (LogTree::new(), Tiles::new());
    let mut from = 0;
    for to in steps.iter().copied().chain([entries.len()]) {
        let growth = tree.append(&entries[from..to.max(from)]).unwrap();
        for (path, bytes) in growth.files {
            assert_eq!(files.insert(path, bytes), None, "{path} was written twice");
        }
        assert_eq!((growth.size, growth.root), (tree.size(), tree.root()));
        from = to.max(from);
    }
    (tree, files)
}

#[test]
fn paths_are_written_as_the_specification_says() {
    let full = |kind, index| TilePath::at(kind, index, u64::MAX).unwrap();
    assert_eq!(full(TileKind::Hashes(0), 1_234_067).to_string(), "tile/0/x001/x234/067");
    assert_eq!(full(TileKind::Entries, 0).to_string(), "tile/entries/000");
    assert_eq!(full(TileKind::Entries, 999).to_string(), "tile/entries/999");
    assert_eq!(full(TileKind::Entries, 1000).to_string(), "tile/entries/x001/000");
    let partial = TilePath::at(TileKind::Hashes(1), 1, 70_000).unwrap();
    assert_eq!(partial.to_string(), "tile/1/001.p/17");
    assert_eq!(partial.full().to_string(), "tile/1/001");
}

#[test]
fn a_tree_of_70000_has_the_tiles_that_the_specification_counts() {
    let count = |level, partial| {
        TilePath::all(70_000)
            .filter(|path| path.kind() == TileKind::Hashes(level) && path.is_partial() == partial)
            .map(|path| path.width())
            .collect::<Vec<_>>()
    };
    assert_eq!((count(0, false).len(), count(0, true)), (273, vec![112]));
    assert_eq!((count(1, false).len(), count(1, true)), (1, vec![17]));
    assert_eq!((count(2, false).len(), count(2, true)), (0, vec![1]));
    assert_eq!(count(3, true), Vec::<u16>::new());
    let of_256: Vec<String> = TilePath::all(256).map(|path| path.to_string()).collect();
    assert_eq!(of_256, ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
}

#[test]
fn what_is_not_a_path_is_refused() {
    let bad = [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/00/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/x00/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/00",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/+1",
        "tile/0/+00",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000.p",
        "tile/entry/000",
        "tile/x/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/7/001",
        "tile/0/x018/x446/x744/x073/x709/x551/615",
    ];
    for text in bad {
        assert!(text.parse::<TilePath>().is_err(), "{text}");
    }
    assert!("tile/7/000.p/255".parse::<TilePath>().is_ok());
}

#[test]
fn every_file_of_every_size_is_as_defined_and_each_is_written_once() {
    let entries = entries(600);
    let every: Vec<usize> = (1..600).collect();
    let (_, files) = grown(&entries, &every);
    let mut expected = BTreeMap::new();
    for size in 1..=600 {
        for path in TilePath::all(size) {
            expected.entry(path).or_insert_with(|| naive_file(&path, &entries));
        }
    }
    assert_eq!(files, expected);
}

#[test]
fn a_log_that_lands_on_a_full_tile_writes_no_partial_one_there() {
    let (_, files) = grown(&entries(512), &[256]);
    let names: Vec<String> = files.keys().map(TilePath::to_string).collect();
    let expected = [
        "tile/0/000",
        "tile/0/001",
        "tile/1/000.p/1",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/001",
    ];
    assert_eq!(names, expected);
}

#[test]
fn growing_by_nothing_writes_nothing() {
    let (mut tree, _) = grown(&entries(3), &[]);
    let before = tree.clone();
    let growth = tree.append::<&[u8]>(&[]).unwrap();
    assert_eq!((growth.files, growth.size, tree), (Vec::new(), 3, before));
}

#[test]
fn a_third_level_appears_at_65536_entries() {
    let entries = entries(65_537);
    let (tree, files) = grown(&entries, &[65_535]);
    let names: Vec<String> = files.keys().map(TilePath::to_string).collect();
    for name in ["tile/1/000", "tile/2/000.p/1", "tile/0/256.p/1", "tile/1/000.p/255"] {
        assert!(names.iter().any(|found| found == name), "{name}");
    }
    assert!(!names.iter().any(|found| found.starts_with("tile/3")));
    let set = TileSet::new(leaves(&entries));
    assert_eq!(set.root(65_537), Some(tree.root()));
    assert_eq!(set.root(65_537), Some(tree::root(&leaves(&entries))));
    for (path, bytes) in &files {
        if path.kind() != TileKind::Entries {
            assert_eq!(set.tile(path).as_ref(), Some(bytes), "{path}");
        }
    }
    let path = inclusion_path(65_000, 65_537, &files).unwrap();
    verify_inclusion(&Hash::leaf(&entries[65_000]), 65_000, 65_537, &path, &tree.root()).unwrap();
}

#[test]
fn an_entry_that_is_too_long_is_refused_and_changes_nothing() {
    let (mut tree, _) = grown(&entries(3), &[]);
    let before = tree.clone();
    let found = tree.append(&[vec![1], vec![0; 65_536]]);
    assert_eq!(found, Err(TileError::EntryTooLong { found: 65_536 }));
    assert_eq!(tree, before);
    assert!(tree.append(&[vec![0; 65_535]]).is_ok());
}

#[test]
fn a_log_is_not_loaded_from_files_that_are_not_its_own() {
    let entries = entries(300);
    let (tree, files) = grown(&entries, &[]);
    let needs = LogTree::needs(300);
    let names: Vec<String> = needs.iter().map(TilePath::to_string).collect();
    assert_eq!(names, ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"]);
    assert_eq!(LogTree::load(300, &tree.root(), &files).as_ref(), Ok(&tree));
    for path in needs {
        let mut missing = files.clone();
        missing.remove(&path);
        let found = LogTree::load(300, &tree.root(), &missing);
        assert_eq!(found, Err(TileError::Missing { path }));
        for change in 0..3 {
            let mut altered = files.clone();
            let bytes = altered.get_mut(&path).unwrap();
            match change {
                0 => bytes[5] ^= 1,
                1 => bytes.push(0),
                _ => drop(bytes.pop()),
            }
            assert!(LogTree::load(300, &tree.root(), &altered).is_err(), "{path} {change}");
        }
    }
    let other = Hash::leaf(b"");
    let found = LogTree::load(300, &other, &files);
    assert_eq!(found, Err(TileError::Root { expected: other, found: tree.root() }));
    assert!(LogTree::load(0, &other, &Tiles::new()).is_err());
    assert_eq!(LogTree::load(0, &Hash::EMPTY_ROOT, &Tiles::new()).unwrap().size(), 0);
}

#[test]
fn full_files_serve_where_partial_ones_were_deleted() {
    let entries = entries(700);
    let (_, all) = grown(&entries, &[300]);
    let full: Tiles = all.into_iter().filter(|(path, _)| !path.is_partial()).collect();
    let leaves = leaves(&entries);
    let path = inclusion_path(290, 300, &with_level_one(&full, &leaves)).unwrap();
    assert_eq!(path, model::inclusion(&leaves[..300], 290));
    let tree = LogTree::load(300, &tree::root(&leaves[..300]), &with_level_one(&full, &leaves));
    assert_eq!(tree.unwrap(), grown(&entries[..300], &[]).0);
}

fn with_level_one(full: &Tiles, leaves: &[Hash]) -> Tiles {
    let path = TilePath::at(TileKind::Hashes(1), 0, 300).unwrap();
    let mut files = full.clone();
    files.insert(path, TileSet::new(leaves.to_vec()).tile(&path).unwrap());
    files
}

#[test]
fn no_proof_is_read_for_what_is_not_there() {
    let (_, files) = grown(&entries(10), &[]);
    let position = |position| Err(TileError::Position { position, size: 10 });
    assert_eq!(inclusion_path(10, 10, &files), position(10));
    assert_eq!(consistency_path(11, 10, &files), position(11));
    assert_eq!(inclusion_tiles(10, 10), []);
    assert_eq!(entry_tile(10, 10), None);
    assert!(matches!(inclusion_path(3, 10, &Tiles::new()), Err(TileError::Missing { .. })));
}

#[test]
fn a_proof_among_the_batches_of_a_billion_events_needs_few_reads() {
    for index in [0, 1, 65_536, 200_000, 312_499] {
        let tiles = inclusion_tiles(index, 312_500);
        assert!(tiles.len() <= 6, "{index}: {tiles:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_log_that_grows_in_any_steps_has_the_files_and_the_root_of_the_model(
        n in 0usize..900, mut steps in prop::collection::vec(0usize..900, 0..6), reload: bool,
    ) {
        steps.iter_mut().for_each(|step| *step = (*step).min(n));
        steps.sort_unstable();
        let entries = entries(n);
        let (mut tree, mut files) = grown(&entries[..steps.first().copied().unwrap_or(n)], &[]);
        for pair in steps.windows(2) {
            if reload {
                let wanted: Tiles = LogTree::needs(tree.size())
                    .into_iter()
                    .map(|path| (path, files[&path].clone()))
                    .collect();
                tree = LogTree::load(tree.size(), &tree.root(), &wanted).unwrap();
            }
            files.extend(tree.append(&entries[pair[0]..pair[1]]).unwrap().files);
        }
        let size = tree.size();
        let leaves = leaves(&entries[..size as usize]);
        prop_assert_eq!(tree.root(), model::root(&leaves));
        for path in TilePath::all(size) {
            prop_assert_eq!(&files[&path], &naive_file(&path, &entries), "{}", path);
        }
    }

    #[test]
    fn proofs_from_tiles_are_those_of_the_model(
        n in 1usize..1500, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>(),
    ) {
        let entries = entries(n);
        let (tree, files) = grown(&entries, &[]);
        let leaves = leaves(&entries);
        let set = TileSet::new(leaves.clone());
        let (index, old) = (a.index(n), b.index(n + 1));
        let size = n as u64;

        let only: Tiles = inclusion_tiles(index as u64, size)
            .into_iter()
            .map(|path| (path, files[&path].clone()))
            .collect();
        let path = inclusion_path(index as u64, size, &only).unwrap();
        prop_assert_eq!(&path, &model::inclusion(&leaves, index));
        prop_assert_eq!(&path, &set.inclusion_path(index as u64, size).unwrap());
        verify_inclusion(&leaves[index], index as u64, size, &path, &tree.root()).unwrap();

        let only: Tiles = consistency_tiles(old as u64, size)
            .into_iter()
            .map(|path| (path, files[&path].clone()))
            .collect();
        let path = consistency_path(old as u64, size, &only).unwrap();
        prop_assert_eq!(&path, &model::consistency(&leaves, old));
        prop_assert_eq!(&path, &set.consistency_path(old as u64, size).unwrap());
        let old_root = set.root(old as u64).unwrap();
        prop_assert_eq!(old_root, model::root(&leaves[..old]));
        verify_consistency(old as u64, &old_root, size, &tree.root(), &path).unwrap();

        let (bundle, place) = entry_tile(index as u64, size).unwrap();
        let bundle = decode_bundle(&files[&bundle], bundle.width()).unwrap();
        prop_assert_eq!(bundle[place], &entries[index]);
    }

    #[test]
    fn a_path_is_read_as_it_was_written(level in 0u8..8, entries: bool, size: u64, at: u64) {
        let kind = if entries { TileKind::Entries } else { TileKind::Hashes(level) };
        let tiles = (if entries { size } else { hashes_at(level, size) }).div_ceil(256);
        if tiles > 0 {
            for index in [at % tiles, tiles - 1] {
                let path = TilePath::at(kind, index, size).unwrap();
                prop_assert_eq!(path.to_string().parse::<TilePath>(), Ok(path));
                prop_assert!(path.least_size() <= size);
                prop_assert_eq!(TilePath::at(kind, index, path.least_size()), Some(path));
            }
        }
        prop_assert_eq!(TilePath::at(kind, tiles, size), None);
    }

    #[test]
    fn bundles_round_trip(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let bundle = encode_bundle(&entries).unwrap();
        let width = entries.len() as u16;
        prop_assert_eq!(decode_bundle(&bundle, width).unwrap(), entries);
        prop_assert!(decode_bundle(&bundle, width + 1).is_err());
        prop_assert!(width == 0 || decode_bundle(&bundle, width - 1).is_err());
    }

    #[test]
    fn no_bytes_make_the_readers_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200), width: u16, size: u64, index: u64,
        text in "(tile/)?[0-9x/.pe]{0,30}",
    ) {
        let _ = decode_bundle(&bytes, width);
        let _ = text.parse::<TilePath>();
        let all = LogTree::needs(size).into_iter().chain(inclusion_tiles(index, size));
        let tiles: Tiles = all.map(|path| (path, bytes.clone())).collect();
        prop_assert!(size == 0 || LogTree::load(size, &Hash::EMPTY_ROOT, &tiles).is_err());
        let _ = inclusion_path(index, size, &tiles);
        let _ = consistency_path(index, size, &tiles);
    }
}
