use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_kinesis::Client;
use cairn_producer::{Actor, Change, Compression, Config, Draft, Outcome, Producer, Resource};

use crate::support::{cloud, config, sealed};

fn draft(n: usize) -> Draft {
    let actor = Actor::new("user", format!("u-{}", n % 7)).name("Zoë").roles(["editor"]);
    let resource = Resource::new("document", format!("d-{n}")).attribute("pages", 3);
    Draft::new("acme", "document.share", actor, resource, Outcome::Success)
        .reason("asked to")
        .change(Change::new("/shared").before(false).after(true))
        .data("n", n)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_sealed_once_with_a_counter_without_gaps() {
    let cloud = cloud().await;
    let plain = Producer::start(config(&cloud), Client::new(cloud.config())).unwrap();
    let packed = Config { compression: Compression::Gzip, record_bytes: 25_600, ..config(&cloud) };
    let packed = Producer::start(packed, Client::new(cloud.config())).unwrap();
    for n in 0..400 {
        plain.send(draft(n).build().unwrap()).await.unwrap();
        packed.send(draft(n).build().unwrap()).await.unwrap();
    }
    let receipt = plain.send_confirmed(draft(400).build().unwrap()).await.unwrap();
    let place = receipt.await.expect("it is in the stream");
    for producer in [&plain, &packed] {
        assert!(producer.flush().await);
        let ended = producer.shutdown(Duration::from_secs(60)).await;
        assert!(ended.undelivered.is_empty());
    }
    let sealed = sealed(&cloud, 801).await;
    assert_eq!((sealed.events.len(), sealed.rejections), (801, 0));
    for (producer, count) in [(&plain, 401), (&packed, 400)] {
        let of = sealed.events.iter().filter(|event| event["producer"]["id"] == *producer.id());
        let numbers: BTreeSet<u64> =
            of.map(|event| event["producer"]["seq"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (0..count).collect());
        let now = producer.counters();
        assert!(now.records < 60, "{now:?}");
    }
    let last = sealed.events.iter().find(|event| event["data"]["n"] == 400).unwrap();
    assert_eq!(last["coordinates"]["sequence"], *place.sequence);
    assert!(last["coordinates"]["chain"].as_str().unwrap().ends_with(&*place.shard));
}
