use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_kinesis::Client;
use cairn_local::aws;
use cairn_producer::{
    Actor, Config, Counters, Draft, Outcome, Producer, Resource, SpillConfig, TrySendError,
};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::proxy::{Network, Proxy};
use crate::support::{cloud, config, sealed};

/// Enough for about three seconds of the load.
const QUEUE_BYTES: usize = 2 << 20;

fn draft(n: u64) -> Draft {
    let actor = Actor::new("user", format!("u-{}", n % 100));
    let resource = Resource::new("document", format!("d-{n}"));
    Draft::new("acme", "document.read", actor, resource, Outcome::Success)
        .data("note", "x".repeat(200))
}

/// A thousand events a second. Whoever has to wait falls behind, and is not hurried.
async fn load(producer: Producer, until: Instant) -> u64 {
    let mut ticks = interval(Duration::from_millis(10));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = 0;
    while Instant::now() < until {
        ticks.tick().await;
        for _ in 0..10 {
            let event = draft(sent).build().unwrap();
            match producer.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => producer.send(event).await.unwrap(),
                Err(TrySendError::Closed(_)) => panic!("closed"),
            }
            sent += 1;
        }
    }
    sent
}

/// Cuts the network in both ways, in turn.
async fn cut(proxy: &Proxy, outage: Duration) {
    sleep(Duration::from_secs(1)).await;
    let end = Instant::now() + outage;
    while Instant::now() < end {
        for network in [Network::Silent, Network::Refuses] {
            proxy.set(network);
            sleep((outage / 4).min(end.saturating_duration_since(Instant::now()))).await;
        }
    }
    proxy.set(Network::Up);
}

/// The stream is away for four seconds, or for CAIRN_OUTAGE_SECONDS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_under_load_costs_no_event_and_no_memory() {
    let seconds = std::env::var("CAIRN_OUTAGE_SECONDS");
    let outage = Duration::from_secs(seconds.map_or(4, |seconds| seconds.parse().unwrap()));
    let cloud = cloud().await;
    let proxy = Proxy::start(cloud.emulator().endpoint()).await;
    let client = Client::new(&aws::config(&proxy.endpoint).await);
    let folder = tempfile::tempdir().unwrap();
    let waits = Config {
        queue_bytes: QUEUE_BYTES,
        request_timeout: Duration::from_secs(1),
        longest_pause: Duration::from_secs(1),
        ..config(&cloud)
    };
    let spill = Some(SpillConfig::new(folder.path().join("spill")));
    let spills = Config { spill, ..waits.clone() };
    let waits = Producer::start(waits, client.clone()).unwrap();
    let spills = Producer::start(spills, client).unwrap();

    forget_most_resident();
    let until = Instant::now() + outage + Duration::from_secs(3);
    let loads = [waits.clone(), spills.clone()].map(|producer| tokio::spawn(load(producer, until)));
    cut(&proxy, outage).await;
    let mut sent = Vec::new();
    for load in loads {
        sent.push(load.await.unwrap());
    }
    let mut ends: Vec<Counters> = Vec::new();
    for producer in [&waits, &spills] {
        let ended = producer.shutdown(Duration::from_secs(300)).await;
        assert_eq!((ended.undelivered.len(), ended.spilled), (0, 0));
        ends.push(producer.counters());
    }
    for (now, sent) in ends.iter().zip(&sent) {
        assert_eq!((now.accepted, now.delivered), (*sent, *sent), "{now:?}");
        assert!(now.queued_bytes_peak <= QUEUE_BYTES as u64, "{now:?}");
        assert!(now.retried > 0, "the outage was none: {now:?}");
    }
    assert!(ends[0].full > 0 && ends[1].spilled_ever > 0, "there was room for all: {ends:?}");
    println!("outage of {outage:?}: sent {sent:?}, waiting {:?}, spilling {:?}", ends[0], ends[1]);
    println!("resident at most: {}", most_resident());

    let all = sent.iter().sum::<u64>();
    let sealed = sealed(&cloud, usize::try_from(all).unwrap()).await;
    assert_eq!(sealed.rejections, 0);
    for (producer, sent) in [&waits, &spills].into_iter().zip(sent) {
        let mut copies: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for event in sealed.events.iter().filter(|event| event["producer"]["id"] == *producer.id())
        {
            let number = event["producer"]["seq"].as_u64().unwrap();
            copies.entry(number).or_default().push(event["id"].as_str().unwrap());
        }
        assert!(copies.keys().copied().eq(0..sent), "the counter has gaps");
        let same = |ids: &Vec<&str>| ids.iter().all(|id| *id == ids[0]);
        assert!(copies.values().all(same), "a repetition has the same id");
        let repeated = copies.values().filter(|ids| ids.len() > 1).count() as u64;
        assert!(repeated <= producer.counters().possibly_twice, "{repeated} are there twice");
    }
}

/// Linux then counts anew (<https://docs.kernel.org/filesystems/proc.html>); deploying has taken much.
fn forget_most_resident() {
    let _elsewhere = std::fs::write("/proc/self/clear_refs", "5");
}

/// By Linux's account, the test and both producers together.
fn most_resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |size| size.trim().to_owned())
}
