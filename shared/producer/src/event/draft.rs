//! Drawing up an event.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::check::{self, Budget, Excess};
use super::{Actor, Change, Event, OrderKeys, Outcome, Resource, Source, Trace};

/// Bytes of an event's JSON, at most: with what is added when it is accepted, it fits into a record of
/// 1 MiB, which every stream takes.
const MAX_BYTES: usize = (1 << 20) - (8 << 10);

/// How deep an event may nest, the default of a config bundle (README.md of cairn-event).
const MAX_DEPTH: usize = 32;

/// JSON values and names in an event, at most: the default of a config bundle.
const MAX_VALUES: usize = 100_000;

/// As many values and names as all fields but the open ones have at most, and some more.
const FIXED_VALUES: usize = 100;

/// Why a draft is no event. Never holds a value of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A field does not have its form.
    #[error("{pointer}: expected {expected}, found another value of {bytes} bytes")]
    Field {
        /// JSON pointer (RFC 6901) of the field.
        pointer: String,
        /// What it must be.
        expected: &'static str,
        /// How long it is.
        bytes: usize,
    },
    /// The time cannot be written as RFC 3339.
    #[error("/time: expected a time from year 0 on, found one in year {year}")]
    Time {
        /// Its year.
        year: i16,
    },
    /// It nests too deep.
    #[error("expected values nested at most {MAX_DEPTH} deep, found deeper ones in {pointer}")]
    Depth {
        /// Where.
        pointer: &'static str,
    },
    /// There is too much in it.
    #[error("expected at most {MAX_VALUES} JSON values and names, found more")]
    Values,
    /// It is too large.
    #[error("expected at most {MAX_BYTES} bytes of JSON, found {bytes}")]
    Bytes {
        /// How large it is.
        bytes: usize,
    },
    /// It could not be written.
    #[error("expected an event that can be written as JSON, found: {0}")]
    Json(String),
}

/// An event that is being drawn up. Its id is a new UUIDv7 (RFC 9562 §5.7) and its time is now,
/// unless said otherwise.
#[derive(Clone, PartialEq, Serialize)]
pub struct Draft {
    id: String,
    tenant: String,
    #[serde(serialize_with = "rfc_3339")]
    time: Timestamp,
    action: String,
    actor: Actor,
    resource: Resource,
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Trace>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Change>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
}

