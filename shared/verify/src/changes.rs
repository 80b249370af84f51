//! Step 5: how config changes stand among the batches of the log.

use std::collections::{BTreeMap, BTreeSet};

use cairn_ledger::{Entry, Hash};

use crate::Findings;
use crate::log::LoggedEntry;
use crate::report::FindingCode::{ConfigMisplaced, ConfigRepeated, ConfigUnlogged};

/// The bundles that the log has entered so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// The first position at which each was.
    entered: BTreeMap<Hash, u64>,
    /// Those that batches named without having been entered, each named once.
    missed: BTreeSet<Hash>,
    /// The config change that was the last entry: the next must be a batch that names its bundle.
    last: Option<(u64, Hash)>,
}

impl Changes {
    /// Takes the next entry that can be read. `damaged`: an entry that cannot be believed, which is
    /// named elsewhere, may have entered a bundle.
    pub(crate) fn step(&mut self, logged: &LoggedEntry, damaged: bool, findings: &mut Findings) {
        let position = logged.position;
        let named = match &logged.entry {
            Entry::Batch(sealed) => Some(sealed.header.bundle),
            Entry::ConfigChange(_) => None,
        };
        if let Some((at, bundle)) = self.last.take().filter(|(_, bundle)| named != Some(*bundle)) {
            // What cannot be read in between is named elsewhere.
            if at + 1 == position {
                misplaced(at, bundle, findings);
            }
        }
        match &logged.entry {
            Entry::Batch(sealed) => {
                let bundle = sealed.header.bundle;
                if !damaged && !self.has(&bundle) && self.missed.insert(bundle) {
                    let detail = format!(
                        "expected a config change to the bundle {bundle} before position {position}, found none"
                    );
                    findings.add(ConfigUnlogged, &sealed.header.key, detail);
                }
            }
            Entry::ConfigChange(change) => {
                if let Some(first) = self.entered.get(&change.bundle) {
                    let detail = format!(
                        "expected the bundle {} to be entered once, at {first}, found it again",
                        change.bundle
                    );
                    findings.add(ConfigRepeated, subject(position), detail);
                } else {
                    self.entered.insert(change.bundle, position);
                }
                self.last = Some((position, change.bundle));
            }
        }
    }

    /// At the end of a log of this size: its last entry is no config change.
    pub(crate) fn end(&self, size: u64, findings: &mut Findings) {
        if let Some((at, bundle)) = self.last.filter(|(at, _)| at + 1 == size) {
            misplaced(at, bundle, findings);
        }
    }

    /// Whether the log has entered a bundle.
    pub(crate) fn has(&self, bundle: &Hash) -> bool {
        self.entered.contains_key(bundle)
    }

    /// The bundles that the log has entered.
    pub(crate) fn bundles(&self) -> impl Iterator<Item = &Hash> {
        self.entered.keys()
    }
}

fn subject(position: u64) -> String {
    format!("entry {position}")
}

fn misplaced(at: u64, bundle: Hash, findings: &mut Findings) {
    let detail = format!("expected a batch that names the bundle {bundle} behind it, found none");
    findings.add(ConfigMisplaced, subject(at), detail);
}
