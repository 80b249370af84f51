//! Whether a batch recomputes from its own bytes.

use cairn_batch::Columns;
use cairn_event::{Bundle, LeafParts, RawCommitment, TRANSFORM};
use cairn_ledger::{BatchHeader, Counts, Frontier, Hash, SequenceNumber, TenantTree};
use jiff::Timestamp;

use crate::{Refusal, foreign};

/// The leaves of a batch that recomputes.
#[derive(Debug)]
pub struct AdoptedBatch<'a> {
    /// In the order of their records.
    pub leaves: Vec<AdoptedLeaf<'a>>,
}

/// One of them.
#[derive(Debug)]
pub struct AdoptedLeaf<'a> {
    /// What was hashed.
    pub bytes: &'a [u8],
    /// Its record.
    pub sequence: SequenceNumber,
    /// `raw` of a rejection; `None` for an event.
    pub raw: Option<RawCommitment>,
}

/// Checks all that a verifier will: that every leaf is canonical and of this chain, that they stand in
/// the order of their records, that the typed columns derive from them, and that the header says of
/// them what they are. The tenants' root is under a key of the bundle that the batch was made under, so
/// it is checked where that bundle is at hand.
pub fn recomputes<'a>(
    columns: &'a Columns,
    bundle: Option<&Bundle>,
) -> Result<AdoptedBatch<'a>, Refusal> {
    let header = columns.header();
    let original = header.chain.original();
    let mut fold = Fold::new(bundle);
    let mut leaves: Vec<AdoptedLeaf<'a>> = Vec::with_capacity(columns.rows());
    for row in 0..columns.rows() {
        let bytes = columns.event(row);
        let parts = LeafParts::parse(bytes).map_err(|error| {
            let reason = format!("row {row}: {error}");
            // Another version of the code may seal what this one does not know.
            match header.transform == TRANSFORM {
                true => Refusal::Foreign(reason),
                false => Refusal::Unclear(reason),
            }
        })?;
        if parts.chain != original {
            return Err(foreign(format!("row {row}: chain"), &original, &parts.chain));
        }
        if let Some(column) = columns.disagreement(row, &parts) {
            let reason = format!("row {row}: the column {column} is not that of the leaf");
            return Err(Refusal::Foreign(reason));
        }
        fold.push(row, bytes, &parts)?;
        leaves.push(AdoptedLeaf { bytes, sequence: parts.sequence, raw: parts.raw });
    }
    fold.check(header)?;
    Ok(AdoptedBatch { leaves })
}

/// What the rows are, taken together.
struct Fold {
    root: Frontier,
    tenants: Option<TenantTree>,
    counts: Counts,
    first: Option<SequenceNumber>,
    /// The row before: its record and its place in it.
    before: Option<(SequenceNumber, u32)>,
    arrivals: Vec<Timestamp>,
}

impl Fold {
    fn new(bundle: Option<&Bundle>) -> Self {
        Self {
            root: Frontier::new(),
            tenants: bundle.map(|bundle| TenantTree::new(&bundle.tenant_key)),
            counts: Counts::default(),
            first: None,
            before: None,
            arrivals: Vec::new(),
        }
    }

    fn push(&mut self, row: usize, bytes: &[u8], parts: &LeafParts) -> Result<(), Refusal> {
        // Records in order, and within a record each item, from 0 on.
        let expected = match &self.before {
            Some((sequence, index)) if *sequence == parts.sequence => index + 1,
            before => {
                if let Some((sequence, _)) = before.as_ref().filter(|(s, _)| *s > parts.sequence) {
                    let found = format!("{} after {sequence}", parts.sequence);
                    return Err(foreign(format!("row {row}"), &"a later record", &found));
                }
                self.counts.records += 1;
                self.arrivals.push(parts.arrived);
                0
            }
        };
        if parts.index != expected {
            return Err(foreign(format!("row {row}: index"), &expected, &parts.index));
        }
        let hash = Hash::leaf(bytes);
        self.root.push(hash);
        match &parts.event {
            Some(event) => {
                self.counts.events += 1;
                if let Some(tenants) = &mut self.tenants {
                    tenants.push(&event.tenant, hash);
                }
            }
            None => self.counts.rejections += 1,
        }
        self.first.get_or_insert_with(|| parts.sequence.clone());
        self.before = Some((parts.sequence.clone(), parts.index));
        Ok(())
    }

    fn check(self, header: &BatchHeader) -> Result<(), Refusal> {
        let root = self.root.root();
        if root != header.root {
            return Err(foreign("root", &header.root, &root));
        }
        if self.counts != header.counts {
            return Err(foreign("counts", &header.counts, &self.counts));
        }
        let tenants = self.tenants.map(|tenants| tenants.root());
        if tenants.is_some_and(|tenants| tenants != header.tenants) {
            return Err(foreign("tenants", &header.tenants, &tenants));
        }
        let last = self.before.map(|(sequence, _)| sequence);
        if (self.first.as_ref(), last.as_ref()) != (Some(&header.first), Some(&header.last)) {
            let (expected, found) = ((&header.first, &header.last), (self.first, last));
            return Err(foreign("records", &expected, &found));
        }
        let arrived = arrival_range(self.arrivals);
        if arrived.as_ref() != Some(&header.arrived) {
            return Err(foreign("arrivals", &header.arrived, &arrived));
        }
        Ok(())
    }
}

/// The earliest and the latest of arrivals, as a header writes them.
pub fn arrival_range(arrivals: impl IntoIterator<Item = Timestamp>) -> Option<[String; 2]> {
    let mut arrivals = arrivals.into_iter();
    let first = arrivals.next()?;
    let (from, to) =
        arrivals.fold((first, first), |(from, to), time| (from.min(time), to.max(time)));
    Some([from, to].map(|time| format!("{time:.3}")))
}
