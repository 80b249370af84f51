//! `resource`: the object that the request was about, else the URL.
//!
//! | resource | record |
//! | --- | --- |
//! | `type` | `objectRef`: `[<apiGroup>/]<resource>[/<subresource>]`; else `url` |
//! | `id` | `objectRef`: `[<namespace>/]<name>`, `*` for a collection; else the path of `requestURI` |

use crate::adapter::fields::text_at;
use crate::event::{Resource, Text, is_name};
use crate::json::Value;

/// The name of what was made without one, where the response tells it.
const MADE: &[&str] = &["responseObject", "metadata", "name"];

/// What stands for all objects of a type, and for an id that no event can have.
const ALL: &str = "*";

/// The resource of a request.
pub(super) fn resource(root: Value<'_>) -> Resource<'_> {
    let part = |name: &str| text_at(root, &["objectRef", name]);
    let Some(kind) = part("resource") else { return url(root) };
    let verb = text_at(root, &["verb"]);
    let made = || text_at(root, MADE).filter(|_| verb.as_deref() == Some("create"));
    let name = part("name").or_else(made).unwrap_or(Text::Borrowed(ALL));
    let kind = [part("apiGroup"), Some(kind), part("subresource")];
    let id = [part("namespace"), Some(name)];
    let named = |parts: &[Option<Text<'_>>]| {
        let parts: Vec<&str> = parts.iter().flatten().map(AsRef::as_ref).collect();
        Some(parts.join("/")).filter(|text| is_name(text)).unwrap_or_else(|| ALL.to_owned())
    };
    Resource { kind: Text::Owned(named(&kind)), id: Text::Owned(named(&id)), ..Resource::default() }
}

fn url(root: Value<'_>) -> Resource<'_> {
    let uri = text_at(root, &["requestURI"]).unwrap_or_default();
    let path = uri.split('?').next().filter(|path| is_name(path)).unwrap_or(ALL);
    Resource {
        kind: Text::Borrowed("url"),
        id: Text::Owned(path.to_owned()),
        ..Resource::default()
    }
}
