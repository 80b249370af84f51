//! `cairn verify`: verifies the whole archive, and remembers the checkpoint it then trusts.

mod archive;
mod memory;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_ledger::{ChainId, Checkpoint, CheckpointError, VerifierKey};
use cairn_store::{Objects, StoreError, Table};
use cairn_verify::{Head, LogHead, Progress, Report, TableChain, VerifyError};
use indicatif::{HumanBytes, ProgressBar};
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use crate::cloud::{Cloud, CloudError};
use archive::Remote;
pub use memory::{Memory, MemoryError, write_whole};

/// Threads that read and check. More than there are cores: most of the time they wait for S3.
const THREADS: usize = 32;

const SECONDS_OF_DAY: i64 = 86_400;

/// How to verify.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Verifier keys, any of which may have signed; none: the deployment's.
    pub keys: Vec<String>,
    /// Checkpoints (signed notes) that are trusted; none: the remembered one, if there is a memory.
    pub since: Vec<String>,
    /// Where the last trusted checkpoint is remembered; `None`: nowhere.
    pub memory: Option<Memory>,
    /// Whether to leave out the ledger table: an auditor may have no right to read it.
    pub without_table: bool,
}

/// What was found, and what it was compared with.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The verifier's report.
    pub report: Report,
    /// Whether the archive was compared with a checkpoint that was trusted before.
    pub trusted: Trusted,
    /// Where the checkpoint is now remembered, if it is.
    pub remembered: Option<PathBuf>,
    /// Why it could not be remembered, though nothing is wrong with it.
    pub forgotten: Option<String>,
}

/// The checkpoint that the archive had to extend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trusted {
    /// One that the caller gave.
    Given,
    /// One that the caller gave, and the one that was remembered in this file.
    Both(PathBuf),
    /// The one that was remembered in this file.
    Remembered(PathBuf),
    /// None: a truncation or a fork before now cannot be told.
    Nothing,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// The table could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive could not be read.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The memory could not be read.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// What is remembered was not signed by the keys that were given.
    #[error(
        "the checkpoint remembered in {}: {source}: give the key that signed it too (--key), or, if you know why the log has another key, move the file away", file.display()
    )]
    Remembered {
        /// Where it is.
        file: PathBuf,
        /// What is wrong with it.
        source: CheckpointError,
    },
    /// There are no threads.
    #[error("cannot start {THREADS} threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}

