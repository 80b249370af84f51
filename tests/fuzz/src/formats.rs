//! Documents, notes, proofs and tiles: what is accepted says in other words what it was read from.

use std::sync::LazyLock;

use cairn_event::{Bundle, Rules};
use cairn_ledger::tile::{
    consistency_tiles, decode_bundle, encode_bundle, entry_tile, inclusion_tiles,
};
use cairn_ledger::{
    BatchHeader, ChainId, Checkpoint, ConfigChange, Coordinates, Cursors, Entry, EventProof, Hash,
    LogProof, LogTree, Note, Order, Plan, SealedHeader, SequenceNumber, TileKind, TilePath,
    TileSet, Tiles, VerifierKey, tree,
};

use crate::world::{World, signing_key, verifier_key};

/// A signed log, and what is true of it.
struct Log {
    key: VerifierKey,
    checkpoint: String,
    proof: EventProof,
    leaves: Vec<String>,
}

static LOG: LazyLock<Log> = LazyLock::new(|| {
    let mut world = World::usual();
    let checkpoint = world.log();
    let path = TilePath::at(TileKind::Entries, 0, world.checkpoint().size).unwrap();
    let bundle = world.body(&cairn_batch::keys::tile(&path.to_string()));
    let entries: Vec<Entry> = decode_bundle(&bundle, path.width())
        .unwrap()
        .into_iter()
        .map(|entry| Entry::parse(str::from_utf8(entry).unwrap()).unwrap())
        .collect();
    let links: Vec<Hash> = entries.iter().map(Entry::link).collect();
    let position = entries.iter().position(|entry| matches!(entry, Entry::Batch(_))).unwrap();
    let Entry::Batch(header) = entries[position].clone() else { unreachable!("it is one") };
    let object = world.body(&header.header.key);
    let rows = cairn_batch::decode(object, 1 << 20).unwrap().rows;
    let leaves: Vec<String> =
        rows.into_iter().map(|row| String::from_utf8(row.leaf.bytes).unwrap()).collect();
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| Hash::leaf(leaf.as_bytes())).collect();
    let path = tree::inclusion_path(&links, position as u64).unwrap();
    let (leaf, note) = (leaves[1].clone(), checkpoint.clone());
    let proof = EventProof::new(leaf, 1, &hashes, *header, position as u64, path, note).unwrap();
    let key = verifier_key(crate::world::ORIGIN, &signing_key(1));
    Log { key, checkpoint, proof, leaves }
});

/// Bytes, or a valid text of which a part is replaced: the first says by how much.
fn text_of(bytes: &[u8], valid: &str) -> Option<String> {
    let Some((0x00..=0x7f, _)) = bytes.split_first() else {
        let (at, rest) = bytes.get(1..)?.split_first_chunk::<2>()?;
        let at = usize::from(u16::from_be_bytes(*at)) % (valid.len() + 1);
        let (removed, new) = rest.split_first()?;
        let end = (at + usize::from(*removed)).min(valid.len());
        let spliced = [&valid.as_bytes()[..at], new, &valid.as_bytes()[end..]].concat();
        return String::from_utf8(spliced).ok();
    };
    str::from_utf8(bytes).ok().map(str::to_owned)
}