impl Draft {
    /// What every event has. `tenant`: 1 to 128 of `A-Z a-z 0-9 _ . -`, the first a letter or digit;
    /// `action`: lowercase words joined by dots, at least two (`document.share`), at most 256 bytes.
    pub fn new(
        tenant: impl Into<String>,
        action: impl Into<String>,
        actor: Actor,
        resource: Resource,
        outcome: Outcome,
    ) -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            tenant: tenant.into(),
            time: Timestamp::now(),
            action: action.into(),
            actor,
            resource,
            outcome,
            reason: None,
            source: None,
            trace: None,
            changes: Vec::new(),
            data: Map::new(),
            schema: None,
        }
    }

    /// Another id: 1 to 128 of `A-Z a-z 0-9 _ . : -`, unique.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// When it happened.
    #[must_use]
    pub fn time(mut self, time: Timestamp) -> Self {
        self.time = time;
        self
    }

    /// Who did it, if that is known better by now.
    #[must_use]
    pub fn actor(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// What it was done to, if that is known better by now.
    #[must_use]
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resource = resource;
        self
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// Why it ended so.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Where it came from.
    #[must_use]
    pub fn source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// What it belongs to.
    #[must_use]
    pub fn trace(mut self, trace: Trace) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Something that changed; may be said several times.
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// A member of `data`: whatever else there is to say. Numbers beyond 2^53 are sealed as strings.
    #[must_use]
    pub fn data(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.data.insert(name.into(), value.into());
        self
    }

    /// Name and version of the schema of `data`: `document.share/2`.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Says where it came from and what it belongs to, unless that was said.
    #[cfg(feature = "tower")]
    pub(crate) fn fill(&mut self, source: Option<Source>, trace: Option<Trace>) {
        self.source = self.source.take().or(source);
        self.trace = self.trace.take().or(trace);
    }

    /// A member of an object in `data`; whatever else stands under its name gives way.
    #[cfg(feature = "tower")]
    pub(crate) fn data_in(mut self, object: &str, name: &str, value: Value) -> Self {
        match self.data.get_mut(object) {
            Some(Value::Object(members)) => _ = members.insert(name.to_owned(), value),
            _ => _ = self.data.insert(object.to_owned(), serde_json::json!({ name: value })),
        }
        self
    }

    /// Checks every field.
    pub fn build(self) -> Result<Event, EventError> {
        self.check_fields()?;
        self.check_size()?;
        let json =
            serde_json::to_vec(&self).map_err(|error| EventError::Json(error.to_string()))?;
        if json.len() > MAX_BYTES {
            return Err(EventError::Bytes { bytes: json.len() });
        }
        let (actor, resource) = (&self.actor, &self.resource);
        let actor = [actor.kind.as_str(), actor.id.as_str()];
        let resource = [resource.kind.as_str(), resource.id.as_str()];
        let keys = OrderKeys::new(&self.tenant, actor, resource);
        Ok(Event { id: self.id.into(), json, keys })
    }

    fn check_fields(&self) -> Result<(), EventError> {
        let name = "a string of 1 to 2048 bytes";
        field("/id", &self.id, check::is_id, "1 to 128 of A-Z a-z 0-9 _ . : -")?;
        let tenant = "1 to 128 of A-Z a-z 0-9 _ . -, the first a letter or digit";
        field("/tenant", &self.tenant, check::is_tenant, tenant)?;
        let action = "lowercase words joined by dots, such as `document.share`, at most 256 bytes";
        field("/action", &self.action, check::is_action, action)?;
        field("/actor/type", &self.actor.kind, check::is_name, name)?;
        field("/actor/id", &self.actor.id, check::is_name, name)?;
        field("/resource/type", &self.resource.kind, check::is_name, name)?;
        field("/resource/id", &self.resource.id, check::is_name, name)?;
        for (place, change) in self.changes.iter().enumerate() {
            field(&format!("/changes/{place}/path"), &change.path, check::is_name, name)?;
        }
        if let Some(schema) = &self.schema {
            let expected = "an action's name, a slash and a version, such as `document.share/2`";
            field("/schema", schema, check::is_schema, expected)?;
        }
        if let Some(Trace { trace_id: Some(id), .. }) = &self.trace {
            let expected = "32 lowercase hexadecimal digits, not all 0 (W3C Trace Context)";
            field("/trace/trace_id", id, |text| check::is_hex(text, 32), expected)?;
        }
        if let Some(Trace { span_id: Some(id), .. }) = &self.trace {
            let expected = "16 lowercase hexadecimal digits, not all 0 (W3C Trace Context)";
            field("/trace/span_id", id, |text| check::is_hex(text, 16), expected)?;
        }
        match Offset::UTC.to_datetime(self.time).year() {
            year @ ..0 => Err(EventError::Time { year }),
            _ => Ok(()),
        }
    }

    /// Depths count from the event: 1 is the event itself.
    fn check_size(&self) -> Result<(), EventError> {
        let at = |pointer| {
            move |excess| match excess {
                Excess::Depth => EventError::Depth { pointer },
                Excess::Values => EventError::Values,
            }
        };
        let mut budget = Budget { values: MAX_VALUES - FIXED_VALUES };
        budget.take(self.actor.roles.len()).map_err(at("/actor/roles"))?;
        budget.object(&self.data, MAX_DEPTH - 1).map_err(at("/data"))?;
        let attributes = &self.resource.attributes;
        budget.object(attributes, MAX_DEPTH - 2).map_err(at("/resource/attributes"))?;
        for change in &self.changes {
            // The change, and the names and values of its members.
            budget.take(7).map_err(at("/changes"))?;
            for value in [&change.before, &change.after].into_iter().flatten() {
                budget.value(value, MAX_DEPTH - 3).map_err(at("/changes"))?;
            }
        }
        Ok(())
    }
}

fn rfc_3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn field(
    pointer: &str,
    text: &str,
    is: impl Fn(&str) -> bool,
    expected: &'static str,
) -> Result<(), EventError> {
    if is(text) {
        return Ok(());
    }
    Err(EventError::Field { pointer: pointer.to_owned(), expected, bytes: text.len() })
}

/// Without the body: events are not for logs.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("id", &self.id).finish_non_exhaustive()
    }
}
