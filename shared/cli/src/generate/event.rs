//! An event as a producer writes it.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::Serialize;
use serde_json::Value;

use super::random::Random;

/// The JSON of one event.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) tenant: String,
    pub(super) time: String,
    pub(super) action: &'static str,
    pub(super) actor: Actor,
    pub(super) resource: Resource,
    pub(super) outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    pub(super) source: Source,
    pub(super) trace: Trace,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Value>,
    pub(super) producer: Producer,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Actor {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Resource {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attributes: Option<Value>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Source {
    pub(super) ip: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<&'static str>,
    pub(super) service: &'static str,
    pub(super) version: &'static str,
    pub(super) region: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Trace {
    pub(super) trace_id: String,
    pub(super) span_id: String,
    pub(super) request_id: String,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Change {
    pub(super) path: &'static str,
    pub(super) before: Value,
    pub(super) after: Value,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Producer {
    pub(super) id: &'static str,
    pub(super) seq: u64,
}

/// What happened, before it has a time, an id and a place in the producer's count.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    pub(super) action: &'static str,
    pub(super) resource: Resource,
    pub(super) outcome: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) changes: Vec<Change>,
    pub(super) data: Option<Value>,
}

impl Deed {
    /// A deed that succeeded and changed nothing.
    pub(super) fn new(action: &'static str, resource: Resource) -> Self {
        Self { action, resource, outcome: "success", reason: None, changes: Vec::new(), data: None }
    }

    pub(super) fn ended(mut self, outcome: &'static str, reason: &'static str) -> Self {
        self.outcome = outcome;
        self.reason = Some(reason);
        self
    }

    pub(super) fn with(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    pub(super) fn change(
        mut self,
        path: &'static str,
        before: impl Into<Value>,
        after: impl Into<Value>,
    ) -> Self {
        self.changes.push(Change { path, before: before.into(), after: after.into() });
        self
    }
}

impl Resource {
    pub(super) fn new(kind: &'static str, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), name: None, attributes: None }
    }

    pub(super) fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl Trace {
    /// W3C trace context ids, and the id of one request.
    pub(super) fn new(random: &mut Random) -> Self {
        Self {
            trace_id: random.hex::<16>(),
            span_id: random.hex::<8>(),
            request_id: format!("req_{}", random.hex::<6>()),
        }
    }
}

/// A UUIDv7 (RFC 9562 §5.7) of that time.
pub(super) fn id(time: Timestamp, random: &mut Random) -> String {
    let millis = time.as_millisecond().max(0).cast_unsigned();
    uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid().to_string()
}

/// RFC 3339 to the millisecond, as a clock `hours` ahead of UTC shows it.
pub(super) fn local_time(time: Timestamp, hours: i8) -> String {
    if hours == 0 {
        return format!("{time:.3}");
    }
    format!("{:.3}", time.display_with_offset(Offset::constant(hours)))
}
