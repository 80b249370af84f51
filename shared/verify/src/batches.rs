//! Steps 5 to 7 over all batches: first those that are logged, in the log's order, then what lies
//! beyond.

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ledger::{ChainId, Counts, Cursors, Entry, Hash, SealedHeader};
use rayon::prelude::*;

use crate::chain::{Chains, Step};
use crate::changes::Changes;
use crate::listing::Listed;
use crate::log::{Log, LoggedEntry};
use crate::object::{Checked, Context};
use crate::orders::Orders;
use crate::plans::{Mark, Plans};
use crate::report::FindingCode::{
    BatchMissing, BatchUnexpected, CursorsMismatch, HeaderInvalid, ObjectSwapped,
};
use crate::{Archive, ArchiveError, Findings, Progress};

/// Bundles whose entries are in memory at the same time.
const WINDOW: u64 = 16;

/// Missing numbers of a chain that are named one by one.
const MISSING: u64 = 1000;

/// The keys under `batches/`, by chain and number.
pub(crate) struct BatchKeys {
    pub(crate) chains: BTreeMap<ChainId, BTreeMap<u64, Listed>>,
}

/// What all batches come to.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) batches: u64,
    pub(crate) unlogged: u64,
    pub(crate) counts: Counts,
    pub(crate) resolved: u64,
    pub(crate) bytes: u64,
}

/// A batch that is sealed and not logged.
#[derive(Debug)]
pub(crate) struct Unlogged {
    pub(crate) link: Hash,
    pub(crate) bundle: Hash,
}

impl BatchKeys {
    /// Sorts the keys; names those that no batch has.
    pub(crate) fn new(listed: Vec<Listed>, findings: &mut Findings) -> Self {
        let mut chains: BTreeMap<ChainId, BTreeMap<u64, Listed>> = BTreeMap::new();
        for listed in listed {
            match keys::parse_batch(&listed.key) {
                Some((chain, number)) => {
                    chains.entry(chain).or_default().insert(number, listed);
                }
                None => findings.add(BatchUnexpected, listed.key, "expected the key of a batch"),
            }
        }
        Self { chains }
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> u64 {
        self.chains.values().map(|numbers| numbers.len() as u64).sum()
    }

    fn get(&self, chain: &ChainId, number: u64) -> Option<&Listed> {
        self.chains.get(chain)?.get(&number)
    }

    /// The version of a batch's object that a plain read finds.
    pub(crate) fn current(&self, chain: &ChainId, number: u64) -> Option<String> {
        let listed = self.get(chain, number).filter(|listed| listed.visible)?;
        listed.versions.first().cloned()
    }
}

/// The walk over all batches.
pub(crate) struct Walk<'a, A, P> {
    pub(crate) context: &'a Context<'a, A>,
    pub(crate) progress: &'a P,
    pub(crate) keys: &'a BatchKeys,
    pub(crate) log: &'a Log,
    pub(crate) plans: &'a Plans,
    pub(crate) orders: &'a Orders,
    pub(crate) chains: Chains,
    pub(crate) changes: Changes,
    pub(crate) totals: Totals,
    pub(crate) findings: Findings,
    /// The batches that are not logged.
    pub(crate) beyond: BTreeMap<(ChainId, u64), Unlogged>,
    /// Objects with other bytes than their headers say: their keys and SHA-256.
    mismatches: Vec<(String, Hash)>,
    /// SHA-256 of every logged object, to tell where such bytes belong.
    sealed: Vec<(Hash, u64)>,
}

impl<'a, A: Archive, P: Progress> Walk<'a, A, P> {
    pub(crate) fn new(
        context: &'a Context<'a, A>,
        progress: &'a P,
        keys: &'a BatchKeys,
        log: &'a Log,
        plans: &'a Plans,
        orders: &'a Orders,
    ) -> Self {
        Self {
            context,
            progress,
            keys,
            log,
            plans,
            orders,
            chains: Chains::default(),
            changes: Changes::default(),
            totals: Totals::default(),
            findings: Findings::default(),
            beyond: BTreeMap::new(),
            mismatches: Vec::new(),
            sealed: Vec::new(),
        }
    }

