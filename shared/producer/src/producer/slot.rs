//! Room for an event that is still to be made.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Closed, Producer, Waiting};
use crate::event::Event;
use crate::queue::{How, NoRoom, Reservation};
use crate::shared::Shared;

/// Room in the queue for one event: whoever holds it can do what has to be audited, and send the event
/// afterwards without waiting and without being refused. Dropped unused, it is free again.
///
/// It counts for 8 KiB. A larger event is taken too, even if the queue's bound is exceeded by it, and likewise one that
/// the disk was to take and fails to.
/// Shutdown waits for slots that are held.
pub struct Slot {
    shared: Arc<Shared>,
    reservation: Option<Reservation>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

impl Slot {
    /// Hands the event over.
    pub fn send(mut self, event: Event) -> Result<(), Closed> {
        let Some(reservation) = self.reservation.take() else { return Err(Closed(event)) };
        let how = How::Reserved(reservation);
        let now = Instant::now();
        let admitted = self.shared.queue().admit(event, &mut None, how, now);
        self.shared.work.notify_one();
        admitted.map_err(|error| match error {
            NoRoom::Full(event) | NoRoom::Closed(event) => Closed(event),
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take() {
            self.shared.queue().release(reservation);
            self.shared.work.notify_one();
        }
    }
}

impl Producer {
    /// Room for one event, waiting for it if need be. `None`: the producer takes no more.
    pub async fn reserve(&self) -> Option<Slot> {
        match self.slot(How::New) {
            Ok(slot) => return Some(slot),
            Err(true) => return None,
            Err(false) => {}
        }
        let _waiting = Waiting::new(&self.shared);
        let _first = self.shared.line.lock().await;
        loop {
            match self.slot(How::First) {
                Ok(slot) => return Some(slot),
                Err(true) => return None,
                Err(false) => self.shared.room.notified().await,
            }
        }
    }

    /// Room for one event, if there is some now, and nobody waits for it.
    pub fn try_reserve(&self) -> Option<Slot> {
        self.slot(How::New).ok()
    }

    /// A slot, or whether there will be none any more.
    fn slot(&self, how: How) -> Result<Slot, bool> {
        let mut queue = self.shared.queue();
        let reserved = queue.reserve(how, Instant::now());
        queue.counters.full += u64::from(how == How::New && reserved == Err(false));
        Ok(Slot { shared: self.shared.clone(), reservation: Some(reserved?) })
    }
}
