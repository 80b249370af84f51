//! What the log does not have of a chain yet: judged as ingest judges what it adopts.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_adopt::{Refusal, extends, foreign, most_row_bytes, protected, recomputes, unreadable};
use cairn_batch::{Columns, keys};
use cairn_event::Bundle;
use cairn_ledger::{ChainId, Hash, Lineage, Parent, SealedHeader};
use cairn_store::{BatchItem, ChainHead, Objects, VersionId};
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::Mutex;

use super::orders::Orders;
use super::outlook::{Batches, Version};
use super::{CONCURRENCY, Options, RecoverError};

/// What lies beyond the log of one chain.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    /// Batches to commit, in order.
    pub(super) items: Vec<BatchItem>,
    /// Why the chain is stopped behind them, if it is.
    pub(super) stop: Option<Stop>,
}

/// Why a chain is stopped.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// The number that is not committed.
    pub(super) number: u64,
    /// In the words of ingest.
    pub(super) reason: String,
    /// The bundle that the object there names, if it can be read.
    pub(super) bundle: Option<Hash>,
    /// Hash of the order by which the chain's successor goes on, if there is one.
    pub(super) order: Option<Hash>,
}

/// What the archive holds.
pub(super) struct Archive<'a, O> {
    pub(super) objects: &'a O,
    /// Name of the log.
    pub(super) origin: &'a str,
    pub(super) batches: &'a Batches,
    pub(super) orders: &'a Orders,
}

/// An object beyond the log.
struct Candidate {
    chain: ChainId,
    number: u64,
    read: Result<Read, Refusal>,
}

/// One that can be read.
struct Read {
    header: SealedHeader,
    version: VersionId,
    /// Whether it recomputes, and is protected.
    sound: Result<(), Refusal>,
}

/// The bundles that judged, by their hashes.
type Bundles = Mutex<BTreeMap<Hash, Option<Arc<Bundle>>>>;

/// Judges what lies beyond `ends`, where the log leaves the chains. Ends with where they are then.
pub(super) async fn tails<O: Objects>(
    archive: &Archive<'_, O>,
    ends: &mut BTreeMap<ChainId, ChainHead>,
    options: &Options,
) -> Result<BTreeMap<ChainId, Tail>, RecoverError> {
    let Archive { objects, batches, orders, .. } = *archive;
    let bundles = Bundles::default();
    let beyond = batches.iter().flat_map(|(chain, numbers)| {
        let next = ChainHead::next_number(ends.get(chain));
        // What lies there is acknowledged as no batch.
        let end = orders.get(chain).map_or(u64::MAX, |(order, _)| order.number().max(next));
        let contiguous = numbers.range(next..end).zip(next..).take_while(|((n, _), at)| *n == at);
        contiguous.map(move |((number, version), _)| (chain.clone(), *number, version.clone()))
    });
    let mut candidates: Vec<Candidate> = stream::iter(beyond.collect::<Vec<_>>())
        .map(|(chain, number, version)| candidate(objects, &bundles, chain, number, version))
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    // Parents sort before their children: Kinesis numbers shards as they come. Stopped chains come before those
    // that succeed them.
    candidates.sort_by_key(|Candidate { chain, .. }| (chain.original(), chain.generation()));
    let mut tails: BTreeMap<ChainId, Tail> = BTreeMap::new();
    candidates.reverse();
    while let Some(candidate) = candidates.pop() {
        let Candidate { chain, number, read } = candidate;
        let last = candidates.last().is_none_or(|next| next.chain != chain);
        let tail = tails.entry(chain.clone()).or_default();
        let key = keys::batch(&chain, number);
        let stop = |reason: String, bundle| {
            let reason = format!("{key}: {reason}");
            Stop { number, reason, bundle, order: None }
        };
        let bundle = read.as_ref().ok().map(|read| read.header.header.bundle);
        if last && options.stopped.get(&chain) == Some(&number) {
            tail.stop = Some(stop(BY_OPERATOR.to_owned(), bundle));
            continue;
        }
        match read.and_then(|read| judge(archive, &chain, ends, read)) {
            Ok(item) => {
                ends.insert(chain, ChainHead::at(&item));
                tail.items.push(item);
            }
            Err(Refusal::Foreign(reason)) if last => tail.stop = Some(stop(reason, bundle)),
            // What follows it was put by whoever had committed it, so it was another once.
            Err(Refusal::Foreign(reason)) => {
                return Err(RecoverError::archive(
                    key,
                    "the batch that the next one follows",
                    reason,
                ));
            }
            Err(Refusal::Unclear(reason)) => return Err(RecoverError::Unclear { key, reason }),
        }
    }
    for (chain, (order, hash)) in orders {
        let (number, reason) = (order.number(), order.reason.clone());
        let stop = Stop { number, reason, bundle: None, order: Some(*hash) };
        tails.entry(chain.clone()).or_default().stop = Some(stop);
    }
    for (chain, number) in &options.stopped {
        let (next, number) = (ChainHead::next_number(ends.get(chain)), *number);
        let key = keys::batch(chain, number);
        let known = batches.contains_key(chain) || orders.contains_key(chain);
        if number != next || !known {
            return Err(RecoverError::NotNext { expected: keys::batch(chain, next), found: key });
        }
        let tail = tails.entry(chain.clone()).or_default();
        let reason = format!("{key}: {BY_OPERATOR}");
        tail.stop.get_or_insert(Stop { number, reason, bundle: None, order: None });
    }
    Ok(tails)
}

