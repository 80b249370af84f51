//! Audit events of Kubernetes, `audit.k8s.io/v1`
//! (<https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/>).
//!
//! | event | record |
//! | --- | --- |
//! | `id` | `auditID` and `stage`: a request has an event for each of its stages |
//! | `tenant` | the annotation `cairn.dev/tenant`, else `objectRef.namespace`, else `cluster` |
//! | `time` | `stageTimestamp`, else `requestReceivedTimestamp` |
//! | `action` | `kubernetes.<resource>[.<subresource>].<verb>`: `kubernetes.pods.exec.create` |
//! | `actor`, `resource`, `outcome`, `reason` | see the modules [`actor`], [`resource`], [`outcome`] |
//! | `source.ip` | the last of `sourceIPs`, the only one that the client cannot make up |
//! | `source.user_agent` | `userAgent` |
//! | `trace.request_id` | `auditID` |
//! | `data` | the whole event |
//!
//! A client chooses much of this, `auditID` included (by the header `Audit-ID`). None of it may keep
//! its request out of the archive: what does not fit counts as absent.

mod actor;
mod outcome;
mod resource;

use super::fields::{absent, text, text_at, value_at};
use super::words::{cut, words};
use crate::event::{
    EXPECTED_TENANT, EXPECTED_TIME, Event, Source, Text, Trace, is_id, is_ip, is_tenant, micros,
};
use crate::json::{Kind, Value};
use crate::reason::Reason;

/// The version whose fields these are. It is absent from the items of an `EventList`.
const API_VERSION: &str = "audit.k8s.io/v1";

/// Where whoever ships the events says whose they are.
const TENANT: &str = "cairn.dev/tenant";

/// The tenant of what is in no namespace.
const CLUSTER: &str = "cluster";

/// Bytes of each part of an action that count.
const WORD_BYTES: usize = 64;

/// Whether an object is an audit event: it says so, or it is an item of a list that did.
pub(super) fn knows(root: Value<'_>) -> bool {
    match root.member("apiVersion") {
        Some(version) => version.text().is_some_and(|text| text.starts_with("audit.k8s.io/")),
        None => ["auditID", "stage"].iter().all(|name| root.member(name).is_some()),
    }
}

/// The event of an audit event.
pub(super) fn read(root: Value<'_>) -> Result<Event<'_>, Reason> {
    for (at, name, known) in
        [("/apiVersion", "apiVersion", API_VERSION), ("/kind", "kind", "Event")]
    {
        if root.member(name).is_some_and(|value| value.text().as_deref() != Some(known)) {
            return Err(Reason::value(at, &format!("`{known}`")));
        }
    }
    let audit_id = text_at(root, &["auditID"]).ok_or_else(|| absent(root, "/auditID"))?;
    let stage = text_at(root, &["stage"]).ok_or_else(|| absent(root, "/stage"))?;
    let (time, micros) = time(root)?;
    let tenant = tenant(root)?;
    let id = format!("{audit_id}:{stage}");
    Ok(Event {
        id: is_id(&id).then_some(Text::Owned(id)),
        tenant,
        time,
        micros,
        action: Text::Owned(action(root)),
        actor: actor::actor(root),
        resource: resource::resource(root),
        outcome: Text::Borrowed(outcome::outcome(root, &stage)),
        reason: outcome::reason(root),
        source: source(root),
        trace: Some(Trace { request_id: Some(audit_id), ..Trace::default() }),
        changes: None,
        data: Some(root),
        schema: None,
        producer: None,
    })
}

fn time(root: Value<'_>) -> Result<(Text<'_>, i64), Reason> {
    let (time, at) = match text_at(root, &["stageTimestamp"]) {
        Some(time) => (time, "/stageTimestamp"),
        None => {
            let received = text_at(root, &["requestReceivedTimestamp"]);
            let time = received.ok_or_else(|| absent(root, "/stageTimestamp"))?;
            (time, "/requestReceivedTimestamp")
        }
    };
    let micros = micros(&time).ok_or_else(|| Reason::value(at, EXPECTED_TIME))?;
    Ok((time, micros))
}

/// A namespace is what a request names, whether or not there is one; an annotation is what a
/// shipper or an admission webhook set on purpose, so a bad one is told.
fn tenant(root: Value<'_>) -> Result<Text<'_>, Reason> {
    if let Some(annotation) = value_at(root, &["annotations", TENANT]) {
        let tenant = annotation.text().filter(|tenant| is_tenant(tenant));
        return tenant
            .ok_or_else(|| Reason::value("/annotations/cairn.dev~1tenant", EXPECTED_TENANT));
    }
    let namespace = text_at(root, &["objectRef", "namespace"]);
    Ok(namespace.filter(|name| is_tenant(name)).unwrap_or(Text::Borrowed(CLUSTER)))
}

fn action(root: Value<'_>) -> String {
    let mut action = String::from("kubernetes");
    let mut push = |word: &str| {
        action.push('.');
        words(cut(word, WORD_BYTES), false, &mut action);
    };
    match text_at(root, &["objectRef", "resource"]) {
        Some(resource) => {
            push(&resource);
            if let Some(subresource) = text_at(root, &["objectRef", "subresource"]) {
                push(&subresource);
            }
        }
        None => push("url"),
    }
    push(&text_at(root, &["verb"]).unwrap_or_default());
    action
}

fn source(root: Value<'_>) -> Option<Source<'_>> {
    let addresses = root.member("sourceIPs").filter(|value| value.kind() == Kind::Array);
    let last = addresses.and_then(|addresses| addresses.elements().last());
    let ip = last.and_then(text).filter(|address| is_ip(address));
    let user_agent = text_at(root, &["userAgent"]);
    (ip.is_some() || user_agent.is_some()).then_some(Source { ip, user_agent, ..Source::default() })
}
