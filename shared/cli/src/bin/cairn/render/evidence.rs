//! One event, and what proves it.

use std::io::{self, Write};
use std::path::Path;

use cairn_cli::Standing;
use cairn_cli::prove::Proven;
use cairn_cli::show::Shown;
use cairn_ledger::{Checked, SealedHeader};
use serde_json::{Value, json};

use super::Clean;
use crate::output::{BAD, DIM, GOOD, STRONG};

/// JSON as a value; canonical JSON is JSON, so this loses nothing.
fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).unwrap_or_default()
}

fn pretty(out: &mut impl Write, json: &[u8]) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&value(json))?;
    writeln!(out, "{}", Clean(&text))
}

pub(crate) fn shown_json(shown: &Shown) -> Value {
    let found = &shown.found;
    json!({
        "bundle": {
            "hash": found.header.header.bundle,
            "position": shown.entered,
        },
        "event": value(&found.leaf.bytes),
        "header": value(found.header.to_json().as_bytes()),
        "index": found.index,
        "link": found.header.link(),
        "logged": matches!(shown.standing, Standing::Logged(_)),
        "object": {
            "key": found.header.header.key,
            "sha256": found.header.sha256,
            "version": found.version.as_str(),
        },
        "position": match shown.standing {
            Standing::Logged(position) => Some(position),
            Standing::Waiting | Standing::Other(_) => None,
        },
    })
}

pub(crate) fn shown(out: &mut impl Write, shown: &Shown) -> io::Result<()> {
    let found = &shown.found;
    pretty(out, &found.leaf.bytes)?;
    writeln!(out)?;
    batch(out, &found.header, found.index)?;
    if let Some(position) = shown.entered {
        writeln!(out, "          {DIM}in use since position {position} of the log{DIM:#}")?;
    }
    writeln!(out, "version   {}", Clean(found.version.as_str()))?;
    match shown.standing {
        Standing::Logged(position) => {
            writeln!(out, "logged    {GOOD}yes{GOOD:#}, at position {position}")?;
        }
        Standing::Other(position) => writeln!(
            out,
            "logged    {BAD}another{BAD:#} at position {position}: this object was altered, run `cairn verify`"
        )?,
        Standing::Waiting => writeln!(out, "logged    not yet")?,
    }
    writeln!(out, "{DIM}Shown as stored. To check it, make its proof: cairn prove.{DIM:#}")?;
    out.flush()
}

fn batch(out: &mut impl Write, sealed: &SealedHeader, index: u64) -> io::Result<()> {
    let header = &sealed.header;
    let size = header.counts.events + header.counts.rejections;
    writeln!(out, "chain     {}", header.chain)?;
    writeln!(out, "batch     number {}, index {index} of {size}", header.number)?;
    writeln!(out, "object    {}", Clean(&header.key))?;
    writeln!(out, "sha256    {}", sealed.sha256)?;
    writeln!(out, "root      {}", header.root)?;
    writeln!(out, "link      {}", sealed.link())?;
    writeln!(out, "bundle    {}", header.bundle)
}

pub(crate) fn proven_json(proven: &Proven) -> Value {
    let mut value = checked_json(&proven.checked);
    value["proof"] = proven.text.clone().into();
    value
}

pub(crate) fn proven(out: &mut impl Write, proven: &Proven, path: &Path) -> io::Result<()> {
    let size = proven.text.len();
    writeln!(out, "{GOOD}proven{GOOD:#}: {} ({size} bytes)", path.display())?;
    evidence(out, &proven.checked)?;
    if let Some(key) = proven.checked.checkpoint.signers.first() {
        writeln!(
            out,
            "{DIM}Anyone can check it: cairn check {} --key '{key}'{DIM:#}",
            path.display()
        )?;
    }
    out.flush()
}

pub(crate) fn checked_json(checked: &Checked) -> Value {
    let open = &checked.checkpoint;
    let signers: Vec<String> = open.signers.iter().map(ToString::to_string).collect();
    json!({
        "ok": true,
        "checkpoint": {
            "origin": open.checkpoint.origin,
            "root": open.checkpoint.root,
            "size": open.checkpoint.size,
        },
        "event": value(checked.leaf.as_bytes()),
        "header": value(checked.header.to_json().as_bytes()),
        "index": checked.index,
        "position": checked.position,
        "signers": signers,
    })
}

pub(crate) fn checked(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    pretty(out, checked.leaf.as_bytes())?;
    writeln!(out, "\n{GOOD}proven{GOOD:#}")?;
    evidence(out, checked)?;
    out.flush()
}

fn evidence(out: &mut impl Write, checked: &Checked) -> io::Result<()> {
    let header = &checked.header.header;
    let size = header.counts.events + header.counts.rejections;
    let checkpoint = &checked.checkpoint.checkpoint;
    let signers: Vec<&str> = checked.checkpoint.signers.iter().map(|key| key.name()).collect();
    writeln!(
        out,
        "  it was sealed at index {} of {size} in {}",
        checked.index,
        Clean(&header.key)
    )?;
    writeln!(out, "  whose last record arrived {}", Clean(&header.arrived[1]))?;
    writeln!(
        out,
        "  that batch stands at position {} of {} in the log {STRONG}{}{STRONG:#}",
        checked.position,
        checkpoint.size,
        Clean(&checkpoint.origin)
    )?;
    writeln!(out, "  as its checkpoint says, which is signed by {}", Clean(&signers.join(", ")))
}
