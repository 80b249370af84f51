//! Events, and what they are drawn up from.

mod check;
mod draft;
mod parts;

use std::fmt;

pub(crate) use check::is_id;
pub use draft::{Draft, EventError};
pub use parts::{Actor, Change, Outcome, Resource, Source, Trace};

/// An event that Cairn takes: every field has been checked. Made by [`Draft::build`].
///
/// It is JSON already, so that what it takes in the queue is known to the byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    pub(crate) id: Box<str>,
    pub(crate) json: Vec<u8>,
    pub(crate) keys: OrderKeys,
}

/// Hashes of what may have to stay in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OrderKeys {
    pub(crate) tenant: u64,
    pub(crate) actor: u64,
    pub(crate) resource: u64,
}

impl OrderKeys {
    fn new(tenant: &str, actor: [&str; 2], resource: [&str; 2]) -> Self {
        let of = |parts: [&str; 2]| parts.into_iter().fold(hash(BASIS, tenant), hash);
        Self { tenant: hash(BASIS, tenant), actor: of(actor), resource: of(resource) }
    }
}

/// FNV-1a (<https://datatracker.ietf.org/doc/html/rfc9923>): the same for every build and host, unlike the
/// standard library's hashes. Spreads keys; protects nothing.
fn hash(state: u64, text: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    // 0xff is in no UTF-8, so that `ab`, `c` and `a`, `bc` differ.
    step(text.bytes().fold(state, step), 0xff)
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

impl Event {
    /// Its id, under which it is found once it is sealed.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its JSON, as ingest takes it; `producer` is added when it is accepted.
    pub fn as_json(&self) -> &[u8] {
        &self.json
    }
}

/// Without the body: events are not for logs.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.json.len();
        f.debug_struct("Event").field("id", &self.id).field("bytes", &bytes).finish()
    }
}

impl Event {
    /// An event that comes back from disk, with `producer`.
    pub(crate) fn spilled(json: Vec<u8>) -> Self {
        Self { id: Box::default(), json, keys: OrderKeys { tenant: 0, actor: 0, resource: 0 } }
    }
}

#[cfg(test)]
mod tests;
