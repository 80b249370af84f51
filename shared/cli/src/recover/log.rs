//! Where the log stands, as the archive tells.

use cairn_batch::keys;
use cairn_ledger::{
    Checkpoint, Cursors, Entry, Plan, SealedHeader, TileKind, TilePath, VerifierKey, tile,
};
use cairn_store::{LogHead, LogPoint, Objects};
use jiff::Timestamp;

use super::{RecoverError, disagreement};
use crate::log::{self, LogError};

/// Entries that are read at once: those of a bundle.
pub(super) const STEP: usize = tile::WIDTH as usize;

/// Keys of a page.
const PAGE: usize = 1_000;

/// Where the log stands.
pub(super) struct Standing {
    /// What was signed last: all up to there can be read.
    pub(super) signed: Checkpoint,
    /// When that was put.
    put: Timestamp,
    /// The last two plans, the latest last, and when their moves were begun.
    plans: Vec<(Timestamp, Plan)>,
}

/// Where the log stands; `None`: nothing was ever logged.
pub(super) async fn standing(
    objects: &impl Objects,
    keys: &[VerifierKey],
) -> Result<Option<Standing>, RecoverError> {
    let plans = plans(objects).await?;
    let Some((signed, put)) = signed(objects, keys).await? else {
        return match plans.last() {
            None => Ok(None),
            // Begun, and not signed: the very first move.
            Some((moved, plan)) if plan.from == 0 => {
                let (origin, root) = (plan.origin.clone(), cairn_ledger::Hash::EMPTY_ROOT);
                let signed = Checkpoint { origin, size: 0, root };
                Ok(Some(Standing { signed, put: *moved, plans }))
            }
            Some((_, plan)) => {
                let expected = format!("one of size {}", plan.from);
                Err(disagreement("the latest checkpoint", expected, "none"))
            }
        };
    };
    Ok(Some(Standing { signed, put, plans }))
}

/// The latest signed checkpoint: `log/checkpoint`, or one that was kept and not published any more.
async fn signed(
    objects: &impl Objects,
    keys: &[VerifierKey],
) -> Result<Option<(Checkpoint, Timestamp)>, RecoverError> {
    let mut latest = None;
    let mut size = 0;
    if let Some(object) = objects.read(keys::CHECKPOINT).await? {
        let checkpoint = open(&object.body, keys)?;
        size = checkpoint.size;
        latest = Some((checkpoint, object.modified));
    }
    let later =
        objects.list(keys::checkpoint_prefix(), Some(&keys::checkpoint(size)), PAGE).await?;
    if let Some(key) = later.last()
        && let Some(object) = objects.read(key).await?
    {
        latest = Some((open(&object.body, keys)?, object.modified));
    }
    Ok(latest)
}

fn open(note: &[u8], keys: &[VerifierKey]) -> Result<Checkpoint, LogError> {
    let note = str::from_utf8(note).map_err(|_| LogError::NotText)?;
    Ok(log::open(note, keys)?.checkpoint)
}

/// The last two plans.
async fn plans(objects: &impl Objects) -> Result<Vec<(Timestamp, Plan)>, RecoverError> {
    let mut last: Vec<String> = Vec::new();
    loop {
        let page = objects.list("log/plans/", last.last().map(String::as_str), PAGE).await?;
        if page.is_empty() {
            break;
        }
        last.extend(page);
        last.drain(..last.len().saturating_sub(2));
    }
    let mut plans = Vec::new();
    for key in last {
        let Some(object) = objects.read(&key).await? else { continue };
        let plan = Plan::parse(&object.body)
            .map_err(|source| LogError::Document { key: key.clone(), source })?;
        // When its move was begun.
        let Some((moved, _)) = keys::parse_plan(&key) else {
            return Err(disagreement("a plan", "a time in its name", key));
        };
        plans.push((moved, plan));
    }
    // By name they are in order of time, to the second: two moves of one second by their sizes.
    plans.sort_by_key(|(_, plan)| plan.to);
    Ok(plans)
}

/// The entries of the bundle that begins at a position.
pub(super) async fn entries(
    objects: &impl Objects,
    position: u64,
    size: u64,
) -> Result<Vec<Entry>, LogError> {
    let index = position / u64::from(tile::WIDTH);
    let Some(path) = TilePath::at(TileKind::Entries, index, size) else { return Ok(Vec::new()) };
    let (found, bytes) = log::tile(objects, path).await?;
    let entries = tile::decode_bundle(&bytes, found.width())?;
    let parse = |(position, entry): (u64, &[u8])| {
        Entry::parse(&String::from_utf8_lossy(entry))
            .map_err(|source| LogError::Entry { position, source })
    };
    (position..size).zip(entries).map(parse).collect()
}

pub(super) fn batch(entry: Entry) -> Option<SealedHeader> {
    match entry {
        Entry::Batch(header) => Some(*header),
        Entry::ConfigChange(_) => None,
    }
}

impl Standing {
    /// Whether all that was begun is signed.
    pub(super) fn is_finished(&self) -> bool {
        self.plans.last().is_none_or(|(_, plan)| plan.to <= self.signed.size)
    }

    /// The log's head: where the latest plan leads. `logged` are the cursors of what is signed.
    pub(super) fn head(&self, logged: &Cursors) -> Result<LogHead, RecoverError> {
        let Checkpoint { size, root, .. } = self.signed;
        let signed = LogPoint { size, root, cursors: logged.hash() };
        let point =
            |plan: &Plan| LogPoint { size: plan.to, root: plan.root, cursors: plan.cursors };
        let latest = self.plans.last().filter(|(_, plan)| plan.to >= size);
        let Some((moved, plan)) = latest else {
            // The plans have expired: nothing was logged for long, and all is published.
            return Ok(LogHead { to: signed, from: None, moved: whole_second(self.put) });
        };
        let to = point(plan);
        if plan.to == size && to != signed {
            let say = |at: &LogPoint| format!("root {} and cursors {}", at.root, at.cursors);
            return Err(disagreement("the latest plan", say(&signed), say(&to)));
        }
        let from = match plan.from {
            0 => None,
            from if from == size => Some(signed),
            from => {
                let before = self.plans.iter().find(|(_, before)| before.to == from);
                let before = before.map(|(_, before)| point(before));
                // Only needed where the last move has to be made again.
                if before.is_none() && plan.to > size {
                    return Err(disagreement("the plans", format!("one up to {from}"), "none"));
                }
                before
            }
        };
        Ok(LogHead { to, from, moved: *moved })
    }
}

fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
