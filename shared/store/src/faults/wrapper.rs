//! The wrapper: each method of each trait, by way of the process.

use std::collections::BTreeMap;

use bytes::Bytes;
use cairn_ledger::{ChainId, Coordinates, Hash, SequenceNumber};
use jiff::Timestamp;

use super::{Faults, Operation};
use crate::{
    BatchItem, ChainHead, ChainState, ETag, LogHead, ObjectVersion, Objects, Placed, Redrive,
    Retention, Signer, StoreResult, StoredObject, StoredRecord, Stream, Table, VersionId,
};

/// A store as a faulty process sees it. Implements whatever the store implements.
#[derive(Debug, Clone)]
pub struct Faulty<T> {
    process: Faults,
    store: T,
}

impl<T> Faulty<T> {
    pub(super) fn new(process: Faults, store: T) -> Self {
        Self { process, store }
    }

    /// The process whose view this is.
    pub fn process(&self) -> &Faults {
        &self.process
    }
}

impl<T: Objects> Objects for Faulty<T> {
    async fn create(
        &self,
        key: &str,
        body: Bytes,
        retention: Option<Retention>,
    ) -> StoreResult<VersionId> {
        let forward = self.store.create(key, body, retention);
        self.process.call(Operation::Create, key.to_owned(), forward).await
    }

    async fn replace(&self, key: &str, body: Bytes, expected: Option<&ETag>) -> StoreResult<ETag> {
        let forward = self.store.replace(key, body, expected);
        self.process.call(Operation::Replace, key.to_owned(), forward).await
    }

    async fn read(&self, key: &str) -> StoreResult<Option<StoredObject>> {
        self.process.call(Operation::Read, key.to_owned(), self.store.read(key)).await
    }

    async fn read_version(
        &self,
        key: &str,
        version: &VersionId,
    ) -> StoreResult<Option<StoredObject>> {
        let forward = self.store.read_version(key, version);
        self.process.call(Operation::ReadVersion, key.to_owned(), forward).await
    }

    async fn versions(&self, prefix: &str) -> StoreResult<Vec<ObjectVersion>> {
        let forward = self.store.versions(prefix);
        self.process.call(Operation::Versions, prefix.to_owned(), forward).await
    }

    async fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> StoreResult<Vec<String>> {
        let forward = self.store.list(prefix, after, limit);
        self.process.call(Operation::List, prefix.to_owned(), forward).await
    }
}

impl<T: Table> Table for Faulty<T> {
    async fn chain(&self, chain: &ChainId) -> StoreResult<ChainState> {
        self.process.call(Operation::Chain, chain.to_string(), self.store.chain(chain)).await
    }

    async fn commit(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        next: &ChainHead,
        batch: &BatchItem,
    ) -> StoreResult<()> {
        let key = format!("{chain}#{}", next.number);
        let forward = self.store.commit(chain, expected, next, batch);
        self.process.call(Operation::Commit, key, forward).await
    }

    async fn stop(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        reason: &str,
    ) -> StoreResult<()> {
        let forward = self.store.stop(chain, expected, reason);
        self.process.call(Operation::Stop, chain.to_string(), forward).await
    }

    async fn resume(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        order: &Hash,
    ) -> StoreResult<()> {
        let forward = self.store.resume(chain, expected, order);
        self.process.call(Operation::Resume, chain.to_string(), forward).await
    }

    async fn chains(&self) -> StoreResult<Vec<ChainId>> {
        self.process.call(Operation::Chains, String::new(), self.store.chains()).await
    }

    async fn batches(
        &self,
        chain: &ChainId,
        from: u64,
        limit: usize,
    ) -> StoreResult<Vec<BatchItem>> {
        let forward = self.store.batches(chain, from, limit);
        self.process.call(Operation::Batches, chain.to_string(), forward).await
    }

    async fn log_head(&self) -> StoreResult<Option<LogHead>> {
        self.process.call(Operation::LogHead, String::new(), self.store.log_head()).await
    }

    async fn advance_log(&self, expected: Option<&LogHead>, next: &LogHead) -> StoreResult<()> {
        let forward = self.store.advance_log(expected, next);
        self.process.call(Operation::AdvanceLog, next.to.size.to_string(), forward).await
    }

    async fn redrive(&self, item: &Coordinates) -> StoreResult<Option<Redrive>> {
        let forward = self.store.redrive(item);
        self.process.call(Operation::Redrive, item.to_string(), forward).await
    }

    async fn move_redrive(
        &self,
        item: &Coordinates,
        expected: Option<&Redrive>,
        next: &Redrive,
    ) -> StoreResult<()> {
        let forward = self.store.move_redrive(item, expected, next);
        self.process.call(Operation::MoveRedrive, item.to_string(), forward).await
    }

    async fn redrives(&self, chain: &ChainId) -> StoreResult<BTreeMap<Coordinates, Redrive>> {
        let forward = self.store.redrives(chain);
        self.process.call(Operation::Redrives, chain.to_string(), forward).await
    }
}

impl<T: Signer> Signer for Faulty<T> {
    async fn public_key(&self) -> StoreResult<Vec<u8>> {
        self.process.call(Operation::PublicKey, String::new(), self.store.public_key()).await
    }

    async fn sign(&self, message: &[u8]) -> StoreResult<Vec<u8>> {
        self.process.call(Operation::Sign, String::new(), self.store.sign(message)).await
    }
}

impl<T: Stream> Stream for Faulty<T> {
    async fn created(&self, stream: &str) -> StoreResult<Timestamp> {
        let forward = self.store.created(stream);
        self.process.call(Operation::Created, stream.to_owned(), forward).await
    }

    async fn parents(&self, stream: &str, shard: &str) -> StoreResult<Option<Vec<String>>> {
        let forward = self.store.parents(stream, shard);
        self.process.call(Operation::Parents, format!("{stream}/{shard}"), forward).await
    }

    async fn records(
        &self,
        stream: &str,
        shard: &str,
        first: &SequenceNumber,
        last: &SequenceNumber,
    ) -> StoreResult<Vec<StoredRecord>> {
        let forward = self.store.records(stream, shard, first, last);
        self.process.call(Operation::Records, format!("{stream}/{shard}"), forward).await
    }

    async fn put(&self, stream: &str, key: &str, data: Bytes) -> StoreResult<Placed> {
        let forward = self.store.put(stream, key, data);
        self.process.call(Operation::Put, stream.to_owned(), forward).await
    }

    async fn scan(
        &self,
        stream: &str,
        since: Timestamp,
        visit: impl FnMut(&str, StoredRecord) + Send,
    ) -> StoreResult<Timestamp> {
        let forward = self.store.scan(stream, since, visit);
        self.process.call(Operation::Scan, stream.to_owned(), forward).await
    }
}
