//! Step 3: entries, tiles and the root.

use std::collections::BTreeSet;

use cairn_batch::keys;
use cairn_ledger::{Checkpoint, Entry, Hash, TileKind, TilePath, TileSet, tile};
use rayon::prelude::*;

use crate::listing::Listed;
use crate::protection::{Retention, check_expiring, check_versions};
use crate::report::FindingCode::{
    CheckpointMismatch, EntriesAltered, EntriesMissing, HeaderInvalid, LogFork, LogRoot,
    TileAltered, TileMissing, TileUnexpected,
};
use crate::{Archive, ArchiveError, Findings, Object, Options};

const WIDTH: u64 = tile::WIDTH as u64;

/// Bundles of entries that may be missing and are each looked for and named.
const MOST_MISSING: u64 = 256;

/// The log as its entries make it.
pub(crate) struct Log {
    pub(crate) size: u64,
    pub(crate) tree: TileSet,
    /// Whether there are entries that cannot be believed, so that a gap in a chain has a cause
    /// that was named already.
    pub(crate) damaged: bool,
}

/// Where a file of the log lies.
fn key(path: &TilePath) -> String {
    keys::tile(&path.to_string())
}

/// The file at `path`, or the full one that replaced it.
fn read_file(
    archive: &impl Archive,
    path: TilePath,
) -> Result<Option<(TilePath, Object)>, ArchiveError> {
    // The very file first: a full one that the log does not have must not stand for it.
    let full = Some(path.full()).filter(|full| *full != path);
    for path in std::iter::once(path).chain(full) {
        if let Some(object) = archive.read(&key(&path), None)? {
            return Ok(Some((path, object)));
        }
    }
    Ok(None)
}

/// Reads a file of the log at each index, in parallel; gives what `judge` makes of each.
fn read_all<A: Archive, T: Send>(
    archive: &A,
    kind: TileKind,
    size: u64,
    judge: impl Fn(TilePath, Option<(TilePath, Object)>) -> T + Sync,
) -> Result<Vec<T>, ArchiveError> {
    (0..size.div_ceil(WIDTH))
        .into_par_iter()
        .filter_map(|index| TilePath::at(kind, index, size))
        .map(|path| Ok(judge(path, read_file(archive, path)?)))
        .collect()
}

/// The size of the log as far as it can be there: whoever can sign may claim any size, and to look for
/// each of its entries would take for ever. What is missing beyond that is one finding.
fn credible_size(
    archive: &impl Archive,
    checkpoint: &Checkpoint,
    listed: &[Listed],
    findings: &mut Findings,
) -> Result<u64, ArchiveError> {
    let prefix = keys::tile("tile/entries/");
    let there = listed.iter().filter(|file| file.key.starts_with(&prefix)).count() as u64;
    let credible = |there: u64| there.saturating_add(MOST_MISSING).saturating_mul(WIDTH);
    if checkpoint.size <= credible(there) {
        return Ok(checkpoint.size);
    }
    // The log may have grown a lot since; what a checkpoint covers was put before it.
    let there = archive.versions(&prefix)?.len() as u64;
    if checkpoint.size <= credible(there) {
        return Ok(checkpoint.size);
    }
    let detail = format!(
        "expected the entries of a log of size {}, found {there} bundles of at most {WIDTH}",
        checkpoint.size
    );
    findings.add(EntriesMissing, keys::CHECKPOINT, detail);
    Ok(there.saturating_mul(WIDTH))
}

/// The leaf hashes of the first entries of a bundle.
fn leaf_hashes(bytes: &[u8], file: TilePath, width: u16) -> Result<Vec<Hash>, String> {
    let entries = tile::decode_bundle(bytes, file.width()).map_err(|error| error.to_string())?;
    Ok(entries.into_iter().take(width.into()).map(Hash::leaf).collect())
}

impl Log {
    /// Reads the entries that the checkpoint covers, and judges them by its root. `listed` are the
    /// files that were there before it was read.
    pub(crate) fn read(
        archive: &impl Archive,
        options: &Options,
        checkpoint: &Checkpoint,
        listed: &[Listed],
        findings: &mut Findings,
    ) -> Result<Self, ArchiveError> {
        let size = credible_size(archive, checkpoint, listed, findings)?;
        let bundles = read_all(archive, TileKind::Entries, size, |path, file| {
            let mut findings = Findings::default();
            let Some((found, object)) = file else {
                findings.add(EntriesMissing, key(&path), "expected entries, found no object");
                return (path, None, findings);
            };
            let retention = if found.is_partial() { Retention::Batch } else { Retention::Log };
            options.check_protection(&key(&found), &object, retention, &mut findings);
            let hashes = leaf_hashes(&object.body, found, path.width())
                .map_err(|detail| findings.add(EntriesAltered, key(&found), detail));
            (path, hashes.ok(), findings)
        })?;
        let mut leaves = Vec::new();
        let mut unread = Vec::new();
        for (path, hashes, found) in bundles {
            findings.append(found);
            match hashes {
                Some(hashes) => leaves.extend(hashes),
                None => {
                    unread.push(path.index());
                    let end = leaves.len() + usize::from(path.width());
                    leaves.resize(end, Hash::EMPTY_ROOT);
                }
            }
        }
        let tree = TileSet::new(leaves);
        if unread.is_empty() && tree.root(size) == Some(checkpoint.root) {
            return Ok(Self { size, tree, damaged: false });
        }
        let claimed = Checkpoint { size, ..checkpoint.clone() };
        let tree = by_tiles(archive, &claimed, &tree, &unread, findings)?;
        Ok(Self { size, tree, damaged: true })
    }

