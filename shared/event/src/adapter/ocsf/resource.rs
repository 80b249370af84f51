//! `resource`: the first of [`PLACES`] that the event names. `type` is what the event says of it,
//! else that of the table.

use super::actor::AUTHENTICATION;
use super::named;
use crate::adapter::fields::{Path, first_name, text_at};
use crate::event::{Resource, Text};
use crate::json::Value;

/// The user that an event is about; of a sign-in, it is the actor.
const USER: (Path, &str) = (&["user"], "User");

/// What an event may be about, the most specific first.
const PLACES: &[(Path, &str)] = &[
    (&["resources", "0"], "Resource"),
    (&["resource"], "Resource"),
    (&["web_resources", "0"], "WebResource"),
    (&["entity"], "Entity"),
    (&["group"], "Group"),
    USER,
    (&["privileges", "0"], "Privilege"),
    (&["table"], "Table"),
    (&["databucket"], "Databucket"),
    (&["database"], "Database"),
    (&["finding_info"], "Finding"),
    (&["finding"], "Finding"),
    (&["file"], "File"),
    (&["folder"], "Folder"),
    (&["script"], "Script"),
    (&["module", "file"], "Module"),
    (&["driver", "file"], "Driver"),
    (&["kernel"], "Kernel"),
    (&["job"], "Job"),
    (&["process"], "Process"),
    (&["peripheral_device"], "PeripheralDevice"),
    (&["app"], "Application"),
    (&["email"], "Email"),
    (&["url"], "Url"),
    (&["http_request", "url"], "Url"),
    (&["query"], "Domain"),
    (&["share"], "Share"),
    (&["tunnel_interface"], "Interface"),
    (&["scan"], "Scan"),
    (&["service"], "Service"),
    (&["dst_endpoint"], "Endpoint"),
    (&["api", "service"], "Service"),
    (&["device"], "Device"),
    (&["metadata", "product"], "Product"),
];

/// The resource of an event of a class.
pub(super) fn resource(root: Value<'_>, class: i64) -> Resource<'_> {
    let mut places = PLACES.iter().filter(|place| class != AUTHENTICATION || **place != USER);
    let found = places.find_map(|(path, kind)| named(root, path).map(|found| (found, *kind)));
    let Some(((object, id), kind)) = found else {
        let (kind, id) = (Text::Borrowed("Unknown"), Text::Borrowed("unknown"));
        return Resource { kind, id, ..Resource::default() };
    };
    Resource {
        kind: first_name(object, &[&["type"]]).unwrap_or(Text::Borrowed(kind)),
        name: text_at(object, &["name"]).filter(|name| *name != id),
        id,
        attributes: None,
    }
}
