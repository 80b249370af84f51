//! The committed vectors: this implementation against another that made them.

use std::collections::BTreeMap;

use crate::common::{hash, hashes, text, vector, vectors};
use cairn_ledger::note::VerifierKey;
use cairn_ledger::tree::{
    consistency_path, inclusion_path, root, verify_consistency, verify_inclusion,
};
use cairn_ledger::{
    BatchHeader, Checkpoint, Cursors, Entry, EventProof, Hash, Lineage, LogTree, Note, Order, Plan,
    PlanEntry, SealedHeader, TenantTree, TilePath,
};
use serde_json::Value;

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn items(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

#[test]
fn trees_have_the_roots_and_paths_of_the_vectors() {
    let leaves: Vec<Hash> = (0..300).map(|i| Hash::leaf(i.to_string().as_bytes())).collect();
    for case in items(&vector("trees.json")["cases"]) {
        let size = number(&case["size"]);
        let part = &leaves[..size as usize];
        let expected = hash(&case["root"]);
        assert_eq!(root(part), expected, "size {size}");
        for proof in items(&case["inclusion"]) {
            let (index, path) = (number(&proof["index"]), hashes(&proof["path"]));
            assert_eq!(inclusion_path(part, index).unwrap(), path, "{index} of {size}");
            verify_inclusion(&part[index as usize], index, size, &path, &expected).unwrap();
        }
        for proof in items(&case["consistency"]) {
            let (old, path) = (number(&proof["old"]), hashes(&proof["path"]));
            assert_eq!(consistency_path(part, old).unwrap(), path, "{old} of {size}");
            let old_root = root(&part[..old as usize]);
            verify_consistency(old, &old_root, size, &expected, &path).unwrap();
        }
    }
}

#[test]
fn headers_of_the_vectors_read_and_link() {
    let vector = vector("headers.json");
    for case in items(&vector["good"]) {
        let header = SealedHeader::parse(text(&case["json"])).unwrap();
        assert_eq!(header.to_json(), text(&case["json"]));
        assert_eq!(header.link(), hash(&case["link"]));
    }
    let own = text(&vector["objects_own"]);
    assert_eq!(BatchHeader::parse(own).unwrap().to_json(), own);
}

#[test]
fn what_the_vectors_say_is_no_header_is_refused() {
    for case in items(&vector("headers.json")["bad"]) {
        assert!(SealedHeader::parse(text(&case["json"])).is_err(), "{}", case["why"]);
    }
}

#[test]
fn orders_of_the_vectors_read_or_do_not() {
    let vector = vector("orders.json");
    for case in items(&vector["good"]) {
        let order = Order::parse(text(&case["json"]).as_bytes()).unwrap();
        assert_eq!(order.to_json(), text(&case["json"]));
        assert_eq!(order.hash(), hash(&case["hash"]));
    }
    for case in items(&vector["bad"]) {
        assert!(Order::parse(text(&case["json"]).as_bytes()).is_err(), "{}", case["why"]);
    }
}

#[test]
fn the_first_headers_of_the_vectors_that_follow_an_order_read_or_do_not() {
    let vector = vector("orders.json");
    for case in items(&vector["headers"]) {
        let header = SealedHeader::parse(text(&case["json"])).unwrap();
        assert_eq!(header.to_json(), text(&case["json"]));
        assert_eq!(header.link(), hash(&case["link"]));
    }
    let first = SealedHeader::parse(text(&vector["headers"][0]["json"])).unwrap();
    let order = hash(&vector["good"][0]["hash"]);
    assert!(
        matches!(first.header.lineage, Lineage::Ordered { order: named, .. } if named == order)
    );
    for case in items(&vector["bad_headers"]) {
        assert!(SealedHeader::parse(text(&case["json"])).is_err(), "{}", case["why"]);
    }
}

#[test]
fn tenant_lines_are_those_of_the_vectors() {
    let vector = vector("tenants.json");
    let mut tree = TenantTree::new(hash(&vector["key"]).as_bytes());
    for event in items(&vector["events"]) {
        tree.push(text(&event["tenant"]), hash(&event["leaf"]));
    }
    let expected: Vec<&str> = items(&vector["lines"]).iter().map(text).collect();
    assert_eq!(tree.lines(), expected);
    assert_eq!(tree.root(), hash(&vector["root"]));
}

#[test]
fn a_log_has_the_files_of_the_vectors() {
    let vector = vector("tiles.json");
    for case in items(&vector["cases"]) {
        let size = number(&case["size"]);
        let entries: Vec<String> = (0..size).map(|i| format!("entry {i}")).collect();
        let mut tree = LogTree::new();
        let growth = tree.append(&entries).unwrap();
        assert_eq!(growth.root, hash(&case["root"]));
        let files: BTreeMap<String, Vec<u8>> =
            growth.files.into_iter().map(|(path, bytes)| (path.to_string(), bytes)).collect();
        for (path, expected) in case["files"].as_object().unwrap() {
            assert_eq!(Hash::of(&files[path]), hash(expected), "{path} of {size}");
        }
        if size == 5 {
            for (path, expected) in vector["five"].as_object().unwrap() {
                assert_eq!(hex::encode(&files[path]), text(expected), "{path}");
            }
        }
        if size < 1000 {
            assert_eq!(files.len(), case["files"].as_object().unwrap().len(), "{size}");
        }
        let all: Vec<String> = TilePath::all(size).map(|path| path.to_string()).collect();
        assert!(case["files"].as_object().unwrap().keys().all(|path| all.contains(path)));
    }
}

#[test]
fn notes_of_the_vectors_open_or_do_not() {
    let vector = vector("notes.json");
    for case in items(&vector["cases"]) {
        let keys: Vec<VerifierKey> =
            items(&case["keys"]).iter().map(|key| text(key).parse().unwrap()).collect();
        let opened = Note::open(text(&case["note"]), &keys);
        assert_eq!(opened.is_ok(), case["opens"], "{}: {opened:?}", case["name"]);
        if let Ok(note) = opened {
            assert_eq!(note.text(), text(&vector["text"]));
            assert_eq!(note.to_string(), text(&case["note"]));
        }
    }
}

#[test]
fn verifier_keys_are_made_of_public_keys_as_kms_gives_them() {
    for case in items(&vector("notes.json")["spki"]) {
        let der = crate::common::base64(text(&case["der"]));
        let key = VerifierKey::from_spki(text(&case["name"]), &der).unwrap();
        assert_eq!(key.to_string(), text(&case["vkey"]));
        assert_eq!(key.to_spki(), der);
    }
}

#[test]
fn checkpoints_of_the_vectors_open_or_do_not() {
    let vector = vector("checkpoints.json");
    for case in items(&vector["cases"]) {
        let opened = Checkpoint::open(text(&case["note"]), &[text(&case["key"]).parse().unwrap()]);
        assert_eq!(opened.is_ok(), case["opens"], "{}: {opened:?}", case["name"]);
        if let Ok(open) = opened {
            assert_eq!(open.checkpoint.origin, text(&vector["origin"]));
            assert_eq!(open.checkpoint.size, number(&vector["size"]));
            assert_eq!(open.checkpoint.root, hash(&vector["root"]));
        }
    }
}

#[test]
fn config_changes_of_the_vectors_read_or_do_not() {
    let vector = vector("changes.json");
    for case in items(&vector["good"]) {
        let entry = Entry::parse(text(&case["json"])).unwrap();
        assert!(matches!(entry, Entry::ConfigChange(_)));
        assert_eq!(entry.to_json(), text(&case["json"]));
        assert_eq!(entry.link(), hash(&case["link"]));
    }
    for case in items(&vector["bad"]) {
        assert!(Entry::parse(text(&case["json"])).is_err(), "{}", case["why"]);
    }
}

#[test]
fn cursors_and_plan_of_the_vectors_are_those_of_their_entries() {
    let vector = vector("documents.json");
    let mut cursors = Cursors::default();
    let mut tree = LogTree::new();
    let plan = Plan::parse(text(&vector["plan"]).as_bytes()).unwrap();
    assert_eq!(plan.entries.len(), items(&vector["entries"]).len());
    for (json, planned) in items(&vector["entries"]).iter().zip(&plan.entries) {
        let entry = Entry::parse(text(json)).unwrap();
        assert_eq!(*planned, PlanEntry::of(&entry));
        cursors.follow(&entry).unwrap();
        tree.append(&[text(json)]).unwrap();
    }
    assert_eq!(cursors.to_json(), text(&vector["cursors"]));
    assert_eq!(plan.cursors, cursors.hash());
    assert_eq!((plan.from, plan.to, plan.root), (0, tree.size(), tree.root()));
    assert_eq!(plan.to_json(), text(&vector["plan"]));
}

#[test]
fn sealed_events_of_the_vectors_are_canonical_and_hash_as_they_say() {
    let vector = vector("events.json");
    let rejection = &vector["rejection"];
    for case in items(&vector["events"]).iter().chain([rejection]) {
        let canonical = text(&case["canonical"]);
        let value: Value = serde_json::from_str(canonical).unwrap();
        assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), canonical);
        assert_eq!(Hash::leaf(canonical.as_bytes()), hash(&case["leaf"]));
    }
    let committed: Value = serde_json::from_str(text(&rejection["canonical"])).unwrap();
    let quarantine = text(&rejection["quarantine"]);
    assert_eq!(hash(&committed["raw"]["quarantine"]), Hash::of(quarantine.as_bytes()));
    let salted = format!("{}{}", text(&rejection["salt"]), text(&rejection["raw"]));
    assert_eq!(hash(&committed["raw"]["sha256"]), Hash::of(&hex::decode(salted).unwrap()));
    let bundle = &vector["bundle"];
    assert_eq!(Hash::of(text(&bundle["json"]).as_bytes()), hash(&bundle["hash"]));
}

#[test]
fn proof_files_of_the_vectors_prove_or_do_not() {
    for case in items(&vector("proofs/index.json")) {
        let file = vectors().join("proofs").join(text(&case["file"]));
        let proof = std::fs::read_to_string(file).unwrap();
        let checked = EventProof::check(&proof, &[text(&case["key"]).parse().unwrap()]);
        assert_eq!(checked.is_ok(), case["proven"], "{}: {checked:?}", case["file"]);
        if checked.is_ok() {
            assert_eq!(EventProof::parse(&proof).unwrap().to_text(), proof);
        }
    }
}
