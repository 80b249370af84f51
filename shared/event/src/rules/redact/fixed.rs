//! Redaction of the optional members that every event can have.

use super::MASK;
use super::places::{Places, Rule};
use crate::RedactionAction;
use crate::bundle::Segment;
use crate::event::{Event, Text};

/// Redacts the member at a pattern's places, if it is one of these and is there.
pub(super) fn redact(
    event: &mut Event<'_>,
    segments: &[Segment],
    action: RedactionAction,
    places: &mut Places,
) {
    let names: Option<Vec<&str>> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Name(name) => Some(name.as_str()),
            Segment::Any => None,
        })
        .collect();
    let Some(names) = names else { return };
    if member(event, &names, action) {
        places.push(&format!("/{}", names.join("/")), action, Rule::Pointer);
    }
}

/// Whether the member was there.
fn member(event: &mut Event<'_>, names: &[&str], action: RedactionAction) -> bool {
    let field = match names {
        ["changes"] => return event.changes.take().is_some(),
        ["data"] => return event.data.take().is_some(),
        ["producer"] => return event.producer.take().is_some(),
        ["source"] => return event.source.take().is_some(),
        ["trace"] => return event.trace.take().is_some(),
        ["actor", "roles"] => return event.actor.roles.take().is_some(),
        ["resource", "attributes"] => return event.resource.attributes.take().is_some(),
        ["reason"] => &mut event.reason,
        ["schema"] => &mut event.schema,
        ["actor", "email"] => &mut event.actor.email,
        ["actor", "name"] => &mut event.actor.name,
        ["actor", "session"] => &mut event.actor.session,
        ["resource", "name"] => &mut event.resource.name,
        ["source", name] => {
            let Some(source) = &mut event.source else { return false };
            match *name {
                "ip" => &mut source.ip,
                "region" => &mut source.region,
                "service" => &mut source.service,
                "user_agent" => &mut source.user_agent,
                "version" => &mut source.version,
                _ => return false,
            }
        }
        ["trace", name] => {
            let Some(trace) = &mut event.trace else { return false };
            match *name {
                "request_id" => &mut trace.request_id,
                "span_id" => &mut trace.span_id,
                "trace_id" => &mut trace.trace_id,
                _ => return false,
            }
        }
        _ => return false,
    };
    let there = field.is_some();
    *field = match action {
        RedactionAction::Mask if there => Some(Text::Borrowed(MASK)),
        _ => None,
    };
    there
}
