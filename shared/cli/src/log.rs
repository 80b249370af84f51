//! Reads the log: its checkpoint, where a batch stands in it, and the path that proves it.

use cairn_batch::keys;
use cairn_ledger::tile::{self, Tiles};
use cairn_ledger::{
    BatchHeader, Checkpoint, CheckpointError, Cursors, DocumentError, Entry, EntryError, Hash,
    OpenCheckpoint, Plan, PlanEntry, SealedHeader, TileError, TileKind, TilePath, VerifierKey,
};
use cairn_store::{Objects, StoreError};
use jiff::{SignedDuration, Timestamp};

/// How far the clock of the checkpoint function may lag behind that of Kinesis.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// Keys of one listing.
const PAGE: usize = 1_000;

/// Why the log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The archive could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object of the log is not there.
    #[error("expected the object {key}, found none: run `cairn verify`")]
    Missing {
        /// Its key.
        key: String,
    },
    /// An object of the log is not what it should be.
    #[error("{key}: {source}: run `cairn verify`")]
    Document {
        /// Its key.
        key: String,
        /// What is wrong.
        source: DocumentError,
    },
    /// Cursors are not those that the plan names.
    #[error("{key}: expected the SHA-256 {expected}, found {found}: run `cairn verify`")]
    Cursors {
        /// Its key.
        key: String,
        /// What its name says.
        expected: Hash,
        /// That of its bytes.
        found: Hash,
    },
    /// The checkpoint is not to be believed.
    #[error("{}: {source}", keys::CHECKPOINT)]
    Checkpoint {
        /// What is wrong.
        #[from]
        source: CheckpointError,
    },
    /// The checkpoint is not text.
    #[error("{}: expected UTF-8, found other bytes", keys::CHECKPOINT)]
    NotText,
    /// Tiles do not make a path.
    #[error("{source}: run `cairn verify`")]
    Tile {
        /// What is wrong.
        #[from]
        source: TileError,
    },
    /// What stands at a position is no entry of the log.
    #[error("position {position}: {source}: run `cairn verify`")]
    Entry {
        /// The position.
        position: u64,
        /// What is wrong.
        source: EntryError,
    },
    /// The log reaches beyond the batch, but no plan says where the batch stands.
    #[error("the log has {chain} number {number}, but its plan is missing: run `cairn verify`")]
    NoPlan {
        /// The chain.
        chain: String,
        /// The batch's number.
        number: u64,
    },
}

impl LogError {
    /// Whether the archive could be read, and is not what it should be.
    pub fn is_finding(&self) -> bool {
        !matches!(self, Self::Store(_))
    }
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// At this position of the log.
    Logged(u64),
    /// At this position of the log stands another header for its chain and number.
    Other(u64),
    /// Sealed, and not logged yet.
    Waiting,
}

/// The published checkpoint as it lies there; `None` before the first.
pub(crate) async fn checkpoint_note(objects: &impl Objects) -> Result<Option<String>, LogError> {
    let Some(object) = objects.read(keys::CHECKPOINT).await? else { return Ok(None) };
    String::from_utf8(object.body.to_vec()).map(Some).map_err(|_| LogError::NotText)
}

/// Verifies the signature of a checkpoint.
pub(crate) fn open(note: &str, keys: &[VerifierKey]) -> Result<OpenCheckpoint, LogError> {
    Ok(Checkpoint::open(note, keys)?)
}

/// Where a batch stands, as the plans that were made after its last record arrived tell.
pub(crate) async fn standing(
    objects: &impl Objects,
    sealed: &SealedHeader,
) -> Result<Standing, LogError> {
    Ok(place(objects, sealed).await?.0)
}

/// Where a batch stands, and the position of the config change to the bundle that judged it, where the
/// cursors that tell it are still there.
pub(crate) async fn standing_and_change(
    objects: &impl Objects,
    sealed: &SealedHeader,
) -> Result<(Standing, Option<u64>), LogError> {
    let (standing, hash) = place(objects, sealed).await?;
    let Some(hash) = hash else { return Ok((standing, None)) };
    match cursors(objects, &hash).await {
        Ok(cursors) => Ok((standing, cursors.entered(&sealed.header.bundle))),
        // Plans and cursors may go once the batch retention is over.
        Err(LogError::Missing { .. }) => Ok((standing, None)),
        Err(error) => Err(error),
    }
}

