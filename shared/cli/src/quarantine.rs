//! `cairn quarantine`: what was rejected, or has expired before it was sealed, and what became of it.

mod batch;
mod expired;
mod sealed;

use std::collections::{BTreeMap, BTreeSet};

use cairn_ledger::{ChainId, Coordinates};
use cairn_store::{BatchItem, Objects, Placed, Redrive, StoreError, Stream, Table};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::{Cloud, CloudError};

pub(crate) use batch::rejected;
pub(crate) use expired::Expired;
pub(crate) use sealed::{Sealed, Standing};

/// Batches that are read at the same time.
const CONCURRENCY: usize = 8;

/// Where everything is: the deployment's stores.
#[derive(Debug, Clone)]
pub struct Stores<O, T, S> {
    /// The archive.
    pub objects: O,
    /// The bucket of what expired, if there is one.
    pub expired: Option<O>,
    /// The ledger table.
    pub table: T,
    /// The stream.
    pub stream: S,
}

/// Which items are meant.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// These, if any are named.
    pub coordinates: BTreeSet<Coordinates>,
    /// Those that were rejected with this code.
    pub reason: Option<String>,
    /// Those of this chain's shard.
    pub chain: Option<ChainId>,
    /// Those that arrived at this time or later.
    pub since: Option<Timestamp>,
}

/// An item that is in no event of the archive as it first came.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// Where it appeared.
    #[serde(serialize_with = "crate::as_text")]
    pub coordinates: Coordinates,
    /// When its record arrived.
    pub arrived: String,
    /// When Lambda gave it up, if it has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_up: Option<String>,
    /// How many bytes it has.
    pub bytes: u64,
    /// Why it was rejected; `None` for a record that has expired.
    pub reason: Option<Reason>,
    /// Where it is kept: key of an object of the archive, or of the bucket of what expired.
    pub object: String,
    /// Its bytes.
    #[serde(serialize_with = "word")]
    pub kept: Kept,
    /// What is wrong with the bytes that are kept, if anything is.
    pub problem: Option<String>,
    /// What became of it.
    pub state: State,
}

/// Why an item was rejected, as its leaf says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The stable code.
    pub code: String,
    /// What was expected and what was found.
    pub message: String,
    /// The field that is to blame, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// The bytes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// They are there, and those that the leaf commits to.
    Raw(Vec<u8>),
    /// They are there, but not at hand: a list leaves them out.
    There,
    /// Their object is gone.
    Gone,
    /// They are not to be believed.
    Altered,
}

fn word<S: serde::Serializer>(kept: &Kept, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match kept {
        Kept::Raw(_) | Kept::There => "there",
        Kept::Gone => "gone",
        Kept::Altered => "altered",
    })
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum State {
    /// Nothing yet.
    Open,
    /// It was begun to be redriven, and nobody knows whether it is on the stream.
    Begun {
        /// When, by the clock of whoever began.
        begun: String,
    },
    /// It is on the stream anew.
    Redriven {
        /// When it was begun, by the clock of whoever did it.
        begun: String,
        /// The shard.
        shard: String,
        /// The sequence number.
        sequence: String,
    },
    /// It has expired for Lambda, and was sealed all the same.
    Sealed,
}

/// Why items cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum QuarantineError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// A store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object of a batch is not what the table says.
    #[error("{key}: {detail}: run `cairn verify`")]
    Batch {
        /// Its key.
        key: String,
        /// What was expected and found.
        detail: String,
    },
    /// An object in the bucket of what expired is not what Lambda puts there.
    #[error("{key}: expected what Lambda sends to a failure destination in S3, found {detail}")]
    Expired {
        /// Its key.
        key: String,
        /// What is wrong.
        detail: String,
    },
}

impl Stores<cairn_store::aws::S3, cairn_store::aws::DynamoDb, cairn_store::aws::Kinesis> {
    /// Those of a deployment.
    pub fn of(cloud: &Cloud) -> Result<Self, CloudError> {
        let (objects, expired) = (cloud.objects()?, cloud.expired());
        Ok(Self { objects, expired, table: cloud.table()?, stream: cloud.stream() })
    }
}

impl Selection {
    /// Whether an item is meant.
    pub(crate) fn takes(&self, item: &Item) -> bool {
        let named = self.coordinates.is_empty() || self.coordinates.contains(&item.coordinates);
        let code = item.reason.as_ref().map(|reason| &reason.code);
        let arrived = item.arrived.parse::<Timestamp>().ok();
        named
            && self.reason.as_ref().is_none_or(|reason| Some(reason) == code)
            && self.chain.as_ref().is_none_or(|chain| chain.original() == item.coordinates.chain)
            && self.since.is_none_or(|since| arrived.is_none_or(|arrived| arrived >= since))
    }

