//! Orders by which stopped chains go on.

use std::io::{self, Write};

use cairn_cli::resume::{Examined, Resumed};
use cairn_ledger::Found;
use indicatif::HumanBytes;

use super::Clean;
use crate::output::{BAD, DIM, GOOD, STRONG};

/// What is, or would be, ordered, and what lies there.
pub(crate) fn examined(out: &mut impl Write, examined: &Examined) -> io::Result<()> {
    let order = &examined.order;
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
    all_found(out, &examined.found)?;
    if examined.stands {
        let (by, at) = (Clean(&order.by), &order.at);
        writeln!(out, "  an order stands already, by {by} at {at}: {}", Clean(&order.why))?;
    }
    if !examined.agrees() {
        writeln!(out, "  {BAD}it acknowledges something else:{BAD:#}")?;
        all_found(out, &order.found)?;
        writeln!(out, "  once it is carried out, every verification will name the difference")?;
    }
    Ok(())
}

fn all_found(out: &mut impl Write, all: &[Found]) -> io::Result<()> {
    if all.is_empty() {
        return writeln!(out, "    nothing");
    }
    all.iter().try_for_each(|known| found(out, known))
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
    let Resumed { successor, key, hash, order, .. } = resumed;
    let (by, at) = (Clean(&order.by), &order.at);
    writeln!(out, "{GOOD}goes on{GOOD:#} as {STRONG}{successor}{STRONG:#}")?;
    writeln!(out, "  by the order {key}, hash {hash}")?;
    writeln!(out, "  given by {by} at {at}: {}", Clean(&order.why))?;
    writeln!(out, "Next: `cairn verify`; what was acknowledged is reported apart from findings.")?;
    out.flush()
}