    /// Checks one object, and tells of it.
    fn check(&self, key: &str, listed: Option<&Listed>, logged: Option<SealedHeader>) -> Outcome {
        let checked = self.context.check(key, listed, logged)?;
        self.progress.batch(checked.object.map_or(0, |(_, bytes)| bytes));
        Ok(checked)
    }

    /// All batches that are logged, in the order of the log; their objects in parallel.
    pub(crate) fn logged(&mut self) -> Result<(), ArchiveError> {
        // Kept as long as every header follows: then it must be what plans name.
        let mut cursors = (!self.log.damaged).then(Cursors::default);
        let marks = self.plans.marks(self.log);
        let mut marks = marks.iter().peekable();
        for from in (0..self.log.bundles()).step_by(WINDOW as usize) {
            let (archive, to) = (self.context.archive, from + WINDOW);
            let entries = self.log.entries(archive, from, to, &mut self.findings)?;
            let checked: Vec<Option<Checked>> = entries
                .par_iter()
                .map(|logged| self.check_logged(logged))
                .collect::<Result<_, _>>()?;
            for (logged, checked) in entries.iter().zip(checked) {
                self.plans.check_entry(logged, &mut self.findings);
                self.changes.step(logged, self.log.damaged, &mut self.findings);
                self.take_logged(logged, checked)?;
                cursors = cursors
                    .and_then(|mut cursors| cursors.follow(&logged.entry).ok().map(|()| cursors));
                while let Some(mark) = marks.next_if(|mark| mark.to <= logged.position + 1) {
                    check_mark(mark, logged.position + 1, cursors.as_ref(), &mut self.findings);
                }
            }
        }
        self.changes.end(self.log.size, &mut self.findings);
        for bundle in self.changes.bundles() {
            self.context.configs.get(self.context.archive, self.context.options, bundle)?;
        }
        Ok(())
    }

    /// Checks the object of a logged batch; nothing lies behind a config change but its bundle.
    fn check_logged(&self, logged: &LoggedEntry) -> Result<Option<Checked>, ArchiveError> {
        let Entry::Batch(sealed) = &logged.entry else { return Ok(None) };
        let header = &sealed.header;
        let key = keys::batch(&header.chain, header.number);
        let listed = self.keys.get(&header.chain, header.number);
        self.check(&key, listed, Some(sealed.as_ref().clone())).map(Some)
    }

    /// Takes the next entry, with what was found out about the object behind it.
    fn take_logged(
        &mut self,
        logged: &LoggedEntry,
        checked: Option<Checked>,
    ) -> Result<(), ArchiveError> {
        match &logged.entry {
            Entry::Batch(sealed) => {
                if self.log.damaged {
                    self.fill_gap(&sealed.header.chain, sealed.header.number)?;
                }
                self.sealed.push((sealed.sha256, logged.position));
            }
            Entry::ConfigChange(change) if change.origin != self.context.origin => {
                let (expected, found) = (self.context.origin, &change.origin);
                let detail = format!("expected the origin {expected:?}, found {found:?}");
                self.findings.add(HeaderInvalid, format!("entry {}", logged.position), detail);
            }
            Entry::ConfigChange(_) => {}
        }
        if let Some(checked) = checked {
            self.take(checked, true);
        }
        Ok(())
    }

    /// Walks over batches whose entries cannot be believed, by their objects.
    fn fill_gap(&mut self, chain: &ChainId, to: u64) -> Result<(), ArchiveError> {
        for number in self.chains.next(chain)..to {
            let Some(listed) = self.keys.get(chain, number) else { break };
            let checked = self.check(&listed.key, Some(listed), None)?;
            self.take(checked, true);
        }
        Ok(())
    }