    /// Compares what was signed at other sizes.
    pub(crate) fn check_checkpoints(
        &self,
        signed: &[(String, Checkpoint)],
        trusted: &[Checkpoint],
        findings: &mut Findings,
    ) {
        let root = |size| self.tree.root(size);
        for (key, signed) in signed {
            if let Some(root) = root(signed.size).filter(|root| *root != signed.root) {
                let detail = format!("expected the root {root}, found {}", signed.root);
                findings.add(CheckpointMismatch, key, detail);
            }
        }
        for Checkpoint { size, root: expected, .. } in trusted {
            if let Some(found) = root(*size).filter(|found| found != expected) {
                let detail = format!(
                    "expected the root {expected} at the trusted size {size}, found {found}"
                );
                findings.add(LogFork, keys::CHECKPOINT, detail);
            }
        }
    }

    /// Compares every file that is there with the tree, and names those that are not.
    /// `ahead` is the log that is about to be.
    pub(crate) fn check_files(
        &self,
        archive: &impl Archive,
        options: &Options,
        listed: &[Listed],
        ahead: Option<&TileSet>,
        findings: &mut Findings,
    ) -> Result<(), ArchiveError> {
        let checked: Vec<Findings> = listed
            .par_iter()
            .map(|listed| self.check_file(archive, options, listed, ahead))
            .collect::<Result<_, _>>()?;
        checked.into_iter().for_each(|found| findings.append(found));
        let there: BTreeSet<&str> =
            listed.iter().filter(|file| file.visible).map(|file| file.key.as_str()).collect();
        for path in TilePath::all(self.size) {
            let is_there = |path: TilePath| there.contains(key(&path).as_str());
            let hashes = path.kind() != TileKind::Entries;
            if hashes && !is_there(path) && !is_there(path.full()) {
                // Entries were missed when they were read. The list may be older than the checkpoint.
                match read_file(archive, path)? {
                    Some((found, object)) => {
                        if found.least_size() <= self.size {
                            check_bytes(&self.tree, &found, &object.body, findings);
                        }
                    }
                    None => {
                        findings.add(TileMissing, key(&path), "expected hashes, found no object")
                    }
                }
            }
        }
        Ok(())
    }

    fn check_file(
        &self,
        archive: &impl Archive,
        options: &Options,
        listed: &Listed,
        ahead: Option<&TileSet>,
    ) -> Result<Findings, ArchiveError> {
        let mut findings = Findings::default();
        let path = listed.key.strip_prefix("log/").and_then(|path| path.parse::<TilePath>().ok());
        let Some(path) = path else {
            findings.add(TileUnexpected, &listed.key, "expected a tile's name, found another");
            return Ok(findings);
        };
        let expires = path.is_partial();
        match expires {
            true => check_expiring(archive, options, listed, &mut findings)?,
            false => check_versions(listed, &mut findings),
        }
        let Some(object) = archive.read(&listed.key, None)? else {
            return Ok(findings);
        };
        let retention = if expires { Retention::Batch } else { Retention::Log };
        // Entries that the tree was made of were judged when they were read.
        let was_read = path.kind() == TileKind::Entries
            && TilePath::at(path.kind(), path.index(), self.size)
                .is_some_and(|needed| needed == path);
        if !was_read {
            options.check_protection(&listed.key, &object, retention, &mut findings);
        }
        if path.least_size() <= self.size {
            if !was_read {
                check_bytes(&self.tree, &path, &object.body, &mut findings);
            }
            return Ok(findings);
        }
        match ahead.filter(|ahead| path.least_size() <= ahead.size()) {
            Some(ahead) => check_bytes(ahead, &path, &object.body, &mut findings),
            None => {
                let detail = format!("expected none beyond size {}, found one", self.size);
                findings.add(TileUnexpected, &listed.key, detail);
            }
        }
        Ok(findings)
    }

