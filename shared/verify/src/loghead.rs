//! The head of the log that the table names, against what was signed.

use jiff::Timestamp;

use crate::chain::SKEW;
use crate::log::Log;
use crate::report::FindingCode::{LogHeadMismatch, LogHeadRolledBack};
use crate::{Findings, Options};

const SUBJECT: &str = "log/head";

/// Compares the table's head of the log with the log. `signed` are the sizes of checkpoints, and
/// when each was put.
pub(crate) fn check(
    options: &Options,
    signed: &[(u64, Timestamp)],
    log: &Log,
    findings: &mut Findings,
) {
    if options.heads.is_none() {
        return;
    }
    // The head moves before a checkpoint is signed: it is behind only those that are younger than it.
    let old = |put: Timestamp| options.heads_read.is_none_or(|read| put < read - SKEW);
    let covered = signed.iter().filter(|(_, put)| old(*put)).map(|(size, _)| *size).max();
    let found = options.log_head.map_or(0, |head| head.size);
    if let Some(expected) = covered.filter(|expected| *expected > found) {
        let detail = format!("expected size {expected}, which was signed, found {found}");
        findings.add(LogHeadRolledBack, SUBJECT, detail);
    }
    let Some(head) = options.log_head else { return };
    if let Some(root) = log.tree.root(head.size).filter(|root| *root != head.root) {
        let detail = format!("expected the root {root} at size {found}, found {}", head.root);
        findings.add(LogHeadMismatch, SUBJECT, detail);
    }
}
