//! The table that was made again, and what is to be done next.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cairn_cli::recover::{Recovered, Stopped};
use cairn_verify::{Finding, Report};

use super::verification::listed;
use super::{Clean, count};
use crate::output::{BAD, DIM, GOOD, STRONG};

/// What is not covered, whatever is done.
const REDRIVES: &str = "\
The marks of redrives were in the table alone, and are gone: `cairn redrive` takes all that was ever rejected
for never redriven. Redrive what arrived since (--since TIME), or items by name, once you know that they
were not redriven before.";

const NEXT: &str = "\
Next: let the checkpoint function run; see that `cairn verify --since FILE` is green, with the table; then let
ingest run.";

/// Findings that forbid it.
pub(crate) fn unverified(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    listed(out, findings, &BTreeMap::new())?;
    out.flush()
}

pub(crate) fn recovered(
    out: &mut impl Write,
    report: &Report,
    recovered: &Recovered,
    without_checkpoint: bool,
) -> io::Result<()> {
    let would = recovered.dry_run;
    let done = if would { "to be recovered" } else { "recovered" };
    let (batches, chains) = (count(recovered.batches, "batch"), count(recovered.chains, "chain"));
    writeln!(out, "{GOOD}{done}{GOOD:#}: {batches} in {chains} of {}", Clean(&report.origin))?;
    if without_checkpoint {
        writeln!(
            out,
            "  compared with no earlier checkpoint: {STRONG}a cut tail or a fork before now cannot be told{STRONG:#}"
        )?;
    }
    let (found, written) = (recovered.found, recovered.written);
    let written_word = if would { "to be written" } else { "written" };
    writeln!(out, "  {written_word}: {written}; in the table before: {found}")?;
    match &recovered.log {
        None => writeln!(out, "  nothing was logged yet")?,
        Some(log) => {
            writeln!(out, "  the log's head: size {}, root {}", log.size, log.root)?;
            if log.unfinished {
                writeln!(out, "  its last move was not ended: the next tick ends it")?;
            }
        }
    }
    keys(out, "the last of its chain, and not logged yet: committed", &recovered.adopted)?;
    keys(out, "cursors that had expired: put again", &recovered.cursors)?;
    for Stopped { chain, before, reason, continued } in &recovered.stopped {
        writeln!(out, "{BAD}stopped{BAD:#} {chain} before number {before}")?;
        writeln!(out, "  {}", Clean(reason))?;
        if continued.is_some() {
            writeln!(
                out,
                "  {GOOD}continued{GOOD:#} by an operator's order as {}",
                chain.successor()
            )?;
        }
    }
    writeln!(out, "{DIM}{REDRIVES}{DIM:#}")?;
    if !would {
        writeln!(out, "{DIM}{NEXT}{DIM:#}")?;
    }
    out.flush()
}

/// Keys that are listed for a person; `--json` has all.
const LISTED: usize = 10;

fn keys(out: &mut impl Write, what: &str, keys: &[String]) -> io::Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {what} ({})", keys.len())?;
    for key in keys.iter().take(LISTED) {
        writeln!(out, "    {}", Clean(key))?;
    }
    match keys.len().saturating_sub(LISTED) {
        0 => Ok(()),
        rest => writeln!(out, "    and {rest} more: --json lists them"),
    }
}
