//! `resource`: the first of the record's `resources`; else what the operation made, by its
//! response; else the parameter that names what the request was about; else the service in the
//! account.
//!
//! Records name the same resource now by its ARN, now by its name. Where the ARN follows from the
//! name and the record's other fields it is the id, and the name stands beside it.

mod ec2;
mod tables;

use self::tables::{ARNS, Arn, Named, PARTITIONS, SERVICES};
use super::Fields;
use crate::adapter::fields::text_at;
use crate::event::{Resource, Text, is_name};
use crate::json::Value;

/// What the request was about.
pub(super) fn resource<'t>(
    fields: &Fields<'t>,
    service: &str,
    operation: &str,
    tenant: &Text<'t>,
) -> Resource<'t> {
    let first = fields.resources.and_then(|resources| resources.elements().next());
    first
        .and_then(listed)
        .or_else(|| by_table(fields, service, operation, tenant))
        .unwrap_or_else(|| of(Text::Owned(kind_of(service)), tenant.clone()))
}

fn of<'t>(kind: Text<'t>, id: Text<'t>) -> Resource<'t> {
    Resource { kind, id, ..Resource::default() }
}

/// A member of `resources`.
fn listed(resource: Value<'_>) -> Option<Resource<'_>> {
    let usable = |name: &str| text_at(resource, &[name]).filter(|text| is_name(text));
    let id = usable("ARN").or_else(|| usable("ARNPrefix"))?;
    let kind = usable("type").unwrap_or_else(|| of_arn(&id));
    Some(of(kind, id))
}

/// The type of what an ARN names: `arn:<partition>:<service>:<region>:<account>:<resource>`.
fn of_arn(arn: &str) -> Text<'static> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let (_, account) = (parts.next(), parts.next().unwrap_or_default());
    let resource = parts.next().unwrap_or_default();
    if service == "s3" && account.is_empty() {
        let object = resource.contains('/');
        return Text::Borrowed(if object { "AWS::S3::Object" } else { "AWS::S3::Bucket" });
    }
    let known = ARNS.iter().find(|(of, start, _)| *of == service && resource.starts_with(start));
    match known {
        Some((_, _, kind)) => Text::Borrowed(kind),
        None => Text::Owned(kind_of(service)),
    }
}

/// A service as a type.
fn kind_of(service: &str) -> String {
    let usable = Some(service).filter(|service| is_name(service));
    usable.unwrap_or("unknown").to_owned()
}

/// What the tables find in response and parameters.
fn by_table<'t>(
    fields: &Fields<'t>,
    service: &str,
    operation: &str,
    tenant: &Text<'t>,
) -> Option<Resource<'t>> {
    let service = SERVICES.iter().find(|known| known.name == service)?;
    let named = |kind: Option<&str>| {
        let rows = service.named.iter().filter(|row| kind.is_none_or(|kind| row.kind == kind));
        rows.into_iter().find_map(|row| by_row(fields, row, operation, tenant))
    };
    let Some(made) = service.made.iter().find(|made| made.operation == operation) else {
        return named(None);
    };
    let id = fields.response.and_then(|response| text_at(response, made.path));
    let Some(id) = id.filter(|id| is_name(id)) else {
        // Nothing was made. A parameter may name it; what it was to be made in does not.
        let unnamed = || of(Text::Borrowed(made.kind), tenant.clone());
        return Some(named(Some(made.kind)).unwrap_or_else(unnamed));
    };
    let sent = || named(Some(made.kind)).map(|found| found.name.unwrap_or(found.id));
    let name = if is_arn(&id) { sent().filter(|name| !is_arn(name)) } else { None };
    Some(Resource { name, ..of(Text::Borrowed(made.kind), id) })
}

/// What a parameter names.
fn by_row<'t>(
    fields: &Fields<'t>,
    row: &'static Named,
    operation: &str,
    tenant: &str,
) -> Option<Resource<'t>> {
    let parameters = fields.parameters?;
    let told = || text_at(parameters, &["resourceType"]);
    if !operation.contains(row.operation)
        || !row.told.is_empty() && told().as_deref() != Some(row.told)
    {
        return None;
    }
    let kind = Text::Borrowed(row.kind);
    let name = text_at(parameters, row.path).filter(|text| is_name(text))?;
    let arn = row.arn.and_then(|arn| arn.of(&name, fields.region.as_deref(), tenant));
    Some(match arn {
        Some(arn) => Resource { name: Some(name), ..of(kind, Text::Owned(arn)) },
        None => of(kind, name),
    })
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:")
}

impl Arn {
    /// The ARN of what has a name; `None` for what is none (an ARN, or a part of one), or where the
    /// record lacks a part.
    fn of(self, name: &str, region: Option<&str>, account: &str) -> Option<String> {
        let Self { service, before, .. } = self;
        if name.contains(':') || self.region && region.is_none() {
            return None;
        }
        let of_region = |(start, _): &&(&str, &str)| region.is_some_and(|of| of.starts_with(start));
        let partition = PARTITIONS.iter().find(of_region).map_or("aws", |(_, partition)| partition);
        let region = region.filter(|_| self.region).unwrap_or_default();
        let account = if self.account { account } else { "" };
        // The path of a parameter starts with a slash, which its ARN does not double.
        let name = if before.ends_with('/') { name.trim_start_matches('/') } else { name };
        let arn = format!("arn:{partition}:{service}:{region}:{account}:{before}{name}");
        Some(arn).filter(|arn| is_name(arn))
    }
}
