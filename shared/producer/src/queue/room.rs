//! Taking events in, while there is room.

use std::io::Write;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Closing, Flush, Item, OVERHEAD, Origin, Queue, RECOVERED};
use crate::event::Event;
use crate::producer::Place;
use crate::spill::{self, AppendError, Frame};

/// Bytes that a slot reserves.
const SLOT: usize = 8 << 10;

/// By what right an event comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// It has just come: not before those that stand in line.
    New,
    /// It is the first in line.
    First,
    /// There is a slot for it.
    Reserved(Reservation),
}

/// Room that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reservation {
    /// In memory.
    Memory,
    /// On disk.
    Disk,
}

/// Why an event was not taken in; it is handed back.
#[derive(Debug)]
pub(crate) enum NoRoom {
    /// There is no room.
    Full(Event),
    /// The producer takes no more.
    Closed(Event),
}

impl Queue {
    /// Takes an event in.
    pub(crate) fn admit(
        &mut self,
        mut event: Event,
        receipt: &mut Option<oneshot::Sender<Place>>,
        how: How,
        now: Instant,
    ) -> Result<(), NoRoom> {
        let reserved = matches!(how, How::Reserved(_));
        if let How::Reserved(reservation) = how {
            self.release(reservation);
        }
        let open = match self.closing {
            Closing::No => true,
            // Slots were promised before.
            Closing::By(_) => reserved,
            Closing::Ended => false,
        };
        if !open {
            return Err(NoRoom::Closed(event));
        }
        if how == How::New && self.waiting > 0 {
            return Err(NoRoom::Full(event));
        }
        let cut = self.stamp(&mut event);
        let on_disk = self.spill.as_ref().is_some_and(spill::Spill::is_active);
        let kept = how == How::Reserved(Reservation::Memory);
        if !on_disk && (kept || self.memory_has_room(event.json.len() + OVERHEAD)) {
            self.push(event, cut, receipt.take(), now);
            return Ok(());
        }
        match self.spill(&event, reserved, now) {
            Ok(()) => {
                if let Some(receipt) = receipt.take() {
                    self.receipts.insert(self.next_seq, receipt);
                }
                self.next_seq += 1;
                self.counters.accepted += 1;
                self.counters.spilled_ever += 1;
                self.count_spilled();
                Ok(())
            }
            // The disk fails: better out of order than not at all.
            Err(_) if reserved => {
                self.push(event, cut, receipt.take(), now);
                Ok(())
            }
            Err(_) => {
                unstamp(&mut event, cut);
                Err(NoRoom::Full(event))
            }
        }
    }

    fn push(
        &mut self,
        event: Event,
        cut: usize,
        receipt: Option<oneshot::Sender<Place>>,
        now: Instant,
    ) {
        let epoch = self.spill.as_ref().map_or(0, spill::Spill::epoch);
        let lane = self.lane_of(self.order_key(&event.keys));
        let (seq, origin) = (self.next_seq, Origin::Memory { epoch });
        self.next_seq += 1;
        self.counters.accepted += 1;
        self.hold(&event);
        self.lanes[lane].push(Item {
            event,
            cut,
            seq,
            accepted: now,
            origin,
            receipt,
            doubtful: false,
        });
    }

    fn hold(&mut self, event: &Event) {
        self.counters.queued += 1;
        self.counters.queued_bytes += (event.json.len() + OVERHEAD) as u64;
        self.count_peak();
    }

    fn spill(&mut self, event: &Event, forced: bool, now: Instant) -> Result<(), AppendError> {
        let key = self.order_key(&event.keys);
        let Some(spill) = &mut self.spill else { return Err(AppendError::Full) };
        let begins = !spill.is_active();
        let frame = spill::encode(key, self.next_seq, &event.json);
        let written = spill.append(&frame, forced, now);
        match &written {
            Ok(()) if begins => tracing::warn!("the queue is full: events go to the spill folder"),
            Err(AppendError::Io(error)) => tracing::error!(%error, "spilling failed"),
            _ => {}
        }
        written
    }

