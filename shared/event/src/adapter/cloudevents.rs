//! CloudEvents 1.0 (<https://github.com/cloudevents/spec>): the JSON envelope, and the binary mode as
//! producers that kept the headers write it, see [`envelope`].
//!
//! CloudEvents knows neither tenants nor outcomes. They are extension attributes here; what these do
//! not say is taken from the members of `data` that have the form of an event's, so that an event of
//! ours may be the data of a CloudEvent.
//!
//! | event | attribute | else |
//! | --- | --- | --- |
//! | `id` | `id`, which is unique within its `source` | |
//! | `tenant` * | `tenant` | `data.tenant` |
//! | `time` * | `time` | `data.time` |
//! | `action` | | `data.action`, else `type`, see [`action`] |
//! | `actor` * | `actortype` and `actorid`, else `authtype` and `authid` (the Auth Context extension) | `data.actor` |
//! | `resource` | `resourcetype` and `resourceid` | `data.resource`, else `subject` within `source` |
//! | `outcome` | `outcome` | `data.outcome`, else `unknown` |
//! | `reason` | `reason` | `data.reason` |
//! | `source.ip`, `source.user_agent` | `sourceip`, `useragent` | `data.source` |
//! | `source.service` | | `data.source.service`, else `source` |
//! | `trace` | `traceparent` (the Distributed Tracing extension) | `data.trace` |
//! | `changes`, `producer` | | `data.changes`, `data.producer` |
//! | `data` | the whole CloudEvent | |

mod action;
mod envelope;

pub(super) use self::envelope::is_mark;

use self::envelope::Envelope;
use crate::event::{
    Actor, EXPECTED_OUTCOME, EXPECTED_TENANT, EXPECTED_TIME, Event, Fields, Resource, Source, Text,
    Trace, is_id, is_ip, is_name, is_outcome, is_span_id, is_tenant, is_trace_id, micros,
};
use crate::json::Value;
use crate::reason::Reason;

/// The version whose attributes these are.
const VERSION: &str = "1.0";

/// What says nothing.
const UNKNOWN: &str = "unknown";

/// Attributes that name the actor, by type and id, the most exact first.
const ACTORS: [(&str, &str); 2] = [("actortype", "actorid"), ("authtype", "authid")];

/// Whether an object is a CloudEvent: it has a version of them.
pub(super) fn knows(root: Value<'_>) -> bool {
    Envelope::of(root).is_some()
}

/// The event of a CloudEvent.
pub(super) fn read(root: Value<'_>) -> Result<Event<'_>, Reason> {
    let Some(envelope) = Envelope::of(root) else {
        return Err(Reason::missing("/specversion", &format!("`{VERSION}`")));
    };
    if envelope.required("specversion")? != VERSION {
        return Err(Reason::value(&envelope.pointer("specversion"), &format!("`{VERSION}`")));
    }
    let id = envelope.required("id")?;
    let source = envelope.required("source")?;
    let kind = envelope.required("type")?;
    let data = envelope.data().map(Fields::found).unwrap_or_default();
    let checked = |name, is: fn(&str) -> bool, expected| envelope.checked(name, is, expected);
    let time = match checked("time", |text| micros(text).is_some(), EXPECTED_TIME)? {
        Some(time) => micros(&time).map(|micros| (time, micros)),
        None => data.time,
    };
    let (time, micros) = time.ok_or_else(|| envelope.absent("time"))?;
    let tenant = checked("tenant", is_tenant, EXPECTED_TENANT)?.or(data.tenant);
    let outcome = checked("outcome", is_outcome, EXPECTED_OUTCOME)?.or(data.outcome);
    let actor = actor(&envelope).or(data.actor);
    Ok(Event {
        id: Some(id).filter(|id| is_id(id)),
        tenant: tenant.ok_or_else(|| envelope.absent("tenant"))?,
        time,
        micros,
        action: data.action.unwrap_or_else(|| Text::Owned(action::action(&kind))),
        actor: actor.ok_or_else(|| envelope.absent("actorid"))?,
        resource: resource(&envelope, data.resource, &source),
        outcome: outcome.unwrap_or(Text::Borrowed(UNKNOWN)),
        reason: envelope.attribute("reason").or(data.reason),
        trace: trace(&envelope).or(data.trace),
        source: Some(origin(&envelope, data.source.unwrap_or_default(), source)),
        changes: data.changes,
        data: Some(root),
        schema: None,
        producer: data.producer,
    })
}

/// The actor, where an attribute names one. A type alone, `unauthenticated`, says all there is to say.
fn actor<'t>(envelope: &Envelope<'t>) -> Option<Actor<'t>> {
    let name = |name: &str| envelope.attribute(name).filter(|text| is_name(text));
    ACTORS.iter().find_map(|(kind, id)| match (name(kind), name(id)) {
        (None, None) => None,
        (Some(kind), None) => Some(Actor { id: kind.clone(), kind, ..Actor::default() }),
        (kind, Some(id)) => {
            let kind = kind.unwrap_or(Text::Borrowed("Unknown"));
            Some(Actor { kind, id, ..Actor::default() })
        }
    })
}

/// The resource. A subject is what it is in the context of its source, whose URI is its type then.
fn resource<'t>(
    envelope: &Envelope<'t>,
    data: Option<Resource<'t>>,
    source: &Text<'t>,
) -> Resource<'t> {
    let name = |name: &str| envelope.attribute(name).filter(|text| is_name(text));
    let source = || Some(source.clone()).filter(|text| is_name(text));
    let unknown = || Text::Borrowed(UNKNOWN);
    if let Some(id) = name("resourceid") {
        let kind = name("resourcetype").or_else(source).unwrap_or_else(unknown);
        return Resource { kind, id, ..Resource::default() };
    }
    data.unwrap_or_else(|| match name("subject") {
        Some(id) => Resource { kind: source().unwrap_or_else(unknown), id, ..Resource::default() },
        None => Resource {
            kind: Text::Borrowed("source"),
            id: source().unwrap_or_else(unknown),
            ..Resource::default()
        },
    })
}

fn origin<'t>(envelope: &Envelope<'t>, data: Source<'t>, source: Text<'t>) -> Source<'t> {
    Source {
        ip: envelope.attribute("sourceip").filter(|address| is_ip(address)).or(data.ip),
        user_agent: envelope.attribute("useragent").or(data.user_agent),
        service: data.service.or(Some(source)),
        ..data
    }
}

/// Trace and span of `<version>-<trace>-<span>-<flags>` (W3C Trace Context §3.2).
fn trace<'t>(envelope: &Envelope<'t>) -> Option<Trace<'t>> {
    let parent = envelope.attribute("traceparent")?;
    let mut parts = parent.split('-').skip(1).map(str::to_owned);
    let trace_id = parts.next().filter(|id| is_trace_id(id))?;
    let span_id = parts.next().filter(|id| is_span_id(id))?;
    Some(Trace {
        trace_id: Some(Text::Owned(trace_id)),
        span_id: Some(Text::Owned(span_id)),
        request_id: None,
    })
}
