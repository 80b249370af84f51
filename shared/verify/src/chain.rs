//! Step 5: how the headers of each chain follow each other.

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ledger::{BatchHeader, ChainId, Hash, LastGood, Lineage, SealedHeader, SequenceNumber};
use jiff::Timestamp;

use crate::orders::Orders;
use crate::report::FindingCode::{
    BatchUncommitted, BatchUnlogged, ChainFork, ChainGap, ChainLink, ChainParent, ChainSequence,
    ChainStopped, HeadMismatch, HeadMissing, HeadRolledBack,
};
use crate::{Findings, Head, Options, TableChain};

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
    /// Link hash and last sequence number of the header at the number of the table's head.
    at_head: Option<(Hash, SequenceNumber)>,
    /// Child that began from its end.
    closed: Option<ChainId>,
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
        self.check_parents(header, findings);
        let before = self.last_before(chain);
        let later = self.last_of_shard(chain).filter(|last| last.generation() > chain.generation());
        let later = later.cloned();
        let state = self.states.entry(chain.clone()).or_default();
        if header.number == 0 && state.next == 0 {
            state.last = before;
        }
        if let Some(next) = state.closed.as_ref().or(later.as_ref()) {
            let detail = format!("expected no more batches once {next} began, found one");
            findings.add(ChainParent, subject, detail);
        }
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
            (Lineage::Genesis(_) | Lineage::Ordered { .. }, Some(expected)) => {
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
        let Some(heads) = &options.heads else {
            return check_logged(step, options, findings);
        };
        let head = heads.get(chain).and_then(|chain| chain.head.as_ref()).map(|head| head.number);
        if head == Some(header.number) {
            state.at_head = Some((step.link, header.last.clone()));
        }
        if head.is_none_or(|head| header.number > head) && !step.logged {
            // Whoever puts a batch commits it at once, or another does in its place.
            if let Some(put) = step.modified.filter(|put| *put < options.now - options.max_lag) {
                let detail = format!("expected a head that covers what was put {put}, found none");
                findings.add(BatchUncommitted, subject, detail);
            }
        } else {
            check_logged(step, options, findings);
        }
        // Only what is committed is logged; one batch may be put that is not committed yet.
        let allowed = head.map_or(0, |head| head + 1) + u64::from(!step.logged);
        if header.number >= allowed && state.beyond_head.is_none() {
            state.beyond_head = step.modified;
        }
    }

    /// Whether a first header begins from the ends of its parents, which then have no more.
    fn check_parents(&mut self, header: &BatchHeader, findings: &mut Findings) {
        let (chain, subject) = (&header.chain, &header.key);
        for parent in header.lineage.parents() {
            if let Some(end) = self.last_of_shard(&parent.chain).filter(|end| **end != parent.chain)
            {
                let detail = format!("expected the end of {end}, found that of {}", parent.chain);
                findings.add(ChainParent, subject, detail);
            }
            let state = self.states.get_mut(&parent.chain);
            let last = state.map(|state| {
                let began = state.closed.get_or_insert_with(|| chain.clone());
                // Children of one parent may be several; a successor comes before all of them.
                if began != chain && chain.original() == parent.chain.original() {
                    let detail = format!("expected no more batches once {began} began, found one");
                    findings.add(ChainParent, subject, detail);
                }
                state.link
            });
            let (expected, found) = match last {
                Some(Some(link)) if link == parent.link => continue,
                Some(None) => continue,
                Some(Some(link)) => (link.to_string(), parent.link),
                None => ("nothing".to_owned(), parent.link),
            };
            let detail = format!("expected the end of {}: {expected}, found {found}", parent.chain);
            findings.add(ChainParent, subject, detail);
        }
    }

    /// The last chain of a shard that has batches, as far as they were walked over.
    fn last_of_shard(&self, chain: &ChainId) -> Option<&ChainId> {
        let begun = chain.of_shard(&self.states).filter(|(_, state)| state.next > 0);
        begun.map(|(chain, _)| chain).max_by_key(|chain| chain.generation())
    }

    /// The last sequence number of the stopped chains that one succeeds.
    fn last_before(&self, chain: &ChainId) -> Option<SequenceNumber> {
        let before = chain.of_shard(&self.states);
        let before = before.filter(|(before, _)| before.generation() < chain.generation());
        before.filter_map(|(_, state)| state.last.clone()).max()
    }

    /// What a chain ends with, where that is not what an order says.
    pub(crate) fn differs(&self, chain: &ChainId, after: Option<&LastGood>) -> Option<String> {
        let state = self.states.get(chain).filter(|state| state.next > 0);
        let same = match (state, after) {
            (None, None) => true,
            (Some(state), Some(after)) => {
                state.next == after.number + 1
                    && state.link.is_none_or(|link| link == after.link)
                    && state.last.as_ref().is_none_or(|last| *last == after.last)
            }
            _ => false,
        };
        let say = |state: &ChainState| {
            let (number, link) = (state.next - 1, state.link);
            let link = link.map_or("an unknown link".to_owned(), |link| format!("link {link}"));
            let last = state.last.as_ref().map_or("nothing", SequenceNumber::as_str);
            format!("number {number} with {link}, up to {last}")
        };
        (!same).then(|| state.map_or("no batch".to_owned(), say))
    }

    /// Compares the ends of the chains with the heads that the table names. `current` gives the
    /// version of a batch's object.
    pub(crate) fn check_heads(
        &self,
        options: &Options,
        orders: &Orders,
        current: impl Fn(&ChainId, u64) -> Option<String>,
        findings: &mut Findings,
    ) {
        let Some(heads) = &options.heads else { return };
        orders.check_table(heads, findings);
        let old = |put: &Timestamp| options.heads_read.is_none_or(|read| *put < read - SKEW);
        for (chain, state) in &self.states {
            let head = heads.get(chain).and_then(|chain| chain.head.as_ref());
            if head.is_none() && state.beyond_head.as_ref().is_some_and(old) {
                let detail = format!("expected a head, found none and {} batches", state.next);
                findings.add(HeadMissing, chain.as_str(), detail);
            }
        }
        for (chain, table) in heads {
            let TableChain { head, stopped, .. } = table;
            let stands = stopped.as_ref().filter(|_| !orders.continues(chain, table));
            if let Some(reason) = stands {
                let at = head.as_ref().map_or(0, |head| head.number + 1);
                let detail = format!("stopped before number {at}: {reason}");
                findings.add(ChainStopped, chain.as_str(), detail);
            }
            let Some(head) = head else { continue };
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

/// A batch that no checkpoint covers must be young: else the log passes its chain over.
fn check_logged(step: &Step<'_>, options: &Options, findings: &mut Findings) {
    let put = step.modified.filter(|put| !step.logged && *put < options.now - options.max_lag);
    if let Some(put) = put {
        let detail = format!("expected a checkpoint that covers what was put {put}, found none");
        findings.add(BatchUnlogged, &step.header.header.key, detail);
    }
}

/// Clocks of S3 and of whoever read the table may differ by as much.
pub(crate) const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

fn check_head(
    chain: &ChainId,
    head: &Head,
    state: Option<&ChainState>,
    current: &impl Fn(&ChainId, u64) -> Option<String>,
    findings: &mut Findings,
) {
    let at_head = state.and_then(|state| state.at_head.as_ref());
    if let Some((link, _)) = at_head.filter(|(link, _)| *link != head.link) {
        let detail =
            format!("expected the link {link} at number {}, found {}", head.number, head.link);
        findings.add(HeadMismatch, chain.as_str(), detail);
    }
    // A head that claims more than was sealed makes ingest drop what lies between.
    if let Some((_, last)) = at_head.filter(|(_, last)| *last != head.last) {
        let detail = format!(
            "expected the last sequence number {last} at number {}, found {}",
            head.number, head.last
        );
        findings.add(HeadMismatch, chain.as_str(), detail);
    }
    let key = keys::batch(chain, head.number);
    if key != head.key {
        let detail = format!("expected the object {key}, found {}", head.key);
        findings.add(HeadMismatch, chain.as_str(), detail);
    }
    if let Some(version) = current(chain, head.number).filter(|version| *version != head.version) {
        let detail =
            format!("expected version {} of number {}, found {version}", head.version, head.number);
        findings.add(HeadMismatch, chain.as_str(), detail);
    }
}