    fn takes_chain(&self, chain: &ChainId) -> bool {
        // Coordinates name the chain that a shard began with, in those that succeed it too.
        let original = chain.original();
        let named = self.coordinates.is_empty()
            || self.coordinates.iter().any(|named| named.chain == original);
        named && self.chain.as_ref().is_none_or(|wanted| wanted.original() == original)
    }

    fn takes_batch(&self, batch: &BatchItem) -> bool {
        let header = &batch.header.header;
        let holds = |named: &Coordinates| {
            named.chain == header.chain.original()
                && (&header.first..=&header.last).contains(&&named.sequence)
        };
        let latest = header.arrived[1].parse::<Timestamp>().ok();
        header.counts.rejections > 0
            && (self.coordinates.is_empty() || self.coordinates.iter().any(holds))
            && self.since.is_none_or(|since| latest.is_none_or(|latest| latest >= since))
    }
}

/// All that was begun to be redriven, by item.
pub(crate) type Redrives = BTreeMap<Coordinates, Redrive>;

/// The redrives of all chains, and of those that have nothing but what expired.
pub(crate) async fn redrives<T: Table>(
    table: &T,
    chains: impl IntoIterator<Item = ChainId>,
) -> Result<Redrives, StoreError> {
    let chains: BTreeSet<ChainId> = chains.into_iter().collect();
    let mut all = Redrives::new();
    for chain in chains {
        all.append(&mut table.redrives(&chain).await?);
    }
    Ok(all)
}

/// The batches that may hold what is meant, in order.
pub(crate) async fn batches<T: Table>(
    table: &T,
    selection: &Selection,
) -> Result<Vec<BatchItem>, StoreError> {
    let mut found = Vec::new();
    for chain in table.chains().await? {
        if selection.takes_chain(&chain) {
            let batches = table.batches(&chain, 0, usize::MAX).await?;
            found.extend(batches.into_iter().filter(|batch| selection.takes_batch(batch)));
        }
    }
    Ok(found)
}

/// What a list has.
#[derive(Debug)]
pub struct Listed {
    /// The items.
    pub items: Vec<Item>,
    /// What in the bucket of what expired cannot be read as what Lambda puts there.
    pub unreadable: Vec<QuarantineError>,
}

/// Lists the items that are meant: rejected ones, then expired ones, with their bytes if `whole`.
pub async fn list<O: Objects, T: Table, S: Stream>(
    stores: &Stores<O, T, S>,
    selection: &Selection,
    whole: bool,
    now: Timestamp,
    bar: &ProgressBar,
) -> Result<Listed, QuarantineError> {
    let batches = batches(&stores.table, selection).await?;
    bar.set_length(batches.len() as u64);
    let lists: Vec<Vec<Item>> = stream::iter(batches)
        .map(|batch| async move {
            let items = rejected(&stores.objects, &batch).await?;
            bar.inc(1);
            let meant = items.into_iter().filter(|item| selection.takes(item));
            Ok::<_, QuarantineError>(meant.map(|item| item.with_bytes(whole)).collect())
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let mut items: Vec<Item> = lists.into_iter().flatten().collect();
    let (mut expired, mut sealed) = (Expired::new(stores), Sealed::new(stores));
    // Whatever has expired was rejected for no reason, and is not asked for where all is found.
    let found = |named: &Coordinates| items.iter().any(|item| item.coordinates == *named);
    let named = &selection.coordinates;
    if selection.reason.is_none() && (named.is_empty() || !named.iter().all(found)) {
        while let Some(found) = expired.next(selection).await? {
            sealed.refresh();
            for mut item in found {
                if sealed.standing(&item, now).await? == Standing::Sealed {
                    item.state = State::Sealed;
                }
                items.push(item.with_bytes(whole));
            }
        }
    }
    let chains = items.iter().map(|item| item.coordinates.chain.clone());
    let redrives = redrives(&stores.table, chains).await?;
    for item in &mut items {
        item.tell(redrives.get(&item.coordinates));
    }
    Ok(Listed { items, unreadable: expired.unreadable })
}

impl Item {
    fn with_bytes(mut self, whole: bool) -> Self {
        if !whole && matches!(self.kept, Kept::Raw(_)) {
            self.kept = Kept::There;
        }
        self
    }

    /// Takes the state from the table.
    pub(crate) fn tell(&mut self, redrive: Option<&Redrive>) {
        let Some(Redrive { begun, put, .. }) = redrive else { return };
        let begun = format!("{begun:.3}");
        self.state = match put {
            None => State::Begun { begun },
            Some(Placed { shard, sequence }) => {
                let (shard, sequence) = (shard.clone(), sequence.to_string());
                State::Redriven { begun, shard, sequence }
            }
        };
    }
}
