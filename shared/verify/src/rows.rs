//! Step 7, within an object: rows against header.

use cairn_batch::Columns;
use cairn_event::{Bundle, LeafParts, RawCommitment};
use cairn_ledger::{BatchHeader, Counts, Frontier, Hash, SequenceNumber, TenantTree};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::Findings;
use crate::report::FindingCode::{
    ColumnMismatch, CountsMismatch, EventCoordinates, EventDuplicated, EventMissing,
    EventReordered, EventUnreadable, RootMismatch, TenantsMismatch,
};

/// What the rows of a batch are, taken together.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The leaf hashes, in order.
    pub(crate) leaves: Vec<Hash>,
    /// The place of each row's leaf in the stream, where it can be read.
    pub(crate) places: Vec<Option<Place>>,
    /// The rejections.
    pub(crate) rejections: Vec<Rejected>,
    counts: Counts,
    arrived: Option<(Timestamp, Timestamp)>,
    tenants: Option<Hash>,
}

/// Coordinates within a chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) sequence: SequenceNumber,
    pub(crate) index: u32,
}

/// A rejection.
#[derive(Debug)]
pub(crate) struct Rejected {
    pub(crate) row: usize,
    pub(crate) place: Place,
    pub(crate) raw: RawCommitment,
    pub(crate) said: Said,
}

/// When a rejected record arrived and why it was rejected, which the leaf and the line in
/// quarantine must say alike.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Said {
    pub(crate) arrived: Value,
    pub(crate) reason: Value,
}

impl Rows {
    /// Reads every row and checks it by itself and against the one before.
    pub(crate) fn read(
        key: &str,
        columns: &Columns,
        bundle: Option<&Bundle>,
        findings: &mut Findings,
    ) -> Self {
        let mut rows = Self {
            leaves: Vec::with_capacity(columns.rows()),
            places: Vec::with_capacity(columns.rows()),
            rejections: Vec::new(),
            counts: Counts::default(),
            arrived: None,
            tenants: None,
        };
        let mut tenants = bundle.map(|bundle| TenantTree::new(&bundle.tenant_key));
        let original = columns.header().chain.original();
        for row in 0..columns.rows() {
            let bytes = columns.event(row);
            let leaf = Hash::leaf(bytes);
            rows.leaves.push(leaf);
            let subject = || format!("{key}#{row}");
            let parts = match LeafParts::parse(bytes) {
                Ok(parts) => parts,
                Err(error) => {
                    findings.add(EventUnreadable, subject(), error.to_string());
                    rows.places.push(None);
                    continue;
                }
            };
            if let Some(column) = columns.disagreement(row, &parts) {
                let detail =
                    format!("expected `{column}` to derive from the event, found another value");
                findings.add(ColumnMismatch, subject(), detail);
            }
            if parts.chain != original {
                let detail = format!("expected {original}, found {}", parts.chain);
                findings.add(EventCoordinates, subject(), detail);
            }
            if let (Some(tenants), Some(event)) = (&mut tenants, &parts.event) {
                tenants.push(&event.tenant, leaf);
            }
            let said = || serde_json::from_slice(bytes).unwrap_or_default();
            rows.take(row, parts, said, subject, findings);
        }
        rows.tenants = tenants.map(|tenants| tenants.root());
        rows
    }

    fn take(
        &mut self,
        row: usize,
        parts: LeafParts,
        said: impl Fn() -> Said,
        subject: impl Fn() -> String,
        findings: &mut Findings,
    ) {
        let place = Place { sequence: parts.sequence, index: parts.index };
        let before = self.places.last().and_then(Option::as_ref);
        // The index that the next item of a record has.
        let expected = match before {
            Some(before) if before.sequence == place.sequence => before.index.saturating_add(1),
            _ => 0,
        };
        match before {
            Some(before) if place == *before => {
                let detail =
                    format!("expected it once, found {} {} again", place.sequence, place.index);
                findings.add(EventDuplicated, subject(), detail);
            }
            Some(before) if place < *before => {
                let detail = format!(
                    "expected it before {} {}, found it after",
                    before.sequence, before.index
                );
                findings.add(EventReordered, subject(), detail);
            }
            _ if place.index != expected && (row == 0 || before.is_some()) => {
                let detail = format!(
                    "expected index {expected} of record {}, found {}",
                    place.sequence, place.index
                );
                findings.add(EventMissing, subject(), detail);
            }
            _ => {}
        }
        if before.is_none_or(|before| before.sequence != place.sequence) {
            self.counts.records += 1;
        }
        match parts.raw {
            None => self.counts.events += 1,
            Some(raw) => {
                self.counts.rejections += 1;
                self.rejections.push(Rejected { row, place: place.clone(), raw, said: said() });
            }
        }
        let at = parts.arrived;
        let (first, last) = self.arrived.unwrap_or((at, at));
        self.arrived = Some((first.min(at), last.max(at)));
        self.places.push(Some(place));
    }

    /// The root of the leaves.
    pub(crate) fn root(&self) -> Hash {
        root(self.leaves.iter().copied())
    }

    /// Compares with what the header says.
    pub(crate) fn check(&self, key: &str, header: &BatchHeader, findings: &mut Findings) {
        let root = self.root();
        if root != header.root {
            findings.add(RootMismatch, key, format!("expected {}, found {root}", header.root));
        }
        if let Some(tenants) = self.tenants.filter(|tenants| *tenants != header.tenants) {
            let detail = format!("expected {}, found {tenants}", header.tenants);
            findings.add(TenantsMismatch, key, detail);
        }
        if self.counts != header.counts {
            let detail = format!("expected {:?}, found {:?}", header.counts, self.counts);
            findings.add(CountsMismatch, key, detail);
        }
        let places = || self.places.iter().flatten().map(|place| &place.sequence);
        let (first, last) = (places().min(), places().max());
        if (first, last) != (Some(&header.first), Some(&header.last)) {
            let detail = format!(
                "expected records {} to {}, found {first:?} to {last:?}",
                header.first, header.last
            );
            findings.add(CountsMismatch, key, detail);
        }
        let time = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string();
        let arrived = self.arrived.map(|(first, last)| [time(first), time(last)]);
        if arrived.as_ref() != Some(&header.arrived) {
            let detail = format!("expected arrivals {:?}, found {arrived:?}", header.arrived);
            findings.add(CountsMismatch, key, detail);
        }
    }
}

/// The root of these leaf hashes.
pub(crate) fn root(leaves: impl Iterator<Item = Hash>) -> Hash {
    let mut tree = Frontier::new();
    tree.extend(leaves);
    tree.root()
}