    /// The entries of the bundles `from..to` that can be believed, in order.
    pub(crate) fn entries(
        &self,
        archive: &impl Archive,
        from: u64,
        to: u64,
        findings: &mut Findings,
    ) -> Result<Vec<LoggedEntry>, ArchiveError> {
        let mut logged = Vec::new();
        for path in (from..to).map_while(|at| TilePath::at(TileKind::Entries, at, self.size)) {
            let file = read_file(archive, path)?;
            let (file, object) = match file {
                Some(file) => file,
                None => {
                    self.differs(&path, findings);
                    continue;
                }
            };
            let Ok(entries) = tile::decode_bundle(&object.body, file.width()) else {
                self.differs(&path, findings);
                continue;
            };
            for (position, entry) in (path.index() * WIDTH..self.size).zip(entries) {
                let link = Hash::leaf(entry);
                if self.tree.leaf(position) != Some(link) {
                    self.differs(&file, findings);
                    continue;
                }
                let text = str::from_utf8(entry).map_err(|error| error.to_string());
                let entry =
                    text.and_then(|text| Entry::parse(text).map_err(|error| error.to_string()));
                match entry {
                    Ok(entry) => logged.push(LoggedEntry { position, entry }),
                    Err(detail) => {
                        let subject = format!("{}#{position}", key(&file));
                        findings.add(HeaderInvalid, subject, detail);
                    }
                }
            }
        }
        Ok(logged)
    }

    /// Says that a bundle is not what it was when the tree was made of it. Where the log is damaged
    /// the cause was named then.
    fn differs(&self, path: &TilePath, findings: &mut Findings) {
        if !self.damaged {
            let detail = "expected the entries that were read before, found others or none";
            findings.add(EntriesAltered, key(path), detail);
        }
    }

    /// How many bundles the log has.
    pub(crate) fn bundles(&self) -> u64 {
        self.size.div_ceil(WIDTH)
    }
}

/// An entry at its position in the log.
pub(crate) struct LoggedEntry {
    pub(crate) position: u64,
    pub(crate) entry: Entry,
}

/// Compares a file with the tree that has it.
fn check_bytes(tree: &TileSet, path: &TilePath, bytes: &[u8], findings: &mut Findings) {
    if path.kind() != TileKind::Entries {
        if tree.tile(path).as_deref() != Some(bytes) {
            findings.add(
                TileAltered,
                key(path),
                "expected the hashes of the entries, found others",
            );
        }
        return;
    }
    let first = path.index() * WIDTH;
    match leaf_hashes(bytes, *path, path.width()) {
        Ok(hashes) => {
            let differs = |(position, hash): &(u64, Hash)| tree.leaf(*position) != Some(*hash);
            if let Some((position, _)) = (first..).zip(hashes).find(differs) {
                let detail =
                    format!("expected the entry that is logged at {position}, found another");
                findings.add(EntriesAltered, key(path), detail);
            }
        }
        Err(detail) => findings.add(EntriesAltered, key(path), detail),
    }
}

/// Where the entries do not make the root, the lowest tiles may: then it is known which bundles
/// were altered.
fn by_tiles(
    archive: &impl Archive,
    checkpoint: &Checkpoint,
    entries: &TileSet,
    unread: &[u64],
    findings: &mut Findings,
) -> Result<TileSet, ArchiveError> {
    let size = checkpoint.size;
    let tiles = read_all(archive, TileKind::Hashes(0), size, |path, file| {
        let hashes = file.map(|(_, object)| object.body).unwrap_or_default();
        let hashes = hashes.as_chunks::<32>().0.iter().copied().map(Hash::from_bytes);
        (path, hashes.take(path.width().into()).collect::<Vec<_>>())
    })?;
    let mut leaves = Vec::new();
    let mut differ = Vec::new();
    for (path, hashes) in tiles {
        let first = path.index() * WIDTH;
        let last = first + u64::from(path.width());
        let own: Vec<Hash> = (first..last).filter_map(|at| entries.leaf(at)).collect();
        if hashes.len() == own.len() && hashes != own {
            let first_other = own.iter().zip(&hashes).position(|(a, b)| a != b);
            differ.push((path, first + first_other.unwrap_or_default() as u64));
            leaves.extend(hashes);
        } else {
            leaves.extend(own);
        }
    }
    let tree = TileSet::new(leaves);
    let good = tree.root(size) == Some(checkpoint.root);
    for (path, position) in &differ {
        let bundle = TilePath::at(TileKind::Entries, path.index(), size).unwrap_or(*path);
        if unread.contains(&path.index()) {
            continue;
        }
        let detail = match good {
            true => format!("expected the entry that is logged at {position}, found another"),
            false => format!("entry and {} differ at {position}", key(path)),
        };
        findings.add(EntriesAltered, key(&bundle), detail);
    }
    if good {
        return Ok(tree);
    }
    let found = entries.root(size).unwrap_or(Hash::EMPTY_ROOT);
    let detail = format!("expected the signed root {}, found {found}", checkpoint.root);
    findings.add(LogRoot, keys::CHECKPOINT, detail);
    Ok(entries.clone())
}
