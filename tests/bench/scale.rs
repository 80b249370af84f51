//! 10,000 shards for a day: what the checkpoint function does, and what a million events cost. The real
//! handler over a simulated cloud that counts (`cairn_tests::scale`); ingest's requests are counted on its
//! real handler. List prices of us-east-1 (2026).

use std::time::Duration;

use cairn_store::faults::{Call, Operation};
use cairn_tests::World;
use cairn_tests::scale::{Outcome, Scale};

use crate::corpus::generated;

const SHARDS: usize = 10_000;

/// A load: what, batches a minute over all shards, events in each, and minutes that are simulated.
struct Load {
    what: &'static str,
    batches: usize,
    events: usize,
    minutes: usize,
}

const LOADS: [Load; 3] = [
    Load { what: "60 of them have one event a minute", batches: 60, events: 1, minutes: 1_440 },
    Load { what: "each has one event a minute", batches: SHARDS, events: 1, minutes: 1_440 },
    // 1 MB/s each, in batches of 6 MB payload.
    Load { what: "each is full: 1 MB/s", batches: 18 * SHARDS, events: 3_200, minutes: 10 },
];

/// Prints it all.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for load in LOADS {
        let calls = runtime.block_on(invocation(load.events));
        let Load { what, batches, minutes, .. } = load;
        let scale = Scale { shards: SHARDS, minutes, away: 0, batches, reshardings: 100, seed: 1 };
        println!("{SHARDS} shards, {what}; {minutes} minutes, 100 splits and merges an hour:");
        let outcome = scale.run(|_| {});
        print(&load, &outcome);
        bill(&load, &outcome, &calls);
        println!();
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures to read")]
fn print(load: &Load, outcome: &Outcome) {
    let mut ticks = outcome.ticks.clone();
    ticks.sort_unstable();
    let at = |percent: usize| ticks[(ticks.len() - 1) * percent / 100];
    let seconds = |time: Duration| format!("{:.3} s", time.as_secs_f64());
    let minutes = load.minutes as f64;
    let requests = outcome.requests;
    let line = |what: &str, value: String| println!("  {what:<46} {value:>18}");
    line("batches committed, logged", format!("{} {}", outcome.committed, outcome.logged));
    line("chains at the end", outcome.chains.to_string());
    line("a tick, all but waiting: median", seconds(at(50)));
    line("... 99 of 100", seconds(at(99)));
    line("... the longest", seconds(at(100)));
    line("moves of the log a tick", format!("{:.2}", requests.signs as f64 / minutes));
    line("cursors, written with each move", format!("{} KB", outcome.cursors >> 10));
    line("the largest plan", format!("{} KB", outcome.plan >> 10));
    line("tiles and bundles a tick", format!("{:.1}", requests.tiles as f64 / minutes));
    line("put a tick", format!("{:.0} KB", requests.put_bytes as f64 / minutes / 1024.0));
    line("queries of the table a tick", format!("{:.0}", requests.queries as f64 / minutes));
    line("read units a tick", format!("{:.0}", requests.read_units as f64 / minutes));
}

/// Dollars for a million events, by line.
#[expect(clippy::cast_precision_loss, reason = "figures to read")]
fn bill(load: &Load, outcome: &Outcome, ingest: &[Call]) {
    let requests = outcome.requests;
    let events = outcome.committed as f64 * load.events as f64;
    let batches = outcome.committed as f64;
    let of = |operation| {
        batches * ingest.iter().filter(|call| call.operation == operation).count() as f64
    };
    let busy: f64 = outcome.ticks.iter().map(Duration::as_secs_f64).sum();
    let lines = [
        ("ingest: S3 PUT", of(Operation::Create), 5.0),
        ("ingest: DynamoDB write units", 4.0 * of(Operation::Commit), 0.625),
        ("ingest: DynamoDB read units", of(Operation::Chain), 0.125),
        ("ingest: Lambda requests", batches, 0.2),
        ("checkpoint: S3 PUT", requests.puts as f64, 5.0),
        ("checkpoint: S3 GET", requests.gets as f64, 0.4),
        ("checkpoint: S3 LIST", requests.lists as f64, 5.0),
        ("checkpoint: DynamoDB read units", requests.read_units as f64, 0.125),
        ("checkpoint: DynamoDB write units", requests.write_units as f64, 0.625),
        ("checkpoint: KMS signatures", requests.signs as f64, 15.0),
        // 1 GB, without the time that it waits.
        ("checkpoint: Lambda GB-seconds of CPU", busy, 13.3334),
    ];
    println!("  for a million events:");
    let mut total = 0.0;
    for (what, number, price) in lines {
        let million = number / events * 1e6;
        let dollars = million * price / 1e6;
        total += dollars;
        println!("    {what:<40} {million:>14.2} {dollars:>10.4} $");
    }
    println!("    {:<55} {total:>10.4} $", "all of them");
}

/// The requests of an invocation of a warm function.
async fn invocation(events: usize) -> Vec<Call> {
    let world = World::new(1).await;
    let process = world.process();
    let events = generated(events);
    let mut before = 0;
    for _ in 0..2 {
        before = process.faults.calls().len();
        let records: Vec<_> = events.iter().map(|event| world.put(0, event.clone())).collect();
        assert!(process.ingest(0, &records).await.unwrap().unwrap().failures.is_empty());
    }
    process.faults.calls().split_off(before)
}
