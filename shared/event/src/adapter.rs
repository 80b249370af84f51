//! Adapters: other people's records, read as events.
//!
//! An adapter has a name, which the sealed event carries as `adapter`, a function that knows its
//! records, and one that maps them. It keeps the source record whole under `data`, so that a mapping
//! drops nothing.

mod cloudevents;
mod cloudtrail;
mod fields;
mod kubernetes;
mod ocsf;
mod words;

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

/// CloudEvents.
static CLOUDEVENTS: Adapter =
    Adapter { name: "cloudevents", knows: cloudevents::knows, read: cloudevents::read };

/// AWS CloudTrail records.
pub(crate) static CLOUDTRAIL: Adapter =
    Adapter { name: "cloudtrail", knows: cloudtrail::knows, read: cloudtrail::read };

/// Audit events of Kubernetes.
pub(crate) static KUBERNETES: Adapter =
    Adapter { name: "kubernetes", knows: kubernetes::knows, read: kubernetes::read };

/// Events of the Open Cybersecurity Schema Framework.
static OCSF: Adapter = Adapter { name: "ocsf", knows: ocsf::knows, read: ocsf::read };

/// All adapters.
static ADAPTERS: [&Adapter; 4] = [&CLOUDEVENTS, &CLOUDTRAIL, &KUBERNETES, &OCSF];

/// The adapter that knows an object. CloudTrail's comes first, for most records are its; of others,
/// the one whose mark stands first in canonical order.
pub(crate) fn find(root: Value<'_>) -> Option<&'static Adapter> {
    if cloudtrail::knows(root) {
        return Some(&CLOUDTRAIL);
    }
    let marked = root.members().filter_map(|(name, _)| by_mark(&name.bytes()));
    marked.into_iter().find(|adapter| (adapter.knows)(root))
}

/// The adapter whose records have a member of this name. One pass over the names asks for all: no
/// native event has any of them.
fn by_mark(name: &[u8]) -> Option<&'static Adapter> {
    match name {
        b"apiVersion" | b"auditID" => Some(&KUBERNETES),
        b"class_uid" => Some(&OCSF),
        b"headers" | b"specversion" => Some(&CLOUDEVENTS),
        _ if cloudevents::is_mark(name) => Some(&CLOUDEVENTS),
        _ => None,
    }
}

/// Whether an adapter has this name.
pub(crate) fn is_known(name: &str) -> bool {
    ADAPTERS.iter().any(|adapter| adapter.name == name)
}
