//! The config bundle of a deployment, locked in its archive.

use std::path::Path;

use aws_sdk_s3::Client;
use cairn_cli::config::{Folder, key, publish};
use cairn_event::Bundle;
use cairn_ledger::Hash;
use cairn_store::{Objects, Retention};

use super::error::{CloudError, call};
use super::options::Options;

/// Where bundles lie.
const PREFIX: &str = "config/";

/// The hash of the bundle in force: what the options' folder makes, or the newest in the archive,
/// or a new one that decides nothing. The tenant key stays that of the newest, if there is one.
pub(super) async fn ensure(
    s3: &Client,
    objects: &impl Objects,
    bucket: &str,
    options: &Options,
) -> Result<Hash, CloudError> {
    let newest = newest(s3, objects, bucket).await?;
    let (bundle, database) = match (&options.config, newest) {
        (None, Some(newest)) => return Ok(newest.hash()),
        (None, None) => (Bundle::with_tenant_key(key::random()?), None),
        (Some(folder), newest) => {
            let tenant_key = match newest {
                Some(newest) => newest.tenant_key,
                None => key::random()?,
            };
            from(folder, tenant_key)?
        }
    };
    let days = i64::from(options.log_retention_days);
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let retention = Retention { mode: options.lock_mode, until };
    Ok(publish(objects, &bundle, database.map(Into::into), retention).await?.hash)
}

/// The bundle that a folder makes, and its location database.
fn from(folder: &Path, tenant_key: [u8; 32]) -> Result<(Bundle, Option<Vec<u8>>), CloudError> {
    let read = Folder::read(folder)?;
    let database = read.database().map(|path| {
        std::fs::read(path).map_err(|source| CloudError::Io { path: path.to_owned(), source })
    });
    Ok((read.bundle(tenant_key)?, database.transpose()?))
}

/// The newest bundle. Location databases lie beside bundles, under names of the same form.
async fn newest(
    s3: &Client,
    objects: &impl Objects,
    bucket: &str,
) -> Result<Option<Bundle>, CloudError> {
    let listed = s3.list_objects_v2().bucket(bucket).prefix(PREFIX).send().await;
    let listed = listed.map_err(call(format!("ListObjectsV2 {bucket}/{PREFIX}")))?;
    let mut found = listed.contents.unwrap_or_default();
    found.sort_by_key(|object| object.last_modified.map(|at| (at.secs(), at.subsec_nanos())));
    for key in found.into_iter().rev().filter_map(|object| object.key) {
        let object = objects.read(&key).await?;
        if let Some(Ok(bundle)) = object.map(|object| Bundle::parse(&object.body)) {
            return Ok(Some(bundle));
        }
    }
    Ok(None)
}
