//! The local cloud, and what is found in it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cairn_cli::{Settings, status, verify};
use cairn_local::cloud::{self, Options};
use cairn_local::emulator::REGION;
use cairn_local::{Cloud, aws};
use cairn_producer::Config;
use indicatif::ProgressBar;
use serde_json::Value;

/// A cloud with functions that seal.
pub(crate) async fn cloud() -> Cloud {
    Cloud::start(&Options::default()).await.unwrap()
}

pub(crate) fn config(cloud: &Cloud) -> Config {
    Config::new(cloud.deployment().stream.clone(), "test")
}

/// What was sealed.
pub(crate) struct Sealed {
    pub(crate) events: Vec<Value>,
    pub(crate) rejections: u64,
}

impl Sealed {
    /// Events by id; all copies of each.
    pub(crate) fn by_id(&self) -> BTreeMap<&str, Vec<&Value>> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for event in &self.events {
            found.entry(event["id"].as_str().unwrap()).or_default().push(event);
        }
        found
    }
}

/// Waits until so many different events are sealed, has them logged and verified, and reads them.
pub(crate) async fn sealed(cloud: &Cloud, distinct: usize) -> Sealed {
    let begun = Instant::now();
    loop {
        let found = read(cloud).await;
        let count = found.by_id().len();
        assert!(count <= distinct, "{count} events are sealed, expected {distinct}");
        if count == distinct {
            break;
        }
        let tail = cloud.emulator().log_tail();
        assert!(begun.elapsed() < Duration::from_secs(300), "{count} of {distinct} sealed\n{tail}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let clients = aws::clients(REGION, cloud.emulator().endpoint()).await;
    let tools = cairn_cli::Cloud::new(Settings::from(cloud.deployment()), clients);
    loop {
        cloud::checkpoint(cloud.config(), &Options::default().name).await.unwrap();
        if status(&tools).await.unwrap().unlogged == 0 {
            break;
        }
    }
    let report = verify(&tools, &verify::Options::default(), &ProgressBar::hidden()).await;
    let report = report.unwrap().report;
    assert!(report.ok, "{:?}", report.findings);
    let found = read(cloud).await;
    assert_eq!((report.events, report.rejections), (found.events.len() as u64, found.rejections));
    found
}

async fn read(cloud: &Cloud) -> Sealed {
    let s3 = aws::s3(cloud.config());
    let bucket = &cloud.deployment().bucket;
    let mut sealed = Sealed { events: Vec::new(), rejections: 0 };
    let list = s3.list_objects_v2().bucket(bucket).prefix("batches/");
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        for object in page.unwrap().contents.unwrap_or_default() {
            let body =
                s3.get_object().bucket(bucket).key(object.key.unwrap()).send().await.unwrap();
            let body = body.body.collect().await.unwrap().into_bytes();
            for row in cairn_batch::decode(body, 1 << 30).unwrap().rows {
                match row.leaf.event {
                    Some(_) => sealed.events.push(serde_json::from_slice(&row.leaf.bytes).unwrap()),
                    None => sealed.rejections += 1,
                }
            }
        }
    }
    sealed
}
