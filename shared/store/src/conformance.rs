//! One suite for every implementation: it asserts what the traits promise.
//!
//! Each function takes a store that may hold anything, as long as nothing in it bears the
//! [`Ground`]'s name, and panics where the store breaks a promise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests, in a library so that every implementation's tests can run them"
)]

mod locks;
mod objects;
mod signer;
mod stream;
mod table;

use std::future::Future;

use jiff::Timestamp;

pub use locks::{LockProbe, locks};
pub use objects::objects;
pub use signer::signer;
pub use stream::{Given, stream};
pub use table::table;

use crate::{StoreError, StoreResult};

/// Where the suite may write.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Distinguishes this run from every other one on the same store: lower-case letters, digits,
    /// hyphens.
    pub name: String,
    /// The store's present time, within some minutes.
    pub now: Timestamp,
    /// The key that the store's objects are encrypted under, as the store reports it.
    pub data_key: String,
}

impl Ground {
    fn key(&self, key: &str) -> String {
        format!("conformance/{}/{key}", self.name)
    }
}

#[track_caller]
fn assert_conflict<T: std::fmt::Debug>(answer: StoreResult<T>) {
    assert!(matches!(answer, Err(StoreError::Conflict { .. })), "not a conflict: {answer:?}");
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: StoreResult<T>) {
    assert!(matches!(answer, Err(StoreError::Refused { .. })), "not refused: {answer:?}");
}

/// Runs the calls on tasks of their own, all at once; their answers in the order of the calls.
async fn at_once<T, F>(calls: impl IntoIterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        answers.push(task.await.expect("a call of a store does not panic"));
    }
    answers
}

/// The winner's place, if one call succeeded and all others met a conflict.
#[track_caller]
fn only_winner<T: std::fmt::Debug>(answers: &[StoreResult<T>]) -> usize {
    let winners: Vec<usize> = (0..answers.len()).filter(|&place| answers[place].is_ok()).collect();
    let lost = |answer: &&StoreResult<T>| matches!(answer, Err(StoreError::Conflict { .. }));
    let losers = answers.iter().filter(lost).count();
    assert_eq!((winners.len(), losers), (1, answers.len() - 1), "of all at once: {answers:?}");
    winners[0]
}
