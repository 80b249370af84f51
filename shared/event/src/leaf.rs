//! Leaves: canonical bytes, and the columns that are derived from them.

mod additions;

use cairn_ledger::{ChainId, Hash, SequenceNumber};
use compact_str::CompactString;
use jiff::Timestamp;

use crate::adapter;
use crate::event::{self, Form, Reserved, arrival};
use crate::json::{Kind, Numbers, ReadLimits, Tree, Value};

/// One leaf of a batch tree: the canonical bytes, which are hashed and stored as they stand, and
/// the columns people search by, which are derived from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// Canonical JSON (RFC 8785) of the event or rejection.
    pub bytes: Vec<u8>,
    /// Sequence number of its record.
    pub sequence: SequenceNumber,
    /// Arrival of its record.
    pub arrived: Timestamp,
    /// The columns of an event; `None` for a rejection.
    pub event: Option<EventColumns>,
}

/// The searchable columns of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventColumns {
    /// When it happened, in microseconds since 1970 (UTC), rounded down.
    pub time: i64,
    /// `tenant`
    pub tenant: CompactString,
    /// `actor.type`
    pub actor_type: CompactString,
    /// `actor.id`
    pub actor_id: CompactString,
    /// `action`
    pub action: CompactString,
    /// `resource.type`
    pub resource_type: CompactString,
    /// `resource.id`
    pub resource_id: CompactString,
    /// `outcome`
    pub outcome: CompactString,
    /// `source.ip`
    pub source_ip: Option<CompactString>,
    /// `actor.session`
    pub session: Option<CompactString>,
    /// `trace.trace_id`
    pub trace_id: Option<CompactString>,
    /// `id`
    pub id: CompactString,
}

/// All that a leaf says of itself: what [`Leaf`] holds besides the bytes, its other coordinates,
/// and what a rejection commits to.
#[derive(Debug, Clone, PartialEq)]
pub struct LeafParts {
    /// `coordinates.chain`
    pub chain: ChainId,
    /// `coordinates.sequence`
    pub sequence: SequenceNumber,
    /// `coordinates.index`
    pub index: u32,
    /// `arrived`
    pub arrived: Timestamp,
    /// The columns of an event; `None` for a rejection.
    pub event: Option<EventColumns>,
    /// `raw` of a rejection; `None` for an event.
    pub raw: Option<RawCommitment>,
}

/// What a rejection says of the raw bytes it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawCommitment {
    /// How many bytes they are.
    pub bytes: u64,
    /// SHA-256 of the quarantine object that holds them.
    pub quarantine: Hash,
    /// SHA-256 of the salt and the bytes.
    pub sha256: Hash,
}

/// Why bytes are not a leaf. Names fields, never their values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a leaf: {detail}")]
pub struct LeafError {
    detail: String,
}

impl LeafError {
    fn new(detail: impl Into<String>) -> Self {
        Self { detail: detail.into() }
    }

    fn field(pointer: &str, expected: &str) -> Self {
        Self::new(format!("`{pointer}`: expected {expected}"))
    }
}

/// What sealed an event decided what it may hold.
const LIMITS: ReadLimits = ReadLimits::new(u32::MAX, u32::MAX);

impl Leaf {
    /// Reads a leaf back from its canonical bytes, deriving every column. Refuses bytes that are
    /// not in canonical form, so that what it accepts is what [`transform`](crate::transform) or
    /// [`Rejection::leaf`](crate::Rejection::leaf) could have made.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        let LeafParts { sequence, arrived, event, .. } = LeafParts::parse(bytes)?;
        Ok(Self { bytes: bytes.to_vec(), sequence, arrived, event })
    }

    /// Bytes of memory that the leaf takes, about: itself, its canonical bytes, its columns.
    pub fn footprint(&self) -> usize {
        let columns = self.event.as_ref().map_or(0, EventColumns::text_bytes);
        size_of::<Self>() + self.bytes.capacity() + self.sequence.as_str().len() + columns
    }
}

impl EventColumns {
    /// Bytes of all texts.
    fn text_bytes(&self) -> usize {
        let needed = [
            &self.tenant,
            &self.actor_type,
            &self.actor_id,
            &self.action,
            &self.resource_type,
            &self.resource_id,
            &self.outcome,
            &self.id,
        ];
        let optional = [&self.source_ip, &self.session, &self.trace_id];
        let texts = needed.into_iter().chain(optional.into_iter().flatten());
        texts.filter(|text| text.is_heap_allocated()).map(CompactString::capacity).sum()
    }
}

impl LeafParts {
    /// Reads canonical bytes as [`Leaf::parse`] does, and refuses what it refuses.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        let text = std::str::from_utf8(bytes).map_err(|_| LeafError::new("not UTF-8"))?;
        let mut tree = Tree::new(text);
        let end = tree.read(0, LIMITS, Numbers::Doubles).map_err(|fault| {
            let reason = crate::Reason::fault(fault, 0, LIMITS);
            LeafError::new(format!("{}: {}", reason.code, reason.message))
        })?;
        if end != text.len() {
            return Err(LeafError::new(format!("expected the end at byte {end}")));
        }
        let root = tree.root();
        if !root.is_canonical() {
            return Err(LeafError::new("not in canonical form (RFC 8785)"));
        }
        let kind = root.member("kind").and_then(|kind| kind.text());
        let (coordinates, arrived, event, raw) = match kind.as_deref() {
            Some("event") => event_parts(root)?,
            Some("rejection") => rejection_parts(root)?,
            _ => return Err(LeafError::field("/kind", "`event` or `rejection`")),
        };
        let (chain, index, sequence) = read_coordinates(coordinates, "/coordinates")?;
        Ok(Self { chain, sequence, index, arrived: arrival_time(arrived)?, event, raw })
    }
}