const BY_OPERATOR: &str = "stopped before the table was recovered, by the word of its operator";

/// Reads one object, and checks all that needs no other.
async fn candidate(
    objects: &impl Objects,
    bundles: &Bundles,
    chain: ChainId,
    number: u64,
    version: Version,
) -> Result<Candidate, RecoverError> {
    let read = match version {
        Ok(version) => read(objects, bundles, &keys::batch(&chain, number), &version).await?,
        Err(refusal) => Err(refusal),
    };
    Ok(Candidate { chain, number, read })
}

async fn read(
    objects: &impl Objects,
    bundles: &Bundles,
    key: &str,
    version: &VersionId,
) -> Result<Result<Read, Refusal>, RecoverError> {
    let Some(object) = objects.read_version(key, version).await? else {
        let reason = format!("version {} has vanished", version.as_str());
        return Ok(Err(Refusal::Foreign(reason)));
    };
    let header = match cairn_batch::header(&object.body) {
        Ok(header) => header,
        Err(error) => return Ok(Err(unreadable(error))),
    };
    let Some(bundle) = bundle(objects, bundles, header.bundle).await? else {
        let reason = format!("its config bundle {} is not in the archive", header.bundle);
        let read = Read {
            header: header.seal(Hash::of(&object.body)),
            version: object.version,
            sound: Err(Refusal::Unclear(reason)),
        };
        return Ok(Ok(read));
    };
    let columns = match Columns::read(&object.body, most_row_bytes(&bundle)) {
        Ok(columns) => columns,
        Err(error) => return Ok(Err(unreadable(error))),
    };
    let sound = recomputes(&columns, Some(&bundle)).map(drop).and_then(|()| protected(&object));
    let header = columns.header().clone().seal(Hash::of(&object.body));
    Ok(Ok(Read { header, version: object.version, sound }))
}

/// Whether an object is the next of its chain.
fn judge<O>(
    archive: &Archive<'_, O>,
    chain: &ChainId,
    ends: &BTreeMap<ChainId, ChainHead>,
    read: Read,
) -> Result<BatchItem, Refusal> {
    let head = ends.get(chain);
    extends(archive.origin, chain, head, &read.header.header)?;
    let found = &read.header.header.lineage;
    // The ends of the parents that it names, as far as there are such.
    let known = || {
        let parents = found.parents().iter();
        let parents = parents.filter_map(|Parent { chain, .. }| {
            let link = ends.get(chain)?.link;
            Some(Parent { chain: chain.clone(), link })
        });
        parents.collect()
    };
    let order = chain.predecessor().and_then(|stopped| archive.orders.get(&stopped));
    let expected = match (head, order) {
        (Some(head), _) => Lineage::Previous(head.link),
        (None, Some((_, order))) => Lineage::Ordered { parents: known(), order: *order },
        (None, None) => Lineage::Genesis(known()),
    };
    if *found != expected {
        return Err(foreign("lineage", &expected, found));
    }
    read.sound?;
    Ok(BatchItem { header: read.header, version: read.version })
}

/// A bundle, if the archive has it.
async fn bundle(
    objects: &impl Objects,
    bundles: &Bundles,
    hash: Hash,
) -> Result<Option<Arc<Bundle>>, RecoverError> {
    let mut bundles = bundles.lock().await;
    if let Some(known) = bundles.get(&hash) {
        return Ok(known.clone());
    }
    let object = objects.read(&keys::bundle(&hash)).await?;
    let body = object.map(|object| object.body).filter(|body| Hash::of(body) == hash);
    let bundle = body.and_then(|body| Bundle::parse(&body).ok()).map(Arc::new);
    bundles.insert(hash, bundle.clone());
    Ok(bundle)
}
