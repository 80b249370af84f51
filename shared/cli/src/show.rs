//! `cairn show`: an event, and where it lies.

use cairn_store::Objects;
use indicatif::ProgressBar;

use crate::cloud::{Cloud, CloudError};
use crate::find::{FindError, Found, Query, find};
use crate::log::{self, LogError, Standing};

/// An event and all that is known of where it lies.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The event, and its batch.
    pub found: Found,
    /// Whether its batch is logged.
    pub standing: Standing,
    /// The position of the config change to the bundle that judged it, where that is known.
    pub entered: Option<u64>,
}

/// Why it cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// The deployment is not known.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// It was not found.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// Finds an event in the archive.
pub async fn show(cloud: &Cloud, query: &Query, bar: &ProgressBar) -> Result<Shown, ShowError> {
    show_in(&cloud.objects()?, query, bar).await
}

pub(crate) async fn show_in(
    objects: &impl Objects,
    query: &Query,
    bar: &ProgressBar,
) -> Result<Shown, ShowError> {
    let found = find(objects, query, bar).await?;
    let (standing, entered) = log::standing_and_change(objects, &found.header).await?;
    Ok(Shown { found, standing, entered })
}
