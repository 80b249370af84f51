#![allow(clippy::unwrap_used)]

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::EncodePublicKey;
use proptest::prelude::*;

use super::*;

const TEXT: &str = "a text\n\nof three lines\n";

fn ed25519(name: &str, seed: u8) -> (VerifierKey, ed25519_dalek::SigningKey) {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    let der = secret.verifying_key().to_public_key_der().unwrap();
    (VerifierKey::from_spki(name, der.as_bytes()).unwrap(), secret)
}

fn ecdsa(name: &str, seed: u8) -> (VerifierKey, p256::ecdsa::SigningKey) {
    let secret = p256::ecdsa::SigningKey::from_slice(&[seed; 32]).unwrap();
    let der = secret.verifying_key().to_public_key_der().unwrap();
    (VerifierKey::from_spki(name, der.as_bytes()).unwrap(), secret)
}

fn signed(text: &str, name: &str, seed: u8) -> (VerifierKey, Note) {
    let (key, secret) = ed25519(name, seed);
    let note = key.note(text, &secret.sign(text.as_bytes()).to_bytes()).unwrap();
    (key, note)
}

fn signed_by_ecdsa(text: &str, name: &str, seed: u8) -> (VerifierKey, Note) {
    let (key, secret) = ecdsa(name, seed);
    let raw: p256::ecdsa::DerSignature = secret.sign(text.as_bytes());
    let note = key.note(text, raw.as_bytes()).unwrap();
    (key, note)
}

#[test]
fn a_note_signed_with_ed25519_opens() {
    let (key, note) = signed(TEXT, "example.com/log", 1);
    assert_eq!(Note::open(&note.to_string(), &[key]).unwrap(), note);
    assert_eq!(note.text(), TEXT);
}

#[test]
fn a_note_signed_with_ecdsa_opens() {
    let (key, note) = signed_by_ecdsa(TEXT, "example.com/log", 1);
    assert_eq!(Note::open(&note.to_string(), &[key]).unwrap(), note);
}

