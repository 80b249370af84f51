//! What happened to an object whose bytes are not those that were sealed.

use cairn_batch::Columns;
use cairn_ledger::{Hash, SealedHeader};

use crate::Findings;
use crate::object::LIMIT;
use crate::report::FindingCode::{
    EventAltered, EventDuplicated, EventExtra, EventMissing, EventReordered, MetadataMismatch,
    ObjectAltered, ObjectAppended, ObjectSwapped,
};
use crate::rows::{Rows, root};

/// How many ends of a Parquet file are tried within one object.
const ENDS: usize = 64;

/// Names what happened, as far as the bytes tell.
pub(crate) fn diagnose(key: &str, bytes: &[u8], sealed: &SealedHeader, findings: &mut Findings) {
    if let Some(length) = sealed_prefix(bytes, &sealed.sha256) {
        let appended = bytes.len() - length;
        let detail = format!("expected {length} bytes, found {appended} more behind them");
        findings.add(ObjectAppended, key, detail);
        return;
    }
    let columns = Columns::read(bytes, LIMIT);
    if let Ok(columns) = &columns
        && columns.header().key != sealed.header.key
    {
        let detail = format!("expected its own batch, found that of {}", columns.header().key);
        findings.add(ObjectSwapped, key, detail);
        return;
    }
    let found = Hash::of(bytes);
    let detail = format!("expected bytes of SHA-256 {}, found {found}", sealed.sha256);
    findings.add(ObjectAltered, key, detail);
    match columns {
        Ok(columns) => rows(key, &columns, sealed, findings),
        Err(error) => findings.add(EventAltered, key, format!("none can be read: {error}")),
    }
}

/// The length of what was sealed, where only something was appended.
fn sealed_prefix(bytes: &[u8], sha256: &Hash) -> Option<usize> {
    let ends = bytes.windows(4).enumerate().skip(8).filter(|(_, end)| *end == b"PAR1");
    let lengths = ends.map(|(at, _)| at + 4).filter(|length| *length < bytes.len());
    // The sealed object ends early rather than late in what an attacker appends to.
    lengths
        .take(ENDS)
        .find(|length| bytes.get(..*length).is_some_and(|part| Hash::of(part) == *sha256))
}

fn rows(key: &str, columns: &Columns, sealed: &SealedHeader, findings: &mut Findings) {
    let header = &sealed.header;
    if columns.header() != header {
        findings.add(MetadataMismatch, key, "expected the header that was logged, found another");
    }
    // By itself each row may be wrong; what that means for the batch is said here.
    let mut each = Findings::default();
    let rows = Rows::read(key, columns, None, &mut each);
    if rows.root() == header.root {
        findings.append(each);
        return;
    }
    let mut order: Vec<usize> = (0..rows.leaves.len()).collect();
    order.sort_by(|a, b| rows.places.get(*a).cmp(&rows.places.get(*b)));
    let sorted = || order.iter().filter_map(|row| rows.leaves.get(*row).copied());
    let mut once: Vec<Hash> = sorted().collect();
    once.dedup();
    let sealed = header.counts.events + header.counts.rejections;
    let found = rows.leaves.len() as u64;
    let detail = format!("expected {sealed} rows, found {found}");
    if root(sorted()) == header.root {
        findings.add(EventReordered, key, "expected the order of the records, found another");
    } else if root(once.into_iter()) == header.root {
        findings.add(EventDuplicated, key, detail);
    } else if found < sealed {
        findings.add(EventMissing, key, detail);
    } else if found > sealed {
        findings.add(EventExtra, key, detail);
    } else {
        findings.add(EventAltered, key, "expected the events that were sealed, found others");
    }
    findings.append(each);
}
