//! Archives and proofs made to exhaust whoever looks at them, some by a liar who holds the signing key.
//! The verifier ends, with findings, in little memory.

#![allow(clippy::unwrap_used, reason = "tests")]

use cairn_fuzz::world::{ORIGIN, World, chain, sign, signing_key, verifier_key};
use cairn_ledger::{Checkpoint, EventProof, Hash, Lineage, Parent};

/// An archive whose every batch is logged.
fn whole() -> World {
    let mut world = World::usual();
    world.log();
    assert!(world.verify().ok);
    world
}

fn bodies() -> Vec<(&'static str, Vec<u8>)> {
    let zeros = vec![0; 256 << 20];
    let bomb = zstd::bulk::compress(&zeros, 19).unwrap();
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    drop(zeros);
    vec![
        ("empty", Vec::new()),
        ("a byte", vec![0]),
        ("zeros", vec![0; 1 << 20]),
        ("ones", vec![0xff; 1 << 20]),
        ("lines", vec![b'\n'; 1 << 20]),
        ("a bomb", bomb),
        ("an open array", vec![b'['; 1 << 20]),
        ("deep objects", b"{\"a\":".repeat(100_000)),
        ("a long number", b"9".repeat(1 << 20)),
        ("a long string", [b"\"", b"a".repeat(1 << 20).as_slice(), b"\""].concat()),
        ("a magic word", b"PAR1PAR1".to_vec()),
        ("a footer as long as can be", b"PAR1\xff\xff\xff\x7fPAR1".to_vec()),
        ("no text", vec![0xc0; 100]),
    ]
}

#[test]
fn an_object_that_is_something_else_is_a_finding() {
    let whole = whole();
    let bodies = bodies();
    for key in whole.objects.keys() {
        for (what, body) in &bodies {
            let mut world = whole.clone();
            world.change(key, |bytes| bytes.clone_from(body));
            assert!(!world.verify().ok, "{what} at {key}");
        }
    }
}

#[test]
fn an_object_cut_short_or_grown_is_a_finding() {
    let whole = whole();
    for key in whole.objects.keys() {
        let length = whole.body(key).len();
        for end in [0, 1, length / 2, length - 1] {
            let mut world = whole.clone();
            world.change(key, |bytes| bytes.truncate(end));
            assert!(!world.verify().ok, "{end} of {length} bytes of {key}");
        }
        let mut world = whole.clone();
        world.change(key, |bytes| bytes.extend(b"\n"));
        assert!(!world.verify().ok, "{key} and a line feed");
    }
}

/// The log says that it has more entries than the archive can hold.
#[test]
fn a_signed_size_is_not_believed() {
    for size in [24, 1 << 16, 1 << 32, 1 << 53, 1 << 62, u64::MAX] {
        let mut world = whole();
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root: Hash::of(b"none") };
        let note = sign(&checkpoint, &signing_key(1));
        world.put(cairn_batch::keys::CHECKPOINT, note.clone(), None);
        world.put_locked(&cairn_batch::keys::checkpoint(size), note, 3650);
        assert!(!world.verify().ok, "{size} entries");
    }
}

#[test]
fn a_checkpoint_with_thousands_of_signatures_is_read() {
    let world = whole();
    let note = sign(&world.checkpoint(), &signing_key(1));
    let (text, line) = note.rsplit_once("\n\n").unwrap();
    for count in [2, 100, 10_000] {
        let mut world = world.clone();
        let many = format!("{text}\n\n{}", line.repeat(count));
        world.change(cairn_batch::keys::CHECKPOINT, |bytes| *bytes = many.into_bytes());
        // More than a hundred are no note; below that the same one may stand twice.
        assert_eq!(world.verify().ok, count <= 100, "{count} signatures");
    }
}

#[test]
fn thousands_of_versions_are_a_finding() {
    let mut world = whole();
    let key = World::batch_key(0, 1);
    let body = world.body(&key);
    for _ in 0..5_000 {
        world.put(&key, body.clone(), Some(35));
    }
    assert!(!world.verify().ok);
}

/// Chains that follow themselves, each other, or nothing that there is.
#[test]
fn parents_that_go_in_circles_are_findings() {
    let link = Hash::of(b"somewhere");
    for parents in [
        vec![Parent { chain: chain(7), link }],
        vec![Parent { chain: chain(8), link }],
        (0..200).map(|n| Parent { chain: chain(n), link }).collect(),
    ] {
        let mut world = whole();
        for shard in [7, 8] {
            let mut draft = world.draft(&chain(shard), &[b"{}".to_vec()]);
            draft.header.lineage = Lineage::Genesis(parents.clone());
            world.seal_draft(draft);
        }
        world.log();
        assert!(!world.verify().ok, "{} parents", parents.len());
    }
}

/// What a header counts has nothing to do with what is there.
#[test]
fn counts_are_not_believed() {
    for count in [0, 1 << 32, (1 << 53) - 1] {
        let mut world = whole();
        let mut draft = world.draft(&chain(0), &[b"{}".to_vec()]);
        draft.header.counts.events = count;
        draft.header.counts.records = count;
        world.seal_draft(draft);
        world.log();
        assert!(!world.verify().ok, "{count} events");
    }
}

#[test]
fn endless_proofs_prove_nothing() {
    let key = [verifier_key(ORIGIN, &signing_key(1))];
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let head = "c2sp.org/tlog-proof@v1\n";
    for text in [
        format!("{head}index 0\n{}\n", hash.repeat(1_000_000)),
        format!("{head}extra {}\nindex 0\n\n", "A".repeat(16 << 20)),
        format!("{head}index {}\n\n", "9".repeat(1 << 20)),
        format!("{head}{}", "extra \n".repeat(1_000_000)),
        "\n".repeat(10 << 20),
        "[".repeat(10 << 20),
    ] {
        let start: String = text.chars().take(60).collect();
        assert!(EventProof::check(&text, &key).is_err(), "{start:?}...");
    }
}

#[test]
fn all_of_it_takes_little_memory() {
    an_object_that_is_something_else_is_a_finding();
    a_signed_size_is_not_believed();
    endless_proofs_prove_nothing();
    match cairn_fuzz::smoke::most_resident() {
        None => println!("skipped: memory is read from Linux's /proc"),
        Some(bytes) => assert!(bytes < 512 << 20, "{} MiB", bytes >> 20),
    }
}
