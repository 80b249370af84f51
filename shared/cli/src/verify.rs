//! `cairn verify`: verifies the whole archive, and remembers the checkpoint it then trusts.

mod archive;
mod memory;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_ledger::{ChainId, VerifierKey};
use cairn_store::{Objects, StoreError, Table};
use cairn_verify::{Head, Progress, Report, VerifyError};
use indicatif::{HumanBytes, ProgressBar};
use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::cloud::{Cloud, CloudError};
use archive::Remote;
pub use memory::{Memory, MemoryError};

/// Threads that read and check. More than there are cores: most of the time they wait for S3.
const THREADS: usize = 32;

const SECONDS_OF_DAY: i64 = 86_400;

/// How to verify.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Verifier keys, any of which may have signed; none: the deployment's.
    pub keys: Vec<String>,
    /// A checkpoint (signed note) that is trusted; `None`: the remembered one, if there is a memory.
    pub since: Option<String>,
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
}

/// The checkpoint that the archive had to extend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trusted {
    /// One that the caller gave.
    Given,
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
    /// The memory could not be read or written.
    #[error(transparent)]
    Memory(#[from] MemoryError),
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
    let settings = cloud.settings();
    let keys = match &options.keys[..] {
        [] => vec![settings.verifier_key()?.to_string()],
        keys => keys.to_vec(),
    };
    // The table first: a batch that is committed meanwhile is then merely newer than its head.
    let heads_read = Some(Timestamp::now());
    let heads = match options.without_table {
        true => None,
        false => Some(heads(&cloud.table()?).await?),
    };
    let days = |days: u32| i64::from(days) * SECONDS_OF_DAY;
    let ask = cairn_verify::Options {
        verifier_keys: keys,
        trusted: None,
        data_key: settings.data_key().map(str::to_owned),
        batch_retention: days(settings.batch_retention_days()?),
        log_retention: days(settings.log_retention_days()?),
        heads,
        heads_read,
    };
    verify_in(cloud.objects()?, ask, options, bar)
}

fn verify_in(
    objects: impl Objects,
    mut ask: cairn_verify::Options,
    options: &Options,
    bar: &ProgressBar,
) -> Result<Verified, VerificationError> {
    let first: VerifierKey = ask.verifier_keys[0].parse().map_err(CloudError::from)?;
    let file = options.memory.as_ref().map(|memory| memory.file(&first));
    let remembered = file.as_ref().map(memory::File::read).transpose()?.flatten();
    let (trusted, note) = match (&options.since, &file, &remembered) {
        (Some(since), ..) => (Trusted::Given, Some(since.clone())),
        (None, Some(file), Some(note)) => {
            (Trusted::Remembered(file.path().to_owned()), Some(note.clone()))
        }
        _ => (Trusted::Nothing, None),
    };
    ask.trusted = note;
    let archive = Remote::new(objects, Handle::current());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(THREADS).build()?;
    let progress = Bar { bar, bytes: AtomicU64::new(0) };
    let report = tokio::task::block_in_place(|| {
        pool.install(|| cairn_verify::verify(&archive, &ask, &progress))
    })?;
    // One that was given may be older than what is remembered, and then says nothing about it.
    let keep = report.ok && (options.since.is_none() || remembered.is_none());
    let remembered = match file.filter(|_| keep && !report.checkpoint.is_empty()) {
        Some(file) => Some(file.write(&report.checkpoint)?),
        None => None,
    };
    Ok(Verified { report, trusted, remembered })
}

/// What the ledger table says of each chain.
async fn heads(table: &impl Table) -> Result<BTreeMap<ChainId, Head>, StoreError> {
    let mut heads = BTreeMap::new();
    for chain in table.chains().await? {
        let state = table.chain(&chain).await?;
        if let Some(head) = state.head {
            let version = head.object.version.as_str().to_owned();
            let (number, link, stopped) = (head.number, head.link, state.stopped);
            heads.insert(chain, Head { number, link, version, stopped });
        }
    }
    Ok(heads)
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
