//! Reading the fields of an event, strictly.

use super::{Actor, Event, Resource, Roles, Source, Text, Trace, check, time};
use crate::json::{MemberName, Value};
use crate::reason::{Reason, code};

/// In which form an event is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a producer sends it: without the fields that Cairn writes.
    Sent,
    /// As it is sealed: with them.
    Sealed,
}

/// The fields that Cairn writes.
#[derive(Debug, Default)]
pub(crate) struct Reserved<'t> {
    pub(crate) adapter: Option<Value<'t>>,
    pub(crate) arrived: Option<Value<'t>>,
    pub(crate) coordinates: Option<Value<'t>>,
    pub(crate) enrichment: Option<Value<'t>>,
    pub(crate) kind: Option<Value<'t>>,
    pub(crate) redacted: Option<Value<'t>>,
    pub(crate) redrive: Option<Value<'t>>,
}

const FIELDS: &str = "tenant, time, action, actor, resource, outcome, id, reason, source, trace, \
                      changes, data, schema, producer";

/// The fields as they come, before it is known whether the required ones are there.
#[derive(Default)]
pub(crate) struct Fields<'t> {
    pub(crate) id: Option<Text<'t>>,
    pub(crate) tenant: Option<Text<'t>>,
    pub(crate) time: Option<(Text<'t>, i64)>,
    pub(crate) action: Option<Text<'t>>,
    pub(crate) actor: Option<Actor<'t>>,
    pub(crate) resource: Option<Resource<'t>>,
    pub(crate) outcome: Option<Text<'t>>,
    pub(crate) reason: Option<Text<'t>>,
    pub(crate) source: Option<Source<'t>>,
    pub(crate) trace: Option<Trace<'t>>,
    pub(crate) changes: Option<Value<'t>>,
    pub(crate) data: Option<Value<'t>>,
    pub(crate) schema: Option<Text<'t>>,
    pub(crate) producer: Option<Value<'t>>,
    reserved: Reserved<'t>,
}

/// Reads an event from an object.
pub(crate) fn read(root: Value<'_>, form: Form) -> Result<(Event<'_>, Reserved<'_>), Reason> {
    let mut fields = Fields::default();
    for (name, value) in root.members() {
        fields.take(name, value, form)?;
    }
    let expected = |field: &str| match field {
        "/actor" | "/resource" => "an object with `type` and `id`",
        "/time" => "a time as RFC 3339 writes it, with its offset",
        "/outcome" => "`success`, `failure`, `denied` or `unknown`",
        _ => "a string",
    };
    let missing = |field: &'static str| move || Reason::missing(field, expected(field));
    let (time, micros) = fields.time.ok_or_else(missing("/time"))?;
    let event = Event {
        id: fields.id,
        tenant: fields.tenant.ok_or_else(missing("/tenant"))?,
        time,
        micros,
        action: fields.action.ok_or_else(missing("/action"))?,
        actor: fields.actor.ok_or_else(missing("/actor"))?,
        resource: fields.resource.ok_or_else(missing("/resource"))?,
        outcome: fields.outcome.ok_or_else(missing("/outcome"))?,
        reason: fields.reason,
        source: fields.source,
        trace: fields.trace,
        changes: fields.changes,
        data: fields.data,
        schema: fields.schema,
        producer: fields.producer,
    };
    Ok((event, fields.reserved))
}

impl<'t> Fields<'t> {
    /// The fields of somebody else's object that have the form of an event's; all others count as
    /// absent.
    pub(crate) fn found(root: Value<'t>) -> Self {
        let mut fields = Self::default();
        for (name, value) in root.members() {
            if FIELDS.split(", ").any(|known| name.is(known)) {
                // Whatever is wrong with it: it takes nothing then.
                let _absent = fields.take(name, value, Form::Sent);
            }
        }
        fields
    }

