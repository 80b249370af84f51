//! What was rejected or has expired, and what became of it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cairn_cli::quarantine::{Item, Kept, State};
use cairn_cli::redrive::{Done, Outcome};
use indicatif::HumanBytes;
use serde_json::{Value, json};

use super::{Clean, count};
use crate::output::{BAD, DIM, GOOD, STRONG};

/// A line or two an item.
pub(crate) fn items(out: &mut impl Write, items: &[Item]) -> io::Result<()> {
    for item in items {
        head(out, item)?;
    }
    writeln!(out, "{}", count(items.len() as u64, "item"))?;
    out.flush()
}

fn head(out: &mut impl Write, item: &Item) -> io::Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#}", item.coordinates)?;
    let code = item.reason.as_ref().map_or("expired", |reason| &reason.code);
    let bytes = HumanBytes(item.bytes);
    write!(out, "  {} {bytes}, arrived {}, ", Clean(code), Clean(&item.arrived))?;
    match &item.state {
        State::Open => writeln!(out, "open")?,
        State::Begun { begun } => writeln!(out, "begun at {begun}, not known to be put")?,
        State::Redriven { begun, shard, sequence } => {
            writeln!(out, "{GOOD}redriven{GOOD:#} at {begun} as {} {sequence}", Clean(shard))?;
        }
        State::Sealed => writeln!(out, "sealed all the same")?,
    }
    if let Some(reason) = &item.reason {
        let pointer = reason.pointer.as_ref().map(|pointer| format!("{pointer}: "));
        let pointer = pointer.unwrap_or_default();
        writeln!(out, "  {DIM}{}{}{DIM:#}", Clean(&pointer), Clean(&reason.message))?;
    }
    match (&item.kept, &item.problem) {
        (_, Some(problem)) => writeln!(out, "  {BAD}altered:{BAD:#} {}", Clean(problem)),
        (Kept::Gone, None) => writeln!(out, "  its bytes are gone"),
        _ => Ok(()),
    }
}

/// An item with its bytes, as far as they are text.
pub(crate) fn item(out: &mut impl Write, item: &Item) -> io::Result<()> {
    head(out, item)?;
    writeln!(out, "  {DIM}kept in {}{DIM:#}", Clean(&item.object))?;
    if let Kept::Raw(raw) = &item.kept {
        match str::from_utf8(raw) {
            Ok(text) => writeln!(out, "{}", Clean(text))?,
            Err(_) => writeln!(out, "  no text: --raw writes the bytes")?,
        }
    }
    Ok(())
}

/// The same for programs: with the bytes, if they are text.
pub(crate) fn item_json(item: &Item) -> Value {
    let mut value = json!(item);
    if let Kept::Raw(raw) = &item.kept {
        value["text"] = json!(str::from_utf8(raw).ok());
    }
    value
}

/// What became of each item.
pub(crate) fn redriven(out: &mut impl Write, all: &[Done]) -> io::Result<()> {
    for Done { coordinates, code, would, outcome } in all {
        let style = if outcome.is_wrong() { BAD } else { GOOD };
        let code = code.as_deref().unwrap_or("expired");
        writeln!(out, "{STRONG}{coordinates}{STRONG:#}")?;
        writeln!(out, "  {} {style}{}{style:#}", Clean(code), told(outcome))?;
        if let Some(would) = would {
            let events = count(would.events, "event");
            let codes = would.rejections.iter().map(|(code, n)| format!(", {n} x {code}"));
            writeln!(out, "  {DIM}reads as {events}{}{DIM:#}", codes.collect::<String>())?;
        }
    }
    Ok(())
}

/// How many items had each outcome.
pub(crate) fn summary(out: &mut impl Write, counts: &BTreeMap<&str, u64>) -> io::Result<()> {
    let counts: Vec<String> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
    match counts.is_empty() {
        true => writeln!(out, "nothing to redrive")?,
        false => writeln!(out, "{}", counts.join(", "))?,
    }
    out.flush()
}

fn told(outcome: &Outcome) -> String {
    let text = match outcome {
        Outcome::Put { shard, sequence } => format!("put as {shard} {sequence}"),
        Outcome::Found { shard, sequence } => {
            format!("found on the stream, put by an earlier run as {shard} {sequence}")
        }
        Outcome::Already { sequence } => format!("redriven before as {sequence}"),
        Outcome::Would => "would be put".to_owned(),
        Outcome::Rejected => "not put: it would be rejected again (--force puts it)".to_owned(),
        Outcome::Busy { begun } => {
            format!(
                "not put: begun at {begun} by another run, which may still put it; try again 15 minutes after that"
            )
        }
        Outcome::Unknown { why } => {
            format!("put without an answer; try again in 15 minutes, to look for it: {why}")
        }
        Outcome::Refused { why } => format!("not put: {why}"),
        Outcome::Forgotten { begun } => format!(
            "not put: begun at {begun}, and the stream cannot tell any more whether it was put (--again puts it)"
        ),
        Outcome::Lost { why } => format!("not put: {why}"),
        Outcome::Sealed => "sealed before it expired".to_owned(),
        Outcome::InHand => {
            "not put: it may still be sealed, by a function that had it in hand less than \
                            15 minutes ago, or as part of an object that waits to be committed"
                .to_owned()
        }
    };
    Clean(&text).to_string()
}
