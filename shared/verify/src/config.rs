//! Config bundles, and what they name, each read once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use cairn_batch::keys;
use cairn_event::Bundle;
use cairn_ledger::Hash;

use crate::listing::Listed;
use crate::protection::{Retention, check_versions};
use crate::report::FindingCode::{ConfigAltered, ConfigMissing, ConfigUnexpected};
use crate::{Archive, ArchiveError, Findings, Options};

/// The bundles that the log and its batches name.
#[derive(Debug, Default)]
pub(crate) struct Configs {
    named: Mutex<BTreeMap<Hash, Config>>,
}

/// What lies under one hash, and what was found about it.
#[derive(Debug, Default)]
struct Config {
    bundle: Option<Arc<Bundle>>,
    /// The location database that the bundle names.
    database: Option<Hash>,
    /// Whether its bytes are those of its name, but no bundle.
    other: bool,
    findings: Findings,
}

impl Configs {
    /// The bundle of this hash, which something names, if it is there and is one.
    pub(crate) fn get(
        &self,
        archive: &impl Archive,
        options: &Options,
        hash: &Hash,
    ) -> Result<Option<Arc<Bundle>>, ArchiveError> {
        // Others wait meanwhile: they most likely need the same one.
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = named.get(hash) {
            return Ok(config.bundle.clone());
        }
        let mut config = read(archive, options, hash)?.unwrap_or_else(|| {
            let mut config = Config::default();
            let detail = "expected the bundle that batches name, found none";
            config.findings.add(ConfigMissing, keys::bundle(hash), detail);
            config
        });
        if config.other {
            let detail = "expected the bundle that batches name, found something else";
            config.findings.add(ConfigAltered, keys::bundle(hash), detail);
        }
        let bundle = config.bundle.clone();
        named.insert(*hash, config);
        Ok(bundle)
    }

    /// What was found, by hash; also of the objects among `listed` that nothing named so far. A bundle
    /// may wait for its first batch; anything else must be what a bundle names.
    pub(crate) fn finish(
        self,
        archive: &impl Archive,
        options: &Options,
        listed: &[Listed],
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        let mut named = self.named.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = BTreeMap::new();
        for listed in listed {
            check_versions(listed, findings);
            let hash =
                listed.key.strip_prefix("config/").and_then(|hash| hash.parse::<Hash>().ok());
            match hash {
                Some(hash) if listed.visible && !named.contains_key(&hash) => {
                    if let Some(config) = read(archive, options, &hash)? {
                        waiting.insert(hash, config);
                    }
                }
                Some(_) => {}
                None => findings.add(ConfigAltered, &listed.key, "expected a SHA-256 as name"),
            }
        }
        let all = named.values().chain(waiting.values());
        let databases: BTreeSet<Hash> = all.filter_map(|config| config.database).collect();
        for hash in &databases {
            let read = waiting.contains_key(hash) || named.get(hash).is_some_and(|it| it.other);
            if !read && archive.read(&keys::bundle(hash), None)?.is_none() {
                let detail = "expected the location database that a bundle names, found none";
                findings.add(ConfigMissing, keys::bundle(hash), detail);
            }
        }
        for (hash, config) in &mut waiting {
            if config.other && !databases.contains(hash) {
                let detail = "expected a bundle or what a bundle names, found neither";
                config.findings.add(ConfigUnexpected, keys::bundle(hash), detail);
            }
        }
        named.append(&mut waiting);
        for config in named.into_values() {
            findings.append(config.findings);
        }
        Ok(())
    }
}

/// Reads what lies under a hash; `None` where nothing does.
fn read(
    archive: &impl Archive,
    options: &Options,
    hash: &Hash,
) -> Result<Option<Config>, ArchiveError> {
    let key = keys::bundle(hash);
    let Some(object) = archive.read(&key, None)? else { return Ok(None) };
    let mut config = Config::default();
    options.check_protection(&key, &object, Retention::Log, &mut config.findings);
    let found = Hash::of(&object.body);
    if found != *hash {
        let detail = format!("expected bytes of that SHA-256, found {found}");
        config.findings.add(ConfigAltered, key, detail);
        return Ok(Some(config));
    }
    match Bundle::parse(&object.body) {
        Ok(bundle) => {
            config.database = bundle.location.map(|source| source.database);
            config.bundle = Some(Arc::new(bundle));
        }
        Err(_) => config.other = true,
    }
    Ok(Some(config))
}