    /// Reads events back while a quarter of the memory stays free: so that once all are read, the
    /// next event does not go to disk again.
    pub(super) fn refill(&mut self, now: Instant) {
        loop {
            let most = self.config.queue_bytes / 4 * 3;
            let events = self.config.queue_events.div_ceil(4) * 3;
            let held = self.counters.queued_bytes as usize;
            let few = self.events_in_memory() < events as u64;
            let Some(spill) = self.spill.as_mut().filter(|_| held < most && few) else { return };
            match spill.read(now) {
                Some(Ok((file, recovered, frame))) => self.take_back(file, recovered, frame, now),
                Some(Err(lost)) => {
                    // They are kept in their file, but no longer under way.
                    self.counters.undelivered += lost;
                    self.flushes.clear();
                }
                None => return,
            }
            self.count_spilled();
        }
    }

    fn take_back(&mut self, file: u64, recovered: bool, frame: Frame, now: Instant) {
        let seq = if recovered { RECOVERED } else { frame.seq };
        let receipt = self.receipts.remove(&seq);
        let lane = self.lane_of(frame.key);
        let event = Event::spilled(frame.json);
        self.hold(&event);
        let (origin, cut) = (Origin::Disk { file }, event.json.len());
        self.lanes[lane].push(Item {
            event,
            cut,
            seq,
            accepted: now,
            origin,
            receipt,
            doubtful: false,
        });
    }

    /// Adds who sends it and its number.
    pub(crate) fn stamp(&self, event: &mut Event) -> usize {
        event.json.pop();
        let cut = event.json.len();
        let (id, seq) = (&self.id, self.next_seq);
        let stamp = format!(r#","producer":{{"id":"{id}","seq":{seq}}}}}"#);
        event.json.reserve_exact(stamp.len());
        // Writing to memory does not fail.
        let _written = event.json.write_all(stamp.as_bytes());
        cut
    }

    /// Events in memory, and slots that are kept there.
    fn events_in_memory(&self) -> u64 {
        let on_disk = self.spill.as_ref().map_or(0, |spill| spill.reserved / SLOT as u64);
        self.counters.queued + self.counters.reserved - on_disk
    }

    fn memory_has_room(&self, bytes: usize) -> bool {
        self.events_in_memory() < self.config.queue_events as u64
            && self.counters.queued_bytes as usize + bytes <= self.config.queue_bytes
    }

    /// Keeps room for an event that is still to be made.
    pub(crate) fn reserve(&mut self, how: How, now: Instant) -> Result<Reservation, bool> {
        if self.closing != Closing::No {
            return Err(true);
        }
        if how == How::New && self.waiting > 0 {
            return Err(false);
        }
        let on_disk = self.spill.as_ref().is_some_and(spill::Spill::is_active);
        let reservation = if !on_disk && self.memory_has_room(SLOT) {
            self.counters.queued_bytes += SLOT as u64;
            self.count_peak();
            Reservation::Memory
        } else {
            let spill = self.spill.as_mut().ok_or(false)?;
            if !spill.takes_slot(SLOT as u64, now) {
                return Err(false);
            }
            spill.reserved += SLOT as u64;
            Reservation::Disk
        };
        self.counters.reserved += 1;
        Ok(reservation)
    }

    /// Keeps it no longer.
    pub(crate) fn release(&mut self, reservation: Reservation) {
        self.counters.reserved -= 1;
        match (reservation, &mut self.spill) {
            (Reservation::Disk, Some(spill)) => spill.reserved -= SLOT as u64,
            // The queue has ended, and given the folder back.
            (Reservation::Disk, None) => {}
            (Reservation::Memory, _) => self.counters.queued_bytes -= SLOT as u64,
        }
    }

    fn count_peak(&mut self) {
        let counters = &mut self.counters;
        counters.queued_bytes_peak = counters.queued_bytes_peak.max(counters.queued_bytes);
    }

    /// Counts an event out that memory holds no more.
    pub(super) fn let_go(&mut self, item: &Item) {
        self.counters.queued -= 1;
        self.counters.queued_bytes -= (item.event.json.len() + OVERHEAD) as u64;
    }

    /// Tells those who wait for this event, among others.
    pub(super) fn count_flushed(&mut self, seq: u64) {
        let waits = |flush: &Flush| seq == RECOVERED || seq < flush.before;
        self.flushes.iter_mut().filter(|flush| waits(flush)).for_each(|flush| flush.left -= 1);
        for flush in self.flushes.extract_if(.., |flush| flush.left == 0) {
            let _gone = flush.done.send(());
        }
    }
}

/// The event as it came.
pub(super) fn unstamp(event: &mut Event, cut: usize) {
    event.json.truncate(cut);
    event.json.push(b'}');
}
