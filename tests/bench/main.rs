//! Benchmarks: `cargo bench -p cairn-tests --bench cairn`. Each prints its figure beside the floor, or the
//! budget, measured in the same run on the same bytes. Nothing here asserts a time.
//!
//! Name some to run only those: `cargo bench -p cairn-tests --bench cairn -- ingest verify`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot go on must stop"
)]

mod corpus;
mod cost;
mod function;
mod ingest;
mod prices;
mod proof;
mod requests;
mod rules;
mod sample;
mod scale;
mod verify;

type Bench = (&'static str, fn());

const BENCHES: [Bench; 9] = [
    ("ingest", ingest::run),
    ("rules", rules::run),
    ("verify", verify::run),
    ("requests", requests::run),
    ("proof", proof::run),
    ("cost", cost::run),
    ("scale", scale::run),
    ("binaries", function::binaries),
    ("invocation", function::invocation),
];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    println!("{} cores\n", std::thread::available_parallelism().map_or(1, Into::into));
    for (name, run) in BENCHES {
        if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
            println!("## {name}\n");
            run();
            println!();
        }
    }
}
