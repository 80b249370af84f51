//! The sealed form of an event: canonical JSON, its members written in canonical order.

use cairn_ledger::{ChainId, Coordinates, Hash, SequenceNumber};
use jiff::Timestamp;
use jiff::tz::Offset;

use super::{Actor, Event, Resource, Roles, Source, Trace};
use crate::Record;
use crate::json::{Value, write_text};
use crate::leaf::Leaf;
use crate::rules::{Additions, Redacted};

/// What sealing adds to the events of one record.
#[derive(Debug)]
pub(crate) struct Seal<'r> {
    chain: &'r ChainId,
    sequence: &'r SequenceNumber,
    arrived: Timestamp,
    /// `arrived`, as it is written.
    arrived_text: String,
    /// Where they appeared first, if the record says that they were redriven.
    first: Option<&'r Coordinates>,
}

impl<'r> Seal<'r> {
    /// For the events of a record in a chain, redriven from where they appeared `first`.
    pub(crate) fn new(
        chain: &'r ChainId,
        record: &'r Record,
        first: Option<&'r Coordinates>,
    ) -> Self {
        let (arrived, arrived_text) = arrival(record.arrived);
        Self { chain, sequence: &record.sequence, arrived, arrived_text, first }
    }

    /// The leaf of the event at a place of the record.
    pub(crate) fn leaf(
        &self,
        index: u32,
        event: &Event<'_>,
        adapter: Option<&str>,
        additions: &Additions,
    ) -> Leaf {
        let derived;
        let id = match &event.id {
            Some(id) => id.as_ref(),
            None => {
                derived = self.id(index);
                &derived
            }
        };
        let redacted = additions.redacted.as_ref();
        let instead =
            |part: fn(&Redacted) -> &Option<Vec<u8>>| redacted.and_then(|r| part(r).as_deref());
        let data = event.data.map_or(0, |data| data.source().len());
        let mut bytes = Vec::with_capacity(data + 1024);
        let mut object = ObjectWriter::new(&mut bytes);
        object.text("action", &event.action);
        object.member("actor", |out| write_actor(&event.actor, out));
        object.optional_text("adapter", adapter);
        object.text("arrived", &self.arrived_text);
        object.value_or("changes", event.changes, instead(|redacted| &redacted.changes));
        object.member("coordinates", |out| {
            write_coordinates(self.chain, self.sequence, index, out);
        });
        object.value_or("data", event.data, instead(|redacted| &redacted.data));
        object.optional_json("enrichment", additions.enrichment.as_deref());
        object.text("id", id);
        object.text("kind", "event");
        object.text("outcome", &event.outcome);
        object.optional_value("producer", event.producer);
        object.optional_text("reason", event.reason.as_deref());
        object.optional_json("redacted", redacted.map(|redacted| &redacted.places[..]));
        if let Some(Coordinates { chain, index, sequence }) = self.first {
            object.member("redrive", |out| write_coordinates(chain, sequence, *index, out));
        }
        let attributes = instead(|redacted| &redacted.attributes);
        object.member("resource", |out| write_resource(&event.resource, attributes, out));
        object.optional_text("schema", event.schema.as_deref());
        if let Some(source) = &event.source {
            object.member("source", |out| write_source(source, out));
        }
        object.text("tenant", &event.tenant);
        object.text("time", &event.time);
        if let Some(trace) = &event.trace {
            object.member("trace", |out| write_trace(trace, out));
        }
        object.end();
        let columns = event.columns(id);
        Leaf { bytes, sequence: self.sequence.clone(), arrived: self.arrived, event: Some(columns) }
    }

