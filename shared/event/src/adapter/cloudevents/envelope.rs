//! Where the attributes of a CloudEvent stand:
//!
//! | form | attributes | data |
//! | --- | --- | --- |
//! | JSON, or structured mode | the members: `{"specversion", "id", ..., "data"}` | `data` |
//! | binary mode, headers apart | those of `headers` that begin with `ce-` or `ce_`, in any case, as HTTP, Kafka and NATS name them | `data`, `body` or `value` |
//! | binary mode, flat | the members that begin so: `{"ce_specversion", "ce_id", ..., "data"}` | `data`, `body` or `value`, else the members beside them |
//!
//! Values of headers are taken as they stand, without the percent-encoding of HTTP undone. Data that is
//! no object (`data_base64`, a text) is kept, but not looked into.

use crate::adapter::fields::text;
use crate::event::Text;
use crate::json::{Kind, Value};
use crate::reason::Reason;

/// What every CloudEvent has.
const MARK: &str = "specversion";

/// Members that hold the data of binary mode.
const BODIES: [&str; 3] = ["data", "body", "value"];

/// How names of attributes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As they are.
    Structured,
    /// Among headers.
    Headers,
    /// With a prefix.
    Flat,
}

/// The attributes and the data of a CloudEvent.
#[derive(Debug)]
pub(super) struct Envelope<'t> {
    root: Value<'t>,
    form: Form,
    /// What has the attributes for members.
    holder: Value<'t>,
}

/// Whether a member of this name makes an object a CloudEvent in binary mode, flat.
pub(in crate::adapter) fn is_mark(name: &[u8]) -> bool {
    unprefixed(name).is_some_and(|name| name.eq_ignore_ascii_case(MARK.as_bytes()))
}

/// What follows the prefix.
fn unprefixed(name: &[u8]) -> Option<&[u8]> {
    match name {
        [b'C' | b'c', b'E' | b'e', b'-' | b'_', rest @ ..] => Some(rest),
        _ => None,
    }
}

impl<'t> Envelope<'t> {
    /// That of an object, if it is a CloudEvent.
    pub(super) fn of(root: Value<'t>) -> Option<Self> {
        let headers = root.member("headers").map(|headers| (Form::Headers, headers));
        let forms = [Some((Form::Structured, root)), headers, Some((Form::Flat, root))];
        let envelopes =
            forms.into_iter().flatten().map(|(form, holder)| Self { root, form, holder });
        envelopes.into_iter().find(|envelope| envelope.member(MARK).is_some())
    }

    fn member(&self, name: &str) -> Option<Value<'t>> {
        if self.form == Form::Structured {
            return self.holder.member(name);
        }
        let is = |found: &[u8]| {
            unprefixed(found).is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
        };
        self.holder.members().find(|(found, _)| is(&found.bytes())).map(|(_, value)| value)
    }

    /// The attribute of a name, a string that is not empty.
    pub(super) fn attribute(&self, name: &str) -> Option<Text<'t>> {
        text(self.member(name)?)
    }

    /// The same, which has to be there.
    pub(super) fn required(&self, name: &str) -> Result<Text<'t>, Reason> {
        self.attribute(name).ok_or_else(|| self.absent(name))
    }

    /// The same, which has to have a form if it is there.
    pub(super) fn checked(
        &self,
        name: &str,
        is: fn(&str) -> bool,
        expected: &str,
    ) -> Result<Option<Text<'t>>, Reason> {
        match self.attribute(name) {
            Some(text) if !is(&text) => Err(Reason::value(&self.pointer(name), expected)),
            found => Ok(found),
        }
    }

    /// Why a required attribute counts as absent.
    pub(super) fn absent(&self, name: &str) -> Reason {
        let (at, expected) = (self.pointer(name), "a string that is not empty");
        match self.member(name).map(|value| value.kind()) {
            None => Reason::missing(&at, expected),
            Some(Kind::String) => Reason::value(&at, expected),
            Some(other) => Reason::kind(&at, expected, other),
        }
    }

    /// Where an attribute stands, or would.
    pub(super) fn pointer(&self, name: &str) -> String {
        match self.form {
            Form::Structured => format!("/{name}"),
            Form::Headers => format!("/headers/ce-{name}"),
            Form::Flat => format!("/ce_{name}"),
        }
    }

    /// The data, if it is an object.
    pub(super) fn data(&self) -> Option<Value<'t>> {
        let object =
            |name: &&str| self.root.member(name).filter(|value| value.kind() == Kind::Object);
        match self.form {
            Form::Structured => object(&"data"),
            Form::Headers => BODIES.iter().find_map(object),
            Form::Flat => Some(BODIES.iter().find_map(object).unwrap_or(self.root)),
        }
    }
}
