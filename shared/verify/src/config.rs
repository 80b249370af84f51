//! Config bundles, each read once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use cairn_batch::keys;
use cairn_event::Bundle;
use cairn_ledger::Hash;

use crate::listing::Listed;
use crate::protection::{Retention, check_versions};
use crate::report::FindingCode::{ConfigAltered, ConfigMissing};
use crate::{Archive, ArchiveError, Findings, Options};

/// The bundles that batches name.
#[derive(Debug, Default)]
pub(crate) struct Configs {
    read: Mutex<BTreeMap<Hash, Config>>,
}

/// One bundle, and what was found about it.
#[derive(Debug)]
struct Config {
    bundle: Option<Arc<Bundle>>,
    findings: Findings,
}

impl Configs {
    /// The bundle of this hash, if it is there and is one.
    pub(crate) fn get(
        &self,
        archive: &impl Archive,
        options: &Options,
        hash: &Hash,
    ) -> Result<Option<Arc<Bundle>>, ArchiveError> {
        // Others wait meanwhile: they most likely need the same one.
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = read.get(hash) {
            return Ok(config.bundle.clone());
        }
        let mut findings = Findings::default();
        let bundle = load(archive, options, hash, &mut findings)?.map(Arc::new);
        read.insert(*hash, Config { bundle: bundle.clone(), findings });
        Ok(bundle)
    }

    /// What was found, by hash; also of the bundles among `listed` that no batch names.
    pub(crate) fn finish(
        self,
        archive: &impl Archive,
        options: &Options,
        listed: &[Listed],
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        for listed in listed {
            check_versions(listed, findings);
            let hash =
                listed.key.strip_prefix("config/").and_then(|hash| hash.parse::<Hash>().ok());
            match hash {
                Some(hash) if listed.visible => {
                    self.get(archive, options, &hash)?;
                }
                Some(_) => {}
                None => findings.add(ConfigAltered, &listed.key, "expected a SHA-256 as name"),
            }
        }
        let read = self.read.into_inner().unwrap_or_else(PoisonError::into_inner);
        for config in read.into_values() {
            findings.append(config.findings);
        }
        Ok(())
    }
}

fn load(
    archive: &impl Archive,
    options: &Options,
    hash: &Hash,
    findings: &mut Findings,
) -> Result<Option<Bundle>, ArchiveError> {
    let key = keys::bundle(hash);
    let Some(object) = archive.read(&key, None)? else {
        findings.add(ConfigMissing, key, "expected the bundle that batches name, found none");
        return Ok(None);
    };
    options.check_protection(&key, &object, Retention::Log, findings);
    let found = Hash::of(&object.body);
    if found != *hash {
        findings.add(ConfigAltered, key, format!("expected bytes of that SHA-256, found {found}"));
        return Ok(None);
    }
    match Bundle::parse(&object.body) {
        Ok(bundle) => Ok(Some(bundle)),
        Err(error) => {
            findings.add(ConfigAltered, key, error.to_string());
            Ok(None)
        }
    }
}
