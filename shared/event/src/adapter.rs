//! Adapters: other people's records, read as events.
//!
//! An adapter is a row of [`ADAPTERS`]: a name, which the sealed event carries as `adapter`, a
//! function that knows its records, and one that maps them. It keeps the source record whole under
//! `data`, so that a mapping drops nothing.

mod cloudtrail;

use crate::event::Event;
use crate::json::Value;
use crate::reason::Reason;

/// How one kind of foreign record becomes an event.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// What the sealed event says of it.
    pub(crate) name: &'static str,
    /// Whether an object is such a record.
    knows: fn(Value<'_>) -> bool,
    /// The event of such a record.
    pub(crate) read: for<'t> fn(Value<'t>) -> Result<Event<'t>, Reason>,
}

/// AWS CloudTrail records.
pub(crate) static CLOUDTRAIL: Adapter =
    Adapter { name: "cloudtrail", knows: cloudtrail::knows, read: cloudtrail::read };

/// All adapters; the first that knows an object reads it.
static ADAPTERS: [&Adapter; 1] = [&CLOUDTRAIL];

/// The adapter that knows an object.
pub(crate) fn find(root: Value<'_>) -> Option<&'static Adapter> {
    ADAPTERS.into_iter().find(|adapter| (adapter.knows)(root))
}

/// Whether an adapter has this name.
pub(crate) fn is_known(name: &str) -> bool {
    ADAPTERS.iter().any(|adapter| adapter.name == name)
}
