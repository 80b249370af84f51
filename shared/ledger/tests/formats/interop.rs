//! The crates `signed_note` and `tlog_tiles`, written by others, against this one.
//!
//! They are not used at run time: `signed_note` knows no ECDSA, ties keys to random number
//! generators and brings second copies of the signature and hash crates; `tlog_tiles` panics on
//! some arguments and brings a URL parser.

use std::cell::RefCell;
use std::collections::BTreeMap;

use cairn_ledger::tile::{consistency_path, inclusion_path};
use cairn_ledger::tree::{verify_consistency, verify_inclusion};
use cairn_ledger::{
    Checkpoint, Hash, LogTree, Note, TileKind, TilePath, TileSet, Tiles, VerifierKey,
};
use ed25519_dalek::Signer as _;
use proptest::prelude::*;
use signed_note::{Signer as _, StandardSigner, StandardVerifier, Verifier as _, VerifierList};
use tlog_tiles::{HashReader, TileHashReader, TileReader};

const NAME: &str = "example.com/audit";

fn own_key(seed: [u8; 32]) -> (VerifierKey, ed25519_dalek::SigningKey) {
    let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
    // RFC 8410 §4: the same twelve bytes stand before every Ed25519 key.
    let prefix = hex::decode("302a300506032b6570032100").unwrap();
    let der = [prefix.as_slice(), secret.verifying_key().as_bytes()].concat();
    (VerifierKey::from_spki(NAME, &der).unwrap(), secret)
}

/// The key as `signed_note` writes secret keys: `PRIVATE+KEY+<name>+<id>+<base64 of type, seed>`.
fn their_signer(key: &VerifierKey, seed: [u8; 32]) -> StandardSigner {
    use base64::Engine;
    let secret = [&[1], seed.as_slice()].concat();
    let secret = base64::engine::general_purpose::STANDARD.encode(secret);
    StandardSigner::new(&format!("PRIVATE+KEY+{NAME}+{:08x}+{secret}", key.id())).unwrap()
}

fn their_verifiers(key: &VerifierKey) -> VerifierList {
    VerifierList::new(vec![Box::new(StandardVerifier::new(&key.to_string()).unwrap())])
}

#[test]
fn verifier_keys_are_read_by_both() {
    let (key, _) = own_key([7; 32]);
    let theirs = StandardVerifier::new(&key.to_string()).unwrap();
    assert_eq!((theirs.name(), theirs.key_id()), (NAME, key.id()));
    assert_eq!(their_signer(&key, [7; 32]).key_id(), key.id());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn notes_signed_by_one_open_in_the_other(seed: [u8; 32], text in "[ -~\u{e9}\n]{0,80}\n") {
        let (key, secret) = own_key(seed);
        let ours = key.note(&text, &secret.sign(text.as_bytes()).to_bytes()).unwrap();
        let mut theirs = signed_note::Note::new(text.as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&their_signer(&key, seed)]).unwrap();
        // Ed25519 is deterministic: the notes are the same bytes.
        prop_assert_eq!(ours.to_string().into_bytes(), theirs.to_bytes());

        let read = signed_note::Note::from_bytes(ours.to_string().as_bytes()).unwrap();
        let (verified, unverified) = read.verify(&their_verifiers(&key)).unwrap();
        prop_assert_eq!((verified.len(), unverified.len()), (1, 0));
        let read = Note::open(std::str::from_utf8(&theirs.to_bytes()).unwrap(), &[key]).unwrap();
        prop_assert_eq!(read.text().as_bytes(), theirs.text());
    }

    #[test]
    fn notes_that_one_refuses_the_other_refuses(
        text in "[a\n]{0,4}", at in any::<prop::sample::Index>(), with in "[\n =+\u{a0}A]{0,2}",
    ) {
        let (key, secret) = own_key([7; 32]);
        let text = format!("{text}\n");
        let note = key.note(&text, &secret.sign(text.as_bytes()).to_bytes()).unwrap().to_string();
        let places: Vec<usize> = note.char_indices().map(|(i, _)| i).collect();
        let mut altered = note.clone();
        altered.insert_str(places[at.index(places.len())], &with);
        let ours = Note::open(&altered, std::slice::from_ref(&key)).is_ok();
        let theirs = signed_note::Note::from_bytes(altered.as_bytes())
            .is_ok_and(|note| note.verify(&their_verifiers(&key)).is_ok());
        prop_assert_eq!(ours, theirs, "{:?}", altered);
    }

    #[test]
    fn checkpoints_written_by_one_are_read_by_the_other(size in 0u64..=u64::MAX >> 1, root: [u8; 32]) {
        let ours = Checkpoint { origin: NAME.into(), size, root: Hash::from_bytes(root) };
        let theirs =
            tlog_tiles::Checkpoint::new(NAME, size, tlog_tiles::Hash(root), "").unwrap();
        prop_assert_eq!(ours.to_string().into_bytes(), theirs.to_bytes());
        let read = tlog_tiles::Checkpoint::from_bytes(ours.to_string().as_bytes()).unwrap();
        prop_assert_eq!((read.origin(), read.size(), read.hash().0), (NAME, size, root));
        let text = String::from_utf8(theirs.to_bytes()).unwrap();
        prop_assert_eq!(Checkpoint::parse(&text).unwrap().0, ours);
    }
}

