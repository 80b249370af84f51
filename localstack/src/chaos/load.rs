//! The load: records by a seed, put on the stream directly, so that it is known what was put.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::time::{Duration, Instant};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use cairn_ledger::SequenceNumber;
use fastrand::Rng;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{ChaosError, Options, Put};

/// Records of one request, at most.
const REQUEST: u32 = 50;

/// Requests a second where there is a rate.
const REQUESTS: u32 = 20;

/// Where the records come from.
pub(super) struct Load {
    kinesis: (Client, String),
    random: Rng,
    rate: u32,
    withhold: bool,
    put: Put,
    last: BTreeMap<String, SequenceNumber>,
}

impl Load {
    pub(super) fn new(kinesis: (Client, String), options: &Options) -> Self {
        let random = Rng::with_seed(options.seed);
        let Options { rate, withhold, .. } = *options;
        Self { kinesis, random, rate, withhold, put: Put::default(), last: BTreeMap::new() }
    }

    /// What was put so far.
    pub(super) fn put(&self) -> Put {
        self.put
    }

    pub(super) fn into_put(self) -> Put {
        self.put
    }

    /// The last record of each shard.
    pub(super) fn last(&self) -> &BTreeMap<String, SequenceNumber> {
        &self.last
    }

    /// Puts records for so long, while something else goes on, and until that has ended.
    pub(super) async fn during(
        &mut self,
        time: Duration,
        meanwhile: impl Future<Output = ()>,
    ) -> Result<(), ChaosError> {
        let load = async {
            let begun = Instant::now();
            while begun.elapsed() < time {
                let from = Instant::now();
                self.request().await?;
                if self.rate > 0 {
                    let count = self.rate.div_ceil(REQUESTS);
                    let every = Duration::from_secs(count.into()) / self.rate;
                    tokio::time::sleep(every.saturating_sub(from.elapsed())).await;
                }
            }
            Ok(())
        };
        let (done, ()) = tokio::join!(load, meanwhile);
        done
    }

    async fn request(&mut self) -> Result<(), ChaosError> {
        let count = match self.rate {
            0 => REQUEST,
            rate => rate.div_ceil(REQUESTS),
        };
        let mut entries = Vec::new();
        for _ in 0..count {
            let data = self.record();
            let entry = PutRecordsRequestEntry::builder()
                .data(Blob::new(data))
                .partition_key(self.random.u64(..).to_string())
                .build();
            entries.push(entry.map_err(|error| ChaosError::stage("a record")(&error))?);
        }
        if self.withhold {
            entries.pop();
        }
        let (client, stream) = &self.kinesis;
        let put = client.put_records().stream_name(stream).set_records(Some(entries));
        let answer = put.send().await.map_err(|error| {
            let error = aws_sdk_kinesis::error::DisplayErrorContext(&error).to_string();
            ChaosError::stage("putting records")(&error)
        })?;
        for record in answer.records {
            let (Some(shard), Some(sequence)) = (record.shard_id, record.sequence_number) else {
                let detail = record.error_message.unwrap_or_default();
                return Err(ChaosError::stage("putting a record")(&detail));
            };
            let sequence: SequenceNumber =
                sequence.parse().map_err(|error| ChaosError::stage("an answer")(&error))?;
            let last = self.last.entry(shard).or_insert_with(|| sequence.clone());
            *last = sequence.max(last.clone());
        }
        Ok(())
    }

    /// One event, several in an array or in lines, compressed or not; now and then none at all.
    fn record(&mut self) -> Vec<u8> {
        self.put.records += 1;
        match self.random.u8(..100) {
            0 => {
                self.put.bad += 1;
                format!("no event: {}", self.random.u64(..)).into_bytes()
            }
            1..=5 => {
                let events: Vec<String> = (0..3).map(|_| self.event()).collect();
                format!("[{}]", events.join(",")).into_bytes()
            }
            6..=8 => {
                let events: Vec<String> = (0..5).map(|_| self.event()).collect();
                let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
                // Into memory, which takes everything.
                let _ = gzip.write_all(events.join("\n").as_bytes());
                gzip.finish().unwrap_or_default()
            }
            _ => self.event().into_bytes(),
        }
    }

    fn event(&mut self) -> String {
        let number = self.put.events;
        self.put.events += 1;
        let padding: String =
            (0..self.random.usize(..600)).map(|_| self.random.alphanumeric()).collect();
        json!({
            "id": format!("chaos-{number}"),
            "tenant": format!("tenant-{}", self.random.u8(..5)),
            "time": "2026-03-01T09:30:00Z",
            "action": "document.share",
            "actor": { "type": "user", "id": format!("u-{}", self.random.u16(..)) },
            "resource": { "type": "document", "id": format!("d-{}", self.random.u32(..)) },
            "outcome": "success",
            "data": { "padding": padding },
        })
        .to_string()
    }
}

/// The number of an event, by the id of its leaf.
pub(super) fn number(leaf: &serde_json::Value) -> Option<u64> {
    leaf["id"].as_str()?.strip_prefix("chaos-")?.parse().ok()
}
