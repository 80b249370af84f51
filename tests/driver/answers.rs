//! Time-outs, partial failures, bisecting, and records that grow too old.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cairn_cli::redrive::Outcome as Redriven;
use cairn_local::aws;
use cairn_local::driver::answer::Answer;
use cairn_local::driver::work::Condition;
use cairn_local::driver::{Happening, Outcome};
use cairn_tests::{Driven, Fault};
use serde_json::Value;

fn answered(happening: &Happening, expected: Answer) -> bool {
    matches!(happening, Happening::Invoked { answer, .. } if *answer == expected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingest_that_times_out_loses_nothing_and_its_late_writes_do_no_harm() {
    let driven = Driven::start("times-out", 1).await;
    let mut settings = driven.settings().await;
    settings.function.timeout = Duration::from_secs(2);
    let driver = driven.drive(settings);
    let later = Duration::from_secs(4);
    let cases = [
        ("/batches/", Fault::Hold(later)),
        ("TransactWriteItems", Fault::Hold(later)),
        ("/batches/", Fault::Late(later)),
        ("TransactWriteItems", Fault::Late(later)),
    ];
    for (round, (write, fault)) in cases.into_iter().enumerate() {
        let mut hit = false;
        driven.proxy.set(move |passing| {
            let now = !hit && passing.what.contains(write) && !passing.what.starts_with("GET");
            hit |= now;
            now.then_some(fault)
        });
        driven.put(0, 4, 10).await;
        // Sealed it may be before: what was held back was done.
        let timed_out = |happening: &Happening| {
            matches!(happening, Happening::Invoked { outcome: Outcome::TimedOut, .. })
        };
        driven.until_times(round + 1, "timed out", timed_out).await;
        driven.sealed().await;
    }
    // The last of the late writes has come by then.
    tokio::time::sleep(later).await;
    driven.finish(driver).await;
}

/// The SDK asks again by itself; here it is left without an answer each time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ingest_that_gets_no_answers_loses_nothing() {
    let driven = Driven::start("no-answers", 1).await;
    let driver = driven.drive(driven.settings().await);
    for write in ["/batches/", "TransactWriteItems"] {
        for fault in [Fault::BreakBefore, Fault::BreakAfter] {
            let mut hits = 0;
            driven.proxy.set(move |passing| {
                let now = passing.what.contains(write) && !passing.what.starts_with("GET");
                hits += usize::from(now);
                (now && hits <= 4).then_some(fault)
            });
            driven.put(0, 3, 10).await;
            driven.put_bad(0).await;
            driven.sealed().await;
            assert!(!driven.proxy.hit().is_empty(), "{write}: {fault:?}");
        }
    }
    driven.finish(driver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partial_failure_goes_on_where_ingest_says() {
    let driven = Driven::start("partial", 1).await;
    let settings = driven.settings().await;
    driven.proxy.strand_a_batch();
    let first = driven.drive(settings.clone());
    driven.put(0, 3, 10).await;
    driven.until("failed", |happening| answered(happening, Answer::Failure)).await;
    first.stop().await;

    // Another driver, of six records now. The three are adopted; the next batch is refused once.
    let mut refused = false;
    driven.proxy.set(move |passing| {
        let second = passing.what.contains("00000000000000000001.parquet");
        let now = !refused && second && passing.what.starts_with("PUT");
        refused |= now;
        now.then_some(Fault::Refuse)
    });
    driven.put(0, 3, 10).await;
    let second = driven.drive(settings);
    let six = |happening: &Happening| matches!(happening, Happening::Invoked { records: 6, .. });
    driven.until("handed over", six).await;
    driven.put(0, 1, 10).await;
    driven.finish(second).await;
    let partly = |happening: &Happening| answered(happening, Answer::From(3));
    assert!(driven.happened().iter().any(partly), "{:#?}", driven.happened());
    let headers = driven.headers().await;
    let counts: Vec<_> = headers.iter().map(|header| header.counts.records).collect();
    assert_eq!(counts, [3, 3, 1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_fails_as_long_as_it_is_large_is_bisected_until_it_is_small() {
    let driven = Driven::start("bisected", 1).await;
    driven.proxy.set(|passing| {
        let large = passing.what.contains("/batches/") && passing.size > 10_000;
        large.then_some(Fault::KillBefore)
    });
    driven.put(0, 32, 2_000).await;
    let driver = driven.drive(driven.settings().await);
    driven.sealed().await;
    let sizes = |expected: Answer| -> BTreeSet<usize> {
        let happened = driven.happened();
        let sizes = happened.iter().filter_map(|happening| match happening {
            Happening::Invoked { records, answer, .. } if *answer == expected => Some(*records),
            _ => None,
        });
        sizes.collect()
    };
    let (failed, done) = (sizes(Answer::Failure), sizes(Answer::Success));
    assert_eq!(failed.last(), Some(&32), "{failed:?}");
    assert!(failed.len() > 1 && failed.iter().all(|size| 32 % size == 0), "{failed:?}");
    assert_eq!(done.last().map(|size| size * 2), failed.first().copied(), "{failed:?} {done:?}");
    driven.finish(driver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_grow_too_old_reach_the_failure_destination_whole_and_are_redriven_once() {
    let driven = Driven::start("too-old", 1).await;
    let mut settings = driven.settings().await;
    settings.mapping.age = Some(Duration::from_secs(3));
    let bucket = settings.mapping.expired.clone().unwrap();
    driven.proxy.set(|_| Some(Fault::Refuse));
    let driver = driven.drive(settings);
    driven.put(0, 2, 10).await;
    let strange = vec![b"{}".to_vec(), vec![0, 0xff, 10, 13], "\u{2028}\"\\".into()];
    driven.put_rejected(0, strange.clone()).await;
    let is_discard = |happening: &Happening| matches!(happening, Happening::Discarded { .. });
    driven.until("discarded", is_discard).await;
    // One batch may have been cut by age.
    let all = || driven.happened().iter().map(discarded).sum::<usize>() == 5;
    driven.until("discarded whole", |_| all()).await;
    driven.proxy.heal();

    let s3 = aws::s3(driven.cloud.config());
    let mut kept = Vec::new();
    for happening in driven.happened() {
        let Happening::Discarded { key, condition, .. } = happening else { continue };
        assert_eq!(condition, Condition::RecordAgeExceeded);
        let object = s3.get_object().bucket(&bucket).key(key.unwrap()).send().await.unwrap();
        assert!(object.object_lock_retain_until_date.is_some(), "it is not locked");
        let document = object.body.collect().await.unwrap().into_bytes();
        let document: Value = serde_json::from_slice(&document).unwrap();
        assert_eq!(document["responseContext"]["functionError"], "Unhandled");
        let event: Value = serde_json::from_str(document["payload"].as_str().unwrap()).unwrap();
        for record in event["Records"].as_array().unwrap() {
            let sequence = record["kinesis"]["sequenceNumber"].as_str().unwrap().to_owned();
            let data = record["kinesis"]["data"].as_str().unwrap();
            kept.push((sequence, STANDARD.decode(data).unwrap()));
        }
    }
    kept.sort();
    let kept: Vec<_> = kept.into_iter().map(|(_, data)| data).collect();
    assert_eq!(kept.len(), 5);
    assert_eq!(kept[2..], strange);

    let put = driven.redrive_expired().await;
    assert_eq!(put.len(), 5);
    assert!(put.iter().all(|done| matches!(done, Redriven::Put { .. })), "{put:?}");
    let again = driven.redrive_expired().await;
    assert!(again.iter().all(|done| matches!(done, Redriven::Already { .. })), "{again:?}");
    // The last of the shard, so that `finish` waits for the others.
    driven.put(0, 1, 10).await;
    driven.finish(driver).await;
}

fn discarded(happening: &Happening) -> usize {
    match happening {
        Happening::Discarded { records, .. } => *records,
        _ => 0,
    }
}
