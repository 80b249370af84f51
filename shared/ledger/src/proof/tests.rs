#![allow(clippy::unwrap_used)]

use ed25519_dalek::Signer;
use ed25519_dalek::pkcs8::EncodePublicKey;
use proptest::prelude::*;

use super::*;
use crate::header::tests::header;
use crate::tree::model;
use crate::{SealedHeader, TileSet, tree};

const LEAF: &str =
    r#"{"action":"document.share","kind":"event","name":"Zo\u00eb \"Z\" \ud83d\ude80"}"#;

fn sign(checkpoint: &Checkpoint, seed: u8) -> (VerifierKey, String) {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    let der = secret.verifying_key().to_public_key_der().unwrap();
    let key = VerifierKey::from_spki(&checkpoint.origin, der.as_bytes()).unwrap();
    let text = checkpoint.to_string();
    let note = key.note(&text, &secret.sign(text.as_bytes()).to_bytes()).unwrap();
    (key, note.to_string())
}

/// The proof of `leaf` at `index` of a batch of `leaves`, logged at `position` of `size`.
fn prove(
    leaf: &str,
    index: usize,
    leaves: usize,
    position: usize,
    size: usize,
) -> (VerifierKey, EventProof) {
    let mut batch = model::leaves(leaves);
    batch[index] = Hash::leaf(leaf.as_bytes());
    let mut header = header();
    header.root = tree::root(&batch);
    header.counts.events = leaves as u64;
    header.counts.rejections = 0;
    let header = header.seal(Hash::of(b"object"));
    prove_header(leaf, index, &batch, header, position, size)
}

fn prove_header(
    leaf: &str,
    index: usize,
    batch: &[Hash],
    header: SealedHeader,
    position: usize,
    size: usize,
) -> (VerifierKey, EventProof) {
    let mut log = model::leaves(size);
    log[position] = header.link();
    let log = TileSet::new(log);
    let root = log.root(size as u64).unwrap();
    let origin = "example.com/audit".to_owned();
    let (key, note) = sign(&Checkpoint { origin, size: size as u64, root }, 1);
    let log_path = log.inclusion_path(position as u64, size as u64).unwrap();
    let (leaf, index, position) = (leaf.to_owned(), index as u64, position as u64);
    let proof = EventProof::new(leaf, index, batch, header, position, log_path, note).unwrap();
    (key, proof)
}

#[test]
fn a_proof_is_checked_from_the_leaf_to_the_signature() {
    let (key, proof) = prove(LEAF, 5, 7, 2, 11);
    let text = proof.to_text();
    assert_eq!(EventProof::parse(&text).unwrap(), proof);
    let checked = EventProof::check(&text, &[key]).unwrap();
    assert_eq!((checked.leaf.as_str(), checked.index, checked.position), (LEAF, 5, 2));
    assert_eq!(checked.header, proof.header);
    assert_eq!(checked.checkpoint.checkpoint.size, 11);
}

#[test]
fn a_batch_of_one_in_a_log_of_one_is_proven_without_any_path() {
    let (key, proof) = prove(LEAF, 0, 3, 0, 1);
    assert_eq!(proof.log_path, []);
    assert!(EventProof::check(&proof.to_text(), &[key]).is_ok());
}

#[test]
fn each_broken_link_is_named() {
    let (key, proof) = prove(LEAF, 5, 7, 2, 11);
    let check = |change: &dyn Fn(&mut EventProof)| {
        let mut proof = proof.clone();
        change(&mut proof);
        EventProof::check(&proof.to_text(), std::slice::from_ref(&key)).unwrap_err()
    };
    let error = check(&|proof| proof.leaf = proof.leaf.replace("share", "print"));
    assert!(matches!(error, ProofFileError::Leaf(ProofError::Root { .. })), "{error}");
    let error = check(&|proof| proof.index = 4);
    assert!(matches!(error, ProofFileError::Leaf(_)), "{error}");
    let error = check(&|proof| proof.index = 7);
    assert!(matches!(error, ProofFileError::Leaf(ProofError::Index { .. })), "{error}");
    let error = check(&|proof| proof.path[0] = Hash::leaf(b"x"));
    assert!(matches!(error, ProofFileError::Leaf(_)), "{error}");
    let error = check(&|proof| proof.header.sha256 = Hash::leaf(b"x"));
    assert!(matches!(error, ProofFileError::Log(ProofError::Root { .. })), "{error}");
    let error = check(&|proof| proof.position = 3);
    assert!(matches!(error, ProofFileError::Log(_)), "{error}");
    let error = check(&|proof| proof.log_path[1] = Hash::leaf(b"x"));
    assert!(matches!(error, ProofFileError::Log(_)), "{error}");
    let error = check(&|proof| proof.checkpoint = proof.checkpoint.replace("\n11\n", "\n12\n"));
    assert!(matches!(error, ProofFileError::Checkpoint(_)), "{error}");
    let other = Checkpoint { origin: "example.com/audit".into(), size: 11, root: Hash::leaf(b"") };
    let error = check(&|proof| proof.checkpoint = sign(&other, 1).1);
    assert!(matches!(error, ProofFileError::Log(_)), "{error}");
    let error = check(&|proof| proof.checkpoint = sign(&other, 2).1);
    assert!(matches!(error, ProofFileError::Checkpoint(_)), "{error}");
}

