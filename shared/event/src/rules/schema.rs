//! JSON Schemas of `data` (JSON Schema 2020-12, <https://json-schema.org/draft/2020-12>).

mod check;

use std::collections::{BTreeMap, HashMap, HashSet};

use jsonschema::paths::LocationSegment;
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::RulesError;
use crate::Unknown;
use crate::event::Event;
use crate::reason::{Reason, code};

/// Bytes that a pattern may take once it is compiled, for each of the engine's programs.
const PATTERN_BYTES: usize = 1 << 20;

/// The compiled schemas of a bundle.
#[derive(Default)]
pub(super) struct Schemas {
    /// By action, the lowest version first.
    actions: HashMap<String, Vec<Schema>>,
}

/// A compiled schema.
struct Schema {
    version: u32,
    /// `<action>/<version>`
    name: String,
    validator: Validator,
    /// The names that stand in it: those alone are told of events that it refuses.
    names: HashSet<String>,
}

impl Schemas {
    /// Compiles schemas, by their names.
    pub(super) fn compile(schemas: &BTreeMap<String, Value>) -> Result<Self, RulesError> {
        let mut actions: HashMap<String, Vec<Schema>> = HashMap::new();
        for (name, schema) in schemas {
            let at = format!("/schemas/{}", check::escaped(name));
            let (action, version) = name.split_once('/').unwrap_or((name, ""));
            let compiled = Schema {
                version: version.parse().unwrap_or_default(),
                name: name.clone(),
                validator: compile(&at, schema)?,
                names: check::names(schema),
            };
            actions.entry(action.to_owned()).or_default().push(compiled);
        }
        for versions in actions.values_mut() {
            versions.sort_by_key(|schema| schema.version);
        }
        Ok(Self { actions })
    }

    /// Judges the `data` of a native event.
    pub(super) fn judge(&self, event: &Event<'_>, unknown: Unknown) -> Result<(), Reason> {
        let Some(versions) = self.actions.get(event.action.as_ref()) else {
            return match unknown {
                Unknown::Accept => Ok(()),
                Unknown::Reject => {
                    let message = "expected an action that the bundle has a schema for, \
                                   found another";
                    Err(Reason::field(code::SCHEMA_UNKNOWN, "/action", message))
                }
            };
        };
        let schema = match event.schema.as_deref() {
            None => versions.last(),
            Some(named) => versions.iter().find(|schema| schema.name == named),
        };
        let schema = schema.ok_or_else(|| {
            let message = "expected a schema that the bundle has for this action, found another";
            Reason::field(code::SCHEMA_UNKNOWN, "/schema", message)
        })?;
        // What is not there has no members: a schema that asks for some refuses it.
        let source = event.data.map_or("{}", |data| data.source());
        let data = serde_json::from_str(source).map_err(|_| {
            let message = "expected JSON that a schema can be asked about, found other JSON";
            Reason::field(code::SCHEMA_INVALID, "/data", message)
        })?;
        schema.judge(&data)
    }
}

impl Schema {
    fn judge(&self, data: &Value) -> Result<(), Reason> {
        let Err(error) = self.validator.validate(data) else { return Ok(()) };
        let mut pointer = "/data".to_owned();
        for segment in error.instance_path() {
            match segment {
                LocationSegment::Index(index) => pointer.push_str(&format!("/{index}")),
                LocationSegment::Property(name) if self.names.contains(name.as_ref()) => {
                    pointer.push('/');
                    pointer.push_str(&check::escaped(&name));
                }
                // A name that the producer chose: it may itself be what must not be told.
                LocationSegment::Property(_) => break,
            }
        }
        let message = format!(
            "expected what `{}` of the schema `{}` asks for, found another value",
            error.schema_path(),
            self.name
        );
        Err(Reason::field(code::SCHEMA_INVALID, &pointer, message))
    }
}

/// Compiles one schema. Its patterns run in linear time, whatever they and the data are; nothing
/// is fetched; `format` is an annotation, as the draft has it by default (§7.2.1 of Validation).
fn compile(at: &str, schema: &Value) -> Result<Validator, RulesError> {
    check::self_contained(at, schema)?;
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
    let options = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(patterns)
        .should_validate_formats(false)
        .offline();
    options.build(schema).map_err(|error| RulesError::Schema {
        at: format!("{at}{}", error.instance_path()),
        detail: format!("expected a JSON Schema (2020-12): {error}"),
    })
}
