//! The events that share a partition key.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Item;
use crate::record::Record;

pub(super) struct Lane {
    /// The partition key.
    pub(super) key: Arc<str>,
    /// The record that is to be put next, if it was made already.
    pub(super) record: Option<Arc<Record>>,
    /// Whether it is in flight.
    pub(super) busy: bool,
    /// How often it was put in vain.
    pub(super) failures: u32,
    not_before: Option<Instant>,
    waiting: VecDeque<Item>,
    bytes: usize,
}

impl Lane {
    pub(super) fn new(key: String) -> Self {
        let (waiting, bytes) = (VecDeque::new(), 0);
        let key = key.into();
        Self { key, record: None, busy: false, failures: 0, not_before: None, waiting, bytes }
    }

    pub(super) fn push(&mut self, item: Item) {
        self.bytes += item.event.json.len() + 1;
        self.waiting.push_back(item);
    }

    /// When its next record is to be put, if it has one and none is in flight.
    pub(super) fn due(&self, linger: Duration, full: usize, hurry: bool) -> Option<Instant> {
        if self.busy {
            return None;
        }
        if let Some(record) = &self.record {
            return self.not_before.or_else(|| Some(record.items.first()?.accepted));
        }
        let oldest = self.waiting.front()?.accepted;
        let at_once = hurry || self.bytes >= full;
        Some(if at_once { oldest } else { oldest + linger })
    }

    /// The record that may be put now, packed up to so many bytes.
    pub(super) fn record(&mut self, now: Instant, full: usize) -> Option<Arc<Record>> {
        if self.busy || self.not_before.is_some_and(|time| time > now) {
            return None;
        }
        if self.record.is_none() {
            self.record = self.pack(full).map(Arc::new);
        }
        self.record.clone()
    }

    fn pack(&mut self, full: usize) -> Option<Record> {
        let mut bytes = 0;
        let fits = |item: &&Item| {
            bytes += item.event.json.len() + 1;
            bytes <= full
        };
        // One always does: an event is smaller than what Kinesis takes.
        let count = self.waiting.iter().take_while(fits).count().max(1).min(self.waiting.len());
        if count == 0 {
            return None;
        }
        let items: Vec<Item> = self.waiting.drain(..count).collect();
        self.bytes -= items.iter().map(|item| item.event.json.len() + 1).sum::<usize>();
        Some(Record { items })
    }

    /// Takes the record that was put; the lane is free for the next one.
    pub(super) fn taken(&mut self) -> Option<Arc<Record>> {
        (self.busy, self.failures, self.not_before) = (false, 0, None);
        self.record.take()
    }

    /// The record was not put; it is not tried again before then.
    pub(super) fn refused(&mut self, again: Instant) {
        self.busy = false;
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(again);
    }

    /// All that is left, in order.
    pub(super) fn drain(&mut self) -> Vec<Item> {
        let record = self.taken().and_then(Arc::into_inner);
        let mut items = record.map_or_else(Vec::new, |record| record.items);
        items.extend(self.waiting.drain(..));
        self.bytes = 0;
        items
    }
}
