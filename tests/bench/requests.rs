//! What a million events cost in requests, counted on the real handlers.

use cairn_store::faults::Operation;
use cairn_tests::World;

use crate::corpus::generated;
use crate::prices;

/// Records of a kilobyte that fill an invocation: 6 MB of JSON and base64.
const FULL: usize = 3_200;

/// Full invocations that one shard (1 MB/s) makes in a minute, the time between two ticks.
const A_MINUTE: usize = 18;

const MINUTES: usize = 3;

/// Prints requests, scaled to a million events.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (puts, units, events) = runtime.block_on(count());
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let scaled = |n: usize| n as f64 * 1e6 / events as f64;
    println!("{events} events of 1 KB, in full batches, one shard");
    println!("  S3 puts {:>35.0} a million events (budget 500)", scaled(puts));
    println!("  DynamoDB write units {:>22.0} a million events (budget 2,000)", scaled(units));
}

async fn count() -> (usize, usize, usize) {
    let world = World::new(1).await;
    let process = world.process();
    let events = generated(FULL);
    for _ in 0..MINUTES {
        for _ in 0..A_MINUTE {
            let records: Vec<_> = events.iter().map(|event| world.put(0, event.clone())).collect();
            let response = process.ingest(0, &records).await.unwrap().unwrap();
            assert!(response.failures.is_empty());
        }
        process.tick().await.unwrap();
    }
    let calls = process.faults.writes();
    let of = |operation| calls.iter().filter(|call| call.operation == operation).count();
    let puts = of(Operation::Create) + of(Operation::Replace);
    let units = of(Operation::Commit) * prices::COMMIT_UNITS + of(Operation::AdvanceLog) + 2; // 2: the registration
    (puts, units, MINUTES * A_MINUTE * FULL)
}
