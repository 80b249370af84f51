//! What was put, and how far everything is.

use std::io::{self, Write};

use cairn_cli::put::Summary;
use cairn_cli::status::Status;
use indicatif::HumanBytes;
use jiff::Timestamp;

use super::{Clean, count};
use crate::output::{BAD, DIM, GOOD, STRONG};

/// What was put.
pub(crate) fn put(out: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let sent = &summary.sent;
    let packed = match sent.pieces == sent.records {
        true => String::new(),
        false => format!(" of {}", count(sent.pieces, "event")),
    };
    writeln!(
        out,
        "put {STRONG}{}{STRONG:#}{packed} ({}) from {} in {}",
        count(sent.records, "record"),
        HumanBytes(sent.bytes),
        count(summary.files, "input"),
        count(sent.requests, "request"),
    )?;
    if sent.retries > 0 {
        writeln!(
            out,
            "  put again because the stream did not take them: {}",
            count(sent.retries, "record")
        )?;
    }
    if sent.possibly_twice > 0 {
        let twice = count(sent.possibly_twice, "record");
        writeln!(out, "  possibly twice in the stream, as a request got no answer: {twice}")?;
    }
    if summary.broken > 0 {
        let broken = count(summary.broken, "piece");
        writeln!(out, "  no JSON, put as they are for ingest to reject: {broken}")?;
    }
    for (shard, part) in &sent.shards {
        let records = count(part.records, "record");
        writeln!(out, "  {} {records}, {DIM}last {}{DIM:#}", Clean(shard), part.last)?;
    }
    out.flush()
}

/// How far everything is.
pub(crate) fn status(out: &mut impl Write, status: &Status) -> io::Result<()> {
    writeln!(out, "log         {}", count(status.log_size, "entry"))?;
    match &status.checkpoint {
        None if status.overdue => {
            writeln!(
                out,
                "checkpoint  {BAD}missing{BAD:#}: the log has entries, run `cairn verify`"
            )?;
        }
        None => writeln!(out, "checkpoint  none yet")?,
        Some(found) => {
            let age = Timestamp::now().duration_since(found.modified);
            writeln!(out, "checkpoint  size {}, {} old", found.size, age_text(age.as_secs()))?;
            writeln!(out, "  origin    {}", Clean(&found.origin))?;
            writeln!(out, "  root      {}", found.root)?;
            match found.signed {
                Some(true) => writeln!(out, "  signature {GOOD}verifies{GOOD:#}")?,
                Some(false) => writeln!(
                    out,
                    "  signature {BAD}does not verify under the deployment's key{BAD:#}"
                )?,
                None => writeln!(out, "  signature not checked: no verifier key is known")?,
            }
            for key in &status.keys {
                writeln!(out, "  {DIM}key       {key}{DIM:#}")?;
            }
        }
    }
    writeln!(out, "unlogged    {}", count(status.unlogged, "batch"))?;
    for chain in &status.chains {
        let number = chain.number.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let last = chain.last.as_ref().map_or("none", |last| last.as_str());
        writeln!(out, "{STRONG}{}{STRONG:#}", Clean(&chain.chain))?;
        writeln!(out, "  last batch {number}, {} unlogged", chain.unlogged)?;
        writeln!(out, "  {DIM}last record {last}{DIM:#}")?;
        match (&chain.stopped, &chain.successor) {
            (Some(reason), None) => writeln!(out, "  {BAD}stopped:{BAD:#} {}", Clean(reason))?,
            (Some(reason), Some(successor)) => {
                writeln!(out, "  stopped: {}", Clean(reason))?;
                writeln!(
                    out,
                    "  {GOOD}continued{GOOD:#} by an operator's order as {}",
                    Clean(successor)
                )?;
            }
            (None, _) => {}
        }
    }
    out.flush()
}

/// Seconds, roughly.
fn age_text(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7_200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
