//! The names of objects (SPEC.md §11). A test pins the exact list.

use cairn_ledger::{ChainId, Hash};

/// `batches/<stream>/<created>/<shard>/<number:020>.parquet`
pub fn batch(chain: &ChainId, number: u64) -> String {
    format!("batches/{chain}/{number:020}.parquet")
}

/// The chain and number of a [`batch`], if the key is that of one.
pub fn parse_batch(key: &str) -> Option<(ChainId, u64)> {
    let (chain, file) = key.strip_prefix("batches/")?.rsplit_once('/')?;
    let (chain, number) = (chain.parse().ok()?, file.strip_suffix(".parquet")?.parse().ok()?);
    (batch(&chain, number) == key).then_some((chain, number))
}

/// `quarantine/<stream>/<created>/<shard>/<number:020>-<hash>.ndjson`, with the SHA-256 of the
/// object's bytes, so that a retry that was cut differently does not collide.
pub fn quarantine(chain: &ChainId, number: u64, hash: &Hash) -> String {
    format!("quarantine/{chain}/{number:020}-{hash}.ndjson")
}

/// `orders/<stream>/<created>/<shard>.json`: by what that chain goes on, if it was stopped.
pub fn order(chain: &ChainId) -> String {
    format!("orders/{chain}.json")
}

/// `config/<hash>`
pub fn bundle(hash: &Hash) -> String {
    format!("config/{hash}")
}

/// `log/checkpoint`: the latest checkpoint, the one object that is replaced.
pub const CHECKPOINT: &str = "log/checkpoint";

/// `log/checkpoints/<size:020>`: every checkpoint that was ever signed.
pub fn checkpoint(size: u64) -> String {
    format!("log/checkpoints/{size:020}")
}

/// The size whose [`checkpoint`] has this key.
pub fn parse_checkpoint(key: &str) -> Option<u64> {
    let size = key.strip_prefix(checkpoint_prefix())?.parse().ok()?;
    (checkpoint(size) == key).then_some(size)
}

/// The prefix of every [`checkpoint`].
pub fn checkpoint_prefix() -> &'static str {
    "log/checkpoints/"
}

/// `log/plans/<time>-<size:020>`: what the log grew by, up to `size`; `time` as
/// `20260131T235959Z`.
pub fn plan(time: jiff::Timestamp, size: u64) -> String {
    format!("log/plans/{}-{size:020}", time.strftime("%Y%m%dT%H%M%SZ"))
}

/// The time and size of a [`plan`], if the key is that of one.
pub fn parse_plan(key: &str) -> Option<(jiff::Timestamp, u64)> {
    let (time, size) = key.strip_prefix("log/plans/")?.split_once('-')?;
    let time = time.strip_suffix('Z')?.to_owned() + "+0000";
    let time = jiff::Timestamp::strptime("%Y%m%dT%H%M%S%z", time).ok()?;
    let size = size.parse().ok()?;
    (plan(time, size) == key).then_some((time, size))
}

/// `log/cursors/<hash>`: how far into each chain the log reaches.
pub fn cursors(hash: &Hash) -> String {
    format!("log/cursors/{hash}")
}

/// `log/<path>`, for a tile path such as `tile/0/x001/234.p/5`.
pub fn tile(path: &str) -> String {
    format!("log/{path}")
}