/// Verifies the whole archive. Blocks the thread it is polled on: call it on a runtime with
/// several. After a green verification the checkpoint is remembered.
pub async fn verify(
    cloud: &Cloud,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Verified, VerificationError> {
    verify_with_lag(cloud, options, cairn_verify::MAX_LAG, bar).await
}

/// The same, where a batch may be so old that nothing covers it yet.
pub(crate) async fn verify_with_lag(
    cloud: &Cloud,
    options: &Options,
    max_lag: SignedDuration,
    bar: &ProgressBar,
) -> Result<Verified, VerificationError> {
    let settings = cloud.settings();
    let keys = match &options.keys[..] {
        [] => settings.verifier_keys()?.iter().map(VerifierKey::to_string).collect(),
        keys => keys.to_vec(),
    };
    // The table first: a batch that is committed meanwhile is then merely newer than its head.
    let now = Timestamp::now();
    let (heads, log_head) = match options.without_table {
        true => (None, None),
        false => {
            let table = cloud.table()?;
            let log_head = log_head(&table).await?;
            (Some(heads(&table, &cloud.objects()?).await?), log_head)
        }
    };
    let days = |days: u32| i64::from(days) * SECONDS_OF_DAY;
    let ask = cairn_verify::Options {
        verifier_keys: keys,
        trusted: Vec::new(),
        data_key: settings.data_key().map(str::to_owned),
        batch_retention: days(settings.batch_retention_days()?),
        log_retention: days(settings.log_retention_days()?),
        lock_mode: settings.lock_mode().map(archive::mode),
        now,
        max_lag,
        heads,
        log_head,
        heads_read: Some(now),
    };
    verify_in(cloud.objects()?, ask, options, bar)
}

fn verify_in(
    objects: impl Objects,
    mut ask: cairn_verify::Options,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Verified, VerificationError> {
    let keys: Vec<VerifierKey> = ask
        .verifier_keys
        .iter()
        .map(|key| key.parse())
        .collect::<Result<_, _>>()
        .map_err(CloudError::from)?;
    let origin = keys.first().map_or("", VerifierKey::name);
    let file = options.memory.as_ref().map(|memory| memory.file(origin));
    let remembered = file.as_ref().map(memory::File::read).transpose()?.flatten();
    if let (Some(file), Some(note)) = (&file, &remembered) {
        Checkpoint::open(note, &keys).map_err(|source| VerificationError::Remembered {
            file: file.path().to_owned(),
            source,
        })?;
    }
    let from = file.as_ref().filter(|_| remembered.is_some()).map(|file| file.path().to_owned());
    let trusted = match (options.since.is_empty(), from) {
        (false, Some(from)) => Trusted::Both(from),
        (false, None) => Trusted::Given,
        (true, Some(from)) => Trusted::Remembered(from),
        (true, None) => Trusted::Nothing,
    };
    ask.trusted = options.since.iter().cloned().chain(remembered).collect();
    let archive = Remote::new(objects, Handle::current());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let progress = Bar { bar, bytes: AtomicU64::new(0) };
    let report = tokio::task::block_in_place(|| {
        pool.install(|| cairn_verify::verify(&archive, &ask, &progress))
    })?;
    let keep = report.ok && !report.checkpoint.is_empty();
    let written = file.filter(|_| keep).map(|file| file.write(&report.checkpoint));
    // The report is worth more than the memory of it.
    let (remembered, forgotten) = match written {
        None => (None, None),
        Some(Ok(path)) => (Some(path), None),
        Some(Err(error)) => (None, Some(error.to_string())),
    };
    Ok(Verified { report, trusted, remembered, forgotten })
}

/// What the ledger table says of each chain that it lists, and of those in the archive that it does
/// not: a chain that was stopped before its first batch may be listed nowhere.
async fn heads(
    table: &impl Table,
    objects: &impl Objects,
) -> Result<BTreeMap<ChainId, TableChain>, StoreError> {
    let mut chains: BTreeSet<ChainId> = table.chains().await?.into_iter().collect();
    for version in objects.versions("batches/").await? {
        let chain = version.key.strip_prefix("batches/").and_then(|key| key.rsplit_once('/'));
        chains.extend(chain.and_then(|(chain, _)| chain.parse().ok()));
    }
    let mut heads = BTreeMap::new();
    for chain in chains {
        let state = table.chain(&chain).await?;
        let head = state.head.map(|head| Head {
            number: head.number,
            link: head.link,
            last: head.last,
            key: head.object.key,
            version: head.object.version.as_str().to_owned(),
        });
        if head.is_some() || state.stopped.is_some() {
            let (stopped, continued) = (state.stopped, state.continued);
            heads.insert(chain, TableChain { head, stopped, continued });
        }
    }
    Ok(heads)
}

/// What the ledger table says of the log.
async fn log_head(table: &impl Table) -> Result<Option<LogHead>, StoreError> {
    let head = table.log_head().await?;
    Ok(head.map(|head| LogHead { size: head.to.size, root: head.to.root }))
}

struct Bar<'a> {
    bar: &'a ProgressBar,
    bytes: AtomicU64,
}

impl Progress for Bar<'_> {
    fn total(&self, batches: u64) {
        self.bar.set_length(batches);
    }

    fn batch(&self, bytes: u64) {
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.bar.inc(1);
        let rate = bytes as f64 / self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{}, {}/s", HumanBytes(bytes), HumanBytes(rate as u64)));
    }
}

#[cfg(test)]
mod tests;