    fn take(&mut self, name: MemberName<'t>, value: Value<'t>, form: Form) -> Result<(), Reason> {
        match &*name.bytes() {
            b"action" => self.action = Some(check::action(value, "/action")?),
            b"actor" => self.actor = Some(actor(value)?),
            b"changes" => self.changes = Some(changes(value)?),
            b"data" => self.data = Some(check::object(value, "/data")?),
            b"id" => self.id = Some(check::id(value, "/id")?),
            b"outcome" => self.outcome = Some(check::outcome(value, "/outcome")?),
            b"producer" => self.producer = Some(producer(value)?),
            b"reason" => self.reason = Some(check::text(value, "/reason")?),
            b"resource" => self.resource = Some(resource(value)?),
            b"schema" => self.schema = Some(check::schema(value, "/schema")?),
            b"source" => self.source = Some(source(value)?),
            b"tenant" => self.tenant = Some(check::tenant(value, "/tenant")?),
            b"time" => self.time = Some(when(value)?),
            b"trace" => self.trace = Some(trace(value)?),
            b"adapter" => *reserved(&mut self.reserved.adapter, "/adapter", form)? = Some(value),
            b"arrived" => *reserved(&mut self.reserved.arrived, "/arrived", form)? = Some(value),
            b"coordinates" => {
                *reserved(&mut self.reserved.coordinates, "/coordinates", form)? = Some(value);
            }
            b"enrichment" => {
                *reserved(&mut self.reserved.enrichment, "/enrichment", form)? = Some(value);
            }
            b"kind" => *reserved(&mut self.reserved.kind, "/kind", form)? = Some(value),
            b"redacted" => *reserved(&mut self.reserved.redacted, "/redacted", form)? = Some(value),
            b"redrive" => *reserved(&mut self.reserved.redrive, "/redrive", form)? = Some(value),
            _ => return Err(Reason::unknown("", name, FIELDS, "`data`")),
        }
        Ok(())
    }
}

fn reserved<'r, T>(field: &'r mut T, at: &str, form: Form) -> Result<&'r mut T, Reason> {
    match form {
        Form::Sealed => Ok(field),
        Form::Sent => {
            let message = "expected no field that Cairn writes when it seals the event; \
                           the place of a producer's own fields is `data`";
            Err(Reason::field(code::FIELD_RESERVED, at, message))
        }
    }
}

fn when<'t>(value: Value<'t>) -> Result<(Text<'t>, i64), Reason> {
    let text = check::text(value, "/time")?;
    let micros = time::micros(&text).ok_or_else(|| Reason::value("/time", time::EXPECTED))?;
    Ok((text, micros))
}

