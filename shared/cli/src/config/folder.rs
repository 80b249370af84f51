//! The folder that a bundle is made from.
//!
//! Its `*.toml` files hold the bundle's members, each in one of them; `schemas/<action>/<version>.json`
//! are its schemas. It never holds the tenant key.

mod error;
mod json;
mod places;
mod toml;

pub use error::FolderError;
pub use places::Places;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cairn_event::{Bundle, Limits, Rules};
use cairn_ledger::Hash;
use serde_json::{Map, Value, json};

use super::compat::escaped;
use super::examples;

/// Members that a folder does not say: what they are is decided elsewhere.
const RESERVED: [&str; 4] = ["kind", "schemas", "tenant_key", "version"];

/// Where a location database may be named.
const DATABASE: &str = "/location/database";

/// A folder that was read: all of a bundle but its tenant key.
#[derive(Debug, Clone)]
pub struct Folder {
    members: Map<String, Value>,
    places: Places,
    database: Option<PathBuf>,
}

impl Folder {
    /// Reads a folder. Whatever lies in it that no bundle is made from is refused: it would be a
    /// file whose name is misspelt.
    pub fn read(folder: &Path) -> Result<Self, FolderError> {
        let mut read = Self { members: Map::new(), places: Places::default(), database: None };
        for name in sorted(folder)? {
            let path = folder.join(&name);
            match name.as_str() {
                "schemas" if path.is_dir() => read.schemas(&path)?,
                _ if name.starts_with('.') || name.ends_with(".md") => {}
                _ if name.ends_with(".mmdb") => {}
                _ if name.ends_with(".toml") => read.file(&path, &name)?,
                _ => {
                    let expected = "*.toml, schemas/, *.mmdb or *.md";
                    return Err(FolderError::Stray { path, expected });
                }
            }
        }
        read.limits()?;
        read.locate(folder)?;
        Ok(read)
    }

    /// The bundle, checked, its schemas compiled and their examples tried.
    pub fn bundle(&self, tenant_key: [u8; 32]) -> Result<Bundle, FolderError> {
        let mut members = self.members.clone();
        members.insert("kind".to_owned(), json!("config"));
        members.insert("tenant_key".to_owned(), json!(hex::encode(tenant_key)));
        members.insert("version".to_owned(), json!(1));
        let bundle = Bundle::compose(Value::Object(members).to_string().as_bytes())
            .map_err(|error| FolderError::bundle(error, &self.places))?;
        Rules::check(&bundle).map_err(|error| FolderError::rules(error, &self.places))?;
        match examples::refused(&bundle)?.into_iter().next() {
            None => Ok(bundle),
            Some((at, reason)) => {
                Err(FolderError::Example { place: self.places.name(&at), at, reason })
            }
        }
    }

    /// Where things stand in the files.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The location database that the folder names.
    pub fn database(&self) -> Option<&Path> {
        self.database.as_deref()
    }

    fn file(&mut self, path: &Path, name: &str) -> Result<(), FolderError> {
        let text = text(path)?;
        for (member, value) in toml::read(&text, name, &mut self.places)? {
            let at = format!("/{}", escaped(&member));
            let place = format!("{name}:{}", value.line);
            if RESERVED.contains(&member.as_str()) {
                return Err(FolderError::Reserved { place, member });
            }
            if self.members.insert(member.clone(), value.value).is_some() {
                let first = value.earlier.unwrap_or_else(|| self.places.name(&at));
                return Err(FolderError::Twice { place, first, member });
            }
        }
        Ok(())
    }

    fn schemas(&mut self, folder: &Path) -> Result<(), FolderError> {
        let mut schemas = Map::new();
        for action in sorted(folder)?.into_iter().filter(|name| !name.starts_with('.')) {
            let path = folder.join(&action);
            if !path.is_dir() {
                let expected = "a folder named like an action";
                return Err(FolderError::Stray { path, expected });
            }
            for file in sorted(&path)?.into_iter().filter(|name| !name.starts_with('.')) {
                let path = path.join(&file);
                let Some(version) = file.strip_suffix(".json") else {
                    return Err(FolderError::Stray { path, expected: "<version>.json" });
                };
                let place = format!("schemas/{action}/{file}");
                let name = format!("{action}/{version}");
                self.places.document(&format!("/schemas/{}", escaped(&name)), &place);
                schemas.insert(name, json::read(&text(&path)?, &place)?);
            }
        }
        if !schemas.is_empty() {
            self.members.insert("schemas".to_owned(), Value::Object(schemas));
        }
        Ok(())
    }

    /// Limits that are not said are the default ones.
    fn limits(&mut self) -> Result<(), FolderError> {
        let defaults = serde_json::to_value(Limits::default()).unwrap_or_default();
        let Value::Object(mut limits) = defaults else { return Ok(()) };
        match self.members.remove("limits") {
            None => {}
            Some(Value::Object(said)) => limits.extend(said),
            Some(_) => {
                let place = self.places.name("/limits");
                let detail = "expected a table, found another value".to_owned();
                return Err(FolderError::Member { place, at: "/limits".to_owned(), detail });
            }
        }
        self.members.insert("limits".to_owned(), Value::Object(limits));
        Ok(())
    }

    /// Puts the hash of the location database where its file is named.
    fn locate(&mut self, folder: &Path) -> Result<(), FolderError> {
        let named = self.members.get_mut("location").and_then(|value| value.get_mut("database"));
        let Some(named) = named else { return Ok(()) };
        let here = |file: &&str| file.ends_with(".mmdb") && !file.contains(['/', '\\']);
        let Some(file) = named.as_str().filter(here) else {
            let detail = "expected the name of an .mmdb file in this folder".to_owned();
            let place = self.places.name(DATABASE);
            return Err(FolderError::Member { place, at: DATABASE.to_owned(), detail });
        };
        let path = folder.join(file);
        let bytes = fs::read(&path).map_err(|error| FolderError::io(&path, error))?;
        *named = json!(Hash::of(&bytes).to_string());
        self.database = Some(path);
        Ok(())
    }
}

/// A value of a file, and where it stands.
struct Placed {
    value: Value,
    line: usize,
    /// Where it stood already.
    earlier: Option<String>,
}

/// What a file of members says.
type Members = BTreeMap<String, Placed>;

fn text(path: &Path) -> Result<String, FolderError> {
    fs::read_to_string(path).map_err(|error| FolderError::io(path, error))
}

/// Names in a folder, in order, so that what is wrong is always said of the same file.
fn sorted(folder: &Path) -> Result<Vec<String>, FolderError> {
    let named = |error| FolderError::io(folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(named)? {
        names.push(entry.map_err(named)?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}
