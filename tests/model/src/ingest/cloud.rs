//! What is stored: versions of objects, and the ledger table. Each method is one request.

use std::collections::BTreeMap;

use cairn_batch::keys;
use cairn_ingest::protocol::Candidate;
use cairn_ledger::{ChainId, SealedHeader};
use cairn_store::{BatchItem, ChainHead, ChainState, ObjectVersion, VersionId};
use jiff::Timestamp;

/// What is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cloud {
    /// The versions at each chain's numbers, the oldest first.
    pub objects: BTreeMap<(usize, u64), Vec<Version>>,
    /// What the table has of each chain.
    pub chains: Vec<Chain>,
}

/// What the table has of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Chain {
    /// Its head, and whether it is stopped.
    pub state: ChainState,
    /// Its batches.
    pub items: Vec<BatchItem>,
}

/// A version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Version {
    /// The object of a batch.
    Object(Box<SealedHeader>),
    /// A delete marker.
    Marker,
}

/// A request that nobody waits for any more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Flight {
    /// Create an object.
    Create(usize, Box<SealedHeader>),
    /// Move a head.
    Commit(usize, Option<ChainHead>, Box<Candidate>),
    /// Stop a chain.
    Stop(usize, Option<ChainHead>, String),
}

/// The conditions under which a head moves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conditions {
    /// It is where the writer believes it to be.
    pub(crate) head: bool,
    /// The chain is not stopped.
    pub(crate) stopped: bool,
}

/// What a conditional write answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrote<T = ()> {
    Done(T),
    Conflict,
}

impl Cloud {
    pub(crate) fn new(shards: usize) -> Self {
        Self { objects: BTreeMap::new(), chains: vec![Chain::default(); shards] }
    }

    /// S3's PutObject with `If-None-Match: *`, which a delete marker lets through.
    pub(crate) fn create(
        &mut self,
        shard: usize,
        header: &SealedHeader,
        condition: bool,
    ) -> Wrote<VersionId> {
        let versions = self.objects.entry((shard, header.header.number)).or_default();
        if condition && matches!(versions.last(), Some(Version::Object(_))) {
            return Wrote::Conflict;
        }
        versions.push(Version::Object(Box::new(header.clone())));
        Wrote::Done(version_id(versions.len() - 1))
    }

    /// S3's DeleteObject without a version.
    pub(crate) fn delete(&mut self, shard: usize, number: u64) {
        self.objects.entry((shard, number)).or_default().push(Version::Marker);
    }

    /// S3's ListObjectVersions for one key.
    pub(crate) fn versions(
        &self,
        chain: &ChainId,
        shard: usize,
        number: u64,
    ) -> Vec<ObjectVersion> {
        let found = self.objects.get(&(shard, number)).map(Vec::as_slice).unwrap_or_default();
        let versions = found.iter().enumerate().rev().map(|(n, version)| ObjectVersion {
            key: keys::batch(chain, number),
            version: version_id(n),
            delete_marker: *version == Version::Marker,
            latest: n + 1 == found.len(),
            size: 0,
            modified: Timestamp::UNIX_EPOCH,
        });
        versions.collect()
    }

    /// The header of a version.
    pub(crate) fn header(
        &self,
        shard: usize,
        number: u64,
        version: &VersionId,
    ) -> Option<&SealedHeader> {
        let n: usize = version.as_str().parse().ok()?;
        match self.objects.get(&(shard, number))?.get(n)? {
            Version::Object(header) => Some(header),
            Version::Marker => None,
        }
    }

    /// The transaction that moves a head.
    pub(crate) fn commit(
        &mut self,
        shard: usize,
        expected: Option<&ChainHead>,
        candidate: &Candidate,
        conditions: Conditions,
    ) -> Wrote {
        let chain = &mut self.chains[shard];
        let stopped = conditions.stopped && chain.state.stopped.is_some();
        if stopped || conditions.head && chain.state.head.as_ref() != expected {
            return Wrote::Conflict;
        }
        let number = candidate.next.number as usize;
        chain.items.truncate(number);
        chain.items.push(candidate.item.clone());
        chain.state.head = Some(candidate.next.clone());
        Wrote::Done(())
    }

    /// The conditional update that stops a chain.
    pub(crate) fn stop(
        &mut self,
        shard: usize,
        expected: Option<&ChainHead>,
        reason: &str,
        condition: bool,
    ) -> Wrote {
        let state = &mut self.chains[shard].state;
        if condition && state.head.as_ref() != expected {
            return Wrote::Conflict;
        }
        state.stopped.get_or_insert_with(|| reason.to_owned());
        Wrote::Done(())
    }

    /// The numbers at which there is a current object.
    pub(crate) fn current(&self) -> impl Iterator<Item = (usize, u64)> {
        let is_object = |versions: &Vec<Version>| versions.last() != Some(&Version::Marker);
        self.objects.iter().filter(move |(_, versions)| is_object(versions)).map(|(at, _)| *at)
    }

    /// Whether all that was committed before is committed now, and stopped chains stand still.
    pub(crate) fn keeps(&self, before: &Self) -> bool {
        self.chains.iter().zip(&before.chains).all(|(now, before)| match before.state.stopped {
            Some(_) => now == before,
            None => now.items.starts_with(&before.items),
        })
    }
}

fn version_id(n: usize) -> VersionId {
    VersionId::new(n.to_string())
}
