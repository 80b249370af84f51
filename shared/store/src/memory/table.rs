//! The ledger table.

use std::collections::{BTreeMap, BTreeSet};

use cairn_ledger::{ChainId, Coordinates, Hash};

use super::Memory;
use crate::{BatchItem, ChainHead, ChainState, LogHead, Redrive, StoreError, StoreResult, Table};

#[derive(Clone, Default)]
pub(super) struct Ledger {
    pub(super) registered: BTreeSet<ChainId>,
    pub(super) states: BTreeMap<ChainId, ChainState>,
    pub(super) batches: BTreeMap<ChainId, BTreeMap<u64, BatchItem>>,
    pub(super) log: Option<LogHead>,
    redrives: BTreeMap<Coordinates, Redrive>,
}

impl Ledger {
    fn state(&self, chain: &ChainId) -> ChainState {
        self.states.get(chain).cloned().unwrap_or_default()
    }
}

impl Table for Memory {
    async fn chain(&self, chain: &ChainId) -> StoreResult<ChainState> {
        Ok(self.state().ledger.state(chain))
    }

    async fn commit(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        next: &ChainHead,
        batch: &BatchItem,
    ) -> StoreResult<()> {
        let mut state = self.state();
        let ledger = &mut state.ledger;
        let conflict =
            |detail: String| Err(StoreError::conflict(format_args!("commit {chain}"), detail));
        let found = ledger.state(chain);
        if let Some(reason) = found.stopped {
            return conflict(format!("the chain is stopped: {reason}"));
        }
        if found.head.as_ref() != expected {
            return conflict(moved(expected, found.head.as_ref()));
        }
        let number = batch.header.header.number;
        let items = ledger.batches.entry(chain.clone()).or_default();
        if items.contains_key(&number) {
            return conflict(format!("batch {number} has an item"));
        }
        items.insert(number, batch.clone());
        let moved = ChainState { head: Some(next.clone()), ..ChainState::default() };
        ledger.states.insert(chain.clone(), moved);
        if next.number == 0 {
            ledger.registered.insert(chain.clone());
        }
        Ok(())
    }

    async fn stop(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        reason: &str,
    ) -> StoreResult<()> {
        let mut state = self.state();
        let mut found = state.ledger.state(chain);
        if found.head.as_ref() != expected {
            let detail = moved(expected, found.head.as_ref());
            return Err(StoreError::conflict(format_args!("stop {chain}"), detail));
        }
        found.stopped.get_or_insert_with(|| reason.to_owned());
        state.ledger.states.insert(chain.clone(), found);
        state.ledger.registered.insert(chain.clone());
        Ok(())
    }

    async fn resume(
        &self,
        chain: &ChainId,
        expected: Option<&ChainHead>,
        order: &Hash,
    ) -> StoreResult<()> {
        let mut state = self.state();
        let mut found = state.ledger.state(chain);
        let conflict = |detail| Err(StoreError::conflict(format_args!("resume {chain}"), detail));
        if found.head.as_ref() != expected {
            return conflict(moved(expected, found.head.as_ref()));
        }
        if found.stopped.is_none() {
            return conflict("expected a stopped chain, found one that goes on".to_owned());
        }
        if let Some(other) = found.continued.filter(|other| other != order) {
            return conflict(format!("expected no other order, found {other}"));
        }
        found.continued = Some(*order);
        state.ledger.states.insert(chain.clone(), found);
        Ok(())
    }

    async fn chains(&self) -> StoreResult<Vec<ChainId>> {
        Ok(self.state().ledger.registered.iter().cloned().collect())
    }

    async fn batches(
        &self,
        chain: &ChainId,
        from: u64,
        limit: usize,
    ) -> StoreResult<Vec<BatchItem>> {
        let state = self.state();
        let Some(items) = state.ledger.batches.get(chain) else { return Ok(Vec::new()) };
        Ok(items.range(from..).take(limit).map(|(_, item)| item.clone()).collect())
    }

    async fn log_head(&self) -> StoreResult<Option<LogHead>> {
        Ok(self.state().ledger.log.clone())
    }

    async fn advance_log(&self, expected: Option<&LogHead>, next: &LogHead) -> StoreResult<()> {
        let log = &mut self.state().ledger.log;
        if log.as_ref() != expected {
            let size = |head: Option<&LogHead>| head.map(|head| head.to.size);
            let (expected, found) = (size(expected), size(log.as_ref()));
            let detail = format!("expected the log at size {expected:?}, found {found:?}");
            return Err(StoreError::conflict("advance log", detail));
        }
        *log = Some(next.clone());
        Ok(())
    }

    async fn redrive(&self, item: &Coordinates) -> StoreResult<Option<Redrive>> {
        Ok(self.state().ledger.redrives.get(item).cloned())
    }

    async fn move_redrive(
        &self,
        item: &Coordinates,
        expected: Option<&Redrive>,
        next: &Redrive,
    ) -> StoreResult<()> {
        let redrives = &mut self.state().ledger.redrives;
        let found = redrives.get(item);
        if found != expected {
            let detail = format!("expected {expected:?}, found {found:?}");
            return Err(StoreError::conflict(format_args!("redrive {item}"), detail));
        }
        redrives.insert(item.clone(), next.clone());
        Ok(())
    }

    async fn redrives(&self, chain: &ChainId) -> StoreResult<BTreeMap<Coordinates, Redrive>> {
        let state = self.state();
        let of_chain = state.ledger.redrives.iter().filter(|(item, _)| item.chain == *chain);
        Ok(of_chain.map(|(item, redrive)| (item.clone(), redrive.clone())).collect())
    }
}

fn moved(expected: Option<&ChainHead>, found: Option<&ChainHead>) -> String {
    let number = |head: Option<&ChainHead>| head.map(|head| head.number);
    format!("expected the head at {:?}, found {:?}", number(expected), number(found))
}
