//! The rules that records are judged by: the config bundle, and the location database that it pins.
//!
//! Both lie in the archive under their own hashes, and are kept warm. Where one is missing or is not
//! what its name says, the invocation fails before anything is written, and Lambda hands the records
//! over again.

use std::sync::Arc;

use bytes::Bytes;
use cairn_batch::keys;
use cairn_event::{Bundle, Rules};
use cairn_ledger::Hash;
use cairn_store::{Objects, StoreError};

use crate::handler::{Deps, IngestError};

/// What is expected of the two objects.
const BUNDLE: &str = "the config bundle in force";
const DATABASE: &str = "the location database that the config bundle names";

impl<O: Objects, T, S> Deps<O, T, S> {
    /// The rules of the bundle in force.
    pub(crate) async fn rules(&self) -> Result<Arc<Rules>, IngestError> {
        let hash = self.settings.bundle;
        if let Some(rules) = self.warm.rules(&hash) {
            return Ok(rules);
        }
        let fail = |error: &dyn std::fmt::Display| IngestError::Config {
            key: keys::bundle(&hash),
            expected: BUNDLE,
            found: error.to_string(),
        };
        let json = self.named(&hash, BUNDLE).await?;
        let bundle = Bundle::parse(&json).map_err(|error| fail(&error))?;
        let database = match &bundle.location {
            Some(source) => Some(self.named(&source.database, DATABASE).await?),
            None => None,
        };
        let rules = Arc::new(Rules::new(bundle, database).map_err(|error| fail(&error))?);
        self.warm.remember_rules(hash, &rules);
        Ok(rules)
    }

    /// A bundle that was in force once, if the archive has it.
    pub(crate) async fn other_bundle(&self, hash: &Hash) -> Result<Option<Bundle>, StoreError> {
        let object = self.objects.read(&keys::bundle(hash)).await?;
        let body = object.map(|object| object.body).filter(|body| Hash::of(body) == *hash);
        Ok(body.and_then(|body| Bundle::parse(&body).ok()))
    }

    /// The object below `config/` that has this hash.
    async fn named(&self, hash: &Hash, expected: &'static str) -> Result<Bytes, IngestError> {
        let key = keys::bundle(hash);
        let found = match self.objects.read(&key).await? {
            None => "no object".to_owned(),
            Some(object) => {
                let found = Hash::of(&object.body);
                if found == *hash {
                    return Ok(object.body);
                }
                format!("an object of SHA-256 {found}")
            }
        };
        Err(IngestError::Config { key, expected, found })
    }
}