/// Where a batch stands, and the cursors of the plan that tells it, or of the latest.
async fn place(
    objects: &impl Objects,
    sealed: &SealedHeader,
) -> Result<(Standing, Option<Hash>), LogError> {
    let header = &sealed.header;
    let mut after = plans_after(header);
    let mut latest = None;
    loop {
        let page = objects.list("log/plans/", Some(&after), PAGE).await?;
        for key in &page {
            let plan = Plan::parse(&read(objects, key).await?)
                .map_err(|source| LogError::Document { key: key.clone(), source })?;
            if let Some(position) = plan.position(&header.chain, header.number) {
                let place = position.checked_sub(plan.from).and_then(|at| usize::try_from(at).ok());
                let entry = place.and_then(|place| plan.entries.get(place)).map(PlanEntry::link);
                let same = entry == Some(sealed.link());
                let standing = if same { Standing::Logged } else { Standing::Other };
                return Ok((standing(position), Some(plan.cursors)));
            }
            latest = Some(plan.cursors);
        }
        match page.last() {
            Some(last) => after.clone_from(last),
            None => break,
        }
    }
    let Some(latest) = latest else { return Ok((Standing::Waiting, None)) };
    match cursors(objects, &latest).await?.next(&header.chain) > header.number {
        false => Ok((Standing::Waiting, Some(latest))),
        true => Err(LogError::NoPlan { chain: header.chain.to_string(), number: header.number }),
    }
}

/// The entry at a position of a log of `size` entries, as it lies there; `None` beyond it.
pub(crate) async fn entry(
    objects: &impl Objects,
    position: u64,
    size: u64,
) -> Result<Option<Entry>, LogError> {
    let Some((path, place)) = tile::entry_tile(position, size) else { return Ok(None) };
    let (path, bytes) = tile(objects, path).await?;
    let entries = tile::decode_bundle(&bytes, path.width())?;
    entries.get(place).map(|entry| parse(entry, position)).transpose()
}

/// The entries of the bundle `index` of a log of `size` entries, as they lie there.
pub(crate) async fn entries(
    objects: &impl Objects,
    index: u64,
    size: u64,
) -> Result<Vec<Entry>, LogError> {
    let Some(path) = TilePath::at(TileKind::Entries, index, size) else { return Ok(Vec::new()) };
    let (found, bytes) = tile(objects, path).await?;
    let entries = tile::decode_bundle(&bytes, found.width())?;
    let first = index * u64::from(tile::WIDTH);
    let entries = (first..).zip(entries).take(path.width().into());
    entries.map(|(position, entry)| parse(entry, position)).collect()
}

fn parse(entry: &[u8], position: u64) -> Result<Entry, LogError> {
    Entry::parse(&String::from_utf8_lossy(entry))
        .map_err(|source| LogError::Entry { position, source })
}

/// A key that sorts before those of all plans that can name the batch.
fn plans_after(header: &BatchHeader) -> String {
    let arrived = header.arrived[1].parse::<Timestamp>().unwrap_or(Timestamp::UNIX_EPOCH);
    let from = arrived.checked_sub(SKEW).unwrap_or(Timestamp::UNIX_EPOCH);
    keys::plan(from, 0)
}

/// The cursors of that name.
pub(crate) async fn cursors(objects: &impl Objects, hash: &Hash) -> Result<Cursors, LogError> {
    let key = keys::cursors(hash);
    let body = read(objects, &key).await?;
    let found = Hash::of(&body);
    if found != *hash {
        return Err(LogError::Cursors { key, expected: *hash, found });
    }
    Cursors::parse(&body).map_err(|source| LogError::Document { key, source })
}

/// The inclusion path of the entry at a position of the log.
pub(crate) async fn inclusion_path(
    objects: &impl Objects,
    position: u64,
    size: u64,
) -> Result<Vec<Hash>, LogError> {
    let mut tiles = Tiles::new();
    for path in tile::inclusion_tiles(position, size) {
        let (path, bytes) = tile(objects, path).await?;
        tiles.insert(path, bytes);
    }
    Ok(tile::inclusion_path(position, size, &tiles)?)
}

/// A tile, or the full one that begins with it: a partial one may be gone once that exists.
pub(crate) async fn tile(
    objects: &impl Objects,
    path: TilePath,
) -> Result<(TilePath, Vec<u8>), LogError> {
    let key = keys::tile(&path.to_string());
    if let Some(object) = objects.read(&key).await? {
        return Ok((path, object.body.to_vec()));
    }
    let full = path.full();
    match objects.read(&keys::tile(&full.to_string())).await? {
        Some(object) => Ok((full, object.body.to_vec())),
        None => Err(LogError::Missing { key }),
    }
}

pub(crate) async fn read(objects: &impl Objects, key: &str) -> Result<bytes::Bytes, LogError> {
    match objects.read(key).await? {
        Some(object) => Ok(object.body),
        None => Err(LogError::Missing { key: key.to_owned() }),
    }
}
