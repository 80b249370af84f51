//! What a schema demands, as parts that must all hold: its own keywords, and those that `allOf`
//! and `$ref` bring in.

use serde_json::{Map, Value};

/// One part.
pub(super) enum Part<'v> {
    /// Keywords that stand side by side.
    Keywords {
        /// Pointer of the place.
        at: String,
        /// The keywords, and their values.
        members: &'v Map<String, Value>,
    },
    /// The schema `false`.
    Nothing,
}

impl<'v> Part<'v> {
    /// Its keywords.
    pub(super) fn members(&self) -> Option<&'v Map<String, Value>> {
        match self {
            Self::Keywords { members, .. } => Some(members),
            Self::Nothing => None,
        }
    }
}

/// The parts of a schema of the document `root`; or why they cannot be told.
pub(super) fn of<'v>(
    root: &'v Value,
    schema: &'v Value,
    at: &str,
) -> Result<Vec<Part<'v>>, String> {
    let mut parts = Vec::new();
    collect(root, schema, at, &mut Vec::new(), &mut parts)?;
    Ok(parts)
}

fn collect<'v>(
    root: &'v Value,
    schema: &'v Value,
    at: &str,
    above: &mut Vec<&'v str>,
    parts: &mut Vec<Part<'v>>,
) -> Result<(), String> {
    let members = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Bool(false) => {
            parts.push(Part::Nothing);
            return Ok(());
        }
        Value::Object(members) => members,
        _ => return Err("expected a schema: an object, or true or false".to_owned()),
    };
    parts.push(Part::Keywords { at: at.to_owned(), members });
    if let Some(Value::Array(all)) = members.get("allOf") {
        for (place, schema) in all.iter().enumerate() {
            collect(root, schema, &format!("{at}/allOf/{place}"), above, parts)?;
        }
    }
    if let Some(target) = members.get("$ref") {
        let target = target.as_str().unwrap_or_default();
        let found = match target.strip_prefix('#') {
            // Decoding what a URI escapes is left out: such names are not found.
            Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                root.pointer(pointer)
            }
            _ => None,
        };
        let Some(found) = found.filter(|_| !above.contains(&target)) else {
            return Err(format!("cannot tell what `$ref` `{target}` stands for"));
        };
        above.push(target);
        collect(root, found, &format!("{at}/$ref"), above, parts)?;
        above.pop();
    }
    Ok(())
}
