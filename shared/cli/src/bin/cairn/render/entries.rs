//! The log, entry by entry.

use std::io::{self, Write};

use cairn_batch::keys;
use cairn_cli::entries::Overview;
use cairn_ledger::Entry;
use serde_json::{Value, json};

use super::{Clean, count};
use crate::output::DIM;

pub(crate) fn overview(out: &mut impl Write, overview: &Overview) -> io::Result<()> {
    writeln!(out, "log         {}", count(overview.size, "entry"))?;
    writeln!(out, "bundles     {}", overview.changes.len())?;
    for change in &overview.changes {
        writeln!(out, "  position {}: {}", change.position, keys::bundle(&change.bundle))?;
    }
    writeln!(
        out,
        "{DIM}A bundle may judge from its position on; each batch names the one that judged it.{DIM:#}"
    )?;
    out.flush()
}

pub(crate) fn entry_json(position: u64, entry: &Entry) -> Value {
    let parsed: Value = serde_json::from_str(&entry.to_json()).unwrap_or_default();
    json!({ "entry": parsed, "link": entry.link(), "position": position })
}

pub(crate) fn entry(out: &mut impl Write, position: u64, entry: &Entry) -> io::Result<()> {
    let value = entry_json(position, entry);
    let text = serde_json::to_string_pretty(&value["entry"])?;
    writeln!(out, "{}\n", Clean(&text))?;
    writeln!(out, "position  {position}")?;
    writeln!(out, "link      {}", entry.link())?;
    if let Entry::ConfigChange(change) = entry {
        writeln!(out, "bundle    {}", keys::bundle(&change.bundle))?;
    }
    writeln!(out, "{DIM}Shown as stored. To check the log: cairn verify.{DIM:#}")?;
    out.flush()
}
