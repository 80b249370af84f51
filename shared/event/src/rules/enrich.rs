//! What is added to events, under `enrichment`, apart from what their producers said.

mod device;
mod location;

use std::collections::HashMap;

use bytes::Bytes;

use self::device::Devices;
use self::location::Locations;
use super::RulesError;
use crate::Bundle;
use crate::event::{Event, ObjectWriter};
use crate::json::write_text;

/// Adds what the bundle knows of actors, addresses and user agents.
#[derive(Default)]
pub(super) struct Enricher {
    locations: Option<Locations>,
    devices: Option<Devices>,
    /// Roles by tenant, then by actor, as canonical JSON.
    roles: HashMap<String, HashMap<String, Vec<u8>>>,
}

impl Enricher {
    /// What a bundle asks for.
    pub(super) fn new(bundle: &Bundle, database: Option<Bytes>) -> Result<Self, RulesError> {
        let actors = |actors: &std::collections::BTreeMap<String, crate::ActorEntry>| {
            actors.iter().map(|(actor, entry)| (actor.clone(), roles(&entry.roles))).collect()
        };
        Ok(Self {
            locations: Locations::new(bundle.location, database)?,
            devices: bundle.device.then(Devices::default),
            roles: bundle
                .directory
                .iter()
                .map(|(tenant, of)| (tenant.clone(), actors(of)))
                .collect(),
        })
    }

    /// `enrichment` of an event, if there is anything to add.
    pub(super) fn enrich(&self, event: &Event<'_>) -> Option<Vec<u8>> {
        let source = event.source.as_ref();
        let agent = source.and_then(|source| source.user_agent.as_deref());
        let device = self.devices.as_ref().zip(agent).and_then(|(known, agent)| known.find(agent));
        let ip = source.and_then(|source| source.ip.as_deref());
        let location = self.locations.as_ref().zip(ip).and_then(|(known, ip)| known.find(ip));
        let roles = self.roles(event);
        if device.is_none() && location.is_none() && roles.is_none() {
            return None;
        }
        let mut bytes = Vec::new();
        let mut object = ObjectWriter::new(&mut bytes);
        if let Some(device) = device {
            object.member("device", |out| device.write(out));
        }
        if let Some(location) = location {
            object.member("location", |out| location.write(out));
        }
        if let Some(roles) = roles {
            object.member("roles", |out| out.extend_from_slice(roles));
        }
        object.end();
        Some(bytes)
    }

    /// The roles that the directory has for the actor.
    fn roles(&self, event: &Event<'_>) -> Option<&[u8]> {
        let actors = self.roles.get(event.tenant.as_ref())?;
        let (kind, id) = (event.actor.kind.as_ref(), event.actor.id.as_ref());
        // A type with a colon could pass itself off as another type with a longer id.
        if kind.contains(':') {
            return None;
        }
        actors.get(&format!("{kind}:{id}")).map(Vec::as_slice)
    }
}

/// Roles as canonical JSON.
fn roles(roles: &[String]) -> Vec<u8> {
    let mut out = vec![b'['];
    for (place, role) in roles.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_text(role, &mut out);
    }
    out.push(b']');
    out
}
