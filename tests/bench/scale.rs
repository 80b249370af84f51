//! 10,000 shards: what the checkpoint function does, whether it keeps up, and what a million events cost. The
//! real handler over a simulated cloud that counts and takes its time (`cairn_tests::scale`); ingest's
//! requests are counted on its real handler, its Lambda time is not among them.

use std::time::Duration;

use cairn_store::Objects;
use cairn_store::faults::{Call, Operation};
use cairn_tests::World;
use cairn_tests::scale::{Outcome, Pace, Scale, Ticked};
use indicatif::ProgressBar;

use crate::corpus::generated;
use crate::prices;

const SHARDS: usize = 10_000;

/// Memory of the checkpoint function, as Terraform declares it.
const MEMORY: u32 = 512;

const DAY: f64 = 1_440.0;

/// A load: what, batches a minute over all shards, events in each, minutes that are simulated, and
/// minutes before them without the checkpoint function.
struct Load {
    what: &'static str,
    batches: usize,
    events: usize,
    minutes: usize,
    away: usize,
}

const LOADS: [Load; 5] = [
    Load {
        what: "one event a second, spread over them",
        batches: 60,
        events: 1,
        minutes: 1_440,
        away: 0,
    },
    Load {
        what: "each has one event a minute, in a window of its own",
        batches: SHARDS,
        events: 1,
        minutes: 240,
        away: 0,
    },
    Load {
        what: "the same, after an hour without the checkpoint function",
        batches: SHARDS,
        events: 1,
        minutes: 60,
        away: 60,
    },
    Load {
        what: "each has one event every 10 s, in a window of its own",
        batches: 6 * SHARDS,
        events: 1,
        minutes: 20,
        away: 0,
    },
    // In batches of 6 MB payload.
    Load { what: "each is full: 1 MB/s", batches: 18 * SHARDS, events: 3_200, minutes: 5, away: 0 },
];

/// Prints it all.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for load in LOADS {
        let (calls, object) = runtime.block_on(invocation(load.events));
        let Load { what, batches, minutes, away, .. } = load;
        let pace = Pace::of_memory(MEMORY);
        let minutes = minutes + away;
        let scale =
            Scale { shards: SHARDS, minutes, away, batches, reshardings: 100, pace, seed: 1 };
        println!("{SHARDS} shards, {what}; {minutes} minutes, 100 splits and merges an hour:");
        let bar = ProgressBar::new((minutes - away) as u64);
        let outcome = scale.run(|_| bar.inc(1));
        bar.finish_and_clear();
        ticks(&outcome);
        requests(&load, &outcome, object);
        year(&load, &outcome);
        bill(&load, &outcome, &calls);
        println!();
    }
}

fn line(what: &str, value: String) {
    println!("  {what:<46} {value:>24}");
}

/// The time of ticks, and whether they keep up.
fn ticks(outcome: &Outcome) {
    let seconds = |what: &str, of: fn(&Ticked) -> Duration| {
        let mut times: Vec<_> = outcome.ticks.iter().map(of).collect();
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64();
        line(what, format!("{:.2} {:.2} {:.2} s", at(50), at(99), at(100)));
    };
    seconds("CPU of a tick, here: median, 99 %, longest", |tick| tick.cpu);
    seconds("a tick, with 512 MB and answers in 5 to 40 ms", |tick| tick.whole);
    let behind: Vec<u64> = outcome.ticks.iter().map(|tick| tick.behind).collect();
    let caught_up = behind.iter().position(|behind| *behind == 0);
    let caught_up = caught_up.map_or("none".to_owned(), |tick| (tick + 1).to_string());
    line("the first tick that leaves nothing", caught_up);
    line("batches committed", outcome.committed.to_string());
    line("... and not logged after the last tick", behind.last().unwrap_or(&0).to_string());
}

