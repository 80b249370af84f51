//! Works through one shard: does what the rules decide.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use cairn_ledger::SequenceNumber;
use jiff::Timestamp;

use super::Pace;
use super::answer::{Answer, judge};
use super::discarded::{Last, document, key};
use super::event::{Record, Source, event};
use super::gather::{Due, Gather, Limits, PAYLOAD};
use super::id;
use super::lineage::Start;
use super::mapping::Mapping;
use super::observe::{Happening, Observer};
use super::pool::Pool;
use super::process::Outcome;
use super::reader::Reader;
use super::work::{Action, Discard, Input, Rules, Work};

/// What all pollers of a driver share.
pub(super) struct Shared {
    pub(super) mapping: Mapping,
    pub(super) pace: Pace,
    pub(super) pool: Arc<Pool>,
    pub(super) kinesis: aws_sdk_kinesis::Client,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) observer: Observer,
}

/// One reader of a shard.
pub(super) struct Poller {
    shared: Arc<Shared>,
    source: Source,
}

impl Poller {
    pub(super) fn new(shared: Arc<Shared>, source: Source) -> Self {
        Self { shared, source }
    }

    /// Reads the shard until it is closed and everything in it is done, which of an open one is never.
    pub(super) async fn run(self, start: Start) {
        let Shared { mapping, pace, kinesis, .. } = &*self.shared;
        let mut reader = Reader::new(kinesis.clone(), self.source.clone(), start);
        let mut gather = Gather::new(Limits {
            records: usize::from(mapping.batch_size),
            window: mapping.window,
            payload: PAYLOAD,
        });
        let mut ended = false;
        loop {
            if !ended && !gather.is_full() {
                match reader.read().await {
                    Ok(page) => {
                        gather.add(page.records, Timestamp::now());
                        ended = page.is_last;
                    }
                    Err(error) => {
                        self.shared.observer.trouble(format!("{}: {error}", self.source.shard));
                    }
                }
            }
            match gather.due(Timestamp::now()) {
                Due::Now(records) => self.work_through(&records).await,
                Due::At(time) => tokio::time::sleep(until(time).min(pace.poll)).await,
                Due::Never if ended => return,
                Due::Never => tokio::time::sleep(pace.poll).await,
            }
        }
    }

    async fn work_through(&self, records: &[Record]) {
        let Shared { mapping, pace, .. } = &*self.shared;
        let rules = Rules {
            bisect: mapping.bisect,
            retries: mapping.retries,
            age: mapping.age,
            backoff: pace.backoff,
            longest_backoff: pace.longest_backoff,
        };
        let arrived = records.iter().map(|record| record.arrived).collect();
        let mut work = Work::new(rules, arrived);
        let (mut input, mut last) = (Input::Tick, None);
        loop {
            match work.step(input, Timestamp::now()) {
                Action::Invoke(range) => input = self.invoke(&records[range], &mut last).await,
                Action::Wait(time) => {
                    tokio::time::sleep(until(time)).await;
                    input = Input::Tick;
                }
                Action::Discard(discard) => {
                    self.discard(&records[discard.records.clone()], &discard, last.as_ref()).await;
                    input = Input::Tick;
                }
                Action::Done => return,
            }
        }
    }

    async fn invoke(&self, records: &[Record], last: &mut Option<Last>) -> Input {
        let invoked = self.shared.pool.invoke(event(records)).await;
        let invocation = match invoked {
            Ok(invocation) => invocation,
            Err(error) => {
                let binary = self.shared.pool.function().binary.display();
                self.shared.observer.trouble(format!("starting {binary}: {error}"));
                return Input::NotInvoked;
            }
        };
        let report = self.shared.mapping.report_failures;
        let answer = match &invocation.outcome {
            Outcome::Answered(answer) => judge(answer, &sequences(records), report),
            Outcome::Failed { .. } | Outcome::Died(_) | Outcome::TimedOut => Answer::Failure,
        };
        let failed = !matches!(invocation.outcome, Outcome::Answered(_));
        *last = Some(Last { request_id: invocation.request_id.clone(), failed });
        self.shared.observer.tell(Happening::Invoked {
            shard: self.source.shard.clone(),
            records: records.len(),
            request_id: invocation.request_id,
            outcome: invocation.outcome,
            answer,
        });
        Input::Answered(answer)
    }

    /// Sends records to the failure destination, for as long as it takes: they are nowhere else.
    async fn discard(&self, records: &[Record], discard: &Discard, last: Option<&Last>) {
        let Shared { mapping, pace, s3, observer, .. } = &*self.shared;
        let now = Timestamp::now();
        let key = key(&mapping.id, &self.source.shard, now, &id::uuid());
        let body = document(&mapping.function, &self.source, records, discard, last, now);
        if let Some(bucket) = &mapping.expired {
            loop {
                let put = s3.put_object().bucket(bucket).key(&key);
                let put = put.checksum_algorithm(ChecksumAlgorithm::Sha256);
                match put.body(ByteStream::from(body.clone())).send().await {
                    Ok(_) => break,
                    Err(error) => {
                        let error = DisplayErrorContext(error);
                        observer.trouble(format!("failure destination {bucket}/{key}: {error}"));
                        tokio::time::sleep(pace.longest_backoff).await;
                    }
                }
            }
        }
        observer.tell(Happening::Discarded {
            shard: self.source.shard.clone(),
            records: records.len(),
            condition: discard.condition,
            key: mapping.expired.is_some().then_some(key),
        });
    }
}

fn sequences(records: &[Record]) -> Vec<SequenceNumber> {
    records.iter().map(|record| record.sequence.clone()).collect()
}

fn until(time: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or_default()
}
