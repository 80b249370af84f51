//! Config bundles, each read once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
        let mut read = self.lock();
        if let Some(config) = read.get(hash) {
            return Ok(config.bundle.clone());
        }
        let mut findings = Findings::default();
        let bundle = load(archive, options, hash, &mut findings)?.map(Arc::new);
        read.insert(*hash, Config { bundle: bundle.clone(), findings });
        Ok(bundle)
    }

    /// What was found, by hash; also of what is `listed` and no batch names.
    pub(crate) fn finish(
        self,
        archive: &impl Archive,
        options: &Options,
        listed: &[Listed],
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        let mut visible = BTreeSet::new();
        for listed in listed {
            check_versions(listed, findings);
            let hash =
                listed.key.strip_prefix("config/").and_then(|hash| hash.parse::<Hash>().ok());
            match hash {
                Some(hash) if listed.visible => {
                    visible.insert(hash);
                }
                Some(_) => {}
                None => findings.add(ConfigAltered, &listed.key, "expected a SHA-256 as name"),
            }
        }
        self.check_others(archive, options, &visible, findings)?;
        let read = self.read.into_inner().unwrap_or_else(PoisonError::into_inner);
        for config in read.into_values() {
            findings.append(config.findings);
        }
        Ok(())
    }
}

impl Configs {
    /// Reads what no batch names: bundles, and the location databases that bundles name, which are
    /// whatever has the hash that is their name. One that is there before its bundle is no fault.
    fn check_others(
        &self,
        archive: &impl Archive,
        options: &Options,
        listed: &BTreeSet<Hash>,
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        for hash in listed {
            if self.lock().contains_key(hash) {
                continue;
            }
            let key = keys::bundle(hash);
            let Some(object) = archive.read(&key, None)? else { continue };
            if Bundle::parse(&object.body).is_ok() {
                self.get(archive, options, hash)?;
                continue;
            }
            options.check_protection(&key, &object, Retention::Log, findings);
            check_hash(&key, hash, &object.body, findings);
        }
        let named: BTreeSet<Hash> = self.lock().values().filter_map(Config::database).collect();
        for hash in named.difference(listed) {
            let detail = "expected the location database that a bundle names, found none";
            findings.add(ConfigMissing, keys::bundle(hash), detail);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Hash, Config>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Config {
    /// The location database that the bundle names, if it is one that does.
    fn database(&self) -> Option<Hash> {
        self.bundle.as_ref()?.location.map(|source| source.database)
    }
}

/// Whether an object is what its name says.
fn check_hash(key: &str, expected: &Hash, body: &[u8], findings: &mut Findings) -> bool {
    let found = Hash::of(body);
    if found != *expected {
        findings.add(ConfigAltered, key, format!("expected bytes of that SHA-256, found {found}"));
    }
    found == *expected
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
    if !check_hash(&key, hash, &object.body, findings) {
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
