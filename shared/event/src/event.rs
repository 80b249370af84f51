//! The event, as every form of it is read and as it is sealed.

mod check;
mod read;
mod time;
mod write;

pub(crate) use check::{
    EXPECTED_OUTCOME, EXPECTED_TENANT, is_action, is_country, is_id, is_ip, is_name, is_outcome,
    is_region, is_schema, is_span_id, is_tenant, is_trace_id, is_version,
};
pub(crate) use read::{Fields, Form, Reserved, read};
pub(crate) use time::{EXPECTED as EXPECTED_TIME, micros};
pub(crate) use write::{ObjectWriter, Seal, arrival, write_coordinates};

use std::borrow::Cow;

use crate::json::Value;
use compact_str::CompactString;

use crate::leaf::EventColumns;

/// A text of an event.
pub(crate) type Text<'t> = Cow<'t, str>;

/// An event whose fields are checked. Borrows from the record.
#[derive(Debug)]
pub(crate) struct Event<'t> {
    pub(crate) id: Option<Text<'t>>,
    pub(crate) tenant: Text<'t>,
    /// Verbatim.
    pub(crate) time: Text<'t>,
    /// `time`, in microseconds since 1970 (UTC), rounded down.
    pub(crate) micros: i64,
    pub(crate) action: Text<'t>,
    pub(crate) actor: Actor<'t>,
    pub(crate) resource: Resource<'t>,
    pub(crate) outcome: Text<'t>,
    pub(crate) reason: Option<Text<'t>>,
    pub(crate) source: Option<Source<'t>>,
    pub(crate) trace: Option<Trace<'t>>,
    pub(crate) changes: Option<Value<'t>>,
    pub(crate) data: Option<Value<'t>>,
    pub(crate) schema: Option<Text<'t>>,
    pub(crate) producer: Option<Value<'t>>,
}

/// Who did it.
#[derive(Debug, Default)]
pub(crate) struct Actor<'t> {
    pub(crate) kind: Text<'t>,
    pub(crate) id: Text<'t>,
    pub(crate) name: Option<Text<'t>>,
    pub(crate) email: Option<Text<'t>>,
    pub(crate) roles: Option<Roles<'t>>,
    pub(crate) session: Option<Text<'t>>,
}

/// The roles an actor had.
#[derive(Debug)]
pub(crate) enum Roles<'t> {
    /// As they were sent: an array of strings.
    Sent(Value<'t>),
    /// The one that an adapter found.
    One(Text<'t>),
}

/// What it was done to.
#[derive(Debug, Default)]
pub(crate) struct Resource<'t> {
    pub(crate) kind: Text<'t>,
    pub(crate) id: Text<'t>,
    pub(crate) name: Option<Text<'t>>,
    pub(crate) attributes: Option<Value<'t>>,
}

/// Where it came from.
#[derive(Debug, Default)]
pub(crate) struct Source<'t> {
    pub(crate) ip: Option<Text<'t>>,
    pub(crate) region: Option<Text<'t>>,
    pub(crate) service: Option<Text<'t>>,
    pub(crate) user_agent: Option<Text<'t>>,
    pub(crate) version: Option<Text<'t>>,
}

/// What it belongs to.
#[derive(Debug, Default)]
pub(crate) struct Trace<'t> {
    pub(crate) request_id: Option<Text<'t>>,
    pub(crate) span_id: Option<Text<'t>>,
    pub(crate) trace_id: Option<Text<'t>>,
}

impl Event<'_> {
    /// The columns that people search by.
    pub(crate) fn columns(&self, id: &str) -> EventColumns {
        let owned = |text: &Option<Text<'_>>| text.as_deref().map(CompactString::from);
        EventColumns {
            time: self.micros,
            tenant: self.tenant.as_ref().into(),
            actor_type: self.actor.kind.as_ref().into(),
            actor_id: self.actor.id.as_ref().into(),
            action: self.action.as_ref().into(),
            resource_type: self.resource.kind.as_ref().into(),
            resource_id: self.resource.id.as_ref().into(),
            outcome: self.outcome.as_ref().into(),
            source_ip: self.source.as_ref().and_then(|source| owned(&source.ip)),
            session: owned(&self.actor.session),
            trace_id: self.trace.as_ref().and_then(|trace| owned(&trace.trace_id)),
            id: id.into(),
        }
    }
}
