//! Orders by which stopped chains go on.

use std::io::{self, Write};

use cairn_cli::resume::Resumed;
use cairn_ledger::{Found, Order};
use indicatif::HumanBytes;

use super::Clean;
use crate::output::{BAD, DIM, GOOD, STRONG};

/// What is, or would be, ordered.
pub(crate) fn order(out: &mut impl Write, order: &Order) -> io::Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}", order.chain)?;
    writeln!(out, "  {BAD}stopped:{BAD:#} {}", Clean(&order.reason))?;
    match &order.after {
        None => writeln!(out, "  before its first batch")?,
        Some(after) => {
            writeln!(out, "  after number {}, link {}", after.number, after.link)?;
            writeln!(out, "  {DIM}last record {}{DIM:#}", after.last)?;
        }
    }
    writeln!(out, "  at {}:", cairn_batch::keys::batch(&order.chain, order.number()))?;
    for known in &order.found {
        found(out, known)?;
    }
    if order.found.is_empty() {
        writeln!(out, "    nothing")?;
    }
    Ok(())
}

/// What lies at the key of the next batch.
pub(super) fn found(out: &mut impl Write, found: &Found) -> io::Result<()> {
    let version = Clean(&found.version);
    match (found.bytes, found.sha256) {
        (None, _) => writeln!(out, "    version {version}: a delete marker"),
        (Some(bytes), None) => {
            writeln!(out, "    version {version}: {}, cannot be read", HumanBytes(bytes))
        }
        (Some(bytes), Some(sha256)) => {
            writeln!(out, "    version {version}: {}, SHA-256 {sha256}", HumanBytes(bytes))
        }
    }
}

/// By what a chain goes on.
pub(crate) fn resumed(out: &mut impl Write, resumed: &Resumed) -> io::Result<()> {
    let Resumed { successor, key, hash, order, new, .. } = resumed;
    if !new {
        let (by, at) = (Clean(&order.by), &order.at);
        writeln!(out, "an order stood already, by {by} at {at}: {}", Clean(&order.why))?;
    }
    writeln!(out, "{GOOD}goes on{GOOD:#} as {STRONG}{successor}{STRONG:#}")?;
    writeln!(out, "  by the order {key}, hash {hash}")?;
    writeln!(out, "Next: `cairn verify`; what was acknowledged is reported apart from findings.")?;
    out.flush()
}
