//! Whether a batch recomputes from its own bytes.

use std::collections::BTreeSet;

use cairn_batch::Batch;
use cairn_event::{Bundle, Leaf};
use cairn_ledger::{Counts, Frontier, Hash, TenantTree};

/// Checks that the leaves of a batch are canonical, that the typed columns derive from them, and
/// that the header says of them what they are. The tenants' root is under a key of the bundle, so
/// it is checked where the bundle is at hand.
pub(crate) fn recomputes(batch: &Batch, bundle: Option<&Bundle>) -> Result<(), String> {
    let header = &batch.header;
    let mut root = Frontier::new();
    let mut tenants = bundle.map(|bundle| TenantTree::new(&bundle.tenant_key));
    let mut counts = Counts::default();
    let mut sequences = BTreeSet::new();
    for (n, row) in batch.rows.iter().enumerate() {
        let leaf = Leaf::parse(&row.leaf.bytes).map_err(|error| format!("row {n}: {error}"))?;
        if leaf != row.leaf || row.chain != header.chain.as_str() {
            return Err(format!("row {n}: the columns are not those of the leaf"));
        }
        let hash = Hash::leaf(&leaf.bytes);
        root.push(hash);
        match &leaf.event {
            Some(event) => {
                counts.events += 1;
                if let Some(tenants) = &mut tenants {
                    tenants.push(&event.tenant, hash);
                }
            }
            None => counts.rejections += 1,
        }
        sequences.insert(leaf.sequence);
    }
    counts.records = sequences.len() as u64;
    if root.root() != header.root {
        return Err(format!("root: expected {}, recomputed {}", header.root, root.root()));
    }
    if counts != header.counts {
        return Err(format!("counts: expected {:?}, recomputed {counts:?}", header.counts));
    }
    if let Some(tenants) = tenants
        && tenants.root() != header.tenants
    {
        return Err(format!("tenants: expected {}, recomputed {}", header.tenants, tenants.root()));
    }
    let range = (sequences.first(), sequences.last());
    if range != (Some(&header.first), Some(&header.last)) {
        return Err(format!(
            "records: expected {} to {}, recomputed {range:?}",
            header.first, header.last
        ));
    }
    Ok(())
}
