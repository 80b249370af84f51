//! Step 4: plans and cursors, which restart the log and find positions in it.

use std::collections::{BTreeMap, BTreeSet};

use cairn_batch::keys;
use cairn_ledger::{ChainId, Cursors, Hash, Plan, PlanEntry, TileSet};

use crate::batches::Unlogged;
use crate::changes::Changes;
use crate::listing::{Listed, read_all};
use crate::log::{Log, LoggedEntry};
use crate::protection::{Retention, check_expiring};
use crate::report::FindingCode::{CursorsMismatch, CursorsMissing, PlanMismatch, PlanMissing};
use crate::{Archive, ArchiveError, Findings, Options};

/// The plans that are still there, by the size they lead to.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    plans: BTreeMap<u64, (String, Plan)>,
    /// Whether one of them cannot be read, so that it is missing between the others.
    unread: bool,
}

/// A plan's place within the log, its cursors and its key.
pub(crate) struct Mark {
    pub(crate) to: u64,
    pub(crate) cursors: Hash,
    pub(crate) key: String,
}

impl Plans {
    /// Reads the plans among `listed`.
    pub(crate) fn read(
        archive: &impl Archive,
        options: &Options,
        listed: &[Listed],
        findings: &mut Findings,
    ) -> Result<Self, ArchiveError> {
        let mut plans = BTreeMap::new();
        let mut unread = false;
        for (listed, object) in read_all(archive, listed)? {
            check_expiring(archive, options, listed, findings)?;
            let Some(object) = object else { continue };
            options.check_protection(&listed.key, &object, Retention::Batch, findings);
            let plan = match Plan::parse(&object.body) {
                Ok(plan) => plan,
                Err(error) => {
                    findings.add(PlanMismatch, &listed.key, error.to_string());
                    unread = true;
                    continue;
                }
            };
            if keys::parse_plan(&listed.key).is_none_or(|(_, to)| to != plan.to) {
                let detail = format!("expected a plan to the size of its name, found {}", plan.to);
                findings.add(PlanMismatch, &listed.key, detail);
            }
            if let Some((other, _)) = plans.insert(plan.to, (listed.key.clone(), plan)) {
                let detail = format!("expected one plan to a size, found also {other}");
                findings.add(PlanMismatch, &listed.key, detail);
            }
        }
        Ok(Self { plans, unread })
    }

    /// The log as the plans beyond it would make it; `None` if there are none.
    pub(crate) fn ahead(&self, log: &Log) -> Option<TileSet> {
        let mut leaves: Vec<Hash> = (0..log.size).map_while(|at| log.tree.leaf(at)).collect();
        for (_, (_, plan)) in self.plans.range(log.size + 1..) {
            if plan.from != leaves.len() as u64 {
                break;
            }
            leaves.extend(plan.entries.iter().map(PlanEntry::link));
        }
        (leaves.len() as u64 > log.size).then(|| TileSet::new(leaves))
    }

    /// Compares the plans beyond the log with the batches beyond it, by chain and number, with the
    /// bundles that the log has entered, and with what all this makes of the log.
    pub(crate) fn check_ahead(
        &self,
        log: &Log,
        ahead: Option<&TileSet>,
        unlogged: &BTreeMap<(ChainId, u64), Unlogged>,
        changes: &Changes,
        findings: &mut Findings,
    ) {
        let mut entered = BTreeSet::new();
        for (_, (key, plan)) in self.plans.range(log.size + 1..) {
            let mut entering = None;
            let mut other = |entry: &&PlanEntry| match entry {
                PlanEntry::ConfigChange { bundle, .. } => {
                    entering = Some(*bundle);
                    changes.has(bundle) || !entered.insert(*bundle)
                }
                PlanEntry::Batch { chain, link, number } => {
                    let batch = unlogged.get(&(chain.clone(), *number));
                    let entering = entering.take();
                    !batch.is_some_and(|batch| {
                        let known = changes.has(&batch.bundle) || entered.contains(&batch.bundle);
                        batch.link == *link && known && entering.is_none_or(|b| b == batch.bundle)
                    })
                }
            };
            if let Some(entry) = plan.entries.iter().find(&mut other) {
                let detail = format!(
                    "expected a batch beyond the log, or the change to its bundle, found {entry} of {}",
                    entry.link()
                );
                findings.add(PlanMismatch, key, detail);
            }
            if ahead.and_then(|ahead| ahead.root(plan.to)) != Some(plan.root) {
                let detail = "expected the root that its entries make, found another";
                findings.add(PlanMismatch, key, detail);
            }
        }
    }

