//! The producer over a stream that fails as it is told to, in simulated time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::config::{Compression, Order, SpillConfig};
use crate::event::{Actor, Draft, Outcome, Resource};
use stream::{Fate, Stream};

mod spilling;
mod stream;

fn config() -> Config {
    Config::new("stream", "test")
}

fn event(actor: usize) -> Event {
    let (actor, resource) =
        (Actor::new("user", format!("u-{actor}")), Resource::new("document", "d-9"));
    Draft::new("acme", "document.share", actor, resource, Outcome::Success).build().unwrap()
}

fn start(config: Config, stream: &Stream) -> Producer {
    Producer::with_sink(config, stream.clone()).unwrap()
}

const FOREVER: Duration = Duration::MAX;

async fn finish(producer: &Producer) {
    let ended = producer.shutdown(FOREVER).await;
    assert_eq!((ended.undelivered, ended.spilled), (Vec::new(), 0));
    the_books_balance(producer);
}

fn the_books_balance(producer: &Producer) {
    let now = producer.counters();
    let left = now.delivered + now.undelivered + now.queued + now.spilled;
    assert_eq!(now.accepted + now.recovered, left, "{now:?}");
}

#[tokio::test(start_paused = true)]
async fn events_share_few_records_and_carry_who_sent_them_and_a_counter() {
    let stream = Stream::default();
    let producer = start(config(), &stream);
    for actor in 0..100 {
        producer.send(event(actor)).await.unwrap();
    }
    assert!(producer.flush().await);
    assert_eq!(stream.0.lock().unwrap().records.len(), 4, "a record for each lane");
    assert_eq!(stream.0.lock().unwrap().requests, 1);
    let events = stream.events();
    assert!(events.iter().all(|event| event["producer"]["id"] == *producer.id()));
    let mut numbers = stream.first_numbers();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    finish(&producer).await;
    let now = producer.counters();
    assert_eq!((now.delivered, now.retried, now.queued_bytes), (100, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn an_event_waits_for_company_and_no_longer() {
    let stream = Stream::default();
    let producer = start(config(), &stream);
    let begun = Instant::now();
    let receipt = producer.send_confirmed(event(1)).await.unwrap();
    let place = receipt.await.unwrap();
    assert_eq!(begun.elapsed().as_millis() / 10, 25, "{:?}", begun.elapsed());
    assert_eq!(&*place.sequence, "0");
    finish(&producer).await;
}

/// Events of an actor, as they are first found in the stream, are in the order they were accepted in.
fn order_stands(stream: &Stream) {
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for event in stream.events() {
        let number = event["producer"]["seq"].as_u64().unwrap();
        if seen.insert(number) {
            let actor = event["actor"]["id"].as_str().unwrap().to_owned();
            let before = last.insert(actor, number);
            assert!(before < Some(number), "{before:?} before {number}");
        }
    }
}

fn fates() -> impl Strategy<Value = Fate> {
    prop_oneof![
        2 => Just(Fate::Taken),
        3 => prop::collection::vec(0_usize..8, 1..5).prop_map(Fate::Partly),
        1 => Just(Fate::Refused),
        1 => any::<bool>().prop_map(|taken| Fate::Lost { taken }),
        1 => Just(Fate::Silent),
    ]
}

fn in_simulated_time(test: impl Future<Output = ()>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap().block_on(test);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_becomes_of_requests_nothing_is_lost_and_order_stands(
        fates in prop::collection::vec(fates(), 0..40),
        actors in prop::collection::vec(0_usize..12, 1..300),
        lanes in 1_usize..8, small: bool,
    ) {
        in_simulated_time(async move {
            let stream = Stream::new(fates);
            let record_bytes = if small { 25_600 } else { 256_000 };
            let queue_events = if small { 16 } else { 1000 };
            let producer = start(Config { lanes, record_bytes, queue_events, ..config() }, &stream);
            for (place, actor) in actors.iter().enumerate() {
                producer.send(event(*actor)).await.unwrap();
                if place % 7 == 0 {
                    tokio::time::sleep(Duration::from_millis(40)).await;
                }
                the_books_balance(&producer);
            }
            finish(&producer).await;
            let mut numbers = stream.first_numbers();
            numbers.sort_unstable();
            assert_eq!(numbers, (0..actors.len() as u64).collect::<Vec<_>>());
            order_stands(&stream);
            let now = producer.counters();
            assert!(stream.repeated() <= now.possibly_twice, "{now:?}");
        });
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_hands_back_or_waits() {
    let stream = Stream::away();
    let producer = start(Config { queue_events: 3, ..config() }, &stream);
    for _ in 0..3 {
        producer.try_send(event(1)).unwrap();
    }
    let fourth = event(1);
    let Err(TrySendError::Full(back)) = producer.try_send(fourth.clone()) else { panic!("taken") };
    assert_eq!(back, fourth, "it is handed back as it was");
    let mut sends = Box::pin(producer.send(fourth));
    let waited = tokio::time::timeout(Duration::from_secs(3600), &mut sends).await;
    assert!(waited.is_err(), "there was no room");
    assert_eq!(producer.counters().queued, 3);
    stream.set_away(false);
    sends.await.unwrap();
    finish(&producer).await;
    assert_eq!(stream.first_numbers(), [0, 1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn senders_are_served_in_line_and_whoever_leaves_it_was_not_accepted() {
    let stream = Stream::away();
    let producer = start(Config { queue_events: 1, ..config() }, &stream);
    producer.try_send(event(0)).unwrap();
    let mut senders: Vec<_> = (1..6).map(|actor| Box::pin(producer.send(event(actor)))).collect();
    for sender in &mut senders {
        assert!(futures_util::poll!(sender).is_pending());
    }
    drop(senders.remove(2));
    stream.set_away(false);
    for sender in senders {
        sender.await.unwrap();
    }
    finish(&producer).await;
    let actors: Vec<_> = stream.events().iter().map(|event| event["actor"]["id"].clone()).collect();
    assert_eq!(actors, ["u-0", "u-1", "u-2", "u-4", "u-5"]);
}

#[tokio::test(start_paused = true)]
async fn a_new_sender_does_not_overtake_those_in_line() {
    let stream = Stream::away();
    let producer = start(Config { queue_bytes: 2 << 20, ..config() }, &stream);
    let resource = || Resource::new("document", "d-9").attribute("a", "a".repeat(900_000));
    let large = || Draft::new("acme", "a.b", Actor::new("user", "u"), resource(), Outcome::Success);
    producer.try_send(large().build().unwrap()).unwrap();
    producer.try_send(large().build().unwrap()).unwrap();
    let mut waits = Box::pin(producer.send(large().build().unwrap()));
    assert!(futures_util::poll!(&mut waits).is_pending());
    assert!(
        matches!(producer.try_send(event(1)), Err(TrySendError::Full(_))),
        "there is room for it, but not yet"
    );
    stream.set_away(false);
    waits.await.unwrap();
    producer.try_send(event(1)).unwrap();
    finish(&producer).await;
}

#[tokio::test(start_paused = true)]
async fn shutdown_hands_back_what_was_not_delivered() {
    let stream = Stream::new([Fate::Lost { taken: true }]);
    stream.set_away(true);
    let producer = start(Config { lanes: 1, ..config() }, &stream);
    let events: Vec<_> = (0..3).map(event).collect();
    let receipt = producer.send_confirmed(events[0].clone()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for event in &events[1..] {
        producer.send(event.clone()).await.unwrap();
    }
    let ended = producer.shutdown(Duration::from_secs(60)).await;
    let back: Vec<_> =
        ended.undelivered.iter().map(|one| (one.event.clone(), one.possibly_delivered)).collect();
    let doubts = [true, false, false];
    assert_eq!(back, events.into_iter().zip(doubts).collect::<Vec<_>>());
    assert_eq!(receipt.await, None);
    assert!(matches!(producer.send(event(1)).await, Err(Closed(_))));
    assert!(matches!(producer.try_send(event(1)), Err(TrySendError::Closed(_))));
    assert!(producer.flush().await, "nothing is under way any more");
    the_books_balance(&producer);
    let again = producer.shutdown(FOREVER).await;
    assert!(again.undelivered.is_empty(), "handed back once");
}

#[tokio::test(start_paused = true)]
async fn shutdown_does_not_wait_for_a_request_without_answer() {
    let stream = Stream::new([Fate::Silent]);
    let producer =
        start(Config { request_timeout: Duration::from_secs(86_400), ..config() }, &stream);
    producer.send(event(1)).await.unwrap();
    let ended = producer.shutdown(Duration::from_secs(5)).await;
    assert_eq!(ended.undelivered.len(), 1);
    assert!(ended.undelivered[0].possibly_delivered);
}

#[tokio::test(start_paused = true)]
async fn senders_in_line_hear_of_the_end() {
    let stream = Stream::away();
    let producer = start(Config { queue_events: 1, ..config() }, &stream);
    producer.try_send(event(0)).unwrap();
    let mut senders: Vec<_> = (1..4).map(|actor| Box::pin(producer.send(event(actor)))).collect();
    for sender in &mut senders {
        assert!(futures_util::poll!(sender).is_pending());
    }
    let ended = producer.shutdown(Duration::from_secs(1)).await;
    assert_eq!(ended.undelivered.len(), 1);
    for sender in senders {
        assert!(matches!(sender.await, Err(Closed(_))));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_is_delivered_after_the_last_handle_is_gone() {
    let stream = Stream::new([Fate::Refused, Fate::Lost { taken: false }]);
    let producer = start(config(), &stream);
    producer.send(event(1)).await.unwrap();
    drop(producer.clone());
    producer.send(event(1)).await.unwrap();
    drop(producer);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(stream.first_numbers(), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_slot_keeps_its_room_and_shutdown_waits_for_it() {
    let stream = Stream::away();
    let producer = start(Config { queue_events: 2, ..config() }, &stream);
    let slot = producer.try_reserve().unwrap();
    producer.try_send(event(1)).unwrap();
    assert!(producer.try_send(event(2)).is_err());
    assert!(producer.try_reserve().is_none());
    let mut reserves = Box::pin(producer.reserve());
    assert!(futures_util::poll!(&mut reserves).is_pending());
    stream.set_away(false);
    let other = reserves.await.unwrap();
    drop(other);
    let mut ends = Box::pin(producer.shutdown(FOREVER));
    assert!(futures_util::poll!(&mut ends).is_pending());
    assert!(tokio::time::timeout(Duration::from_secs(60), &mut ends).await.is_err());
    assert!(producer.reserve().await.is_none(), "no new ones");
    slot.send(event(3)).unwrap();
    let ended = ends.await;
    assert!(ended.undelivered.is_empty());
    let now = producer.counters();
    assert_eq!((now.delivered, now.reserved, now.queued_bytes), (2, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn all_stay_in_order_where_that_is_asked_for() {
    let stream = Stream::new([Fate::Partly(vec![0]), Fate::Refused, Fate::Lost { taken: true }]);
    let producer =
        start(Config { order: Order::Producer, record_bytes: 25_600, ..config() }, &stream);
    for actor in 0..500 {
        producer.send(event(actor % 10)).await.unwrap();
    }
    finish(&producer).await;
    assert_eq!(stream.first_numbers(), (0..500).collect::<Vec<_>>());
}

#[cfg(feature = "gzip")]
#[tokio::test(start_paused = true)]
async fn records_are_compressed_where_that_is_asked_for() {
    use std::io::Read;

    let stream = Stream::default();
    let producer = start(Config { compression: Compression::Gzip, lanes: 1, ..config() }, &stream);
    for actor in 0..50 {
        producer.send(event(actor)).await.unwrap();
    }
    finish(&producer).await;
    let records = std::mem::take(&mut stream.0.lock().unwrap().records);
    let mut text = String::new();
    flate2::read::GzDecoder::new(&records[0].1[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text.lines().count(), 50);
    assert!(records[0].1.len() * 3 < text.len(), "{} of {}", records[0].1.len(), text.len());
    assert_eq!(producer.counters().bytes, records[0].1.len() as u64);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_refused_at_the_start() {
    type Change = fn(&mut Config);
    let changes: [(&str, Change); 15] = [
        ("stream", |config| config.stream.clear()),
        ("name", |config| config.name = "\"".to_owned()),
        ("name", |config| config.name = "a".repeat(65)),
        ("queue_events", |config| config.queue_events = 0),
        ("queue_bytes", |config| config.queue_bytes = 1 << 20),
        ("record_bytes", |config| config.record_bytes = 2 << 20),
        ("lanes", |config| config.lanes = 257),
        ("longest_pause", |config| config.longest_pause = Duration::ZERO),
        ("linger", |config| config.linger = FOREVER),
        ("request_timeout", |config| config.request_timeout = Duration::ZERO),
        ("request_timeout", |config| config.request_timeout = FOREVER),
        ("longest_pause", |config| config.longest_pause = FOREVER),
        ("spill.bytes", |config| {
            config.spill = Some(SpillConfig { bytes: 1, ..SpillConfig::new("a") })
        }),
        ("spill.sync_every", |config| {
            let sync_every = Duration::ZERO;
            config.spill = Some(SpillConfig { sync_every, ..SpillConfig::new("a") })
        }),
        ("spill.sync_every", |config| {
            config.spill = Some(SpillConfig { sync_every: FOREVER, ..SpillConfig::new("a") })
        }),
    ];
    for (field, change) in changes {
        let mut config = config();
        change(&mut config);
        let error = Producer::with_sink(config, Stream::default()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("config: {field}: expected ")), "{error}");
    }
}
