//! Writes a move of the log: plan, tiles, signed checkpoint. Every write may be repeated.

use bytes::Bytes;
use cairn_batch::keys;
use cairn_ledger::{Checkpoint, Cursors, Growth, Hash, Plan, TilePath};
use cairn_store::{LogHead, Objects, Retention, Signer, StoreError, Table};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;

use crate::handler::{CheckpointError, Deps, disagreement, remake};

/// Tiles that are written at the same time.
const CONCURRENCY: usize = 16;

/// Finishes the move that the head records, unless its checkpoint is published.
pub(crate) async fn finish<O: Objects, T: Table, G: Signer>(
    deps: &Deps<O, T, G>,
    head: &LogHead,
    published: Option<Checkpoint>,
) -> Result<(), CheckpointError> {
    if let Some(published) = published {
        if (published.size, published.root) == (head.to.size, head.to.root) {
            return Ok(());
        }
        let before = head.from.as_ref().map_or((0, Hash::EMPTY_ROOT), |at| (at.size, at.root));
        if published.size > before.0 || (published.size == before.0 && published.root != before.1) {
            // The table was rolled back, or somebody else signed. To go on would sign a fork.
            return Err(disagreement(
                keys::CHECKPOINT.to_owned(),
                format!("size {} or {}, as the table has it", before.0, head.to.size),
                format!("size {} and root {}", published.size, published.root),
            ));
        }
    }
    tracing::warn!(size = head.to.size, "an earlier tick did not finish: finishing it");
    let (plan, growth) = remake(deps, head).await?;
    publish(deps, head, &plan, &growth).await
}

/// The key of a signed checkpoint beyond `size`, if there is one.
pub(crate) async fn later<O: Objects, T, G>(
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
    cursors: &Cursors,
) -> Result<(), CheckpointError> {
    let key = keys::cursors(&cursors.hash());
    create_same(deps, &key, cursors.to_json().into(), deps.settings.batch_retention).await
}

/// Writes all that a move of the log consists of, in an order in which each part only refers to
/// parts that are there: plan, tiles and bundles, the signed checkpoint, `log/checkpoint`.
pub(crate) async fn publish<O: Objects, T, G: Signer>(
    deps: &Deps<O, T, G>,
    head: &LogHead,
    plan: &Plan,
    growth: &Growth,
) -> Result<(), CheckpointError> {
    let (short, long) = (deps.settings.batch_retention, deps.settings.log_retention);
    let key = keys::plan(head.moved, head.to.size);
    create_same(deps, &key, plan.to_json().into(), short).await?;
    let mut writes = Vec::with_capacity(growth.files.len());
    for (path, bytes) in &growth.files {
        let retention = if path.is_partial() { short } else { long };
        writes.push(create_tile(deps, path, bytes, retention));
    }
    stream::iter(writes).buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
    let checkpoint =
        Checkpoint { origin: deps.settings.origin.clone(), size: head.to.size, root: head.to.root };
    let note = sign(deps, &checkpoint).await?;
    replace_checkpoint(deps, &checkpoint, note).await
}

async fn create_tile<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    path: &TilePath,
    bytes: &[u8],
    locked_for: SignedDuration,
) -> Result<(), CheckpointError> {
    let key = keys::tile(&path.to_string());
    create_same(deps, &key, Bytes::copy_from_slice(bytes), locked_for).await
}

/// The signed checkpoint, as it is kept for good. One that is there already is the one: a second
/// signature of the same text may have other bytes (ECDSA), and one is enough.
async fn sign<O: Objects, T, G: Signer>(
    deps: &Deps<O, T, G>,
    checkpoint: &Checkpoint,
) -> Result<Bytes, CheckpointError> {
    let key = keys::checkpoint(checkpoint.size);
    if let Some(object) = deps.objects.read(&key).await? {
        check_same(deps, &key, &object.body, checkpoint)?;
        return Ok(object.body);
    }
    let note = Bytes::from(deps.signers.sign(&checkpoint.to_string()).await?.to_string());
    let retention = retention(deps, deps.settings.log_retention);
    match deps.objects.create(&key, note.clone(), Some(retention)).await {
        Ok(_) => Ok(note),
        Err(StoreError::Conflict { .. }) => {
            let kept = crate::handler::read(deps, &key).await?;
            check_same(deps, &key, &kept, checkpoint)?;
            Ok(kept)
        }
        Err(error) => Err(error.into()),
    }
}

fn check_same<O, T, G>(
    deps: &Deps<O, T, G>,
    key: &str,
    note: &[u8],
    checkpoint: &Checkpoint,
) -> Result<(), CheckpointError> {
    let kept = open(deps, key, note)?;
    if kept == *checkpoint {
        return Ok(());
    }
    Err(disagreement(
        key.to_owned(),
        format!("root {}", checkpoint.root),
        format!("size {} and root {}", kept.size, kept.root),
    ))
}

/// Puts the note at `log/checkpoint`, unless a later one is there.
async fn replace_checkpoint<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
    checkpoint: &Checkpoint,
    note: Bytes,
) -> Result<(), CheckpointError> {
    let current = deps.objects.read(keys::CHECKPOINT).await?;
    if let Some(current) = &current {
        let published = open(deps, keys::CHECKPOINT, &current.body)?;
        if published.size > checkpoint.size || published == *checkpoint {
            return Ok(());
        }
        if published.size == checkpoint.size {
            let (expected, found) = (checkpoint.root, published.root);
            return Err(disagreement(keys::CHECKPOINT.to_owned(), expected, found));
        }
    }
    let expected = current.as_ref().map(|object| &object.etag);
    deps.objects.replace(keys::CHECKPOINT, note, expected).await?;
    Ok(())
}

/// The latest checkpoint.
pub(crate) async fn published<O: Objects, T, G>(
    deps: &Deps<O, T, G>,
) -> Result<Option<Checkpoint>, CheckpointError> {
    match deps.objects.read(keys::CHECKPOINT).await? {
        None => Ok(None),
        Some(object) => open(deps, keys::CHECKPOINT, &object.body).map(Some),
    }
}

/// Opens the checkpoint that lies at `key`: only one that a key of this log signed is believed.
fn open<O, T, G>(
    deps: &Deps<O, T, G>,
    key: &str,
    note: &[u8],
) -> Result<Checkpoint, CheckpointError> {
    let fail =
        |found: String| disagreement(key.to_owned(), "a checkpoint under a signing key", found);
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
