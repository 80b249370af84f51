//! The log's head, from what it wrote before it was lost.
//!
//! The head moves, then come the plan, the tiles, the signed checkpoint and `log/checkpoint`, in this order.
//! So a plan beyond the last signed checkpoint is that of a head that moved, and the next tick must end that
//! move and no other: the plan is locked, and names it. Where there is none, nothing beyond the checkpoint was
//! written but cursors, which bind nobody: the head is where the checkpoint is, and the next tick moves it anew.

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ledger::{ChainId, Checkpoint, Cursors, Entry, Hash, Note, Plan, PlanEntry};
use cairn_store::{BatchItem, LogHead, LogPoint, Objects};
use cairn_verify::Report;
use jiff::Timestamp;

use super::RecoverError;
use super::fold::Fold;
use super::tails::Tail;
use crate::log::{self, LogError};

/// Keys of one listing.
const PAGE: usize = 1_000;

/// Where the log stands, and what its next tick needs.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    /// The head.
    pub(super) head: LogHead,
    /// Whether the next tick has to publish it first.
    pub(super) unfinished: bool,
    /// Cursors that the head refers to.
    pub(super) cursors: Vec<Cursors>,
}

/// What was signed and planned last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The size before the last signed one; 0 if there was none.
    pub(super) before: u64,
    /// The plan to the greatest size, and when its move was.
    plan: Option<(Timestamp, Plan)>,
}

impl Written {
    /// Reads what was written. `size` is that of the latest signed checkpoint.
    pub(super) async fn read(objects: &impl Objects, size: u64) -> Result<Self, RecoverError> {
        let signed = all_keys(objects, keys::checkpoint_prefix()).await?;
        let signed = signed.iter().filter_map(|key| keys::parse_checkpoint(key));
        let before = signed.filter(|signed| *signed < size).max().unwrap_or(0);
        let planned = all_keys(objects, "log/plans/").await?;
        let latest = planned.into_iter().filter_map(|key| Some((keys::parse_plan(&key)?, key)));
        let latest = latest.max_by_key(|((moved, to), _)| (*to, *moved));
        let plan = match latest {
            None => None,
            Some(((moved, _), key)) => {
                let plan = Plan::parse(&log::read(objects, &key).await?)
                    .map_err(|source| LogError::Document { key, source })?;
                Some((moved, plan))
            }
        };
        Ok(Self { before, plan })
    }

    /// The head. `before` and `signed` are what the entries come to up to the last two signed sizes, `tails`
    /// what lies beyond them.
    pub(super) async fn standing(
        self,
        objects: &impl Objects,
        report: &Report,
        before: Fold,
        signed: Fold,
        tails: &BTreeMap<ChainId, Tail>,
    ) -> Result<Option<Standing>, RecoverError> {
        let size = signed.size();
        let Some((moved, plan)) = self.plan.filter(|(_, plan)| plan.to >= size) else {
            // Plans may go once the batch retention is over; then this names the next one.
            let Some(moved) = signed_at(objects, size).await? else { return Ok(None) };
            return standing(objects, report, moved, before, signed).await.map(Some);
        };
        let (before, to) = match plan.to > size {
            false => (before, signed),
            true => (signed.clone(), ahead(signed, &plan, report, tails)?),
        };
        let (from, named) =
            (before.size(), LogPoint { size: plan.to, root: plan.root, cursors: plan.cursors });
        if (plan.from, &named) != (from, &to.point()) {
            let at = |from: u64, to: &LogPoint| {
                format!("from {from} to {}, root {}, cursors {}", to.size, to.root, to.cursors)
            };
            let (expected, found) = (at(from, &to.point()), at(plan.from, &named));
            return Err(RecoverError::archive(keys::plan(moved, plan.to), expected, found));
        }
        standing(objects, report, moved, before, to).await.map(Some)
    }
}

async fn standing(
    objects: &impl Objects,
    report: &Report,
    moved: Timestamp,
    before: Fold,
    to: Fold,
) -> Result<Standing, RecoverError> {
    let published = published(objects).await?;
    let unfinished = published != Some((to.size(), to.root()));
    let from = (before.size() > 0).then(|| before.point());
    // The next tick would refuse any other.
    let expected = from.as_ref().map(|from| (from.size, from.root));
    if unfinished && published != expected {
        let at = |point: Option<(u64, Hash)>| {
            point.map_or("none".to_owned(), |(size, root)| format!("size {size}, root {root}"))
        };
        let expected = format!("{} or {}", at(expected), at(Some((report.size, report.root))));
        return Err(RecoverError::archive(keys::CHECKPOINT, expected, at(published)));
    }
    let mut cursors = vec![to.cursors().clone()];
    if unfinished && from.is_some() {
        cursors.push(before.cursors().clone());
    }
    Ok(Standing { head: LogHead { to: to.point(), from, moved }, unfinished, cursors })
}

/// The log as the plan beyond it makes it, of the batches that lie beyond it.
fn ahead(
    mut log: Fold,
    plan: &Plan,
    report: &Report,
    tails: &BTreeMap<ChainId, Tail>,
) -> Result<Fold, RecoverError> {
    for entry in &plan.entries {
        let found = match entry {
            PlanEntry::ConfigChange { bundle, .. } => {
                let (origin, bundle) = (report.origin.clone(), *bundle);
                Some(Entry::from(cairn_ledger::ConfigChange { origin, bundle }))
            }
            PlanEntry::Batch { chain, number, .. } => {
                let items = tails.get(chain).map(|tail| tail.items.as_slice()).unwrap_or_default();
                let is_it = |item: &&BatchItem| item.header.header.number == *number;
                items.iter().find(is_it).map(|item| Entry::from(item.header.clone()))
            }
        };
        let found = found.filter(|found| found.link() == entry.link()).ok_or_else(|| {
            RecoverError::archive(
                format!("the plan to size {}", plan.to),
                "batches that lie beyond the log",
                entry,
            )
        })?;
        log.push(&found)?;
    }
    Ok(log)
}

/// What `log/checkpoint` says. Its signature was verified before; this only tells where it stands.
async fn published(objects: &impl Objects) -> Result<Option<(u64, Hash)>, RecoverError> {
    let Some(note) = log::checkpoint_note(objects).await? else { return Ok(None) };
    let read = Note::parse(&note).map_err(cairn_ledger::CheckpointError::from);
    let (checkpoint, _) =
        read.and_then(|note| Checkpoint::parse(note.text())).map_err(LogError::from)?;
    Ok(Some((checkpoint.size, checkpoint.root)))
}

/// When the checkpoint of a size was put, to the second; `None` of an empty log.
async fn signed_at(objects: &impl Objects, size: u64) -> Result<Option<Timestamp>, RecoverError> {
    if size == 0 {
        return Ok(None);
    }
    let key = keys::checkpoint(size);
    match objects.read(&key).await? {
        Some(object) => Ok(Some(object.modified)),
        None => Err(LogError::Missing { key }.into()),
    }
}

/// All keys under a prefix, in order.
async fn all_keys(objects: &impl Objects, prefix: &str) -> Result<Vec<String>, RecoverError> {
    let mut keys: Vec<String> = Vec::new();
    loop {
        let page = objects.list(prefix, keys.last().map(String::as_str), PAGE).await?;
        if page.is_empty() {
            return Ok(keys);
        }
        keys.extend(page);
    }
}
