//! CPU of ingest on one core, from the bytes of Lambda's payload to those of the object, beside the
//! floor: parsing, hashing and compressing the records.

use std::hint::black_box;

use cairn_event::Rules;
use cairn_ingest::{Context, Request, build};
use cairn_ledger::{ChainId, Hash, Lineage};
use sha2::{Digest, Sha256};

use crate::corpus::Corpus;
use crate::function::payload;
use crate::sample::{best, micros_each};

const RUNS: u32 = 15;

/// Prints microseconds an event, stage by stage.
pub(crate) fn run() {
    let corpus = Corpus::load();
    let n = corpus.records.len();
    println!("{n} {}, {} bytes each on average", corpus.name, corpus.bytes() / n);

    let parse = best(RUNS, || {
        let parsed = |r: &Vec<u8>| sonic_rs::from_slice::<sonic_rs::Value>(r).is_ok();
        corpus.records.iter().filter(|r| parsed(r)).count()
    });
    let hash = best(RUNS, || {
        for record in &corpus.records {
            black_box(Sha256::digest(record));
        }
    });
    let whole = corpus.records.concat();
    let compress = best(RUNS, || zstd::bulk::compress(&whole, 3).unwrap().len());
    let floor = parse + hash + compress;
    let row = |what: &str, time| println!("  {what:<34} {:>7.2} µs", micros_each(time, n));
    row("floor: parse (sonic-rs)", parse);
    row("floor: SHA-256", hash);
    row("floor: zstd -3", compress);
    row("floor", floor);

    let chain: ChainId = "bench/20260101T000000Z/shardId-000000000000".parse().unwrap();
    let rules = Rules::with_tenant_key([1; 32]);
    let payload = payload("bench", 0, 0, &corpus.records);
    let read =
        || serde_json::from_slice::<Request>(payload.as_bytes()).unwrap().into_shard().unwrap();
    let unpack = best(RUNS, read);
    let records = read().records;
    let mut items = Vec::new();
    let transform = best(RUNS, || {
        items.clear();
        for record in &records {
            cairn_event::transform(&chain, record, &rules, &mut items);
        }
    });
    let context = Context {
        origin: "bench.example",
        chain: &chain,
        rules: &rules,
        bundle_hash: rules.bundle().hash(),
        traces: false,
    };
    let parent = || Lineage::Previous(Hash::EMPTY_ROOT);
    let mut built = None;
    let all = best(RUNS, || {
        let records = read().records;
        built = Some(build(&context, 1, parent(), &records, || [0; 32]).unwrap());
    });
    row("ingest: payload to records", unpack);
    row("ingest: records to leaves", transform);
    row("ingest: tree, header, Parquet", all.saturating_sub(unpack + transform));
    row("ingest", all);
    println!(
        "  ingest / floor {:>36.2} (budget 3, aim 1.5)",
        all.as_secs_f64() / floor.as_secs_f64()
    );
    let built = built.unwrap();
    assert_eq!(built.header.header.counts.records, n as u64, "the batch holds every record");
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let ratio = built.object.len() as f64 / corpus.bytes() as f64 * 100.0;
    println!("  stored size {:>38.1} % of the JSON (budget 20)", ratio);
}
