//! Step 5: how the headers of each chain follow each other.

use std::collections::BTreeMap;

use cairn_ledger::{ChainId, Hash, Lineage, SealedHeader, SequenceNumber};
use jiff::Timestamp;

use crate::report::FindingCode::{
    ChainFork, ChainGap, ChainLink, ChainParent, ChainSequence, ChainStopped, HeadMismatch,
    HeadMissing, HeadRolledBack,
};
use crate::{Findings, Head, Options};

/// What is known of a chain so far.
#[derive(Debug, Default)]
pub(crate) struct ChainState {
    /// The next number.
    pub(crate) next: u64,
    /// Link hash of the last header; `None` if it is not known.
    link: Option<Hash>,
    /// The last sequence number.
    last: Option<SequenceNumber>,
    /// Whether the log has a header of it.
    logged: bool,
    /// Link hash of the header at the number of the table's head.
    at_head: Option<Hash>,
    /// When the first batch was put that the table's head should not be behind of.
    beyond_head: Option<Timestamp>,
}

/// All chains.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    pub(crate) states: BTreeMap<ChainId, ChainState>,
}

/// One more header of a chain.
pub(crate) struct Step<'a> {
    pub(crate) header: &'a SealedHeader,
    pub(crate) link: Hash,
    /// When its object was put, if it is there.
    pub(crate) modified: Option<Timestamp>,
    pub(crate) logged: bool,
    /// Whether missing numbers before it were explained already.
    pub(crate) gap_explained: bool,
}

impl Chains {
    /// The number that a chain's next header must have.
    pub(crate) fn next(&self, chain: &ChainId) -> u64 {
        self.states.get(chain).map_or(0, |state| state.next)
    }

    /// Forgets what a chain's next header must follow: what lies before it is not known.
    pub(crate) fn skip(&mut self, chain: &ChainId, to: u64) {
        let state = self.states.entry(chain.clone()).or_default();
        state.next = to;
        state.link = None;
    }

    /// Takes the next header.
    pub(crate) fn step(&mut self, step: &Step<'_>, options: &Options, findings: &mut Findings) {
        let header = &step.header.header;
        let chain = &header.chain;
        let subject = &header.key;
        if let Lineage::Genesis(parents) = &header.lineage {
            for parent in parents {
                let last = self.states.get(&parent.chain).map(|state| state.link);
                let (expected, found) = match last {
                    Some(Some(link)) if link == parent.link => continue,
                    Some(None) => continue,
                    Some(Some(link)) => (link.to_string(), parent.link),
                    None => ("nothing".to_owned(), parent.link),
                };
                let detail =
                    format!("expected the end of {}: {expected}, found {found}", parent.chain);
                findings.add(ChainParent, subject, detail);
            }
        }
        let state = self.states.entry(chain.clone()).or_default();
        if header.number < state.next {
            let detail = format!("expected number {}, found {} again", state.next, header.number);
            findings.add(ChainFork, subject, detail);
            return;
        }
        if header.number > state.next {
            if !step.gap_explained {
                let detail = format!("expected number {}, found {}", state.next, header.number);
                findings.add(ChainGap, subject, detail);
            }
            state.link = None;
        }
        match (&header.lineage, state.link) {
            (Lineage::Previous(found), Some(expected)) if *found != expected => {
                findings.add(
                    ChainLink,
                    subject,
                    format!("expected to follow {expected}, found {found}"),
                );
            }
            (Lineage::Genesis(_), Some(expected)) => {
                findings.add(
                    ChainLink,
                    subject,
                    format!("expected to follow {expected}, found parents"),
                );
            }
            _ => {}
        }
        if let Some(last) = state.last.as_ref().filter(|last| header.first <= **last) {
            let detail = format!("expected records after {last}, found {}", header.first);
            findings.add(ChainSequence, subject, detail);
        }
        state.next = header.number + 1;
        state.link = Some(step.link);
        state.last = Some(header.last.clone());
        state.logged |= step.logged;
        let head = options.heads.as_ref().and_then(|heads| heads.get(chain));
        let head = head.map(|head| head.number);
        if head == Some(header.number) {
            state.at_head = Some(step.link);
        }
        // Only what is committed is logged; one batch may be put that is not committed yet.
        let allowed = head.map_or(0, |head| head + 1) + u64::from(!step.logged);
        if header.number >= allowed && state.beyond_head.is_none() {
            state.beyond_head = step.modified;
        }
    }

    /// Compares the ends of the chains with the heads that the table names. `current` gives the
    /// version of a batch's object.
    pub(crate) fn check_heads(
        &self,
        options: &Options,
        current: impl Fn(&ChainId, u64) -> Option<String>,
        findings: &mut Findings,
    ) {
        let Some(heads) = &options.heads else { return };
        let old = |put: &Timestamp| options.heads_read.is_none_or(|read| *put < read - SKEW);
        for (chain, state) in &self.states {
            if !heads.contains_key(chain) && state.beyond_head.as_ref().is_some_and(old) {
                let detail = format!("expected a head, found none and {} batches", state.next);
                findings.add(HeadMissing, chain.as_str(), detail);
            }
        }
        for (chain, head) in heads {
            if let Some(reason) = &head.stopped {
                let detail = format!("stopped at number {}: {reason}", head.number);
                findings.add(ChainStopped, chain.as_str(), detail);
            }
            let state = self.states.get(chain);
            if state.and_then(|state| state.beyond_head.as_ref()).is_some_and(old) {
                let last = self.next(chain).saturating_sub(1);
                let detail = format!("expected a head at {last}, found {}", head.number);
                findings.add(HeadRolledBack, chain.as_str(), detail);
            }
            check_head(chain, head, state, &current, findings);
        }
    }
}

/// Clocks of S3 and of whoever read the table may differ by as much.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

fn check_head(
    chain: &ChainId,
    head: &Head,
    state: Option<&ChainState>,
    current: &impl Fn(&ChainId, u64) -> Option<String>,
    findings: &mut Findings,
) {
    let at_head = state.and_then(|state| state.at_head);
    if let Some(link) = at_head.filter(|link| *link != head.link) {
        let detail =
            format!("expected the link {link} at number {}, found {}", head.number, head.link);
        findings.add(HeadMismatch, chain.as_str(), detail);
    }
    if let Some(version) = current(chain, head.number).filter(|version| *version != head.version) {
        let detail =
            format!("expected version {} of number {}, found {version}", head.version, head.number);
        findings.add(HeadMismatch, chain.as_str(), detail);
    }
}
