//! Keys and their versions.

use rayon::prelude::*;

use crate::{Archive, ArchiveError, Object, Version};

/// A key that is, or was, in the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    /// Ids of its versions, newest first, without delete markers.
    pub(crate) versions: Vec<String>,
    /// How many delete markers it has.
    pub(crate) markers: usize,
    /// Whether a read without version finds it.
    pub(crate) visible: bool,
}

/// The keys under a prefix, in order.
pub(crate) fn list(archive: &impl Archive, prefix: &str) -> Result<Vec<Listed>, ArchiveError> {
    let mut keys: Vec<Listed> = Vec::new();
    for version in archive.versions(prefix)? {
        let Version { key, version, delete_marker, latest, size: _ } = version;
        let same = keys.last_mut().filter(|last| last.key == key);
        let listed = match same {
            Some(listed) => listed,
            None => {
                keys.push(Listed { key, versions: Vec::new(), markers: 0, visible: false });
                let Some(listed) = keys.last_mut() else { continue };
                listed
            }
        };
        listed.visible |= latest && !delete_marker;
        if delete_marker {
            listed.markers += 1;
        } else {
            listed.versions.push(version);
        }
    }
    keys.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    Ok(keys)
}

/// The current objects at these keys, read in parallel, in the order of the keys; `None` where there
/// is none.
pub(crate) fn read_all<'l>(
    archive: &impl Archive,
    listed: &'l [Listed],
) -> Result<Vec<(&'l Listed, Option<Object>)>, ArchiveError> {
    listed.par_iter().map(|listed| Ok((listed, archive.read(&listed.key, None)?))).collect()
}
