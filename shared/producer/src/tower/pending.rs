//! A request that is being handled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{StatusCode, response};
use serde_json::json;

use super::Audit;
use crate::event::{Draft, Event, Outcome};
use crate::producer::Slot;

/// Sends an event when the request ends, however it ends.
pub(super) struct Pending {
    /// `None` once it has been sent.
    slot: Option<(Slot, Draft, Event)>,
    unaudited: Arc<AtomicU64>,
}

impl Pending {
    pub(super) fn new(
        slot: Slot,
        draft: Draft,
        fallback: Event,
        unaudited: Arc<AtomicU64>,
    ) -> Self {
        Self { slot: Some((slot, draft, fallback)), unaudited }
    }

    /// The request has its response.
    pub(super) fn end(mut self, audit: &impl Audit, head: &response::Parts) {
        let Some((slot, draft, fallback)) = self.slot.take() else { return };
        // Should the audit panic, the fallback is sent.
        self.slot = Some((slot, draft.clone(), fallback));
        let known = draft.outcome(outcome(head.status)).data_in(
            "http",
            "status",
            json!(head.status.as_u16()),
        );
        let event = audit.response(known, head).build();
        let Some((slot, _, fallback)) = self.slot.take() else { return };
        let event = event.unwrap_or_else(|error| {
            tracing::error!(%error, id = fallback.id(), "a response makes no event; its request is audited as unknown");
            fallback
        });
        self.send(slot, event);
    }

    fn send(&self, slot: Slot, event: Event) {
        if let Err(closed) = slot.send(event) {
            self.unaudited.fetch_add(1, Ordering::Relaxed);
            let id = closed.0.id();
            tracing::error!(id, "a request ended after the producer, and is not audited");
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some((slot, _, fallback)) = self.slot.take() {
            self.send(slot, fallback);
        }
    }
}

fn outcome(status: StatusCode) -> Outcome {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Outcome::Denied,
        status if status.is_client_error() || status.is_server_error() => Outcome::Failure,
        _ => Outcome::Success,
    }
}