fn actor(value: Value<'_>) -> Result<Actor<'_>, Reason> {
    let mut actor = Actor::default();
    for (name, value) in check::object(value, "/actor")?.members() {
        match &*name.bytes() {
            b"email" => actor.email = Some(check::text(value, "/actor/email")?),
            b"id" => actor.id = check::name(value, "/actor/id")?,
            b"name" => actor.name = Some(check::text(value, "/actor/name")?),
            b"roles" => actor.roles = Some(roles(value)?),
            b"session" => actor.session = Some(check::text(value, "/actor/session")?),
            b"type" => actor.kind = check::name(value, "/actor/type")?,
            _ => {
                let known = "type, id, name, email, roles, session";
                return Err(Reason::unknown("/actor", name, known, "`data`"));
            }
        }
    }
    named("/actor", &actor.kind, &actor.id)?;
    Ok(actor)
}

fn resource(value: Value<'_>) -> Result<Resource<'_>, Reason> {
    let mut resource = Resource::default();
    for (name, value) in check::object(value, "/resource")?.members() {
        match &*name.bytes() {
            b"attributes" => {
                resource.attributes = Some(check::object(value, "/resource/attributes")?);
            }
            b"id" => resource.id = check::name(value, "/resource/id")?,
            b"name" => resource.name = Some(check::text(value, "/resource/name")?),
            b"type" => resource.kind = check::name(value, "/resource/type")?,
            _ => {
                let known = "type, id, name, attributes";
                return Err(Reason::unknown("/resource", name, known, "`resource.attributes`"));
            }
        }
    }
    named("/resource", &resource.kind, &resource.id)?;
    Ok(resource)
}

/// Whether type and id are there: neither can be empty if it is.
fn named(at: &str, kind: &str, id: &str) -> Result<(), Reason> {
    for (name, text) in [("type", kind), ("id", id)] {
        if text.is_empty() {
            return Err(Reason::missing(&format!("{at}/{name}"), "a string"));
        }
    }
    Ok(())
}

fn roles(value: Value<'_>) -> Result<Roles<'_>, Reason> {
    for (place, role) in check::array(value, "/actor/roles")?.elements().enumerate() {
        if role.text().is_none() {
            let at = format!("/actor/roles/{place}");
            return Err(Reason::kind(&at, "a string", role.kind()));
        }
    }
    Ok(Roles::Sent(value))
}

fn source(value: Value<'_>) -> Result<Source<'_>, Reason> {
    let mut source = Source::default();
    for (name, value) in check::object(value, "/source")?.members() {
        match &*name.bytes() {
            b"ip" => source.ip = Some(check::ip(value, "/source/ip")?),
            b"region" => source.region = Some(check::text(value, "/source/region")?),
            b"service" => source.service = Some(check::text(value, "/source/service")?),
            b"user_agent" => source.user_agent = Some(check::text(value, "/source/user_agent")?),
            b"version" => source.version = Some(check::text(value, "/source/version")?),
            _ => {
                let known = "ip, user_agent, service, version, region";
                return Err(Reason::unknown("/source", name, known, "`data`"));
            }
        }
    }
    Ok(source)
}

fn trace(value: Value<'_>) -> Result<Trace<'_>, Reason> {
    let mut trace = Trace::default();
    for (name, value) in check::object(value, "/trace")?.members() {
        match &*name.bytes() {
            b"request_id" => trace.request_id = Some(check::text(value, "/trace/request_id")?),
            b"span_id" => trace.span_id = Some(check::span_id(value, "/trace/span_id")?),
            b"trace_id" => trace.trace_id = Some(check::trace_id(value, "/trace/trace_id")?),
            _ => {
                let known = "trace_id, span_id, request_id";
                return Err(Reason::unknown("/trace", name, known, "`data`"));
            }
        }
    }
    Ok(trace)
}

fn changes(value: Value<'_>) -> Result<Value<'_>, Reason> {
    for (place, change) in check::array(value, "/changes")?.elements().enumerate() {
        let at = format!("/changes/{place}");
        let mut path = false;
        for (name, value) in check::object(change, &at)?.members() {
            match &*name.bytes() {
                b"after" | b"before" => {}
                b"path" => {
                    check::name(value, &format!("{at}/path"))?;
                    path = true;
                }
                _ => return Err(Reason::unknown(&at, name, "path, before, after", "`data`")),
            }
        }
        if !path {
            return Err(Reason::missing(&format!("{at}/path"), "a string"));
        }
    }
    Ok(value)
}

fn producer(value: Value<'_>) -> Result<Value<'_>, Reason> {
    let (mut id, mut seq) = (false, false);
    for (name, value) in check::object(value, "/producer")?.members() {
        match &*name.bytes() {
            b"id" => {
                check::name(value, "/producer/id")?;
                id = true;
            }
            b"seq" => {
                check::counter(value, "/producer/seq")?;
                seq = true;
            }
            _ => return Err(Reason::unknown("/producer", name, "id, seq", "`data`")),
        }
    }
    match (id, seq) {
        (false, _) => Err(Reason::missing("/producer/id", "a string")),
        (_, false) => Err(Reason::missing("/producer/seq", "an integer from 0")),
        _ => Ok(value),
    }
}
