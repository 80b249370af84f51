//! What the verifier found.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use cairn_cli::verify::{Trusted, Verified};
use cairn_verify::{Acknowledged, AcknowledgedVersion, Finding, FindingCode, Report};
use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::{Clean, count};
use crate::output::{BAD, DIM, GOOD, STRONG};

/// Findings of one kind that are listed for a person; `--json` has more.
const LISTED: usize = 10;

/// The report, with what it was compared with.
pub(crate) fn verified_json(verified: &Verified) -> Value {
    let mut value = serde_json::to_value(&verified.report).unwrap_or_default();
    value["trusted"] = match &verified.trusted {
        Trusted::Given => json!({ "from": "given" }),
        Trusted::Both(path) => json!({ "from": "both", "file": path }),
        Trusted::Remembered(path) => json!({ "from": "remembered", "file": path }),
        Trusted::Nothing => Value::Null,
    };
    value["remembered"] = json!(verified.remembered);
    value
}

pub(crate) fn verified(
    out: &mut impl Write,
    verified: &Verified,
    saved: Option<&Path>,
) -> io::Result<()> {
    let report = &verified.report;
    covered(out, report)?;
    match &verified.trusted {
        Trusted::Given => writeln!(out, "  compared with the checkpoint that was given")?,
        Trusted::Both(path) => writeln!(
            out,
            "  compared with the checkpoint that was given and the one remembered in {}",
            path.display()
        )?,
        Trusted::Remembered(path) => {
            writeln!(out, "  compared with the checkpoint remembered in {}", path.display())?;
        }
        Trusted::Nothing => {
            writeln!(
                out,
                "  compared with no earlier checkpoint: {STRONG}a cut tail or a fork before now cannot be told{STRONG:#}"
            )?;
        }
    }
    acknowledged(out, report)?;
    findings(out, report)?;
    if let Some(path) = &verified.remembered {
        writeln!(out, "{DIM}Remembered the checkpoint in {}.{DIM:#}", path.display())?;
    }
    match saved {
        Some(path) => writeln!(
            out,
            "{DIM}Saved the checkpoint in {}: keep it outside the account.{DIM:#}",
            path.display()
        )?,
        None if report.ok => writeln!(
            out,
            "{DIM}To keep the checkpoint outside the account: --checkpoint-out FILE.{DIM:#}"
        )?,
        None => {}
    }
    out.flush()
}

fn covered(out: &mut impl Write, report: &Report) -> io::Result<()> {
    match report.checkpoint.is_empty() {
        true => writeln!(out, "{} has no checkpoint to be believed", Clean(&report.origin))?,
        false => {
            let (origin, size) = (Clean(&report.origin), report.size);
            writeln!(out, "{origin}, checkpoint of size {size}, root {}", report.root)?;
        }
    }
    writeln!(
        out,
        "  {} in {}: {}, {} and {} ({})",
        count(report.batches, "batch"),
        count(report.chains, "chain"),
        count(report.records, "record"),
        count(report.events, "event"),
        count(report.rejections, "rejection"),
        HumanBytes(report.bytes),
    )?;
    if report.resolved > 0 {
        let rejections = count(report.resolved, "rejection");
        writeln!(out, "  resolved, their raw bytes gone from quarantine: {rejections}")?;
    }
    if report.unlogged > 0 {
        let batches = count(report.unlogged, "batch");
        writeln!(out, "  no checkpoint covers the latest yet: {batches}")?;
    }
    Ok(())
}

/// What was ordered about stopped chains.
fn acknowledged(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for Acknowledged { order, chain, reason, by, at, why, key, versions } in &report.acknowledged {
        writeln!(
            out,
            "{STRONG}acknowledged{STRONG:#}: {chain} was stopped and goes on by {order}"
        )?;
        writeln!(out, "  stopped: {}", Clean(reason))?;
        writeln!(out, "  ordered by {} at {at}: {}", Clean(by), Clean(why))?;
        writeln!(out, "  no batch of it: what lies at {key}")?;
        for AcknowledgedVersion { found, unsealed } in versions {
            super::resumed::found(out, found)?;
            let next = "would have come next in the chain";
            match unsealed {
                None => {}
                Some(0) => writeln!(out, "      {next}; all of its records are sealed anew")?,
                Some(records) => {
                    let records = count(*records, "record");
                    writeln!(out, "      {BAD}{next}: not sealed anew: {records}{BAD:#}")?;
                }
            }
        }
    }
    Ok(())
}

fn findings(out: &mut impl Write, report: &Report) -> io::Result<()> {
    if report.ok {
        return writeln!(out, "{GOOD}verified{GOOD:#}: nothing is wrong");
    }
    let total = report.findings.len() as u64 + report.suppressed.values().sum::<u64>();
    writeln!(out, "{BAD}not verified{BAD:#}: {}", count(total, "finding"))?;
    listed(out, &report.findings, &report.suppressed)
}

/// Findings by their kinds, of each the first ones.
pub(super) fn listed(
    out: &mut impl Write,
    findings: &[Finding],
    suppressed: &BTreeMap<FindingCode, u64>,
) -> io::Result<()> {
    let mut kinds: BTreeMap<FindingCode, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        kinds.entry(finding.code).or_default().push(finding);
    }
    let more = |code| suppressed.get(code).copied().unwrap_or(0);
    for (code, found) in &kinds {
        let of_kind = found.len() as u64 + more(code);
        writeln!(out, "{BAD}{code}{BAD:#} ({of_kind})")?;
        for finding in found.iter().take(LISTED) {
            writeln!(out, "  {STRONG}{}{STRONG:#}", Clean(&finding.subject))?;
            writeln!(out, "    {}", Clean(&finding.detail))?;
        }
        let rest = of_kind - found.len().min(LISTED) as u64;
        if rest > 0 {
            writeln!(out, "  and {rest} more: --json lists up to 100")?;
        }
    }
    Ok(())
}