/// Signed notes, checkpoints, keys. A note that opens says what was signed.
pub fn note(bytes: &[u8]) {
    let Some(text) = text_of(bytes, &LOG.checkpoint) else { return };
    if let Ok(note) = Note::parse(&text) {
        assert_eq!(note.to_string(), text);
    }
    if let Ok((checkpoint, extensions)) = Checkpoint::parse(&text) {
        assert!(text.starts_with(&checkpoint.to_string()));
        assert!(!extensions.is_empty() || checkpoint.to_string() == text);
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(open) = Checkpoint::open(&text, std::slice::from_ref(&LOG.key)) {
        let signed = Note::parse(&LOG.checkpoint).unwrap();
        assert_eq!(open.note.text(), signed.text(), "only what was signed opens");
    }
}

/// Proof files. One that checks proves a leaf that is where it says.
pub fn proof(bytes: &[u8]) {
    let Some(text) = text_of(bytes, &LOG.proof.to_text()) else { return };
    if let Ok(proof) = LogProof::parse(&text) {
        assert_eq!(proof.to_string(), text);
    }
    if let Ok(proof) = EventProof::parse(&text) {
        assert_eq!(proof.to_text(), text);
    }
    if let Ok(checked) = EventProof::check(&text, std::slice::from_ref(&LOG.key)) {
        assert_eq!(checked.header, LOG.proof.header, "no other header is proven");
        assert_eq!(checked.position, LOG.proof.position);
        assert_eq!(checked.leaf, LOG.leaves[checked.index as usize], "no other leaf is proven");
    }
}

/// Canonical documents: what is accepted is canonical, to the byte.
pub fn document(bytes: &[u8]) {
    let same = |made: String| {
        assert!(made.as_bytes() == bytes, "what is accepted is written as it was read");
        let json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert!(serde_json_canonicalizer::to_string(&json).unwrap() == made, "it is canonical");
    };
    let _ = Plan::parse(bytes).map(|plan| same(plan.to_json()));
    let _ = Cursors::parse(bytes).map(|cursors| same(cursors.to_json()));
    let _ = Order::parse(bytes).map(|order| same(order.to_json()));
    let Ok(text) = str::from_utf8(bytes) else { return };
    let _ = Entry::parse(text).map(|entry| same(entry.to_json()));
    let _ = BatchHeader::parse(text).map(|header| same(header.to_json()));
    let _ = SealedHeader::parse(text).map(|header| same(header.to_json()));
    let _ = ConfigChange::parse(text).map(|change| same(change.to_json()));
    let _ = text.parse::<ChainId>().map(|chain| assert_eq!(chain.as_str(), text));
    let _ = text.parse::<SequenceNumber>().map(|number| assert_eq!(number.as_str(), text));
    let _ = text.parse::<Coordinates>().map(|place| assert_eq!(place.to_string(), text));
    let _ = text.parse::<Hash>().map(|hash| assert_eq!(hash.to_string(), text));
}

/// Config bundles, and what is composed into one.
pub fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::parse(bytes) {
        assert!(bundle.to_json().as_bytes() == bytes, "a bundle is canonical");
        let _ = Rules::new(bundle, None);
    }
    if let Ok(bundle) = Bundle::compose(bytes) {
        let json = bundle.to_json();
        assert_eq!(Bundle::parse(json.as_bytes()).unwrap(), bundle);
        let _ = Rules::check(&bundle);
    }
}

/// Tiles and entry bundles, of logs of any size that somebody claims.
pub fn tile(bytes: &[u8]) {
    if let Ok(Ok(path)) = str::from_utf8(bytes).map(str::parse::<TilePath>) {
        assert_eq!(path.to_string().as_bytes(), bytes);
        assert!(TilePath::at(path.kind(), path.index(), path.least_size()).is_some());
    }
    let Some((claimed, rest)) = bytes.split_first_chunk::<18>() else { return };
    let number = |at: usize| u64::from_be_bytes(claimed[at..at + 8].try_into().unwrap());
    let (size, index) = (number(0), number(8));
    let width = u16::from_be_bytes([claimed[16], claimed[17]]);
    if let Ok(entries) = decode_bundle(rest, width) {
        assert_eq!(entries.len(), usize::from(width));
        assert!(encode_bundle(&entries).unwrap() == rest);
    }
    assert!(inclusion_tiles(index, size).len() <= 64);
    assert!(consistency_tiles(index, size).len() <= 64);
    let _ = entry_tile(index, size);
    assert!(TilePath::all(size).take(100).all(|path| path.least_size() <= size));
    loaded(size, rest);
    grown(rest);
}

/// A tree is loaded only from the tiles of its root.
fn loaded(size: u64, rest: &[u8]) {
    let tiles: Tiles = LogTree::needs(size).into_iter().map(|path| (path, rest.to_vec())).collect();
    assert!(size == 0 || LogTree::load(size, &Hash::of(rest), &tiles).is_err());
    for position in [0, size / 2, size.saturating_sub(1)] {
        let _ = cairn_ledger::tile::inclusion_path(position, size, &tiles);
        let _ = cairn_ledger::tile::consistency_path(position, size, &tiles);
    }
}

/// Appending in any steps makes the files that the whole log has; from them it is loaded again, and from
/// no others.
fn grown(rest: &[u8]) {
    let entries: Vec<&[u8]> = rest.chunks(3).take(600).collect();
    let mut tree = LogTree::new();
    let mut tiles = Tiles::new();
    let mut at = 0;
    for step in rest.iter().take(8) {
        let end = (at + usize::from(*step)).min(entries.len());
        tiles.extend(tree.append(&entries[at..end]).unwrap().files);
        at = end;
    }
    let (size, root) = (tree.size(), tree.root());
    assert!(LogTree::load(size, &root, &tiles).unwrap() == tree);
    for path in LogTree::needs(size) {
        let mut altered = tiles.clone();
        let bytes = altered.get_mut(&path).unwrap();
        let place = usize::from(rest[0]) % bytes.len();
        bytes[place] ^= 1;
        assert!(LogTree::load(size, &root, &altered).is_err(), "{path}, byte {place}");
    }
    let set = TileSet::new(entries[..at].iter().map(|entry| Hash::leaf(entry)).collect());
    assert_eq!(Some(tree.root()), set.root(at as u64));
}