/// The hashes of a log as `tlog_tiles` stores them.
struct Stored(Vec<tlog_tiles::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

fn stored(entries: &[String]) -> Stored {
    let mut stored = Stored(Vec::new());
    for (n, entry) in entries.iter().enumerate() {
        let more = tlog_tiles::stored_hashes(n as u64, entry.as_bytes(), &stored).unwrap();
        stored.0.extend(more);
    }
    stored
}

/// Our files, as `tlog_tiles` asks for them.
struct Files {
    files: Tiles,
    saved: RefCell<usize>,
}

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[tlog_tiles::Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.files[&path(tile)].clone()).collect())
    }

    fn save_tiles(&self, tiles: &[tlog_tiles::Tile], _: &[Vec<u8>]) {
        *self.saved.borrow_mut() += tiles.len();
    }
}

/// Their path, with the tile's height in it as Go's checksum database has it, read as C2SP's.
fn path(tile: &tlog_tiles::Tile) -> TilePath {
    let path = tile.path().replacen("tile/8/data/", "tile/entries/", 1);
    path.replacen("tile/8/", "tile/", 1).parse().unwrap()
}

fn log(size: usize) -> (Vec<String>, LogTree, Tiles) {
    let entries: Vec<String> = (0..size).map(|i| format!("entry {i}")).collect();
    let mut tree = LogTree::new();
    let files = tree.append(&entries).unwrap().files.into_iter().collect();
    (entries, tree, files)
}

fn theirs(hashes: &[Hash]) -> Vec<tlog_tiles::Hash> {
    hashes.iter().map(|hash| tlog_tiles::Hash(*hash.as_bytes())).collect()
}

fn ours(hash: &tlog_tiles::Hash) -> Hash {
    Hash::from_bytes(hash.0)
}

#[test]
fn tiles_and_roots_are_the_same_bytes() {
    for size in [1, 2, 3, 255, 256, 257, 511, 512, 1000, 66_000] {
        let (entries, tree, files) = log(size);
        let stored = stored(&entries);
        let root = tlog_tiles::tree_hash(size as u64, &stored).unwrap();
        assert_eq!(ours(&root), tree.root(), "{size}");
        let mut hashes: BTreeMap<TilePath, Vec<u8>> = files;
        hashes.retain(|path, _| path.kind() != TileKind::Entries);
        for tile in tlog_tiles::Tile::new_tiles(8, 0, size as u64) {
            let bytes = tile.read_data(&stored).unwrap();
            assert_eq!(hashes.remove(&path(&tile)), Some(bytes), "{} of {size}", tile.path());
        }
        assert_eq!(hashes, BTreeMap::new(), "{size}");
    }
}

#[test]
fn proofs_made_by_one_verify_in_the_other() {
    for size in [1usize, 2, 7, 256, 300, 777] {
        let (entries, tree, files) = log(size);
        let (stored, root, n) = (stored(&entries), tree.root(), size as u64);
        let their_root = tlog_tiles::Hash(*root.as_bytes());
        let set = TileSet::new(entries.iter().map(|e| Hash::leaf(e.as_bytes())).collect());
        for index in (0..n).step_by(37).chain([n - 1]) {
            let leaf = set.leaf(index).unwrap();
            let their_leaf = tlog_tiles::Hash(*leaf.as_bytes());
            let proof = tlog_tiles::prove_record(n, index, &stored).unwrap();
            let path: Vec<Hash> = proof.iter().map(ours).collect();
            assert_eq!(inclusion_path(index, n, &files).unwrap(), path, "{index} of {n}");
            verify_inclusion(&leaf, index, n, &path, &root).unwrap();
            tlog_tiles::check_record(&theirs(&path), n, their_root, index, their_leaf).unwrap();

            let old = index + 1;
            let old_root = set.root(old).unwrap();
            let their_old = tlog_tiles::Hash(*old_root.as_bytes());
            let proof = tlog_tiles::prove_tree(n, old, &stored).unwrap();
            let path: Vec<Hash> = proof.iter().map(ours).collect();
            assert_eq!(consistency_path(old, n, &files).unwrap(), path, "{old} of {n}");
            verify_consistency(old, &old_root, n, &root, &path).unwrap();
            tlog_tiles::check_tree(&theirs(&path), n, their_root, old, their_old).unwrap();
        }
    }
}

#[test]
fn our_files_serve_their_reader() {
    let (entries, tree, files) = log(777);
    let files = Files { files, saved: RefCell::new(0) };
    let root = tlog_tiles::Hash(*tree.root().as_bytes());
    let reader = TileHashReader::new(777, root, &files);
    let proof = tlog_tiles::prove_record(777, 700, &reader).unwrap();
    let leaf = tlog_tiles::record_hash(entries[700].as_bytes());
    tlog_tiles::check_record(&proof, 777, root, 700, leaf).unwrap();
    assert!(*files.saved.borrow() > 0);
}