type Parts<'t> = (Value<'t>, Value<'t>, Option<EventColumns>, Option<RawCommitment>);

fn event_parts(root: Value<'_>) -> Result<Parts<'_>, LeafError> {
    let (event, reserved) = event::read(root, Form::Sealed).map_err(|reason| {
        let at = reason.pointer.unwrap_or_default();
        LeafError::new(format!("`{at}`: {}", reason.message))
    })?;
    let Reserved { adapter, arrived, coordinates, enrichment, kind: _, redacted, redrive } =
        reserved;
    if let Some(enrichment) = enrichment {
        additions::enrichment(enrichment)?;
    }
    if let Some(redacted) = redacted {
        additions::redacted(redacted)?;
    }
    if let Some(redrive) = redrive {
        read_coordinates(redrive, "/redrive")?;
    }
    if let Some(name) = adapter
        && !name.text().is_some_and(|name| adapter::is_known(&name))
    {
        return Err(LeafError::field("/adapter", "an adapter that Cairn has"));
    }
    let id = event.id.as_deref().ok_or_else(|| LeafError::field("/id", "a string"))?;
    let columns = event.columns(id);
    let coordinates = coordinates.ok_or_else(|| LeafError::field("/coordinates", "an object"))?;
    let arrived = arrived.ok_or_else(|| LeafError::field("/arrived", "a string"))?;
    Ok((coordinates, arrived, Some(columns), None))
}

fn rejection_parts(root: Value<'_>) -> Result<Parts<'_>, LeafError> {
    let [arrived, coordinates, _, raw, reason] =
        exactly(root, "", ["arrived", "coordinates", "kind", "raw", "reason"])?;
    let [length, quarantine, commitment] = exactly(raw, "/raw", ["bytes", "quarantine", "sha256"])?;
    let length = Some(length).filter(|length| length.kind() == Kind::Number);
    let raw = RawCommitment {
        bytes: length
            .and_then(|length| length.source().parse().ok())
            .ok_or_else(|| LeafError::field("/raw/bytes", "a count"))?,
        quarantine: hash(quarantine, "/raw/quarantine")?,
        sha256: hash(commitment, "/raw/sha256")?,
    };
    let (code, message) = match reason.member("pointer") {
        None => {
            let [code, message] = exactly(reason, "/reason", ["code", "message"])?;
            (code, message)
        }
        Some(_) => {
            let [code, message, pointer] =
                exactly(reason, "/reason", ["code", "message", "pointer"])?;
            if !pointer.text().is_some_and(|text| text.is_empty() || text.starts_with('/')) {
                return Err(LeafError::field("/reason/pointer", "a JSON pointer"));
            }
            (code, message)
        }
    };
    let known = |code: &str| crate::reason::CODES.iter().any(|(known, _)| *known == code);
    if !code.text().is_some_and(|code| known(&code)) {
        return Err(LeafError::field("/reason/code", "a code that Cairn has"));
    }
    if message.kind() != Kind::String {
        return Err(LeafError::field("/reason/message", "a string"));
    }
    Ok((coordinates, arrived, None, Some(raw)))
}

/// The values of an object that has just these members, named in canonical order.
fn exactly<'t, const N: usize>(
    object: Value<'t>,
    at: &str,
    names: [&str; N],
) -> Result<[Value<'t>; N], LeafError> {
    let fail = || LeafError::field(at, &format!("an object of just {}", names.join(", ")));
    if object.members().count() != N {
        return Err(fail());
    }
    let mut values = [object; N];
    for ((found, value), (name, place)) in object.members().zip(names.iter().zip(&mut values)) {
        if !found.is(name) {
            return Err(fail());
        }
        *place = value;
    }
    Ok(values)
}

fn hash(value: Value<'_>, at: &str) -> Result<Hash, LeafError> {
    let hash = value.text().and_then(|hash| hash.parse().ok());
    hash.ok_or_else(|| LeafError::field(at, "64 lowercase hexadecimal digits"))
}

fn read_coordinates(
    coordinates: Value<'_>,
    at: &str,
) -> Result<(ChainId, u32, SequenceNumber), LeafError> {
    let [chain, index, sequence] = exactly(coordinates, at, ["chain", "index", "sequence"])?;
    let field = |name: &str, expected| LeafError::field(&format!("{at}/{name}"), expected);
    let chain = chain.text().and_then(|chain| chain.parse().ok());
    let chain = chain.ok_or_else(|| field("chain", "a chain"))?;
    let index = Some(index).filter(|index| index.kind() == Kind::Number);
    let index = index
        .and_then(|index| index.source().parse().ok())
        .ok_or_else(|| field("index", "a count"))?;
    let sequence = sequence.text().and_then(|sequence| sequence.parse().ok());
    let sequence = sequence.ok_or_else(|| field("sequence", "a sequence number"))?;
    Ok((chain, index, sequence))
}

fn arrival_time(arrived: Value<'_>) -> Result<Timestamp, LeafError> {
    let text = arrived.text().unwrap_or_default();
    let micros = event::micros(&text);
    let time = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
    time.filter(|time| arrival(*time).1 == text).ok_or_else(|| {
        LeafError::field(
            "/arrived",
            "a time of UTC to the millisecond, as 2026-01-31T23:59:59.123Z",
        )
    })
}
