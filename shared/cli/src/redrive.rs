//! `cairn redrive`: puts what was rejected, or has expired, back on the stream, once.
//!
//! An item is begun in the ledger table before it is put, and told to be put after. Where a run ended
//! between the two, or got no answer, nobody knows whether the record is on the stream: a later run
//! looks for it there, once no request of the earlier one can be under way any more, and puts it
//! again only if the stream reaches back to that time and does not have it.

mod one;
mod seek;

use std::collections::{BTreeMap, BTreeSet};

use cairn_batch::keys;
use cairn_event::{Bundle, Rules};
use cairn_ledger::{ChainId, Coordinates, Hash};
use cairn_store::{Objects, StoreError, Stream, Table};
use futures_util::{StreamExt, stream};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde::Serialize;

use crate::quarantine::{
    self, Expired, Item, Kept, QuarantineError, Redrives, Sealed, Selection, Standing, Stores,
    rejected,
};

pub use one::{Outcome, Would};

use one::Run;
use seek::Seen;

/// Items that are put at the same time.
const CONCURRENCY: usize = 16;

/// What to redrive, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Which items.
    pub selection: Selection,
    /// Those that have expired, in place of those that were rejected.
    pub expired: bool,
    /// Only tell what would become of them.
    pub dry_run: bool,
    /// Also those that would be rejected again.
    pub force: bool,
    /// Also those of which nobody can tell any more whether they are on the stream.
    pub again: bool,
}

/// Whom and what the run works for.
#[derive(Clone)]
pub struct Context<'a> {
    /// The stream's name.
    pub stream: &'a str,
    /// The config bundle in force.
    pub bundle: Hash,
    /// The clock.
    pub now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    /// Names this run: no other has this name.
    pub run: String,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Where it appeared.
    #[serde(serialize_with = "crate::as_text")]
    pub coordinates: Coordinates,
    /// The code that it was rejected with; `None` for what has expired.
    pub code: Option<String>,
    /// What it would be if it were read now.
    pub would: Option<Would>,
    /// What was done with it.
    pub outcome: Outcome,
}

/// Why nothing, or nothing more, was redriven.
#[derive(Debug, thiserror::Error)]
pub enum RedriveError {
    /// The items cannot be told.
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    /// A store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bundle in force cannot be read.
    #[error("config bundle {hash}: {detail}")]
    Bundle {
        /// Its hash.
        hash: Hash,
        /// What was found.
        detail: String,
    },
    /// Something in the bucket of what expired is not what Lambda puts there; all else was worked on.
    #[error("{first} ({more} more like it)")]
    Unreadable {
        /// The first of it.
        first: Box<QuarantineError>,
        /// How much else there is.
        more: usize,
    },
    /// There is no bucket of what expired.
    #[error(
        "expected the bucket of what expired, found none: name it as `expired` in the deployment's file, or set CAIRN_EXPIRED"
    )]
    NoBucket,
    /// Items were named that are not there.
    #[error("expected an item at {at} (and {more} more), found none")]
    Nowhere {
        /// The first of them.
        at: Coordinates,
        /// How many others.
        more: usize,
    },
}

/// A name for a run.
pub fn run_name() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(hex::encode(bytes))
}

/// Redrives the items that are meant. Tells each one's fate as soon as it is known.
pub async fn redrive<O: Objects, T: Table, S: Stream>(
    stores: &Stores<O, T, S>,
    context: &Context<'_>,
    options: &Options,
    bar: &ProgressBar,
    mut tell: impl FnMut(Done),
) -> Result<(), RedriveError> {
    let rules = rules(&stores.objects, context.bundle).await?;
    let mut named = options.selection.coordinates.clone();
    let sealed = Sealed::new(stores);
    let (redrives, read) = (Redrives::new(), BTreeSet::new());
    let mut work = Work { stores, context, options, rules, sealed, redrives, read, seen: None };
    let mut tell = |done: Done| {
        named.remove(&done.coordinates);
        tell(done);
    };
    if options.expired {
        if stores.expired.is_none() {
            return Err(RedriveError::NoBucket);
        }
        let mut expired = Expired::new(stores);
        while let Some(items) = expired.next(&options.selection).await? {
            bar.inc_length(items.len() as u64);
            work.items(items, bar, &mut tell).await?;
        }
        let mut unreadable = expired.unreadable.into_iter();
        if let Some(first) = unreadable.next() {
            let (first, more) = (Box::new(first), unreadable.len());
            return Err(RedriveError::Unreadable { first, more });
        }
    } else {
        let batches = quarantine::batches(&stores.table, &options.selection).await?;
        bar.set_length(batches.iter().map(|batch| batch.header.header.counts.rejections).sum());
        for batch in batches {
            let items = rejected(&stores.objects, &batch).await?;
            work.items(items, bar, &mut tell).await?;
        }
    }
    let more = named.len().saturating_sub(1);
    match named.pop_first() {
        Some(at) => Err(RedriveError::Nowhere { at, more }),
        None => Ok(()),
    }
}

