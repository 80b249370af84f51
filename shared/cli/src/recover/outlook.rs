//! What the table must hold, as the archive tells it.

use std::collections::{BTreeMap, BTreeSet};

use cairn_adopt::{Refusal, only_version};
use cairn_batch::keys;
use cairn_ledger::{ChainId, Entry, SealedHeader};
use cairn_store::{BatchItem, ChainHead, ObjectVersion, Objects, VersionId};
use cairn_verify::Report;

use super::fold::{self, Fold};
use super::loghead::{Standing, Written};
use super::orders::{self, Orders};
use super::tails::{self, Archive, Tail};
use super::{Log, Options, RecoverError, Recovered, Stopped};

/// The only version of a batch's object, or why there is none such.
pub(super) type Version = Result<VersionId, Refusal>;

/// The objects under `batches/`, by chain and number.
pub(super) type Batches = BTreeMap<ChainId, BTreeMap<u64, Version>>;

/// What the table must hold.
pub(super) struct Outlook {
    /// The objects.
    pub(super) batches: Batches,
    /// By what stopped chains go on.
    pub(super) orders: Orders,
    /// What the log is known to have written last.
    pub(super) written: Written,
    /// Entries that the latest checkpoint covers.
    pub(super) size: u64,
    /// The head of each chain that has one.
    pub(super) ends: BTreeMap<ChainId, ChainHead>,
    /// What lies beyond the log.
    pub(super) tails: BTreeMap<ChainId, Tail>,
    /// The log's head; `None` where nothing was logged yet.
    pub(super) log: Option<Standing>,
}

impl Outlook {
    /// Tells it from the archive that was verified.
    pub(super) async fn of(
        objects: &impl Objects,
        report: &Report,
        options: &Options,
    ) -> Result<Self, RecoverError> {
        let batches = list(objects).await?;
        let orders = orders::read(objects).await?;
        let size = report.size;
        let written = Written::read(objects, size).await?;
        let mut log = Fold::default();
        let mut before = Fold::default();
        let mut ends = BTreeMap::new();
        for index in 0..fold::windows(size) {
            for entry in fold::window(objects, index, size).await? {
                log.push(&entry)?;
                if log.size() == written.before {
                    before = log.clone();
                }
                if let Entry::Batch(header) = entry {
                    let item = item(&batches, *header)?;
                    ends.insert(item.header.header.chain.clone(), ChainHead::at(&item));
                }
            }
        }
        if (log.size(), log.root()) != (size, report.root) {
            let at = |size, root| format!("size {size} and root {root}");
            let (expected, found) = (at(size, report.root), at(log.size(), log.root()));
            return Err(RecoverError::archive("the log's entries", expected, found));
        }
        let archive =
            Archive { objects, origin: &report.origin, batches: &batches, orders: &orders };
        let tails = tails::tails(&archive, &mut ends, options).await?;
        let log = written.clone().standing(objects, report, before, log, &tails).await?;
        Ok(Self { batches, orders, written, size, ends, tails, log })
    }

    /// How many batches there are.
    pub(super) fn batches(&self) -> u64 {
        self.ends.values().map(|head| head.number + 1).sum()
    }

    /// The items that headers make, with the versions of their objects.
    pub(super) fn items(&self, headers: Vec<SealedHeader>) -> Result<Vec<BatchItem>, RecoverError> {
        headers.into_iter().map(|header| item(&self.batches, header)).collect()
    }

    /// All chains that the table must list.
    pub(super) fn chains(&self) -> BTreeSet<&ChainId> {
        let stopped = self.tails.iter().filter(|(_, tail)| tail.stop.is_some());
        self.ends.keys().chain(stopped.map(|(chain, _)| chain)).collect()
    }

    /// What there is to tell of it.
    pub(super) fn summary(&self, found: u64) -> Recovered {
        let stopped = self.tails.iter().filter_map(|(chain, tail)| {
            let stop = tail.stop.as_ref()?;
            let (chain, reason) = (chain.clone(), stop.reason.clone());
            Some(Stopped { chain, before: stop.number, reason, continued: stop.order })
        });
        let last = |tail: &Tail| tail.items.last().map(|item| item.header.header.key.clone());
        Recovered {
            dry_run: false,
            chains: self.chains().len() as u64,
            batches: self.batches(),
            found,
            written: 0,
            adopted: self.tails.values().filter_map(last).collect(),
            stopped: stopped.collect(),
            log: self.log.as_ref().map(|Standing { head, unfinished, .. }| Log {
                size: head.to.size,
                root: head.to.root,
                unfinished: *unfinished,
            }),
            cursors: Vec::new(),
        }
    }
}

/// Lists the objects under `batches/`. What has no batch's key is for the verifier to name.
pub(super) async fn list(objects: &impl Objects) -> Result<Batches, RecoverError> {
    let versions = objects.versions("batches/").await?;
    let mut batches = Batches::new();
    for of_key in versions.chunk_by(|a: &ObjectVersion, b| a.key == b.key) {
        if let Some((chain, number)) = keys::parse_batch(&of_key[0].key) {
            batches.entry(chain).or_default().insert(number, only_version(of_key).cloned());
        }
    }
    Ok(batches)
}

fn item(batches: &Batches, header: SealedHeader) -> Result<BatchItem, RecoverError> {
    let (chain, number) = (&header.header.chain, header.header.number);
    let version = batches.get(chain).and_then(|numbers| numbers.get(&number));
    match version {
        Some(Ok(version)) => Ok(BatchItem { version: version.clone(), header }),
        version => {
            let found = match version {
                Some(Err(Refusal::Foreign(found) | Refusal::Unclear(found))) => found.clone(),
                _ => "none".to_owned(),
            };
            let key = keys::batch(chain, number);
            Err(RecoverError::archive(key, "the one version of a logged batch", found))
        }
    }
}
