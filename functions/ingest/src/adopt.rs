//! Judges an object that is already there at the next number of a chain: left by a crash between
//! its creation and its commit, or made by another writer a moment ago, or planted.

use cairn_adopt::{
    Refusal, extends, foreign, most_row_bytes, only_version, protected, recomputes, unreadable,
};
use cairn_batch::{Columns, keys};
use cairn_ledger::{Hash, Lineage};
use cairn_store::{ChainHead, Objects, StoreError, StoredObject, Stream, Table, VersionId};

use crate::handler::Shard;
use crate::protocol::{Answer, Candidate};
use crate::rebuild;
use crate::succession;

/// Reads the object after `head` and judges whether it may be committed: it must be the only
/// version at its key, extend the head, and recompute from its own bytes; it must hold the records
/// that the shard has, and no others; and where it was made under the bundle and the code that run
/// now, its leaves must be those its records make.
pub(crate) async fn adopt<O: Objects, T: Table, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    head: Option<&ChainHead>,
    first: usize,
) -> Result<Answer, StoreError> {
    let (number, lineage) = shard.position(head).await?;
    let key = keys::batch(shard.chain, number);
    let answer = match judge(shard, head, first, &key, &lineage).await? {
        Ok((header, version)) => {
            tracing::warn!(%key, sha256 = %header.sha256, "an object that was there is adopted");
            shard.tally.adopted();
            Answer::Candidate(Candidate::new(header, version))
        }
        Err(Refusal::Foreign(reason)) => Answer::Foreign(format!("{key}: {reason}")),
        Err(Refusal::Unclear(reason)) => {
            tracing::error!(alarm = "chain.blocked", %key, reason, "an object cannot be judged");
            shard.tally.blocked();
            Answer::Failed(format!("{key}: {reason}"))
        }
    };
    Ok(answer)
}

type Judged = Result<(cairn_ledger::SealedHeader, VersionId), Refusal>;

async fn judge<O: Objects, T: Table, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    head: Option<&ChainHead>,
    first: usize,
    key: &str,
    lineage: &Lineage,
) -> Result<Judged, StoreError> {
    let object = match only_object(shard, key).await? {
        Ok(object) => object,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let sha256 = Hash::of(&object.body);
    let header = match cairn_batch::header(&object.body) {
        Ok(header) => header,
        Err(error) => return Ok(Err(unreadable(error))),
    };
    // One made under another bundle is as large as that one allows, and its tenants are under its key.
    let own = (header.bundle == shard.deps.settings.bundle).then(|| shard.rules.bundle().clone());
    let bundle = match own {
        Some(own) => Some(own),
        None => shard.deps.other_bundle(&header.bundle).await?,
    };
    let limit = most_row_bytes(bundle.as_ref().unwrap_or(shard.rules.bundle()));
    let columns = match Columns::read(&object.body, limit) {
        Ok(columns) => columns,
        Err(error) => return Ok(Err(unreadable(error))),
    };
    let header = columns.header();
    let origin = &shard.deps.settings.origin;
    if let Err(refusal) = extends(origin, shard.chain, head, header) {
        return Ok(Err(refusal));
    }
    if let Some(sealed) = shard.sealed_before().filter(|sealed| header.first <= **sealed) {
        return Ok(Err(foreign("first record", &format!("one after {sealed}"), &header.first)));
    }
    if let Err(refusal) = follows(shard, &header.lineage, lineage).await? {
        return Ok(Err(refusal));
    }
    let batch = match recomputes(&columns, bundle.as_ref()) {
        Ok(batch) => batch,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Err(refusal) = rebuild::compare(shard, header, &batch, first).await? {
        return Ok(Err(refusal));
    }
    if let Err(refusal) = protected(&object) {
        return Ok(Err(refusal));
    }
    Ok(Ok((header.clone().seal(sha256), object.version)))
}

/// The object at a key, if it is the only version there ever was.
async fn only_object<O: Objects, T: Table, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    key: &str,
) -> Result<Result<StoredObject, Refusal>, StoreError> {
    let versions = shard.deps.objects.versions_at(key).await?;
    let version = match only_version(&versions) {
        Ok(version) => version,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let object = shard.deps.objects.read_version(key, version).await?;
    let vanished = || Refusal::Foreign(format!("version {} has vanished", version.as_str()));
    Ok(object.ok_or_else(vanished))
}

/// Whether a batch follows what it must. A first batch may name more parents than the stream can
/// still tell of, when a shard without batches has left it since: each must be the end of its shard.
async fn follows<O: Objects, T: Table, S: Stream>(
    shard: &Shard<'_, O, T, S>,
    found: &Lineage,
    expected: &Lineage,
) -> Result<Result<(), Refusal>, StoreError> {
    if found == expected {
        return Ok(Ok(()));
    }
    let refusal = foreign("lineage", expected, found);
    let told_by_the_stream = match (found, expected) {
        (Lineage::Genesis(_), Lineage::Genesis(_)) => true,
        (Lineage::Ordered { order, .. }, Lineage::Ordered { order: expected, .. }) => {
            order == expected && shard.sealed_before().is_none()
        }
        _ => false,
    };
    if !told_by_the_stream {
        return Ok(Err(refusal));
    }
    let (named, known) = (found.parents(), expected.parents());
    for parent in named {
        let end = succession::end(&shard.deps.table, &parent.chain.original()).await?;
        if end.as_ref() != Some(parent) {
            return Ok(Err(refusal));
        }
    }
    let named_all = known.iter().all(|parent| named.contains(parent));
    Ok(if named_all { Ok(()) } else { Err(refusal) })
}
