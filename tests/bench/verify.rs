//! Rate of a full verification on all cores, beside the floor: decompressing and hashing the same
//! bytes.

use cairn_tests::World;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::corpus::Corpus;
use crate::sample::best;

const BATCHES: usize = 16;
const RUNS: u32 = 5;

/// Prints megabytes of JSON a second.
pub(crate) fn run() {
    let corpus = Corpus::load();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(archive(&corpus));
    let report = runtime.block_on(world.verify());
    assert!(report.ok, "{:#?}", report.findings);

    // The floor's input: the same leaves and objects, compressed in one piece each.
    let leaves = runtime.block_on(leaves(&world));
    let compressed: Vec<(Vec<u8>, Vec<usize>, Vec<u8>)> = leaves
        .into_iter()
        .map(|(leaves, object)| {
            let lengths = leaves.iter().map(Vec::len).collect();
            (zstd::bulk::compress(&leaves.concat(), 3).unwrap(), lengths, object)
        })
        .collect();
    let bytes: usize = compressed.iter().flat_map(|(_, lengths, _)| lengths).sum();
    let floor = best(RUNS, || {
        compressed
            .par_iter()
            .map(|(zstd, lengths, object)| {
                let leaves = zstd::bulk::decompress(zstd, lengths.iter().sum()).unwrap();
                let mut rest = &leaves[..];
                let mut last = Sha256::digest(object);
                for length in lengths {
                    let (leaf, tail) = rest.split_at(*length);
                    last = Sha256::digest(leaf);
                    rest = tail;
                }
                last
            })
            .count()
    });
    let full = best(RUNS, || runtime.block_on(world.verify_as_it_is(None)).events);
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let rate = |time: std::time::Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!("{} events of {} in {BATCHES} batches", report.events, corpus.name);
    println!("  floor: zstd-decode + SHA-256 {:>14.0} MB/s", rate(floor));
    println!("  verify {:>36.0} MB/s", rate(full));
    println!("  verify / floor {:>30.2} (budget 2)", full.as_secs_f64() / floor.as_secs_f64());
}

async fn archive(corpus: &Corpus) -> World {
    let world = World::new(1).await;
    let process = world.process();
    for _ in 0..BATCHES {
        let batch: Vec<_> =
            corpus.records.iter().map(|record| world.put(0, record.clone())).collect();
        assert!(process.ingest(0, &batch).await.unwrap().unwrap().failures.is_empty());
    }
    world
}

async fn leaves(world: &World) -> Vec<(Vec<Vec<u8>>, Vec<u8>)> {
    use cairn_store::{Objects, Table};
    let chain = world.chain(0).await;
    let mut batches = Vec::new();
    for item in world.cloud.batches(&chain, 0, 1_000).await.unwrap() {
        let key = &item.header.header.key;
        let object = world.cloud.read(key).await.unwrap().unwrap();
        batches.push((world.leaves(key).await, object.body.to_vec()));
    }
    batches
}
