//! Config bundles, and what is said of them.

use std::io::{self, Write};
use std::path::Path;

use cairn_cli::config::{Break, Compatibility, Difference, Read};
use cairn_ledger::Hash;
use serde_json::{Value, json};

use super::{Clean, count};
use crate::output::{BAD, DIM, GOOD, STRONG};

pub(crate) fn checked_config_json(read: &Read, found: Option<&Compatibility>) -> Value {
    let listed = |breaks: &[Break]| -> Vec<Value> {
        let one = |found: &Break| {
            json!({
                "at": found.at,
                "detail": found.detail,
                "place": read.place(&found.at),
                "rule": found.rule,
            })
        };
        breaks.iter().map(one).collect()
    };
    let listed = |breaks: fn(&Compatibility) -> &[Break]| found.map(|found| listed(breaks(found)));
    json!({
        "ok": found.is_none_or(|found| found.breaks.is_empty()),
        "allowed": listed(|found| &found.allowed),
        "breaks": listed(|found| &found.breaks),
        "warnings": listed(|found| &found.warnings),
    })
}

pub(crate) fn checked_config(
    out: &mut impl Write,
    read: &Read,
    found: Option<&Compatibility>,
) -> io::Result<()> {
    let Some(found) = found else {
        writeln!(out, "{GOOD}valid{GOOD:#}; compared with no earlier bundle (--against)")?;
        return out.flush();
    };
    match found.breaks.len() as u64 {
        0 => writeln!(out, "{GOOD}compatible{GOOD:#}: what was taken is taken")?,
        breaks => writeln!(out, "{BAD}not compatible{BAD:#}: {}", count(breaks, "break"))?,
    }
    listed(out, read, &found.breaks, "")?;
    listed(out, read, &found.allowed, " (allowed)")?;
    listed(out, read, &found.warnings, " (warning)")?;
    out.flush()
}

fn listed(out: &mut impl Write, read: &Read, breaks: &[Break], kind: &str) -> io::Result<()> {
    for found in breaks {
        let place = read.place(&found.at);
        writeln!(out, "{STRONG}{}{STRONG:#} {}{kind}", Clean(&place), found.rule)?;
        if place != found.at {
            writeln!(out, "  {DIM}{}{DIM:#}", Clean(&found.at))?;
        }
        writeln!(out, "  {}", Clean(&found.detail))?;
    }
    Ok(())
}

pub(crate) fn differences(out: &mut impl Write, differences: &[Difference]) -> io::Result<()> {
    if differences.is_empty() {
        writeln!(out, "the same")?;
    }
    let mut section = "";
    for found in differences {
        if found.section != section {
            section = &found.section;
            writeln!(out, "{STRONG}{}{STRONG:#}", Clean(section))?;
        }
        let text = |value: &Value| value.to_string();
        match (&found.old, &found.new) {
            (Some(old), Some(new)) => {
                writeln!(
                    out,
                    "  ~ {}: {} -> {}",
                    Clean(&found.at),
                    Clean(&text(old)),
                    Clean(&text(new))
                )?;
            }
            (None, Some(new)) => writeln!(out, "  + {}: {}", Clean(&found.at), Clean(&text(new)))?,
            (Some(old), None) => writeln!(out, "  - {}: {}", Clean(&found.at), Clean(&text(old)))?,
            (None, None) => writeln!(out, "  ~ {}: another secret", Clean(&found.at))?,
        }
    }
    out.flush()
}

pub(crate) fn config(out: &mut impl Write, document: &Value, hash: Option<Hash>) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    writeln!(out, "{}", Clean(&text))?;
    match hash {
        Some(hash) => writeln!(out, "{DIM}bundle {hash}; its tenant key is not shown{DIM:#}")?,
        None => writeln!(out, "{DIM}a folder: it has no hash until it is built{DIM:#}")?,
    }
    out.flush()
}

pub(crate) fn built(
    out: &mut impl Write,
    hash: &Hash,
    created: Option<&[String]>,
    path: Option<&Path>,
    found: Option<&Compatibility>,
) -> io::Result<()> {
    writeln!(out, "{STRONG}{hash}{STRONG:#}")?;
    if let Some(path) = path {
        writeln!(out, "  written to {}: it holds the tenant key, keep it secret", path.display())?;
    }
    for key in created.into_iter().flatten() {
        writeln!(out, "  put {key}")?;
    }
    if created.is_some_and(<[String]>::is_empty) {
        writeln!(out, "  was published already")?;
    }
    let both = found.into_iter().flat_map(|found| found.allowed.iter().chain(&found.warnings));
    for found in both {
        writeln!(out, "  {} {}: {}", Clean(&found.at), found.rule, Clean(&found.detail))?;
    }
    if created.is_some() {
        writeln!(
            out,
            "To put it in force, set `bundle = \"{hash}\"` of the Terraform module, which sets CAIRN_BUNDLE of ingest."
        )?;
    }
    out.flush()
}
