//! `actor`: who the API server found the client to be.
//!
//! | actor | record |
//! | --- | --- |
//! | `type` | by the user name, see [`TYPES`] |
//! | `id` | `user.username` |
//! | `roles` | whom it impersonated (`impersonatedUser.username`), else `user.groups` |
//! | `session` | the credential, by its id (`user.extra`, since Kubernetes 1.32) |

use crate::adapter::fields::{text_at, value_at};
use crate::event::{Actor, Roles, Text, is_name};
use crate::json::{Kind, Value};

/// Types by how a user name begins
/// (<https://kubernetes.io/docs/reference/access-authn-authz/authentication/>).
const TYPES: &[(&str, &str)] = &[
    ("system:serviceaccount:", "ServiceAccount"),
    ("system:node:", "Node"),
    ("system:anonymous", "Anonymous"),
    ("system:", "System"),
    ("", "User"),
];

/// Where the id of a credential stands.
const CREDENTIAL: &[&str] = &["user", "extra", "authentication.kubernetes.io/credential-id", "0"];

/// The actor of a request. One that was refused before anybody was found has none.
pub(super) fn actor(root: Value<'_>) -> Actor<'_> {
    let name = |path: &[&str]| text_at(root, path).filter(|text| is_name(text));
    let id = name(&["user", "username"]);
    let kind = id.as_deref().and_then(|id| TYPES.iter().find(|(start, _)| id.starts_with(start)));
    let impersonated = || name(&["impersonatedUser", "username"]).map(Roles::One);
    Actor {
        kind: Text::Borrowed(kind.map_or("Unknown", |(_, kind)| kind)),
        id: id.unwrap_or(Text::Borrowed("unknown")),
        roles: impersonated().or_else(|| groups(root).map(Roles::Sent)),
        session: text_at(root, CREDENTIAL),
        ..Actor::default()
    }
}

fn groups(root: Value<'_>) -> Option<Value<'_>> {
    let groups = value_at(root, &["user", "groups"])?;
    let texts = groups.elements().all(|group| group.kind() == Kind::String);
    (groups.kind() == Kind::Array && texts).then_some(groups)
}
