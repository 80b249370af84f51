//! `actor`: the `userIdentity` of a record (CloudTrail User Guide, "CloudTrail userIdentity
//! element").

use crate::adapter::fields::text_at;
use crate::event::{Actor, Roles, Text, is_name};
use crate::json::Value;

/// Where an identity says who it is, the most exact first.
const IDS: &[&[&str]] = &[
    &["arn"],
    &["principalId"],
    &["onBehalfOf", "userId"],
    &["invokedBy"],
    &["userName"],
    &["accountId"],
];

/// Where it says what people call it.
const NAMES: &[&[&str]] = &[&["userName"], &["sessionContext", "sessionIssuer", "userName"]];

/// Types of identities that name none, by the member that they have.
const TYPES: &[(&str, &str)] = &[("invokedBy", "AWSService"), ("accountId", "AWSAccount")];

/// The actor of an identity. `session` is the access key: each set of temporary credentials has
/// one of its own.
pub(super) fn actor(identity: Option<Value<'_>>) -> Actor<'_> {
    let unknown = || Actor {
        kind: Text::Borrowed("Unknown"),
        id: Text::Borrowed("unknown"),
        ..Actor::default()
    };
    let Some(identity) = identity else { return unknown() };
    let first = |paths: &[&[&str]]| {
        paths.iter().find_map(|path| text_at(identity, path).filter(|text| is_name(text)))
    };
    let Some(id) = first(IDS) else { return unknown() };
    let implied = || {
        let found = TYPES.iter().find(|(member, _)| text_at(identity, &[member]).is_some());
        Text::Borrowed(found.map_or("Unknown", |(_, kind)| kind))
    };
    Actor {
        kind: first(&[&["type"]]).unwrap_or_else(implied),
        name: first(NAMES),
        email: None,
        roles: first(&[&["sessionContext", "sessionIssuer", "arn"]]).map(Roles::One),
        session: first(&[&["accessKeyId"]]).or_else(|| session_name(&id)),
        id,
    }
}

/// The session's name in the ARN of an assumed role: `...:assumed-role/<role>/<session>`.
fn session_name<'t>(arn: &Text<'t>) -> Option<Text<'t>> {
    let (_, role) = arn.split_once(":assumed-role/")?;
    let (_, session) = role.split_once('/')?;
    (!session.is_empty()).then(|| Text::Owned(session.to_owned()))
}
