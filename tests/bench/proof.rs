//! Size of the proof of one event among a billion, and what is read for it.

use cairn_ledger::tile::inclusion_tiles;
use cairn_ledger::tree::inclusion_path;
use cairn_ledger::{Checkpoint, EventProof, Hash};
use cairn_store::{Signer, Table};
use cairn_tests::World;

use crate::corpus::generated;

/// Full batches of a billion events.
const BATCHES: u64 = 312_500;

/// Events of a full batch.
const EVENTS: usize = 3_200;

/// Prints bytes and reads.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let proof = runtime.block_on(prove());
    let bytes = proof.to_text().len() - proof.leaf.len().div_ceil(3) * 4;
    // The batch, the plan that says where its header stands, the checkpoint, the tiles.
    let reads = 3 + inclusion_tiles(proof.position, BATCHES).len();
    println!("one event of {EVENTS} in one batch of {BATCHES}");
    println!("  proof, beside the event itself {bytes:>8} bytes (budget 4,096)");
    println!("  objects read {reads:>26} (budget below 10)");
}

/// A real batch of real size, logged among as many others as make a billion events.
async fn prove() -> EventProof {
    let world = World::new(1).await;
    let records: Vec<_> = generated(EVENTS).into_iter().map(|event| world.put(0, event)).collect();
    let response = world.process().ingest(0, &records).await.unwrap().unwrap();
    assert!(response.failures.is_empty());
    let chain = world.chain(0).await;
    let header = world.cloud.batches(&chain, 0, 1).await.unwrap().remove(0).header;
    let leaves: Vec<Vec<u8>> = world.leaves(&header.header.key).await;
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| Hash::leaf(leaf)).collect();

    let position = BATCHES / 2 + 1;
    let other = |n: u64| Hash::leaf(&n.to_be_bytes());
    let mut log: Vec<Hash> = (0..BATCHES).map(other).collect();
    log[usize::try_from(position).unwrap()] = header.link();
    let root = cairn_ledger::tree::root(&log);
    let checkpoint = Checkpoint { origin: cairn_tests::ORIGIN.to_owned(), size: BATCHES, root };
    let text = checkpoint.to_string();
    let signature = world.signer().sign(text.as_bytes()).await.unwrap();
    let note = world.keys[0].note(&text, &signature).unwrap().to_string();
    let path = inclusion_path(&log, position).unwrap();

    let index = EVENTS / 2 + 1;
    let leaf = String::from_utf8(leaves[index].clone()).unwrap();
    let proof = EventProof::new(leaf, index as u64, &hashes, header, position, path, note).unwrap();
    EventProof::check(&proof.to_text(), &world.keys).unwrap();
    proof
}
