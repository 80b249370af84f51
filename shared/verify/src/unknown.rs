//! Keys that nothing in an archive has.

use cairn_batch::keys;

use crate::listing::list;
use crate::report::FindingCode::ObjectUnexpected;
use crate::{Archive, ArchiveError, Findings};

/// Prefixes whose keys are checked one by one elsewhere.
const KNOWN: [&str; 8] = [
    "batches/",
    "config/",
    "orders/",
    "quarantine/",
    "log/checkpoints/",
    "log/cursors/",
    "log/plans/",
    "log/tile/",
];

/// Names the keys outside all prefixes, and delete markers on the published checkpoint.
pub(crate) fn check(archive: &impl Archive, findings: &mut Findings) -> Result<(), ArchiveError> {
    for listed in list(archive, "")? {
        if listed.key == keys::CHECKPOINT {
            // It is replaced, so it has many versions; but it is never deleted.
            if listed.markers > 0 {
                let detail = format!("expected no delete marker, found {}", listed.markers);
                findings.add(crate::FindingCode::DeleteMarker, listed.key, detail);
            }
        } else if !KNOWN.iter().any(|prefix| listed.key.starts_with(prefix)) {
            findings.add(ObjectUnexpected, listed.key, "expected no such key in an archive");
        }
    }
    Ok(())
}