    /// Batches beyond what is logged: they must extend their chains.
    pub(crate) fn unlogged(&mut self) -> Result<(), ArchiveError> {
        // Stopped chains before those that succeed them.
        let mut chains: Vec<_> = self.keys.chains.iter().collect();
        chains.sort_by_key(|(chain, _)| (chain.original(), chain.generation()));
        for (chain, numbers) in chains {
            let next = self.chains.next(chain);
            let numbers = numbers.range(next..).map(|(number, listed)| (*number, listed));
            let beyond = self.orders.beyond(chain, numbers, &mut self.findings);
            for window in beyond.chunks(WINDOW as usize * 64) {
                let checked: Vec<Checked> = window
                    .par_iter()
                    .map(|listed| self.check(&listed.key, Some(listed), None))
                    .collect::<Result<_, _>>()?;
                for (listed, checked) in window.iter().zip(checked) {
                    let Some((_, number)) = keys::parse_batch(&listed.key) else { continue };
                    self.missing(chain, number);
                    self.totals.unlogged += u64::from(checked.object.is_some());
                    if checked.sealed.is_none() {
                        self.totals.bytes += checked.object.map_or(0, |(_, bytes)| bytes);
                        self.findings.append(checked.findings);
                        self.chains.skip(chain, number + 1);
                        continue;
                    }
                    self.take(checked, false);
                }
            }
        }
        let heads = self.context.options.heads.iter().flatten();
        for (chain, head) in heads.filter_map(|(id, chain)| Some((id, chain.head.as_ref()?))) {
            self.missing(chain, head.number.saturating_add(1));
        }
        Ok(())
    }

    /// Names the batches of a chain that are missing before `to`, and goes on behind them.
    fn missing(&mut self, chain: &ChainId, to: u64) {
        let next = self.chains.next(chain);
        if next >= to {
            return;
        }
        for number in (next..to).take(MISSING as usize) {
            let key = keys::batch(chain, number);
            let detail = format!("expected the batches up to number {}, found none here", to - 1);
            self.findings.add(BatchMissing, key, detail);
        }
        self.chains.skip(chain, to);
    }

    /// Counts what was checked, and lets its header follow the one before.
    fn take(&mut self, checked: Checked, logged: bool) {
        let Checked { findings, sealed, link, object, mismatch, resolved } = checked;
        self.findings.append(findings);
        self.totals.resolved += resolved;
        self.totals.batches += u64::from(object.is_some());
        self.totals.bytes += object.map_or(0, |(_, bytes)| bytes);
        let (Some(sealed), Some(link)) = (sealed, link) else { return };
        if object.is_some() {
            let counts = sealed.header.counts;
            self.totals.counts.records += counts.records;
            self.totals.counts.events += counts.events;
            self.totals.counts.rejections += counts.rejections;
        }
        if !logged {
            let place = (sealed.header.chain.clone(), sealed.header.number);
            self.beyond.insert(place, Unlogged { link, bundle: sealed.header.bundle });
        }
        if let Some(sha256) = mismatch {
            self.mismatches.push((sealed.header.key.clone(), sha256));
        }
        self.orders.check_followed(&sealed.header, &mut self.findings);
        let step = Step {
            header: &sealed,
            link,
            modified: object.map(|(put, _)| put),
            logged,
            gap_explained: self.log.damaged,
        };
        self.chains.step(&step, self.context.options, &mut self.findings);
    }

    /// Says of objects with other bytes where these belong, if they belong anywhere.
    pub(crate) fn swapped(&mut self) {
        for (key, sha256) in &self.mismatches {
            let place = self.sealed.iter().find(|(sealed, _)| sealed == sha256);
            if let Some((_, position)) = place {
                let detail =
                    format!("its bytes are those that the entry at {position} was sealed over");
                self.findings.add(ObjectSwapped, key, detail);
            }
        }
    }
}

type Outcome = Result<Checked, ArchiveError>;

fn check_mark(mark: &Mark, size: u64, cursors: Option<&Cursors>, findings: &mut Findings) {
    // A plan to a size within a move, or a chain that is broken: named elsewhere.
    let Some(cursors) = cursors.filter(|_| mark.to == size) else { return };
    let found = cursors.hash();
    if found != mark.cursors {
        let detail = format!("expected the cursors {found}, found {}", mark.cursors);
        findings.add(CursorsMismatch, &mark.key, detail);
    }
}
