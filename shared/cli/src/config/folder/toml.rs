//! TOML as JSON, with the line of everything in it.

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{FolderError, Members, Placed, Places};
use crate::config::compat::escaped;

/// Reads a file of the bundle's members.
pub(super) fn read(text: &str, file: &str, places: &mut Places) -> Result<Members, FolderError> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        FolderError::Syntax { place: format!("{file}:{line}"), detail: error.message().to_owned() }
    })?;
    let mut reader = Reader { text, file, places };
    let mut members = Members::new();
    for (name, value) in table.get_ref() {
        let line = line_of(text, name.span().start);
        let at = format!("/{}", escaped(name.get_ref()));
        let earlier = reader.places.line(&at, file, line);
        let value = reader.value(&at, value)?;
        members.insert(name.get_ref().to_string(), Placed { value, line, earlier });
    }
    Ok(members)
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

struct Reader<'a> {
    text: &'a str,
    file: &'a str,
    places: &'a mut Places,
}

impl Reader<'_> {
    fn value(&mut self, at: &str, value: &Spanned<DeValue<'_>>) -> Result<Value, FolderError> {
        let line = line_of(self.text, value.span().start);
        let fail = |detail: &str| {
            let place = format!("{}:{line}", self.file);
            Err(FolderError::Member { place, at: at.to_owned(), detail: detail.to_owned() })
        };
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(is) => Value::Bool(*is),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Value::from(number),
                    Err(_) => return fail("expected a 64-bit integer"),
                }
            }
            DeValue::Float(number) => match number.as_str().parse().ok().and_then(Number::from_f64)
            {
                Some(number) => Value::Number(number),
                None => return fail("expected a finite number"),
            },
            DeValue::Datetime(_) => return fail("expected no date: quote it to make it a string"),
            DeValue::Array(elements) => {
                let mut values = Vec::new();
                for (place, element) in elements.iter().enumerate() {
                    let at = format!("{at}/{place}");
                    let line = line_of(self.text, element.span().start);
                    self.places.line(&at, self.file, line);
                    values.push(self.value(&at, element)?);
                }
                Value::Array(values)
            }
            DeValue::Table(table) => {
                let mut members = Map::new();
                for (name, value) in table {
                    let at = format!("{at}/{}", escaped(name.get_ref()));
                    self.places.line(&at, self.file, line_of(self.text, name.span().start));
                    members.insert(name.get_ref().to_string(), self.value(&at, value)?);
                }
                Value::Object(members)
            }
        })
    }
}
