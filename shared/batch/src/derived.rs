//! Whether the typed columns are what derives from the events.

use cairn_event::LeafParts;

use crate::Columns;
use crate::layout::at;

impl Columns {
    /// The column in which a row is not what derives from its event, its place and the header;
    /// `None` if all are.
    pub fn disagreement(&self, row: usize, parts: &LeafParts) -> Option<&'static str> {
        let event = parts.event.as_ref();
        let number = i64::try_from(self.header().number).ok();
        let place = i64::try_from(row).ok();
        let integers = [
            ("time", at::TIME, event.map(|event| event.time)),
            ("arrived", at::ARRIVED, Some(parts.arrived.as_microsecond())),
            ("number", at::NUMBER, number),
            ("index", at::INDEX, place),
        ];
        let texts = [
            ("tenant", at::TENANT, event.map(|event| event.tenant.as_str())),
            ("actor_type", at::ACTOR_TYPE, event.map(|event| event.actor_type.as_str())),
            ("actor_id", at::ACTOR_ID, event.map(|event| event.actor_id.as_str())),
            ("action", at::ACTION, event.map(|event| event.action.as_str())),
            ("resource_type", at::RESOURCE_TYPE, event.map(|event| event.resource_type.as_str())),
            ("resource_id", at::RESOURCE_ID, event.map(|event| event.resource_id.as_str())),
            ("outcome", at::OUTCOME, event.map(|event| event.outcome.as_str())),
            ("source_ip", at::SOURCE_IP, event.and_then(|event| event.source_ip.as_deref())),
            ("session", at::SESSION, event.and_then(|event| event.session.as_deref())),
            ("trace_id", at::TRACE_ID, event.and_then(|event| event.trace_id.as_deref())),
            ("id", at::ID, event.map(|event| event.id.as_str())),
            ("chain", at::CHAIN, Some(self.header().chain.as_str())),
            ("sequence_number", at::SEQUENCE_NUMBER, Some(parts.sequence.as_str())),
            // Nothing is sealed under a person's key in this version.
            ("private", at::PRIVATE, None),
            ("key_id", at::KEY_ID, None),
        ];
        let integers = integers
            .into_iter()
            .find(|(_, column, value)| self.integer(*column, row) != *value)
            .map(|(name, ..)| name);
        integers.or_else(|| {
            texts
                .into_iter()
                .find(|(_, column, value)| self.text(*column, row) != value.map(str::as_bytes))
                .map(|(name, ..)| name)
        })
    }
}
