//! What a quiet deployment costs a month, line by line: requests counted on the real handlers, at the
//! list prices of us-east-1 (2026). Storage, logs and what is read are not among them.

use cairn_store::faults::{Call, Operation};
use cairn_tests::World;

use crate::corpus::generated;
use crate::prices;

/// Minutes of a month of 30 days.
const MONTH: f64 = 30.0 * 24.0 * 60.0;

/// Minutes that are played.
const MINUTES: usize = 20;

/// A line of the bill: what, how many of it a minute, and dollars for a million.
type Line = (&'static str, f64, f64);

/// Prints the bill for one event a second, at several batching windows.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for window in [60, 10, 1] {
        let calls = runtime.block_on(play(window));
        println!("1 event/s, batching window {window} s, a month:");
        let mut total = 0.0;
        for (what, per_minute, price) in bill(&calls, 60.0 / f64::from(window)) {
            let number = per_minute * MONTH;
            let dollars = number * price / 1e6;
            total += dollars;
            println!("  {what:<42} {number:>11.0} {dollars:>8.2} $");
        }
        println!("  {:<54} {total:>8.2} $", "all of them");
    }
    // What is paid by the hour or the month whether anything happens or not.
    println!("beside them: a shard 10.95 $, seven days of retention 14.60 $, two KMS keys 2.00 $");
}

fn bill(calls: &[Call], invocations: f64) -> Vec<Line> {
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    let a_minute = |wanted: &[Operation]| {
        let met = calls.iter().filter(|call| wanted.contains(&call.operation)).count();
        met as f64 / MINUTES as f64
    };
    use Operation::{
        AdvanceLog, Batches, Chain, Chains, Commit, Create, LogHead, Read, Replace, Sign,
    };
    let puts = a_minute(&[Create, Replace]);
    let invoked = invocations + 1.0;
    vec![
        ("S3 PUT (0.005 $ a thousand)", puts, prices::S3_PUT),
        ("S3 GET (0.0004 $ a thousand)", a_minute(&[Read]), prices::S3_GET),
        ("S3 LIST (0.005 $ a thousand)", a_minute(&[Operation::List]), prices::S3_LIST),
        (
            "DynamoDB write units (0.625 $ a million)",
            prices::COMMIT_UNITS as f64 * a_minute(&[Commit]) + a_minute(&[AdvanceLog]),
            prices::WRITE_UNIT,
        ),
        (
            "DynamoDB read units (0.125 $ a million)",
            a_minute(&[Chain, Chains, Batches, LogHead]),
            prices::READ_UNIT,
        ),
        // A bucket key serves many objects; the signature is one request.
        ("KMS signatures (15 $ a million)", a_minute(&[Sign]), prices::SIGNATURE),
        ("Lambda requests (0.20 $ a million)", invoked, prices::INVOCATION),
        // arm64, 512 MB, a tenth of a second each: 0.05 GB-seconds at 0.0000133334 $.
        ("Lambda time (0.1 s at 512 MB each)", invoked, 0.05 * prices::GB_SECOND),
        ("Kinesis PUT units (0.014 $ a million)", 60.0, prices::PUT_UNIT),
    ]
}

async fn play(window: u32) -> Vec<Call> {
    let world = World::new(1).await;
    let process = world.process();
    let events = generated(60);
    for _ in 0..MINUTES {
        for batch in events.chunks(window as usize) {
            let records: Vec<_> = batch.iter().map(|event| world.put(0, event.clone())).collect();
            assert!(process.ingest(0, &records).await.unwrap().unwrap().failures.is_empty());
        }
        process.tick().await.unwrap();
    }
    // And a minute without events.
    let writes = process.faults.writes().len();
    process.tick().await.unwrap();
    assert_eq!(process.faults.writes().len(), writes, "nothing new, nothing written");
    process.faults.calls()
}
