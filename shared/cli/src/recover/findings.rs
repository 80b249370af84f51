//! Which findings of the verifier are no hindrance: what lies where a chain was stopped.

use cairn_batch::keys;
use cairn_verify::{Finding, FindingCode, Report};

use super::RecoverError;
use super::outlook::Outlook;

/// Refuses an archive with findings but those about what a chain was stopped before: that object will
/// never be the chain's, cannot be taken away while it is locked, and is told of as a stop.
pub(super) fn check(report: &Report, outlook: &Outlook) -> Result<(), RecoverError> {
    let findings: Vec<Finding> =
        report.findings.iter().filter(|found| !explained(found, outlook)).cloned().collect();
    let more = report.suppressed.values().sum();
    match findings.is_empty() && more == 0 {
        true => Ok(()),
        false => Err(RecoverError::Unverified { findings, more }),
    }
}

/// Refuses an archive with all findings.
pub(super) fn unverified(report: &Report) -> RecoverError {
    let more = report.suppressed.values().sum();
    RecoverError::Unverified { findings: report.findings.clone(), more }
}

fn explained(finding: &Finding, outlook: &Outlook) -> bool {
    first_publication(finding, outlook)
        || outlook.tails.iter().any(|(chain, tail)| {
            let Some(stop) = &tail.stop else { return false };
            let key = finding.subject.split('#').next().unwrap_or_default();
            let beyond = |(of, number): (_, u64)| of == *chain && number >= stop.number;
            let kept = || key.starts_with(&format!("quarantine/{chain}/{:020}-", stop.number));
            let judged = || stop.bundle.is_some_and(|bundle| key == keys::bundle(&bundle));
            keys::parse_batch(key).is_some_and(beyond) || kept() || judged()
        })
}

/// The first checkpoint was signed, and the functions stopped before it was published.
fn first_publication(finding: &Finding, outlook: &Outlook) -> bool {
    let first = |head: &cairn_store::LogHead| head.from.is_none() && head.to.size == outlook.size;
    finding.code == FindingCode::CheckpointMissing
        && finding.subject == keys::CHECKPOINT
        && outlook.log.as_ref().is_some_and(|log| log.unfinished && first(&log.head))
}
