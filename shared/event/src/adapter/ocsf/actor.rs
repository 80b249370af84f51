//! `actor`: the first of [`ACTORS`] that the event names; of a sign-in, who signs in.
//!
//! `type` is what the event says of it, else that of the table; `session` is `actor.session.uid`, else
//! `session.uid`, else the user's credential; `roles` is the issuer of the session.

use super::named;
use crate::adapter::fields::{Path, first_name, text_at};
use crate::event::{Actor, Roles, Text};
use crate::json::Value;

/// Authentication, whose `user` is who signs in. That of other classes is whom they are about.
pub(super) const AUTHENTICATION: i64 = 3002;

/// Who may have done it, and the type of those that name none.
const ACTORS: &[(Path, &str)] = &[
    (&["actor", "user"], "User"),
    (&["actor", "app_uid"], "Application"),
    (&["actor", "app_name"], "Application"),
    (&["actor", "process"], "Process"),
    (&["actor", "invoked_by"], "Service"),
    (&["src_endpoint"], "Endpoint"),
    (&["device"], "Device"),
    (&["metadata", "product"], "Product"),
];

/// Where the session is named.
const SESSIONS: &[&[&str]] =
    &[&["actor", "session", "uid"], &["session", "uid"], &["actor", "user", "credential_uid"]];

/// The actor of an event of a class.
pub(super) fn actor(root: Value<'_>, class: i64) -> Actor<'_> {
    let who: Option<&(Path, &str)> = (class == AUTHENTICATION).then_some(&(&["user"], "User"));
    let mut places = who.into_iter().chain(ACTORS);
    let found = places.find_map(|(path, kind)| named(root, path).map(|found| (found, *kind)));
    let Some(((object, id), kind)) = found else {
        let (kind, id) = (Text::Borrowed("Unknown"), Text::Borrowed("unknown"));
        return Actor { kind, id, ..Actor::default() };
    };
    Actor {
        kind: first_name(object, &[&["type"]]).unwrap_or(Text::Borrowed(kind)),
        name: text_at(object, &["name"]).filter(|name| *name != id),
        email: text_at(object, &["email_addr"]),
        roles: first_name(root, &[&["actor", "session", "issuer"]]).map(Roles::One),
        session: first_name(root, SESSIONS),
        id,
    }
}