/// What a tick asks for and writes, and what a day leaves behind.
#[expect(clippy::cast_precision_loss, reason = "figures to read")]
fn requests(load: &Load, outcome: &Outcome, object: usize) {
    let requests = outcome.requests;
    let minutes = load.minutes as f64;
    let each = |number: u64| format!("{:.1}", number as f64 / minutes);
    line("moves of the log a tick", each(requests.signs));
    line("entries of the largest", requests.largest_move.to_string());
    line("cursors, written with each move", format!("{} KB", outcome.cursors >> 10));
    line("the largest plan", format!("{} KB", outcome.plan >> 10));
    line("full tiles and bundles a tick", each(requests.tiles - requests.partial_tiles));
    line("partial ones", each(requests.partial_tiles));
    line("queries a tick", each(requests.queries));
    line("headers read a tick", each(requests.headers));
    line("read units a tick", each(requests.read_units));
    let gigabytes = |bytes: f64| format!("{:.2} GB", bytes / minutes * DAY / 1e9);
    let (all, tiles) = (requests.put_bytes as f64, requests.tile_bytes as f64);
    line("a day leaves of tiles and bundles", gigabytes(tiles));
    line("... of cursors, plans and checkpoints", gigabytes(all - tiles));
    let archived = (load.batches * object) as f64 * minutes;
    line("... of batches", gigabytes(archived));
}

/// What a year of such days makes of the list of chains, all of which each tick reads.
#[expect(clippy::cast_precision_loss, reason = "figures to read")]
fn year(load: &Load, outcome: &Outcome) {
    let minutes = (load.minutes + load.away) as f64;
    let begun = outcome.chains.saturating_sub(SHARDS) as f64;
    let chains = SHARDS as f64 + begun / minutes * DAY * 365.0;
    let megabytes = chains * outcome.cursors as f64 / outcome.chains as f64 / 1e6;
    line("chains after a year of it", format!("{chains:.0}"));
    line("... cursors of", format!("{megabytes:.0} MB"));
    let reading = chains / 32.0 * Pace::WAITING.table.as_secs_f64();
    line("... to query all of them takes", format!("{reading:.0} s"));
}

/// Dollars for a million events, by line.
#[expect(clippy::cast_precision_loss, reason = "figures to read")]
fn bill(load: &Load, outcome: &Outcome, ingest: &[Call]) {
    let requests = outcome.requests;
    let events = (load.batches * load.events * load.minutes) as f64;
    let batches = (load.batches * load.minutes) as f64;
    let of = |operation| {
        batches * ingest.iter().filter(|call| call.operation == operation).count() as f64
    };
    let busy: f64 = outcome.ticks.iter().map(|tick| tick.whole.as_secs_f64()).sum();
    let shard_hours = (SHARDS * load.minutes) as f64 / 60.0;
    let lines = [
        ("ingest: S3 PUT", of(Operation::Create), prices::S3_PUT),
        (
            "ingest: DynamoDB write units",
            prices::COMMIT_UNITS as f64 * of(Operation::Commit),
            prices::WRITE_UNIT,
        ),
        ("ingest: Lambda requests", batches, prices::INVOCATION),
        ("checkpoint: S3 PUT", requests.puts as f64, prices::S3_PUT),
        ("checkpoint: S3 GET", requests.gets as f64, prices::S3_GET),
        ("checkpoint: S3 LIST", requests.lists as f64, prices::S3_LIST),
        ("checkpoint: DynamoDB read units", requests.read_units as f64, prices::READ_UNIT),
        ("checkpoint: DynamoDB write units", requests.write_units as f64, prices::WRITE_UNIT),
        ("checkpoint: KMS signatures", requests.signs as f64, prices::SIGNATURE),
        ("checkpoint: Lambda GB-seconds", busy * f64::from(MEMORY) / 1024.0, prices::GB_SECOND),
        ("Kinesis: PUT units", events, prices::PUT_UNIT),
        ("Kinesis: hours of shards, a week kept", shard_hours, prices::SHARD_HOUR * 1e6),
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

/// The requests of an invocation of a warm function, and the bytes of its batch.
async fn invocation(events: usize) -> (Vec<Call>, usize) {
    let world = World::new(1).await;
    let process = world.process();
    let events = generated(events);
    let mut before = 0;
    for _ in 0..2 {
        before = process.faults.calls().len();
        let records: Vec<_> = events.iter().map(|event| world.put(0, event.clone())).collect();
        assert!(process.ingest(0, &records).await.unwrap().unwrap().failures.is_empty());
    }
    let calls = process.faults.calls().split_off(before);
    let put = calls.iter().find(|call| call.operation == Operation::Create).unwrap();
    let object = world.cloud.read(&put.key).await.unwrap().unwrap();
    (calls, object.body.len())
}