/// A run over all items.
struct Work<'a, O, T, S> {
    stores: &'a Stores<O, T, S>,
    context: &'a Context<'a>,
    options: &'a Options,
    rules: Rules,
    sealed: Sealed<'a, O, T, S>,
    /// What was begun to be redriven, of the chains that were read.
    redrives: Redrives,
    read: BTreeSet<ChainId>,
    /// The envelopes that are on the stream, once it was looked.
    seen: Option<Seen>,
}

impl<O: Objects, T: Table, S: Stream> Work<'_, O, T, S> {
    async fn items(
        &mut self,
        items: Vec<Item>,
        bar: &ProgressBar,
        tell: &mut impl FnMut(Done),
    ) -> Result<(), RedriveError> {
        let (options, stores, context) = (self.options, self.stores, self.context);
        let all = items.len() as u64;
        let meant: Vec<Item> =
            items.into_iter().filter(|item| options.selection.takes(item)).collect();
        bar.inc(all - meant.len() as u64);
        let chains: BTreeSet<ChainId> =
            meant.iter().map(|item| item.coordinates.chain.clone()).collect();
        // Read once: whoever moves a marker names what it was, and is told what it is.
        let unread = chains.difference(&self.read).cloned();
        let mut found = quarantine::redrives(&stores.table, unread).await?;
        self.redrives.append(&mut found);
        self.read.extend(chains.iter().cloned());
        let redrives = &self.redrives;
        let now = (context.now)();
        let lapsed = || one::lapsed(redrives, &meant, now).map(|redrive| redrive.begun);
        if let Some(since) = lapsed().min() {
            let covers = |seen: &Seen| lapsed().all(|begun| seen.covers(begun));
            if !self.seen.as_ref().is_some_and(covers) {
                self.seen = Some(self.look(chains, since, now).await?);
            }
        }
        self.sealed.refresh();
        let mut work = Vec::new();
        for item in meant {
            let standing = match options.expired {
                true => self.sealed.standing(&item, (context.now)()).await?,
                false => Standing::Open,
            };
            work.push((item, standing));
        }
        let run = Run {
            stores,
            context,
            options,
            rules: &self.rules,
            redrives: &self.redrives,
            seen: self.seen.as_ref(),
        };
        let mut done = stream::iter(work)
            .map(|(item, standing)| run.one(item, standing))
            .buffer_unordered(CONCURRENCY);
        while let Some(done) = done.next().await {
            bar.inc(1);
            tell(done?);
        }
        Ok(())
    }

    /// The envelopes on the stream from a time on. A chain of which all has expired may be in no
    /// registry: what was redriven of it is known by the items that are meant.
    async fn look(
        &self,
        mut chains: BTreeSet<ChainId>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Seen, RedriveError> {
        let (table, stream) = (&self.stores.table, &self.stores.stream);
        chains.extend(table.chains().await?);
        let redrives: Redrives = quarantine::redrives(table, chains).await?;
        let (name, limits) = (self.context.stream, &self.rules.bundle().limits);
        Ok(seek::seek(stream, name, &redrives, limits, since, now).await?)
    }
}

/// What records are judged by under a bundle.
async fn rules(objects: &impl Objects, hash: Hash) -> Result<Rules, RedriveError> {
    let fail = |detail: String| RedriveError::Bundle { hash, detail };
    let key = keys::bundle(&hash);
    let object = objects.read(&key).await?;
    let object = object.ok_or_else(|| fail(format!("expected an object at {key}, found none")))?;
    let found = Hash::of(&object.body);
    if found != hash {
        return Err(fail(format!("expected its SHA-256 at {key}, found {found}")));
    }
    let bundle = Bundle::parse(&object.body).map_err(|error| fail(error.to_string()))?;
    let database = match &bundle.location {
        None => None,
        Some(location) => objects.read(&keys::bundle(&location.database)).await?,
    };
    let database = database.map(|object| object.body);
    Rules::new(bundle, database).map_err(|error| fail(error.to_string()))
}

/// How many items had each outcome, by its name.
pub fn counts(all: &[Done]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for done in all {
        *counts.entry(done.outcome.name()).or_default() += 1;
    }
    counts
}

/// Whether an item has bytes that can be put.
fn raw(kept: Kept) -> Option<Vec<u8>> {
    match kept {
        Kept::Raw(raw) => Some(raw),
        Kept::There | Kept::Gone | Kept::Altered => None,
    }
}