    /// The id of an event that came without: a UUIDv8 (RFC 9562 §5.8) made from its coordinates.
    fn id(&self, index: u32) -> String {
        let (chain, sequence) = (self.chain, self.sequence);
        let hash = Hash::of(format!("cairn/event-id/v1\n{chain}\n{sequence}\n{index}").as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        id[6] = id[6] & 0x0f | 0x80;
        id[8] = id[8] & 0x3f | 0x80;
        let digits = hex::encode(id);
        let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        parts.join("-")
    }
}

/// An arrival time to the millisecond, and as it is written: `2023-07-10T11:45:00.123Z`.
pub(crate) fn arrival(arrived: Timestamp) -> (Timestamp, String) {
    let arrived = Timestamp::from_millisecond(arrived.as_millisecond()).unwrap_or(arrived);
    let utc = Offset::UTC.to_datetime(arrived);
    let mut text = String::with_capacity(24);
    let mut push = |number: i16, digits: u32, after: char| {
        for place in (0..digits).rev() {
            let digit = number / 10_i16.pow(place) % 10;
            text.push(char::from(b'0' + digit.unsigned_abs() as u8));
        }
        text.push(after);
    };
    push(utc.year(), 4, '-');
    push(utc.month().into(), 2, '-');
    push(utc.day().into(), 2, 'T');
    push(utc.hour().into(), 2, ':');
    push(utc.minute().into(), 2, ':');
    push(utc.second().into(), 2, '.');
    push(utc.millisecond(), 3, 'Z');
    (arrived, text)
}

/// Where an item came from: `{"chain":"...","index":0,"sequence":"..."}`.
pub(crate) fn write_coordinates(
    chain: &ChainId,
    sequence: &SequenceNumber,
    index: u32,
    out: &mut Vec<u8>,
) {
    let mut object = ObjectWriter::new(out);
    object.text("chain", chain.as_str());
    object.member("index", |out| out.extend_from_slice(index.to_string().as_bytes()));
    object.text("sequence", sequence.as_str());
    object.end();
}

fn write_actor(actor: &Actor<'_>, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::new(out);
    object.optional_text("email", actor.email.as_deref());
    object.text("id", &actor.id);
    object.optional_text("name", actor.name.as_deref());
    match &actor.roles {
        None => {}
        Some(Roles::Sent(roles)) => object.optional_value("roles", Some(*roles)),
        Some(Roles::One(role)) => object.member("roles", |out| {
            out.push(b'[');
            write_text(role, out);
            out.push(b']');
        }),
    }
    object.optional_text("session", actor.session.as_deref());
    object.text("type", &actor.kind);
    object.end();
}

fn write_resource(resource: &Resource<'_>, attributes: Option<&[u8]>, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::new(out);
    object.value_or("attributes", resource.attributes, attributes);
    object.text("id", &resource.id);
    object.optional_text("name", resource.name.as_deref());
    object.text("type", &resource.kind);
    object.end();
}

fn write_source(source: &Source<'_>, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::new(out);
    object.optional_text("ip", source.ip.as_deref());
    object.optional_text("region", source.region.as_deref());
    object.optional_text("service", source.service.as_deref());
    object.optional_text("user_agent", source.user_agent.as_deref());
    object.optional_text("version", source.version.as_deref());
    object.end();
}

fn write_trace(trace: &Trace<'_>, out: &mut Vec<u8>) {
    let mut object = ObjectWriter::new(out);
    object.optional_text("request_id", trace.request_id.as_deref());
    object.optional_text("span_id", trace.span_id.as_deref());
    object.optional_text("trace_id", trace.trace_id.as_deref());
    object.end();
}

/// Writes an object whose members come in canonical order, their names free of escapes.
pub(crate) struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    before: u8,
}

impl<'o> ObjectWriter<'o> {
    /// Opens the object.
    pub(crate) fn new(out: &'o mut Vec<u8>) -> Self {
        Self { out, before: b'{' }
    }

    /// A member whose value `write` appends.
    #[inline]
    pub(crate) fn member(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.out.extend_from_slice(&[self.before, b'"']);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.before = b',';
        write(self.out);
    }

    /// A member that is a string.
    #[inline]
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.member(name, |out| write_text(text, out));
    }

    /// The same, if it is there.
    #[inline]
    pub(crate) fn optional_text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A member that was sent, if it is there.
    #[inline]
    pub(crate) fn optional_value(&mut self, name: &str, value: Option<Value<'_>>) {
        if let Some(value) = value {
            self.member(name, |out| value.write(out));
        }
    }

    /// A member that is canonical JSON already, if it is there.
    #[inline]
    pub(crate) fn optional_json(&mut self, name: &str, json: Option<&[u8]>) {
        if let Some(json) = json {
            self.member(name, |out| out.extend_from_slice(json));
        }
    }

    /// A member that was sent, if it is there, or the canonical JSON that stands in its place.
    #[inline]
    fn value_or(&mut self, name: &str, value: Option<Value<'_>>, instead: Option<&[u8]>) {
        match instead {
            Some(json) => self.optional_json(name, Some(json)),
            None => self.optional_value(name, value),
        }
    }

    /// Closes the object.
    pub(crate) fn end(self) {
        if self.before == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }
}
