//! Waits until everything that was put is sealed, and everything sealed is logged.

use std::time::{Duration, Instant};

use cairn_cli::put::Summary;
use cairn_cli::status::{Chain, Status, status};
use cairn_local::cloud;
use cairn_local::progress::Step;

use super::DemoError;
use super::stage::Stage;

/// How long nothing at all may happen.
const PATIENCE: Duration = Duration::from_secs(120);

const PAUSE: Duration = Duration::from_millis(250);

/// Waits until the head of every chain has reached the last record that was put on its shard.
pub(crate) async fn sealed(stage: &Stage, put: &Summary) -> Result<Status, DemoError> {
    let step = Step::begin("waiting for ingest to seal everything");
    let expected = put.sent.shards.len() as u64;
    let (mut since, mut before) = (Instant::now(), None);
    loop {
        let now = status(&stage.cloud).await?;
        stopped(&now)?;
        let reached = put.sent.shards.iter().filter(|(shard, put)| {
            let chain = now.chains.iter().find(|chain| is_of(chain, shard));
            chain.and_then(|chain| chain.last.as_ref()).is_some_and(|last| *last >= put.last)
        });
        let found = reached.count() as u64;
        if found == expected {
            return Ok(now);
        }
        let numbers: Vec<_> = now.chains.iter().map(|chain| chain.number).collect();
        step.say(format!("sealing: {} batches", batches(&now)));
        if before.as_ref() != Some(&numbers) {
            (since, before) = (Instant::now(), Some(numbers));
        }
        if since.elapsed() > PATIENCE {
            let (what, things, seconds) = ("sealed", "shards", PATIENCE.as_secs());
            return Err(DemoError::Stuck { what, things, seconds, found, expected });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Runs the checkpoint function until a signed checkpoint covers every batch.
pub(crate) async fn logged(stage: &Stage) -> Result<Status, DemoError> {
    let _step = Step::begin("signing a checkpoint");
    let begun = Instant::now();
    loop {
        cloud::checkpoint(&stage.config, &stage.name).await?;
        let now = status(&stage.cloud).await?;
        stopped(&now)?;
        let published = now.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
        if now.unlogged == 0 && published > 0 && published == now.log_size {
            return Ok(now);
        }
        if begun.elapsed() > PATIENCE {
            let (what, things, seconds) = ("logged", "batches", PATIENCE.as_secs());
            let expected = batches(&now);
            return Err(DemoError::Stuck { what, things, seconds, found: published, expected });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Batches that are sealed.
pub(crate) fn batches(status: &Status) -> u64 {
    status.chains.iter().filter_map(|chain| chain.number).map(|number| number + 1).sum()
}

/// A chain is named `<stream>/<stream creation time>/<shard>`.
fn is_of(chain: &Chain, shard: &str) -> bool {
    chain.chain.rsplit('/').next() == Some(shard)
}

fn stopped(status: &Status) -> Result<(), DemoError> {
    for chain in &status.chains {
        if let Some(reason) = &chain.stopped {
            let (chain, reason) = (chain.chain.clone(), reason.clone());
            return Err(DemoError::Stopped { chain, reason });
        }
    }
    Ok(())
}
