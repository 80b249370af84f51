//! The reads and writes of a publication: cursors, plan, tiles, signed checkpoint. Every write may be repeated.

use bytes::Bytes;
use cairn_batch::keys;
use cairn_ledger::{Checkpoint, Hash};
use cairn_store::{ETag, Objects, Retention, Signer, StoreError, StoredObject};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;

use crate::handler::{CheckpointError, Deps, disagreement};
use crate::plan::Move;
use crate::protocol::{Answer, Publication};

/// Tiles that are written at the same time.
const CONCURRENCY: usize = 16;

/// The latest checkpoint, and the entity tag that it has now.
pub(crate) async fn current<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
) -> Result<Option<(Checkpoint, ETag)>, CheckpointError> {
    let read = read(deps, keys::CHECKPOINT).await?;
    Ok(read.map(|(checkpoint, object)| (checkpoint, object.etag)))
}

/// The key of a signed checkpoint beyond `size`, if there is one.
pub(crate) async fn beyond<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    size: u64,
) -> Result<Option<String>, StoreError> {
    let prefix = keys::checkpoint_prefix();
    let mut later = deps.objects.list(prefix, Some(&keys::checkpoint(size)), 1).await?;
    Ok(later.pop())
}

/// Puts the cursors where the head that is about to move will look for them.
pub(crate) async fn keep_cursors<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    planned: &Move,
) -> Result<Answer, CheckpointError> {
    let key = keys::cursors(&planned.to.cursors);
    let body = planned.cursors.to_json().into();
    create_same(deps, &key, body, deps.settings.batch_retention).await?;
    Ok(Answer::Done)
}

pub(crate) async fn keep_plan<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    publication: &Publication,
) -> Result<Answer, CheckpointError> {
    let Publication { head, planned, .. } = publication;
    let key = keys::plan(head.moved, head.to.size);
    create_same(deps, &key, planned.plan.to_json().into(), deps.settings.batch_retention).await?;
    Ok(Answer::Done)
}

pub(crate) async fn keep_tiles<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    publication: &Publication,
) -> Result<Answer, CheckpointError> {
    let (short, long) = (deps.settings.batch_retention, deps.settings.log_retention);
    let files = &publication.planned.growth.files;
    let mut writes = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let locked_for = if path.is_partial() { short } else { long };
        let (key, bytes) = (keys::tile(&path.to_string()), Bytes::copy_from_slice(bytes));
        writes.push(async move { create_same(deps, &key, bytes, locked_for).await });
    }
    stream::iter(writes).buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    Ok(Answer::Done)
}

/// The signed checkpoint of the size, if it is kept already.
pub(crate) async fn signed<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    publication: &Publication,
) -> Result<Answer, CheckpointError> {
    let read = read(deps, &keys::checkpoint(publication.head.to.size)).await?;
    Ok(Answer::Signed(read.map(|(checkpoint, object)| (checkpoint, object.body))))
}

pub(crate) async fn sign<O, T, G: Signer>(
    deps: &Deps<O, T, G>,
    checkpoint: &Checkpoint,
) -> Result<Answer, CheckpointError> {
    Ok(Answer::Note(deps.signers.sign(&checkpoint.to_string()).await?.to_string().into()))
}

/// Creates the signed checkpoint, as it is kept for good.
pub(crate) async fn keep_signed<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    publication: &Publication,
    note: &Bytes,
) -> Result<Answer, CheckpointError> {
    let key = keys::checkpoint(publication.head.to.size);
    let retention = retention(deps, deps.settings.log_retention);
    match deps.objects.create(&key, note.clone(), Some(retention)).await {
        Ok(_) => Ok(Answer::Done),
        Err(StoreError::Conflict { .. }) => Ok(Answer::Taken),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn replace<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    note: &Bytes,
    expected: Option<&ETag>,
) -> Result<Answer, CheckpointError> {
    deps.objects.replace(keys::CHECKPOINT, note.clone(), expected).await?;
    Ok(Answer::Done)
}

/// The checkpoint that lies at `key`, and its object.
async fn read<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    key: &str,
) -> Result<Option<(Checkpoint, StoredObject)>, CheckpointError> {
    let Some(object) = deps.objects.read(key).await? else { return Ok(None) };
    Ok(Some((open(deps, key, &object.body)?, object)))
}

/// Opens the checkpoint that lies at `key`: only one that a key of this log signed is believed.
fn open<O, T, G>(
    deps: &Deps<O, T, G>,
    key: &str,
    note: &[u8],
) -> Result<Checkpoint, CheckpointError> {
    let fail = |found: String| disagreement(key, "a checkpoint under a signing key", found);
    let note = std::str::from_utf8(note).map_err(|error| fail(error.to_string()))?;
    let opened =
        Checkpoint::open(note, deps.signers.keys()).map_err(|error| fail(error.to_string()))?;
    if opened.checkpoint.origin != deps.settings.origin {
        return Err(fail(format!("origin {:?}", opened.checkpoint.origin)));
    }
    Ok(opened.checkpoint)
}

/// Creates an object whose bytes are a function of the log alone: one that is there must be equal.
async fn create_same<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    key: &str,
    body: Bytes,
    locked_for: SignedDuration,
) -> Result<(), CheckpointError> {
    let retention = retention(deps, locked_for);
    match deps.objects.create(key, body.clone(), Some(retention)).await {
        Ok(_) => Ok(()),
        Err(StoreError::Conflict { .. }) => {
            let kept = crate::handler::read(deps, key).await?;
            if kept == body {
                return Ok(());
            }
            Err(disagreement(format!("SHA-256 of {key}"), Hash::of(&body), Hash::of(&kept)))
        }
        Err(error) => Err(error.into()),
    }
}

fn retention<O, T, G>(deps: &Deps<O, T, G>, locked_for: SignedDuration) -> Retention {
    Retention { mode: deps.settings.lock_mode, until: (deps.now)() + locked_for }
}
