//! `cairn resume`: an operator's order that a stopped chain goes on, as its successor.
//!
//! The order is written to the archive first, under lock, *if none is there*: whoever puts it decides, once
//! and for all. Then the table names it, and ingest goes over. A run that ended between the two is simply run
//! again, by whomever: what stands is carried out, and never replaced.

mod examine;

use bytes::Bytes;
use cairn_batch::keys;
use cairn_ledger::{ChainId, DocumentError, Hash, Order};
use cairn_store::{ChainHead, LockMode, Objects, Retention, StoreError, Table};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::cloud::{Cloud, CloudError};
use crate::log::LogError;

pub use examine::{Examined, examine};

use examine::standing;

/// How often a write is tried whose outcome nobody tells.
const ATTEMPTS: u32 = 8;

/// Who orders, why, and by what rules the order is kept.
#[derive(Debug, Clone)]
pub struct Context {
    /// Name of the log.
    pub origin: String,
    /// Lock mode of the archive.
    pub lock_mode: LockMode,
    /// For how long orders are locked: as the log.
    pub retention: SignedDuration,
    /// Who orders it.
    pub by: String,
    /// Why, in that person's words.
    pub why: String,
    /// Ingest has stood still for so long that no writer of the stopped chain is left.
    pub ingest_stood_still: bool,
    /// The clock.
    pub now: Timestamp,
}

/// Why a chain does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// A store did not do what was asked. Run it again: what stands is carried out.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Nobody knows who orders.
    #[error("who you are: {0}")]
    Caller(String),
    /// There is no stop to go on from.
    #[error("{chain}: expected a stopped chain, found {found}")]
    NotStopped {
        /// The chain.
        chain: ChainId,
        /// What it is.
        found: &'static str,
    },
    /// The order would say what none can.
    #[error("order: {0}")]
    Order(#[from] DocumentError),
    /// A writer that was under way could still put a batch at the key, unseen by the order.
    #[error(
        "{key}: expected an object, which keeps writers of the stopped chain out, found none: set ingest's concurrency to 0, wait for 20 minutes, and say --ingest-stood-still"
    )]
    Open {
        /// Key of the next batch.
        key: String,
    },
    /// Table and archive, or the parts of the archive, disagree.
    #[error("{what}: expected {expected}, found {found}: run `cairn verify`")]
    Disagreement {
        /// What it is about.
        what: String,
        /// What was expected.
        expected: String,
        /// What was found.
        found: String,
    },
}

impl ResumeError {
    /// Whether it tells that something is wrong, and not merely that it could not be done.
    pub fn is_finding(&self) -> bool {
        match self {
            Self::Disagreement { .. } => true,
            Self::Log(error) => error.is_finding(),
            _ => false,
        }
    }
}

fn disagreement(what: impl ToString, expected: impl ToString, found: impl ToString) -> ResumeError {
    let (what, expected, found) = (what.to_string(), expected.to_string(), found.to_string());
    ResumeError::Disagreement { what, expected, found }
}

/// By what a chain goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resumed {
    /// The stopped chain.
    #[serde(serialize_with = "crate::as_text")]
    pub chain: ChainId,
    /// The chain that goes on.
    #[serde(serialize_with = "crate::as_text")]
    pub successor: ChainId,
    /// Key of the order.
    pub key: String,
    /// Its hash.
    pub hash: Hash,
    /// The order.
    #[serde(serialize_with = "document")]
    pub order: Order,
    /// Whether this run put the order; else it stood already, and was carried out.
    pub new: bool,
}

/// An order as it is written.
pub fn document<S: serde::Serializer>(order: &Order, serializer: S) -> Result<S::Ok, S::Error> {
    let json: serde_json::Value = serde_json::from_str(&order.to_json()).unwrap_or_default();
    json.serialize(serializer)
}

/// The context of a deployment, and of whoever is signed in.
pub async fn context(
    cloud: &Cloud,
    why: &str,
    ingest_stood_still: bool,
) -> Result<Context, ResumeError> {
    let settings = cloud.settings();
    let keys = settings.verifier_keys()?;
    let days = i64::from(settings.log_retention_days()?);
    Ok(Context {
        origin: keys.first().map(|key| key.name().to_owned()).unwrap_or_default(),
        lock_mode: settings.required_lock_mode()?,
        retention: SignedDuration::from_hours(24 * days),
        by: cloud.caller().await.map_err(ResumeError::Caller)?,
        why: why.to_owned(),
        ingest_stood_still,
        now: Timestamp::now(),
    })
}

/// Carries out what was [examined](examine): puts the order unless one stands, and has the table name it.
pub async fn resume<O: Objects, T: Table>(
    objects: &O,
    table: &T,
    context: &Context,
    examined: Examined,
) -> Result<Resumed, ResumeError> {
    let Examined { order, head, stands, .. } = examined;
    let (order, new) = match stands {
        true => (order, false),
        false => put(objects, context, order, head.as_ref()).await?,
    };
    let hash = order.hash();
    mark(table, &order.chain, head.as_ref(), &hash).await?;
    let (chain, key) = (order.chain.clone(), keys::order(&order.chain));
    Ok(Resumed { successor: chain.successor(), chain, key, hash, order, new })
}

/// Puts an order, if none is there; the one that stands, and whether it is this one.
async fn put(
    objects: &impl Objects,
    context: &Context,
    order: Order,
    head: Option<&ChainHead>,
) -> Result<(Order, bool), ResumeError> {
    let key = keys::order(&order.chain);
    let retention = Retention { mode: context.lock_mode, until: context.now + context.retention };
    for _ in 0..ATTEMPTS {
        match objects.create(&key, Bytes::from(order.to_json()), Some(retention)).await {
            Ok(_) => return Ok((order, true)),
            // Whatever came of it, what is there tells.
            Err(StoreError::Unknown { .. } | StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(there) = standing(objects, &context.origin, &order.chain, head).await? {
            let new = there == order;
            return Ok((there, new));
        }
    }
    Err(unanswered(format!("create {key}")))
}

/// Has the table name the order.
async fn mark(
    table: &impl Table,
    chain: &ChainId,
    head: Option<&ChainHead>,
    order: &Hash,
) -> Result<(), ResumeError> {
    for _ in 0..ATTEMPTS {
        match table.resume(chain, head, order).await {
            Ok(()) => return Ok(()),
            Err(StoreError::Unknown { .. } | StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let state = table.chain(chain).await?;
        match state.continued {
            Some(there) if there == *order => return Ok(()),
            Some(there) => return Err(disagreement(chain, format!("the order {order}"), there)),
            None if state.head.as_ref() != head || state.stopped.is_none() => {
                return Err(disagreement(
                    chain,
                    "the stop that was ordered about",
                    "another state",
                ));
            }
            None => {}
        }
    }
    Err(unanswered(format!("resume {chain}")))
}

fn unanswered(operation: String) -> ResumeError {
    StoreError::Unknown { operation, detail: "no answer to several writes".to_owned() }.into()
}

#[cfg(test)]
mod tests;
