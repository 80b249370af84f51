//! A bundle, put where a deployment reads it.

use bytes::Bytes;
use cairn_batch::keys;
use cairn_event::Bundle;
use cairn_ledger::Hash;
use cairn_store::{Objects, Retention, StoreError};
use serde::Serialize;

/// What was put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The bundle's hash, which is its name.
    pub hash: Hash,
    /// Keys of the objects that were not there before.
    pub created: Vec<String>,
}

/// Why a bundle was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The archive did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something else lies there.
    #[error("{key}: expected bytes of that hash, found others: the archive was altered")]
    Altered {
        /// Where.
        key: String,
    },
    /// The bundle names a location database that was not given, or another one was.
    #[error("location database: expected {expected}, found {found}")]
    Database {
        /// The hash in the bundle, or `none`.
        expected: String,
        /// The hash of what was given, or `none`.
        found: String,
    },
}

/// Puts a bundle into the archive, and the location database it names before it: whoever reads the
/// bundle finds the database. May be repeated.
pub async fn publish(
    objects: &impl Objects,
    bundle: &Bundle,
    database: Option<Bytes>,
    retention: Retention,
) -> Result<Published, PublishError> {
    let wanted = bundle.location.map(|location| location.database);
    let given = database.as_ref().map(|bytes| Hash::of(bytes));
    if wanted != given {
        let name =
            |hash: Option<Hash>| hash.map_or_else(|| "none".to_owned(), |hash| hash.to_string());
        return Err(PublishError::Database { expected: name(wanted), found: name(given) });
    }
    let hash = bundle.hash();
    let mut created = Vec::new();
    let database = database.zip(given);
    let document = (Bytes::from(bundle.to_json()), hash);
    for (bytes, hash) in database.into_iter().chain([document]) {
        let key = keys::bundle(&hash);
        if put(objects, &key, bytes, retention).await? {
            created.push(key);
        }
    }
    Ok(Published { hash, created })
}

/// Puts an object unless it is there; whether it was put.
async fn put(
    objects: &impl Objects,
    key: &str,
    bytes: Bytes,
    retention: Retention,
) -> Result<bool, PublishError> {
    match objects.create(key, bytes.clone(), Some(retention)).await {
        Ok(_) => Ok(true),
        // Its own earlier put, or somebody else's: the name says what it must be.
        Err(error @ (StoreError::Conflict { .. } | StoreError::Unknown { .. })) => {
            match objects.read(key).await? {
                Some(found) if found.body == bytes => Ok(false),
                Some(_) => Err(PublishError::Altered { key: key.to_owned() }),
                None => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
