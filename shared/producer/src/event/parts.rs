//! What an event speaks of.

use std::fmt;
use std::net::IpAddr;

use serde::Serialize;
use serde_json::{Map, Value};

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried, and failed.
    Failure,
    /// It was not allowed.
    Denied,
    /// Nobody can tell.
    Unknown,
}

/// Who did it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Actor {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) roles: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

impl Actor {
    /// An actor of some type (`user`, `service`, ...) with an id; 1 to 2,048 bytes each.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        let (kind, id) = (kind.into(), id.into());
        Self { kind, id, name: None, email: None, roles: Vec::new(), session: None }
    }

    /// What people call them.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Their address.
    #[must_use]
    pub fn email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The roles in which they acted.
    #[must_use]
    pub fn roles(mut self, roles: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// Names their session: never the secret that opens it.
    #[must_use]
    pub fn session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }
}

/// What it was done to.
#[derive(Clone, PartialEq, Serialize)]
pub struct Resource {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) attributes: Map<String, Value>,
}

impl Resource {
    /// A resource of some type with an id; 1 to 2,048 bytes each.
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into(), name: None, attributes: Map::new() }
    }

    /// What people call it.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Something more about it.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }
}

/// Where it came from.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
}

impl Source {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The address it came from.
    #[must_use]
    pub fn ip(mut self, ip: IpAddr) -> Self {
        self.ip = Some(ip);
        self
    }

    /// What the client calls itself.
    #[must_use]
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// The service that took it in.
    #[must_use]
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// The service's version.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The region in which it runs.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }
}

/// What it belongs to: W3C Trace Context (<https://www.w3.org/TR/trace-context/>).
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Trace {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Trace {
    /// Nothing known.
    pub fn new() -> Self {
        Self::default()
    }

    /// 32 lowercase hexadecimal digits, not all 0.
    #[must_use]
    pub fn trace_id(mut self, id: impl Into<String>) -> Self {
        self.trace_id = Some(id.into());
        self
    }

    /// 16 lowercase hexadecimal digits, not all 0.
    #[must_use]
    pub fn span_id(mut self, id: impl Into<String>) -> Self {
        self.span_id = Some(id.into());
        self
    }

    /// Whatever the service calls a request.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }
}

/// What changed: the value at a path, before and after.
#[derive(Clone, PartialEq, Serialize)]
pub struct Change {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<Value>,
}

impl Change {
    /// A change at a path of 1 to 2,048 bytes.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into(), before: None, after: None }
    }

    /// What was there.
    #[must_use]
    pub fn before(mut self, value: impl Into<Value>) -> Self {
        self.before = Some(value.into());
        self
    }

    /// What is there now.
    #[must_use]
    pub fn after(mut self, value: impl Into<Value>) -> Self {
        self.after = Some(value.into());
        self
    }
}

/// Writes a type without its values: people and what they do are not for logs.
macro_rules! reticent {
    ($($type:ident),*) => {
        $(impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        })*
    };
}

reticent!(Actor, Resource, Source, Trace, Change);
