//! A cloud that counts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use cairn_batch::keys;
use cairn_ledger::{ChainId, Coordinates, Cursors, Hash, LogTree, TilePath};
use cairn_store::memory::SoftwareSigner;
use cairn_store::{
    BatchItem, ChainHead, ChainState, ETag, Encryption, LogHead, ObjectVersion, Objects, Redrive,
    Retention, Signer, StoreError, StoreResult, StoredObject, Table, VersionId,
};
use jiff::Timestamp;

use super::time::{Pace, wait};

/// What was asked of the cloud.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Requests {
    /// S3 PutObject.
    pub puts: u64,
    /// ... of tiles and entry bundles.
    pub tiles: u64,
    /// ... of them that will be replaced by fuller ones.
    pub partial_tiles: u64,
    /// Bytes that were put.
    pub put_bytes: u64,
    /// ... of tiles and entry bundles.
    pub tile_bytes: u64,
    /// S3 GetObject.
    pub gets: u64,
    /// S3 ListObjectsV2.
    pub lists: u64,
    /// DynamoDB Query, one for each chain and the list of chains.
    pub queries: u64,
    /// DynamoDB read units: strongly consistent, one for each 4 KB or part of them of each page.
    pub read_units: u64,
    /// DynamoDB write units of the log's head.
    pub write_units: u64,
    /// KMS Sign.
    pub signs: u64,
    /// Headers that were read.
    pub headers: u64,
    /// Entries of the largest move of the log.
    pub largest_move: u64,
}

/// The cloud. Clones are handles of the same one.
#[derive(Clone)]
pub struct Simulated {
    state: Arc<Mutex<State>>,
    pace: Pace,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Bytes>,
    checkpoint: u64,
    registered: BTreeSet<ChainId>,
    /// Batches that the log may still ask for.
    batches: BTreeMap<ChainId, VecDeque<BatchItem>>,
    head: Option<LogHead>,
    requests: Requests,
}

/// Bytes of a read unit.
const READ_UNIT: u64 = 4_096;

/// Bytes of a page of a query.
const PAGE: u64 = 1 << 20;

/// Bytes of an item of a batch. A test of the store holds it to them.
const ITEM: u64 = 720;

impl Simulated {
    pub(super) fn new(pace: Pace) -> Self {
        Self { state: Arc::default(), pace }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Counts a query and the time of its pages.
    async fn query(&self, bytes: u64) {
        let pages = bytes.div_ceil(PAGE).max(1);
        {
            let requests = &mut self.state().requests;
            requests.queries += pages;
            requests.read_units += bytes.div_ceil(READ_UNIT).max(1);
        }
        wait(self.pace.table * u32::try_from(pages).unwrap()).await;
    }

    /// Its requests so far.
    pub fn requests(&self) -> Requests {
        self.state().requests
    }

    /// As a transaction of ingest does it; not counted.
    pub(super) fn commit_batch(&self, item: BatchItem) {
        let mut state = self.state();
        let chain = item.header.header.chain.clone();
        state.registered.insert(chain.clone());
        state.batches.entry(chain).or_default().push_back(item);
    }

    /// A signer that is counted.
    pub(super) fn signing(&self, signer: SoftwareSigner) -> Counted {
        Counted { cloud: self.clone(), signer }
    }

    pub(super) fn body(&self, key: &str) -> Bytes {
        self.state().objects[key].clone()
    }

    /// The bytes of the largest object below a prefix.
    pub(super) fn largest(&self, prefix: &str) -> usize {
        let state = self.state();
        let below = state.objects.range(prefix.to_owned()..);
        let below = below.take_while(|(key, _)| key.starts_with(prefix));
        below.map(|(_, body)| body.len()).max().unwrap_or_default()
    }

    /// Drops whatever no tick will read once the log has this size and has come so far.
    pub(super) fn forget_what_is_behind(&self, size: u64, cursors: &Cursors) {
        let mut state = self.state();
        let mut needed: BTreeSet<String> =
            LogTree::needs(size).iter().map(|path| keys::tile(&path.to_string())).collect();
        needed.extend([keys::CHECKPOINT.to_owned(), keys::checkpoint(size)]);
        if let Some(head) = &state.head {
            needed.insert(keys::cursors(&head.to.cursors));
        }
        state.objects.retain(|key, _| needed.contains(key));
        state.batches.retain(|chain, items| {
            let next = cursors.next(chain);
            while items.front().is_some_and(|item| item.header.header.number < next) {
                items.pop_front();
            }
            !items.is_empty()
        });
    }
}

fn object(body: Bytes, etag: u64) -> StoredObject {
    StoredObject {
        body,
        version: VersionId::new("1"),
        etag: ETag::new(etag.to_string()),
        modified: Timestamp::UNIX_EPOCH,
        retention: None,
        encryption: Encryption::Other("none".to_owned()),
    }
}

fn conflict(operation: &str) -> StoreError {
    StoreError::Conflict { operation: operation.to_owned(), detail: "it is there".to_owned() }
}

/// What the checkpoint function never asks for.
fn unasked<T>(operation: &str) -> StoreResult<T> {
    Err(StoreError::Refused { operation: operation.to_owned(), detail: "not simulated".to_owned() })
}

impl Objects for Simulated {
    async fn create(&self, key: &str, body: Bytes, _: Option<Retention>) -> StoreResult<VersionId> {
        wait(self.pace.put).await;
        let mut state = self.state();
        state.requests.puts += 1;
        let tile = key.strip_prefix("log/").and_then(|path| path.parse::<TilePath>().ok());
        if let Some(tile) = tile {
            state.requests.tiles += 1;
            state.requests.partial_tiles += u64::from(tile.is_partial());
            state.requests.tile_bytes += body.len() as u64;
        }
        if state.objects.contains_key(key) {
            return Err(conflict(key));
        }
        state.requests.put_bytes += body.len() as u64;
        state.objects.insert(key.to_owned(), body);
        Ok(VersionId::new("1"))
    }

