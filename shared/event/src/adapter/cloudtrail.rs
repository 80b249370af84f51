//! AWS CloudTrail records (CloudTrail User Guide, "CloudTrail record contents for management,
//! data, and network activity events").
//!
//! | event | record |
//! | --- | --- |
//! | `id` | `eventID` |
//! | `tenant` | `recipientAccountId`, else `userIdentity.accountId` |
//! | `time` | `eventTime` |
//! | `action` | service of `eventSource` and `eventName`: `s3.get_bucket_acl` |
//! | `actor`, `resource`, `outcome`, `reason` | see the modules [`actor`], [`resource`], [`outcome`] |
//! | `source.ip` | `sourceIPAddress`, if it is an address; else it is `source.service` |
//! | `source.user_agent`, `source.region` | `userAgent`, `awsRegion` |
//! | `trace.request_id` | `requestID` |
//! | `data` | the whole record |

pub(super) mod action;
mod actor;
pub(super) mod outcome;
mod resource;

use super::fields::{absent, text, text_at};
use crate::event::{EXPECTED_TIME, Event, Source, Text, Trace, is_id, is_ip, is_tenant, micros};
use crate::json::Value;
use crate::reason::Reason;

/// The fields of a record that the mapping reads. A field of another type than CloudTrail gives
/// it counts as absent: the record stands under `data` as it is.
#[derive(Default)]
struct Fields<'t> {
    error_code: Option<Text<'t>>,
    error_message: Option<Text<'t>>,
    id: Option<Text<'t>>,
    identity: Option<Value<'t>>,
    insight: Option<Value<'t>>,
    kind: Option<Text<'t>>,
    name: Option<Text<'t>>,
    parameters: Option<Value<'t>>,
    recipient: Option<Text<'t>>,
    region: Option<Text<'t>>,
    request_id: Option<Text<'t>>,
    resources: Option<Value<'t>>,
    response: Option<Value<'t>>,
    source: Option<Text<'t>>,
    source_address: Option<Text<'t>>,
    time: Option<Text<'t>>,
    user_agent: Option<Text<'t>>,
}

/// Whether an object is a CloudTrail record: it has a version, and what all but insights have.
pub(super) fn knows(root: Value<'_>) -> bool {
    root.member("eventVersion").is_some()
        && ["eventName", "eventSource", "insightDetails", "userIdentity"]
            .iter()
            .any(|name| root.member(name).is_some())
}

/// The event of a record.
pub(super) fn read(root: Value<'_>) -> Result<Event<'_>, Reason> {
    let fields = Fields::of(root);
    let time = fields.time.clone().ok_or_else(|| absent(root, "/eventTime"))?;
    let micros = micros(&time).ok_or_else(|| Reason::value("/eventTime", EXPECTED_TIME))?;
    let id = fields.id.clone().ok_or_else(|| absent(root, "/eventID"))?;
    if !is_id(&id) {
        return Err(Reason::value("/eventID", "1 to 128 of A-Z a-z 0-9 _ . : -"));
    }
    let account = || fields.identity.and_then(|identity| text_at(identity, &["accountId"]));
    let (tenant, at) = match fields.recipient.clone() {
        Some(recipient) => (Some(recipient), "/recipientAccountId"),
        None => (account(), "/userIdentity/accountId"),
    };
    let tenant = tenant.ok_or_else(|| absent(root, "/recipientAccountId"))?;
    if !is_tenant(&tenant) {
        return Err(Reason::value(at, "an AWS account"));
    }
    let (service, name) = fields.operation(root)?;
    Ok(Event {
        id: Some(id),
        time,
        micros,
        action: Text::Owned(action::action(&service, &name)),
        actor: actor::actor(fields.identity),
        resource: resource::resource(&fields, action::service(&service), &name, &tenant),
        outcome: Text::Borrowed(outcome::outcome(&fields, &name)),
        reason: outcome::reason(&fields),
        source: fields.origin(),
        trace: fields
            .request_id
            .clone()
            .map(|id| Trace { request_id: Some(id), ..Trace::default() }),
        changes: None,
        data: Some(root),
        schema: None,
        producer: None,
        tenant,
    })
}

impl<'t> Fields<'t> {
    fn of(root: Value<'t>) -> Self {
        let mut fields = Self::default();
        for (name, value) in root.members() {
            match &*name.bytes() {
                b"awsRegion" => fields.region = text(value),
                b"errorCode" => fields.error_code = text(value),
                b"errorMessage" => fields.error_message = text(value),
                b"eventID" => fields.id = text(value),
                b"eventName" => fields.name = text(value),
                b"eventSource" => fields.source = text(value),
                b"eventTime" => fields.time = text(value),
                b"eventType" => fields.kind = text(value),
                b"insightDetails" => fields.insight = Some(value),
                b"recipientAccountId" => fields.recipient = text(value),
                b"requestID" => fields.request_id = text(value),
                b"requestParameters" => fields.parameters = Some(value),
                b"resources" => fields.resources = Some(value),
                b"responseElements" => fields.response = Some(value),
                b"sourceIPAddress" => fields.source_address = text(value),
                b"userAgent" => fields.user_agent = text(value),
                b"userIdentity" => fields.identity = Some(value),
                _ => {}
            }
        }
        fields
    }

    /// The service and the operation. An insight has neither: it is CloudTrail's own.
    fn operation(&self, root: Value<'t>) -> Result<(Text<'t>, Text<'t>), Reason> {
        if self.insight.is_some() {
            let source = self.source.clone().unwrap_or(Text::Borrowed("cloudtrail.amazonaws.com"));
            let kind = self.kind.clone().unwrap_or(Text::Borrowed("AwsCloudTrailInsight"));
            return Ok((source, self.name.clone().unwrap_or(kind)));
        }
        let source = self.source.clone();
        let source = source.ok_or_else(|| absent(root, "/eventSource"))?;
        let name = self.name.clone();
        Ok((source, name.ok_or_else(|| absent(root, "/eventName"))?))
    }

    fn origin(&self) -> Option<Source<'t>> {
        let (ip, service) = match &self.source_address {
            Some(address) if is_ip(address) => (Some(address.clone()), None),
            other => (None, other.clone()),
        };
        let (region, user_agent) = (self.region.clone(), self.user_agent.clone());
        let any = [&ip, &service, &region, &user_agent].iter().any(|text| text.is_some());
        any.then_some(Source { ip, region, service, user_agent, version: None })
    }
}