    /// The sizes that plans lead to within the log.
    pub(crate) fn sizes(&self, size: u64) -> impl Iterator<Item = u64> {
        self.plans.range(..=size).map(|(to, _)| *to)
    }

    /// Compares the plans with the log.
    /// `young`: the log's last checkpoint was put so lately that its plan cannot have expired.
    pub(crate) fn check(&self, log: &Log, origin: &str, young: bool, findings: &mut Findings) {
        let mut reached: Option<u64> = None;
        for (key, plan) in self.plans.values() {
            if plan.origin != origin {
                let detail = format!("expected the origin {origin:?}, found {:?}", plan.origin);
                findings.add(PlanMismatch, key, detail);
            }
            if let Some(reached) = reached.filter(|reached| *reached != plan.from && !self.unread) {
                let detail = format!("expected a plan from size {reached}, found {}", plan.from);
                findings.add(PlanMissing, key, detail);
            }
            reached = Some(plan.to);
            let logged =
                |(at, link): &(u64, Hash)| log.tree.leaf(*at).is_some_and(|leaf| leaf != *link);
            let links = plan.entries.iter().map(PlanEntry::link);
            if let Some((at, _)) = (plan.from..log.size).zip(links).find(logged) {
                let detail = format!("expected the entry that is logged at {at}, found another");
                findings.add(PlanMismatch, key, detail);
            }
            if log.tree.root(plan.to).is_some_and(|root| root != plan.root) {
                findings.add(
                    PlanMismatch,
                    key,
                    "expected the log's root at that size, found another",
                );
            }
        }
        let reached = reached.or_else(|| young.then_some(0));
        if let Some(reached) = reached.filter(|reached| *reached < log.size && !self.unread) {
            let detail = format!("expected plans up to size {}, found up to {reached}", log.size);
            findings.add(PlanMissing, "log/plans/", detail);
        }
    }

    /// Compares what the plans say of the entry at a position with the entry.
    pub(crate) fn check_entry(&self, logged: &LoggedEntry, findings: &mut Findings) {
        let after = self.plans.range(logged.position + 1..).next();
        let Some((_, (key, plan))) = after else { return };
        let place = logged.position.checked_sub(plan.from).and_then(|at| usize::try_from(at).ok());
        let Some(found) = place.and_then(|place| plan.entries.get(place)) else { return };
        let expected = PlanEntry::of(&logged.entry);
        // Another link is named elsewhere.
        if expected.to_string() != found.to_string() {
            let detail = format!("expected {expected} at {}, found {found}", logged.position);
            findings.add(PlanMismatch, key, detail);
        }
    }

    /// The plans within the log, in order.
    pub(crate) fn marks(&self, log: &Log) -> Vec<Mark> {
        let mark = |(key, plan): &(String, Plan)| Mark {
            to: plan.to,
            cursors: plan.cursors,
            key: key.clone(),
        };
        self.plans.range(..=log.size).map(|(_, plan)| mark(plan)).collect()
    }

    /// Checks the cursors that are there: that each is what its name says, and that the latest
    /// plan's are among them.
    pub(crate) fn check_cursors(
        &self,
        archive: &impl Archive,
        options: &Options,
        listed: &[Listed],
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        for (listed, object) in read_all(archive, listed)? {
            check_expiring(archive, options, listed, findings)?;
            let Some(object) = object else { continue };
            options.check_protection(&listed.key, &object, Retention::Batch, findings);
            if let Err(error) = Cursors::parse(&object.body) {
                findings.add(CursorsMismatch, &listed.key, error.to_string());
            }
            let found = Hash::of(&object.body);
            if keys::cursors(&found) != listed.key {
                let detail = format!("expected bytes of that SHA-256, found {found}");
                findings.add(CursorsMismatch, &listed.key, detail);
            }
        }
        if let Some((key, plan)) = self.plans.values().next_back() {
            let cursors = keys::cursors(&plan.cursors);
            if archive.read(&cursors, None)?.is_none() {
                findings.add(CursorsMissing, cursors, format!("expected what {key} names"));
            }
        }
        Ok(())
    }
}
