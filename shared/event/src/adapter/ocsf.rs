//! Events of the Open Cybersecurity Schema Framework, version 1 (<https://schema.ocsf.io>).
//!
//! | event | record |
//! | --- | --- |
//! | `id` | `metadata.uid` |
//! | `tenant` | `metadata.tenant_uid`, else `cloud.account.uid` |
//! | `time` | `time`, which is milliseconds since 1970, as RFC 3339 in UTC; else `time_dt` |
//! | `action` | see the module [`action`]: `authentication.logon` |
//! | `actor`, `resource`, `outcome`, `reason` | see the modules [`actor`], [`resource`], [`outcome`] |
//! | `source.ip` | `src_endpoint.ip` |
//! | `source.user_agent`, `source.region` | `http_request.user_agent`, `cloud.region` |
//! | `source.service`, `source.version` | `api.service.name`, `api.version` |
//! | `trace.request_id` | `api.request.uid`, else `http_request.uid`, else `metadata.correlation_uid` |
//! | `data` | the whole event; `severity_id`, observables and enrichments are nowhere else |

mod action;
mod actor;
mod classes;
mod outcome;
mod resource;

use jiff::Timestamp;

use super::fields::{Path, absent, first_name, integer_at, text_at, value_at};
use crate::event::{
    EXPECTED_TENANT, EXPECTED_TIME, Event, Source, Text, Trace, arrival, is_id, is_ip, is_tenant,
    micros,
};
use crate::json::Value;
use crate::reason::Reason;

/// Where an event says whose it is, and the pointers of the places.
const TENANTS: [(&str, Path); 2] = [
    ("/metadata/tenant_uid", &["metadata", "tenant_uid"]),
    ("/cloud/account/uid", &["cloud", "account", "uid"]),
];

/// Where it names the request.
const REQUESTS: [Path; 3] =
    [&["api", "request", "uid"], &["http_request", "uid"], &["metadata", "correlation_uid"]];

/// Whether an object is an OCSF event: it has a class, and one more of what all of them have.
pub(super) fn knows(root: Value<'_>) -> bool {
    root.member("class_uid").is_some()
        && ["activity_id", "category_uid", "metadata", "type_uid"]
            .iter()
            .any(|name| root.member(name).is_some())
}

/// The event of an OCSF event.
pub(super) fn read(root: Value<'_>) -> Result<Event<'_>, Reason> {
    version(root)?;
    let class = integer_at(root, &["class_uid"])
        .ok_or_else(|| Reason::value("/class_uid", "an integer, the number of a class"))?;
    let (time, micros) = time(root)?;
    let request = || REQUESTS.iter().find_map(|path| text_at(root, path));
    Ok(Event {
        id: text_at(root, &["metadata", "uid"]).filter(|id| is_id(id)),
        tenant: tenant(root)?,
        time,
        micros,
        action: Text::Owned(action::action(root, class)),
        actor: actor::actor(root, class),
        resource: resource::resource(root, class),
        outcome: Text::Borrowed(outcome::outcome(root, class)),
        reason: outcome::reason(root),
        source: source(root),
        trace: request().map(|id| Trace { request_id: Some(id), ..Trace::default() }),
        changes: None,
        data: Some(root),
        schema: None,
        producer: None,
    })
}

/// What another version means by a number, nobody can tell yet.
fn version(root: Value<'_>) -> Result<(), Reason> {
    let at = "/metadata/version";
    let version = text_at(root, &["metadata", "version"]).ok_or_else(|| absent(root, at))?;
    match version.starts_with("1.") {
        true => Ok(()),
        false => Err(Reason::value(at, "version 1 of OCSF, such as `1.7.0`")),
    }
}

fn tenant(root: Value<'_>) -> Result<Text<'_>, Reason> {
    let found = TENANTS.iter().find_map(|(at, path)| text_at(root, path).map(|text| (at, text)));
    let (at, tenant) = found.ok_or_else(|| absent(root, TENANTS[0].0))?;
    if is_tenant(&tenant) { Ok(tenant) } else { Err(Reason::value(at, EXPECTED_TENANT)) }
}

fn time(root: Value<'_>) -> Result<(Text<'_>, i64), Reason> {
    if root.member("time").is_some() {
        let expected = "an integer: milliseconds since 1970, from year 0 to 9999";
        let time = integer_at(root, &["time"]).and_then(written);
        return time.ok_or_else(|| Reason::value("/time", expected));
    }
    let expected = "milliseconds since 1970";
    let time = text_at(root, &["time_dt"]).ok_or_else(|| Reason::missing("/time", expected))?;
    let micros = micros(&time).ok_or_else(|| Reason::value("/time_dt", EXPECTED_TIME))?;
    Ok((time, micros))
}

/// Milliseconds as RFC 3339, where that can write them, and as microseconds.
fn written(milliseconds: i64) -> Option<(Text<'static>, i64)> {
    let (_, text) = arrival(Timestamp::from_millisecond(milliseconds).ok()?);
    let micros = micros(&text)?;
    // A year before 0 would be written without its sign.
    (micros == milliseconds * 1000).then_some((Text::Owned(text), micros))
}

fn source(root: Value<'_>) -> Option<Source<'_>> {
    let source = Source {
        ip: text_at(root, &["src_endpoint", "ip"]).filter(|address| is_ip(address)),
        region: text_at(root, &["cloud", "region"]),
        service: text_at(root, &["api", "service", "name"]),
        user_agent: text_at(root, &["http_request", "user_agent"]),
        version: text_at(root, &["api", "version"]),
    };
    let Source { ip, region, service, user_agent, version } = &source;
    let any = [ip, region, service, user_agent, version].iter().any(|text| text.is_some());
    any.then_some(source)
}

/// What names things, of users, resources, endpoints and all others, the most exact first.
const IDS: [&str; 9] =
    ["uid", "arn", "url_string", "path", "name", "email_addr", "hostname", "ip", "title"];

/// The id of the object at a path, and the object; of a string there, the string.
fn named<'t>(root: Value<'t>, path: &[&str]) -> Option<(Value<'t>, Text<'t>)> {
    let value = value_at(root, path)?;
    let own = || first_name(value, &[&[]]);
    let id = IDS.iter().find_map(|name| first_name(value, &[&[name]]));
    Some((value, id.or_else(own)?))
}
