//! The end of a queue.

use super::room::unstamp;
use super::{Closing, Item, Origin, Queue};
use crate::producer::Undelivered;
use crate::spill;

/// What is left at the end.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// Events that are handed back.
    pub(crate) undelivered: Vec<Undelivered>,
    /// Events that are on disk.
    pub(crate) spilled: u64,
}

impl Queue {
    /// Ends: what is left goes to disk or back to the application. No request may be in flight.
    pub(crate) fn end(&mut self) {
        self.closing = Closing::Ended;
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].busy {
                self.doubt(lane);
            }
        }
        let items: Vec<Item> = self.lanes.iter_mut().flat_map(super::Lane::drain).collect();
        for item in &items {
            self.let_go(item);
        }
        let mut ended = Ended { undelivered: Vec::new(), spilled: self.counters.spilled };
        let (memory, disk): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| matches!(item.origin, Origin::Memory { .. }));
        // These are on disk as they are.
        ended.spilled += disk.len() as u64;
        self.counters.undelivered += (memory.len() + disk.len()) as u64;
        self.keep(memory, &mut ended);
        self.flushes.clear();
        self.receipts.clear();
        // Nobody is to find the folder in use by a producer that has ended.
        if let Some(mut spill) = self.spill.take() {
            for file in spill.unsynced() {
                if let Err(error) = file.sync_all() {
                    tracing::error!(%error, "spilled events could not be forced to the disk");
                }
            }
        }
        self.ended = Some(ended);
    }

    /// Writes events to disk, in the order of their acceptance; hands back what cannot be written.
    fn keep(&mut self, mut items: Vec<Item>, ended: &mut Ended) {
        items.sort_by_key(|item| item.seq);
        let epoch = |item: &Item| match item.origin {
            Origin::Memory { epoch } | Origin::Disk { file: epoch } => epoch,
        };
        while let Some(first) = items.first() {
            let now = epoch(first);
            let rest = items.iter().position(|item| epoch(item) != now).unwrap_or(items.len());
            let rest = items.split_off(rest);
            let frame = |item: &Item| {
                spill::encode(self.order_key(&item.event.keys), item.seq, &item.event.json)
            };
            let frames: Vec<Vec<u8>> = items.iter().map(frame).collect();
            match self.spill.as_mut().map(|spill| spill.keep(now, &frames)) {
                Some(Ok(())) => ended.spilled += items.len() as u64,
                failed => {
                    if let Some(Err(error)) = failed {
                        tracing::error!(%error, "events that are left could not be spilled");
                    }
                    ended.undelivered.extend(items.drain(..).map(hand_back));
                }
            }
            items = rest;
        }
    }
}

fn hand_back(mut item: Item) -> Undelivered {
    unstamp(&mut item.event, item.cut);
    Undelivered { event: item.event, possibly_delivered: item.doubtful }
}
