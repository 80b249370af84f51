//! What a user agent says of the device behind it.
//!
//! By `woothee`: a table and a handful of patterns, built in, that run in linear time and start in
//! a millisecond. Alternative considered: `ua-parser` (uap-core) knows far more devices, by 1,600
//! regular expressions that are data of their own (200 ms and tens of megabytes to load, and a
//! further object to pin): too much for a function that starts in 50 ms, for fields that are hints.

use woothee::parser::Parser;

use crate::event::{ObjectWriter, is_version};

/// Bytes of a user agent, at most: a longer one is none that a browser sends, and is not read.
const AGENT_BYTES: usize = 2048;

/// What the library says where it does not know.
const UNKNOWN: &str = "UNKNOWN";

/// Reads user agents.
#[derive(Debug, Default)]
pub(super) struct Devices;

/// What is behind a user agent. Names are those of the library's table, versions digits and dots:
/// no other part of what was sent is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Device {
    kind: Option<String>,
    name: Option<String>,
    os: Option<String>,
    os_version: Option<String>,
    version: Option<String>,
}

impl Devices {
    /// What is behind a user agent, if anything is known of it.
    pub(super) fn find(&self, agent: &str) -> Option<Device> {
        if agent.len() > AGENT_BYTES {
            return None;
        }
        let found = Parser::new().parse(agent)?;
        let known = |text: &str| {
            Some(text).filter(|text| *text != UNKNOWN && !text.is_empty()).map(str::to_owned)
        };
        let version = |text: &str| known(text).filter(|text| is_version(text));
        let device = Device {
            kind: known(found.category),
            name: known(found.name),
            os: known(found.os),
            os_version: version(&found.os_version),
            version: version(found.version),
        };
        let known = device.kind.is_some() || device.name.is_some() || device.os.is_some();
        known.then_some(device)
    }
}

impl Device {
    /// Appends it as canonical JSON.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        object.optional_text("kind", self.kind.as_deref());
        object.optional_text("name", self.name.as_deref());
        object.optional_text("os", self.os.as_deref());
        object.optional_text("os_version", self.os_version.as_deref());
        object.optional_text("version", self.version.as_deref());
        object.end();
    }
}