#[test]
fn the_example_of_the_go_package_opens() {
    // golang.org/x/mod/sumdb/note, the example of its documentation.
    let key: VerifierKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
    let text = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n";
    let note = format!(
        "{text}\n\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    );
    assert_eq!(Note::open(&note, std::slice::from_ref(&key)).unwrap().text(), text);
    let altered = note.replace("cryptography", "Cryptography");
    assert!(matches!(Note::open(&altered, &[key]), Err(NoteError::BadSignature { .. })));
}

#[test]
fn the_sigstore_key_has_the_id_that_rekor_uses() {
    // The key in the documentation of transparency-dev/formats/note; Rekor's log id starts with
    // the same SHA-256 of its SPKI: c0d23d6ad406973f...
    let der = STANDARD
        .decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==")
        .unwrap();
    let key = VerifierKey::from_spki("rekor.sigstore.dev", &der).unwrap();
    assert_eq!(format!("{:08x}", key.id()), "c0d23d6a");
    assert_eq!(key.to_spki(), der);
    assert_eq!(key.to_string().parse(), Ok(key));
}

#[test]
fn a_false_signature_by_a_known_key_spoils_a_note_that_another_key_signed() {
    let (good, note) = signed(TEXT, "example.com/log", 1);
    let (bad, _) = ed25519("example.com/witness", 2);
    let false_one = Signature { name: bad.name().into(), id: bad.id(), bytes: vec![0; 64] };
    let note = Note::new(TEXT, vec![note.signatures()[0].clone(), false_one]).unwrap();
    assert!(note.verify(std::slice::from_ref(&good)).is_ok());
    let keys = [good, bad.clone()];
    let found = note.verify(&keys);
    assert_eq!(found, Err(NoteError::BadSignature { key: bad.label() }));
}

#[test]
fn signatures_by_unknown_keys_are_ignored_even_under_a_known_name() {
    let (old, first) = signed(TEXT, "example.com/log", 1);
    let (new, second) = signed(TEXT, "example.com/log", 2);
    let both = [first.signatures(), second.signatures()].concat();
    let note = Note::new(TEXT, both).unwrap();
    assert_eq!(note.verify(std::slice::from_ref(&old)).unwrap(), [&old]);
    assert_eq!(note.verify(std::slice::from_ref(&new)).unwrap(), [&new]);
    assert_eq!(note.verify(&[new.clone(), old.clone()]).unwrap(), [&old, &new]);
    let (stranger, _) = ed25519("example.com/log", 3);
    assert!(matches!(note.verify(&[stranger]), Err(NoteError::NoKnownKey { .. })));
}

#[test]
fn a_signature_that_does_not_verify_is_never_assembled() {
    let (key, secret) = ed25519("example.com/log", 1);
    let raw = secret.sign(b"another text\n").to_bytes();
    assert!(matches!(key.note(TEXT, &raw), Err(NoteError::BadSignature { .. })));
    let (key, _) = ecdsa("example.com/log", 1);
    assert!(matches!(key.note(TEXT, &raw), Err(NoteError::BadSignature { .. })));
}

#[test]
fn a_text_with_empty_lines_is_split_at_the_last_one() {
    let text = "a\n\n\n\u{2014} b c\n\n";
    let (key, note) = signed(text, "k", 1);
    assert_eq!(Note::open(&note.to_string(), &[key]).unwrap().text(), text);
}

#[test]
fn what_is_not_a_note_is_refused() {
    let (_, note) = signed(TEXT, "k", 1);
    let note = note.to_string();
    let line = note.lines().last().unwrap();
    let bad = [
        String::new(),
        "\n".into(),
        "\n\n".into(),
        "text\n\n".into(),
        note.trim_end().into(),
        format!("text\n{line}\n"),
        format!("te\u{1}xt\n\n{line}\n"),
        format!("text\r\n\n{line}\n"),
        format!("text\n\n{line}\r\n"),
        format!("text\n\n{line} \n"),
        format!("text\n\n{line}\nx\n"),
        "text\n\n\u{2014} k AAAA\n".into(),
        "text\n\n\u{2014} k AAAAAA==\n".into(),
        "text\n\n\u{2014} k AAAAAAA\n".into(),
        "text\n\n\u{2014} k AAAAAAB=\n".into(),
        "text\n\n\u{2014} +k AAAAAAA=\n".into(),
        "text\n\n\u{2014}  AAAAAAA=\n".into(),
        "text\n\n\u{2014} k\u{a0}k AAAAAAA=\n".into(),
        "text\n\n- k AAAAAAA=\n".into(),
        format!("text\n\n{}", format!("{line}\n").repeat(101)),
        format!("{}\n\n{line}\n", "x".repeat(MAX_BYTES)),
    ];
    for bad in &bad {
        let found = Note::parse(bad);
        assert!(matches!(found, Err(NoteError::Malformed { .. })), "{bad:.80?}: {found:?}");
    }
    assert!(Note::parse("text\n\n\u{2014} k AAAAAAA=\n").is_ok());
    assert!(Note::parse(&format!("text\n\n{}", format!("{line}\n").repeat(100))).is_ok());
}

#[test]
fn what_is_not_a_verifier_key_is_refused() {
    let (key, _) = ed25519("example.com/log", 1);
    let text = key.to_string();
    let (head, tail) = text.rsplit_once('+').unwrap();
    let bad = [
        String::new(),
        "+".into(),
        head.into(),
        format!("+{:08x}+{tail}", key.id()),
        format!("a b+{:08x}+{tail}", key.id()),
        format!("example.com/log+{:08X}+{tail}", key.id() | 0xa000_0000),
        format!("example.com/log+{:08x}+{tail}", key.id() ^ 1),
        format!("example.com/logs+{:08x}+{tail}", key.id()),
        format!("{head}+{}", &tail[..tail.len() - 4]),
        format!("{head}+B{}", &tail[1..]),
        format!("{text}\n"),
    ];
    for bad in &bad {
        assert!(bad.parse::<VerifierKey>().is_err(), "{bad:?}");
    }
    assert_eq!(text.parse(), Ok(key));
}

#[test]
fn a_key_on_another_curve_is_refused() {
    // An SPKI of P-384 (OID 1.3.132.0.34) as OpenSSL makes it.
    let der = hex::decode(concat!(
        "3076301006072a8648ce3d020106052b81040022036200",
        "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7",
        "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f",
    ))
    .unwrap();
    assert!(matches!(VerifierKey::from_spki("k", &der), Err(KeyError::Key { .. })));
}

#[test]
fn a_key_has_one_encoding_and_so_one_id() {
    let (key, secret) = ecdsa("k", 1);
    let point = secret.verifying_key().to_sec1_point(true);
    let prefix = hex::decode("3039301306072a8648ce3d020106082a8648ce3d030107032200").unwrap();
    let compressed = [prefix.as_slice(), point.as_bytes()].concat();
    assert!(matches!(VerifierKey::from_spki("k", &compressed), Err(KeyError::Key { .. })));
    let longer = [key.to_spki().as_slice(), &[0]].concat();
    assert!(matches!(VerifierKey::from_spki("k", &longer), Err(KeyError::Key { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_the_parsers_panic(text in ".{0,200}", tail in "(\n\n)?(\u{2014} )?[a-z]{0,3} ?[A-Za-z0-9+/=]{0,20}\n?") {
        let _ = Note::parse(&text);
        let _ = Note::parse(&format!("{text}{tail}"));
        let _ = text.parse::<VerifierKey>();
    }
}

proptest! {
    // Elliptic curves are slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_bytes_make_the_key_readers_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = VerifierKey::from_spki("k", &bytes);
        let text = format!("k+00000000+{}", STANDARD.encode(&bytes));
        prop_assert!(text.parse::<VerifierKey>().is_err() || bytes.len() > 1);
        prop_assert!(!ed25519("k", 1).0.verify(b"", &bytes));
    }

    #[test]
    fn a_note_is_written_as_it_was_read(text in "[ -~\n\u{e9}]{0,60}\n", seed in 1u8..) {
        let (key, note) = signed(&text, "example.com/log", seed);
        let read = Note::open(&note.to_string(), &[key]).unwrap();
        prop_assert_eq!(read, note);
    }

    #[test]
    fn any_changed_bit_of_a_note_is_seen(bit in any::<prop::sample::Index>(), ecdsa: bool) {
        let (key, note) = match ecdsa {
            true => signed_by_ecdsa(TEXT, "k", 1),
            false => signed(TEXT, "k", 1),
        };
        let mut bytes = note.to_string().into_bytes();
        let bit = bit.index(bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        let opened = String::from_utf8(bytes).ok().map(|text| Note::open(&text, &[key]));
        prop_assert!(!matches!(opened, Some(Ok(_))));
    }
}