    async fn replace(&self, key: &str, body: Bytes, expected: Option<&ETag>) -> StoreResult<ETag> {
        wait(self.pace.put).await;
        let mut state = self.state();
        state.requests.puts += 1;
        let there = state.objects.contains_key(key);
        let current = there.then(|| ETag::new(state.checkpoint.to_string()));
        if current.as_ref() != expected {
            return Err(conflict(key));
        }
        state.requests.put_bytes += body.len() as u64;
        state.checkpoint += 1;
        state.objects.insert(key.to_owned(), body);
        Ok(ETag::new(state.checkpoint.to_string()))
    }

    async fn read(&self, key: &str) -> StoreResult<Option<StoredObject>> {
        wait(self.pace.get).await;
        let mut state = self.state();
        state.requests.gets += 1;
        let etag = state.checkpoint;
        Ok(state.objects.get(key).map(|body| object(body.clone(), etag)))
    }

    async fn read_version(&self, _: &str, _: &VersionId) -> StoreResult<Option<StoredObject>> {
        unasked("GetObject of a version")
    }

    async fn versions(&self, _: &str) -> StoreResult<Vec<ObjectVersion>> {
        unasked("ListObjectVersions")
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> StoreResult<Vec<String>> {
        wait(self.pace.put).await;
        let mut state = self.state();
        state.requests.lists += 1;
        let keys = state.objects.keys().filter(|key| key.starts_with(prefix));
        let keys = keys.filter(|key| after.is_none_or(|after| key.as_str() > after));
        Ok(keys.take(limit).cloned().collect())
    }
}

impl Table for Simulated {
    async fn chain(&self, _: &ChainId) -> StoreResult<ChainState> {
        unasked("GetItem of a chain")
    }

    async fn commit(
        &self,
        _: &ChainId,
        _: Option<&ChainHead>,
        _: &ChainHead,
        _: &BatchItem,
    ) -> StoreResult<()> {
        unasked("TransactWriteItems")
    }

    async fn stop(&self, _: &ChainId, _: Option<&ChainHead>, _: &str) -> StoreResult<()> {
        unasked("UpdateItem of a chain")
    }

    async fn resume(&self, _: &ChainId, _: Option<&ChainHead>, _: &Hash) -> StoreResult<()> {
        unasked("UpdateItem of a stopped chain")
    }

    async fn chains(&self) -> StoreResult<Vec<ChainId>> {
        let chains: Vec<ChainId> = self.state().registered.iter().cloned().collect();
        // `pk` and `sk`, their names, and the name of the list.
        let bytes: u64 = chains.iter().map(|chain| 10 + chain.as_str().len() as u64).sum();
        self.query(bytes).await;
        Ok(chains)
    }

    async fn batches(
        &self,
        chain: &ChainId,
        from: u64,
        limit: usize,
    ) -> StoreResult<Vec<BatchItem>> {
        let mut found = Vec::new();
        if let Some(items) = self.state().batches.get(chain) {
            let first = items.partition_point(|item| item.header.header.number < from);
            found.extend(items.range(first..).take(limit).cloned());
        }
        self.state().requests.headers += found.len() as u64;
        self.query(ITEM * found.len() as u64).await;
        Ok(found)
    }

    async fn log_head(&self) -> StoreResult<Option<LogHead>> {
        wait(self.pace.table).await;
        let mut state = self.state();
        state.requests.read_units += 1;
        Ok(state.head.clone())
    }

    async fn advance_log(&self, expected: Option<&LogHead>, next: &LogHead) -> StoreResult<()> {
        wait(self.pace.table).await;
        let mut state = self.state();
        state.requests.write_units += 1;
        if state.head.as_ref() != expected {
            return Err(conflict("PutItem of the log's head"));
        }
        let added = next.to.size - expected.map_or(0, |head| head.to.size);
        state.requests.largest_move = state.requests.largest_move.max(added);
        state.head = Some(next.clone());
        Ok(())
    }

    async fn redrive(&self, _: &Coordinates) -> StoreResult<Option<Redrive>> {
        unasked("GetItem of a redrive")
    }

    async fn move_redrive(
        &self,
        _: &Coordinates,
        _: Option<&Redrive>,
        _: &Redrive,
    ) -> StoreResult<()> {
        unasked("PutItem of a redrive")
    }

    async fn redrives(&self, _: &ChainId) -> StoreResult<BTreeMap<Coordinates, Redrive>> {
        unasked("Query redrives")
    }
}

/// A signer whose signatures are counted.
pub(super) struct Counted {
    cloud: Simulated,
    signer: SoftwareSigner,
}

impl Signer for Counted {
    async fn public_key(&self) -> StoreResult<Vec<u8>> {
        self.signer.public_key().await
    }

    async fn sign(&self, message: &[u8]) -> StoreResult<Vec<u8>> {
        wait(self.cloud.pace.sign).await;
        self.cloud.state().requests.signs += 1;
        self.signer.sign(message).await
    }
}