#[test]
fn a_batch_of_another_log_is_refused() {
    let batch = [Hash::leaf(LEAF.as_bytes()), Hash::leaf(b"")];
    let mut header = header();
    header.origin = "example.com/other".into();
    header.root = tree::root(&batch);
    header.counts = crate::Counts { events: 2, records: 1, rejections: 0 };
    let (key, proof) = prove_header(LEAF, 0, &batch, header.seal(Hash::of(b"")), 1, 4);
    let error = EventProof::check(&proof.to_text(), &[key]).unwrap_err();
    assert!(matches!(error, ProofFileError::Origin { .. }), "{error}");
}

#[test]
fn a_proof_that_would_not_verify_is_not_made() {
    let (_, proof) = prove(LEAF, 5, 7, 2, 11);
    let leaves = model::leaves(7);
    let made = |index| {
        EventProof::new(
            LEAF.into(),
            index,
            &leaves,
            proof.header.clone(),
            2,
            Vec::new(),
            String::new(),
        )
    };
    assert!(matches!(made(4), Err(ProofFileError::Leaf(ProofError::Root { .. }))));
    assert!(matches!(made(7), Err(ProofFileError::Leaf(ProofError::Index { .. }))));
}

#[test]
fn what_is_not_a_proof_file_is_refused_with_its_line() {
    let (_, proof) = prove(LEAF, 1, 2, 1, 2);
    let text = proof.to_text();
    let lines: Vec<&str> = text.split('\n').collect();
    let with = |n: usize, line: &str| {
        let mut lines = lines.clone();
        lines[n - 1] = line;
        lines.join("\n")
    };
    let cases = [
        (1, String::new()),
        (1, with(1, "c2sp.org/tlog-proof@v2")),
        (1, with(1, "c2sp.org/tlog-proof@v1\r")),
        (2, with(2, "extra !")),
        (2, with(2, "extra  YQ==")),
        (2, with(2, "")),
        (3, with(3, "index 01")),
        (3, with(3, "index -1")),
        (3, with(3, "Index 1")),
        (3, with(3, "index 18446744073709551616")),
        (4, with(4, "AAAA")),
        (4, with(4, &format!("{} ", lines[3]))),
        (68, with(4, &vec![lines[3]; 65].join("\n"))),
        (5, lines[..4].join("\n") + "\n"),
    ];
    for (expected, text) in cases {
        match EventProof::parse(&text) {
            Err(ProofFileError::Line { line, .. }) => assert_eq!(line, expected, "{text:.200}"),
            other => panic!("line {expected}: {other:?}"),
        }
    }
}

#[test]
fn extra_data_of_another_form_is_refused() {
    let (_, proof) = prove(LEAF, 1, 2, 1, 2);
    let good = proof.extra();
    let read = |extra: Option<String>| {
        let mut file = LogProof::parse(&proof.to_text()).unwrap();
        file.extra = extra.map(String::into_bytes);
        EventProof::parse(&file.to_string())
    };
    assert_eq!(read(Some(good.clone())).unwrap(), proof);
    let bad = [
        String::new(),
        "{}".into(),
        good.replace("event-proof", "batch"),
        good.replace("\"version\":1}", "\"version\":2}"),
        good.replace("\"index\":1", "\"index\":1.0"),
        good.replace("\"index\":1", "\"index\":9007199254740992"),
        good.replace("\"index\":1", "\"index\": 1"),
        good.replace("\"path\":[\"", "\"path\":[\"="),
        good.replace("\\\"kind\\\":\\\"batch\\\"", "\\\"kind\\\":\\\"event\\\""),
        good.replace("document.share", "document\\u002eshare"),
    ];
    for bad in bad {
        assert_ne!(bad, good);
        assert!(read(Some(bad.clone())).is_err(), "{bad}");
    }
    assert!(read(None).is_err());
}

#[test]
fn the_proof_of_one_event_among_a_billion_is_under_4_kb_without_the_event() {
    // 312,500 batches of 3,200 events. The leaf is left empty: only the proof is measured.
    let (key, proof) = prove("", 1_234, 3_200, 123_456, 312_500);
    let text = proof.to_text();
    assert_eq!((proof.path.len(), proof.log_path.len()), (12, 19));
    println!("proof of one event among a billion: {} bytes", text.len());
    assert!(text.len() < 4096, "{} bytes", text.len());
    assert!(EventProof::check(&text, &[key]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_log_proof_is_read_as_it_was_written(
        extra: Option<Vec<u8>>, index: u64, n in 0usize..64, checkpoint in "(.|\n){0,60}",
    ) {
        let proof = LogProof { extra, index, path: model::leaves(n), checkpoint };
        prop_assert_eq!(LogProof::parse(&proof.to_string()).unwrap(), proof);
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in "(.|\n){0,200}", extra: Vec<u8>) {
        let _ = EventProof::parse(&text);
        let _ = LogProof::parse(&format!("{FIRST_LINE}\n{text}"));
        let proof = LogProof { extra: Some(extra), index: 0, path: Vec::new(), checkpoint: text };
        prop_assert!(EventProof::check(&proof.to_string(), &[]).is_err());
    }

    #[test]
    fn any_changed_bit_of_a_proof_is_seen(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let (key, proof) = prove(LEAF, 5, 7, 2, 11);
        let mut bytes = proof.to_text().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let checked = String::from_utf8(bytes).ok().map(|text| EventProof::check(&text, &[key]));
        prop_assert!(!matches!(checked, Some(Ok(_))));
    }
}
