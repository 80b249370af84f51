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
            let kept = || key.starts_with(&format!("quarantine/{chain}/{:020}-", stop.number));
            let judged = || stop.bundle.is_some_and(|bundle| key == keys::bundle(&bundle));
            key == keys::batch(chain, stop.number) || kept() || judged()
        })
}

/// The functions stopped before the first checkpoint was published: nothing was signed yet, or it alone.
fn first_publication(finding: &Finding, outlook: &Outlook) -> bool {
    finding.code == FindingCode::CheckpointMissing
        && finding.subject == keys::CHECKPOINT
        && outlook.log.as_ref().is_none_or(|log| log.unfinished && log.head.from.is_none())
}
