//! What an answer changes.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Item, Origin, Queue};
use crate::pause::{jitter, longest_pause};
use crate::producer::Place;
use crate::record::Record;
use crate::sink::{Answer, PutError};

impl Queue {
    /// Takes the answer to a request that had one record of each of these lanes.
    pub(crate) fn settle(
        &mut self,
        lanes: &[usize],
        result: Result<Vec<Answer>, PutError>,
        now: Instant,
    ) {
        let (mut answers, lost) = match result {
            Ok(answers) => (answers.into_iter(), None),
            Err(error) => (Vec::new().into_iter(), Some(error)),
        };
        let (mut refused, mut reason) = (Vec::new(), None);
        for &lane in lanes {
            match answers.next() {
                Some(Answer::Taken { shard, sequence, bytes }) => {
                    self.counters.bytes += bytes as u64;
                    self.taken(lane, &Place { shard, sequence });
                }
                Some(Answer::Refused { why }) => {
                    reason = Some(why);
                    refused.push(lane);
                }
                None => {
                    // An answer that is too short is none for the last of them.
                    if lost.as_ref().is_none_or(|error| error.doubtful) {
                        self.doubt(lane);
                    }
                    refused.push(lane);
                }
            }
        }
        let reason = reason.or(lost.map(|error| error.why));
        self.pause(&refused, reason.as_deref().unwrap_or("expected an answer for each"), now);
    }

    fn taken(&mut self, lane: usize, place: &Place) {
        let record = self.lanes[lane].taken().and_then(Arc::into_inner);
        let Some(Record { items }) = record else { return };
        self.counters.records += 1;
        for item in items {
            self.delivered(item, place);
        }
    }

    fn delivered(&mut self, item: Item, place: &Place) {
        self.let_go(&item);
        self.counters.delivered += 1;
        self.counters.possibly_twice += u64::from(item.doubtful);
        if let (Origin::Disk { file }, Some(spill)) = (item.origin, &mut self.spill) {
            spill.delivered(file);
        }
        self.count_spilled();
        self.count_flushed(item.seq);
        if let Some(receipt) = item.receipt {
            let _nobody = receipt.send(place.clone());
        }
    }

    /// Nobody knows whether the lane's record was taken.
    pub(super) fn doubt(&mut self, lane: usize) {
        let record = self.lanes[lane].record.as_mut().and_then(Arc::get_mut);
        for item in record.into_iter().flat_map(|record| &mut record.items) {
            item.doubtful = true;
        }
    }

    /// Lets lanes wait together, so that their records share a request again.
    fn pause(&mut self, refused: &[usize], why: &str, now: Instant) {
        let failures = refused.iter().map(|lane| self.lanes[*lane].failures).max();
        let Some(failures) = failures else {
            if self.counters.failing > 0 {
                tracing::info!(requests = self.counters.failing, "records are taken again");
            }
            self.counters.failing = 0;
            return;
        };
        self.counters.failing += 1;
        self.counters.retried += refused.len() as u64;
        if self.counters.failing.is_power_of_two() {
            let (requests, records) = (self.counters.failing, refused.len());
            tracing::warn!(requests, records, why, "records were not taken; they are put again");
        }
        let (first, most) = (self.config.first_pause, self.config.longest_pause);
        let again = now + jitter(longest_pause(first, most, failures));
        for lane in refused {
            self.lanes[*lane].refused(again);
        }
    }
}
