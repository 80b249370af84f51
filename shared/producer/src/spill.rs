//! Where events go that memory has no room for: files of a folder, written and read in order.
//!
//! Once an event is on disk, all that are accepted after it go there too, until everything has been
//! read back: so what is in memory is older than what is on disk, and order stands. Between such
//! times lies an *epoch*, which has a number of its own among those of the files: what is left of its
//! events at shutdown is written under it, and recovered in its place.

mod frame;
mod segment;

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use frame::{Frame, encode};

use crate::config::SpillConfig;
use segment::Segment;

/// How long a disk that failed is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// Why there is nowhere to spill to.
#[derive(Debug, thiserror::Error)]
pub enum SpillError {
    /// Others could read what is in it.
    #[error(
        "spill folder {}: expected one that only its owner can enter (mode 0700), found mode {mode:04o}", path.display()
    )]
    Permissions {
        /// The folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Another producer uses it.
    #[error("spill folder {}: expected one of this producer alone, found another one in it", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// It could not be read or written.
    #[error("spill folder: {what} {}: {source}", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why an event was not written.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// There is no room for it.
    Full,
    /// The disk failed.
    Io(io::Error),
}

/// The folder.
pub(crate) struct Spill {
    folder: PathBuf,
    limit: u64,
    segment_bytes: u64,
    /// Room that slots have reserved.
    pub(crate) reserved: u64,
    segments: VecDeque<Segment>,
    /// The last segment's file, while it is being written.
    writing: Option<File>,
    /// Whether something in it may not be on the disk itself.
    dirty: bool,
    /// Files that are written whole, of which the same may be true.
    retired: Vec<File>,
    /// Whether events are on disk that were not read.
    active: bool,
    epoch: u64,
    next: u64,
    damaged: u64,
    /// When writing failed last, if nothing was written since; and likewise reading.
    write_failed: Option<Instant>,
    read_failed: Option<Instant>,
    /// Held as long as the folder is used.
    _lock: File,
}

impl Spill {
    /// Opens the folder, or makes it, and counts what an earlier run has left in it.
    pub(crate) fn open(config: &SpillConfig) -> Result<Self, SpillError> {
        let folder = config.folder.clone();
        let lock = own(&folder)?;
        let mut paths = Vec::new();
        let mut latest = None;
        let entries = fs::read_dir(&folder).map_err(failed("reading", &folder))?;
        for entry in entries {
            let path = entry.map_err(failed("reading", &folder))?.path();
            let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
            // Of those that were put aside too: none is to be overwritten.
            latest = latest.max(number);
            if path.extension().is_some_and(|extension| extension == "spill") {
                paths.extend(number.map(|number| (number, path)));
            }
        }
        paths.sort();
        let mut segments = VecDeque::new();
        for (number, path) in paths {
            let segment = Segment::recover(path.clone(), number);
            segments.push_back(segment.map_err(failed("reading", &path))?);
        }
        let epoch = latest.map_or(0, |latest| latest + 1);
        let active = segments.iter().any(|segment| segment.unread > 0);
        let segment_bytes = (config.bytes / 16).clamp(256 << 10, 64 << 20);
        let mut spill = Self {
            folder,
            limit: config.bytes,
            segment_bytes,
            reserved: 0,
            segments,
            writing: None,
            dirty: false,
            retired: Vec::new(),
            active,
            epoch,
            next: epoch + 1,
            damaged: 0,
            write_failed: None,
            read_failed: None,
            _lock: lock,
        };
        spill.sweep();
        Ok(spill)
    }

    /// Whether new events have to go to disk, as older ones are there that were not read.
    pub(crate) fn is_active(&self) -> bool {
        self.active
    }

    /// The number of the time between spills that is now.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Events that were not read.
    pub(crate) fn unread(&self) -> u64 {
        self.segments.iter().map(|segment| segment.unread).sum()
    }

    /// Bytes of all files.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.len).sum()
    }

    /// Files that were put aside.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// When reading is tried again after it failed.
    pub(crate) fn reads_again(&self) -> Option<Instant> {
        self.read_failed.map(|at| at + RETRY)
    }

    /// Whether there is room for so many bytes.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        self.bytes() + self.reserved + bytes <= self.limit
    }

    /// Whether a slot of so many bytes can be given out: not while the disk fails, as what it cannot
    /// take goes to memory all the same. It is tried again after a while.
    pub(crate) fn takes_slot(&mut self, bytes: u64, now: Instant) -> bool {
        if !self.has_room(bytes) {
            return false;
        }
        match self.write_failed {
            None => true,
            Some(at) if now.duration_since(at) < RETRY => false,
            Some(_) => {
                let tried = self.try_disk(bytes);
                if tried.is_err() {
                    self.give_up();
                }
                self.write_failed = tried.is_err().then_some(now);
                tried.is_ok()
            }
        }
    }

    /// Whether the disk takes so many bytes. They do not stay there.
    fn try_disk(&mut self, bytes: u64) -> io::Result<()> {
        self.begin()?;
        match (self.segments.back_mut(), &self.writing) {
            (Some(segment), Some(file)) => segment.try_room(file, bytes),
            _ => Ok(()),
        }
    }

    /// Writes an event. `forced`: it has a reserved slot, and may exceed the limit.
    pub(crate) fn append(
        &mut self,
        frame: &[u8],
        forced: bool,
        now: Instant,
    ) -> Result<(), AppendError> {
        if !forced && !self.has_room(frame.len() as u64) {
            return Err(AppendError::Full);
        }
        let written = self.write(frame);
        if written.is_err() {
            self.give_up();
        }
        self.active |= written.is_ok();
        self.write_failed = written.is_err().then_some(now);
        written.map_err(AppendError::Io)
    }

    fn write(&mut self, frame: &[u8]) -> io::Result<()> {
        self.begin()?;
        if let (Some(segment), Some(file)) = (self.segments.back_mut(), &self.writing) {
            segment.write(file, frame)?;
            self.dirty = true;
        }
        Ok(())
    }

    /// Sees to it that there is a file to write to.
    fn begin(&mut self) -> io::Result<()> {
        if self.segments.back().is_some_and(|segment| segment.len >= self.segment_bytes) {
            self.retire();
        }
        if self.writing.is_none() {
            let number = self.next;
            // Whatever becomes of this one, the next has another name.
            self.next += 1;
            let (segment, file) = Segment::create(&self.folder, number)?;
            self.segments.push_back(segment);
            self.writing = Some(file);
        }
        Ok(())
    }

    /// Whatever is wrong with the last file, the next event gets another. One with nothing in it goes:
    /// a disk that fails for long is not to be left full of them.
    fn give_up(&mut self) {
        self.retire();
        let empty = self.segments.back().filter(|last| last.is_empty());
        if empty.is_some_and(|last| last.remove().is_ok()) {
            self.segments.pop_back();
        }
    }

    /// The next event, with the number of its file and whether an earlier run has written it.
    /// Where other bytes are found, the file is put aside with what follows; `Err` says how many events.
    /// Where the system fails, they stay: it is asked again after a while.
    pub(crate) fn read(&mut self, now: Instant) -> Option<Result<(u64, bool, Frame), u64>> {
        if self.read_failed.is_some_and(|at| now.duration_since(at) < RETRY) {
            return None;
        }
        let segment = self.segments.iter_mut().find(|segment| segment.unread > 0)?;
        let read = segment.read();
        let failed = self.read_failed.take();
        let found = match read {
            Ok(frame) => Ok((segment.number, segment.recovered, frame)),
            Err(error) if error.kind() != io::ErrorKind::InvalidData => {
                if failed.is_none() {
                    let file = segment.number;
                    tracing::error!(file, %error, "spilled events cannot be read now; they are kept, and tried again");
                }
                self.read_failed = Some(now);
                return None;
            }
            Err(error) => {
                let (number, unread) = (segment.number, segment.unread);
                tracing::error!(file = number, events = unread, %error, "spilled events cannot be read; the file is kept");
                (segment.unread, segment.damaged) = (0, true);
                if self.segments.back().is_some_and(|last| last.number == number) {
                    self.retire();
                }
                Err(unread)
            }
        };
        if self.unread() == 0 {
            self.active = false;
            self.retire();
            self.epoch = self.next;
            self.next += 1;
        }
        self.sweep();
        Some(found)
    }

    /// Says that an event of a file is in the stream.
    pub(crate) fn delivered(&mut self, number: u64) {
        if let Some(segment) = self.segments.iter_mut().find(|segment| segment.number == number) {
            segment.live = segment.live.saturating_sub(1);
            self.sweep();
        }
    }

    /// Removes files of which nothing is left to deliver.
    fn sweep(&mut self) {
        let writing = self.writing.as_ref().and_then(|_| Some(self.segments.back()?.number));
        let done = |segment: &Segment| {
            segment.unread == 0 && segment.live == 0 && Some(segment.number) != writing
        };
        while let Some(segment) = self.segments.front().filter(|segment| done(segment)) {
            match segment.discard() {
                Ok(None) => {}
                Ok(Some(path)) => {
                    self.damaged += 1;
                    let file = path.display().to_string();
                    tracing::error!(
                        file,
                        "a spill file ends in bytes that are no event; it is kept"
                    );
                }
                Err(error) => {
                    let file = segment.number;
                    tracing::error!(file, %error, "a delivered spill file cannot be removed; the next start delivers it again");
                }
            }
            self.segments.pop_front();
        }
    }

    /// Writes what is left of an epoch to its file, and forces it to the disk; all of it, or nothing.
    pub(crate) fn keep(&mut self, epoch: u64, frames: &[Vec<u8>]) -> io::Result<()> {
        let (mut segment, file) = Segment::create(&self.folder, epoch)?;
        let written = frames.iter().try_for_each(|frame| segment.write(&file, frame));
        written.and_then(|()| file.sync_all()).inspect_err(|_| {
            // They are handed back: the next start is not to find them as well.
            let _remains = segment.remove().or_else(|_| file.set_len(0));
        })
    }

    /// Writes no more to the last file.
    fn retire(&mut self) {
        let file = self.writing.take().filter(|_| std::mem::take(&mut self.dirty));
        self.retired.extend(file);
    }

    /// The files that have to be forced to the disk.
    pub(crate) fn unsynced(&mut self) -> Vec<File> {
        let mut files = std::mem::take(&mut self.retired);
        if let Some(file) = self.writing.as_ref().filter(|_| self.dirty) {
            // Without another handle it stays dirty, and is tried again.
            if let Ok(file) = file.try_clone() {
                files.push(file);
                self.dirty = false;
            }
        }
        files
    }
}

/// Makes the folder if it is not there, and sees to it that nobody else is in it.
fn own(folder: &Path) -> Result<File, SpillError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(failed("making", folder))?;
    let mode = fs::metadata(folder).map_err(failed("reading", folder))?.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SpillError::Permissions { path: folder.to_owned(), mode });
    }
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    let lock = options.write(true).create(true).truncate(false).mode(0o600).open(&path);
    let lock = lock.map_err(failed("opening", &path))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => Err(SpillError::InUse { path: folder.to_owned() }),
        Err(fs::TryLockError::Error(source)) => {
            Err(SpillError::Io { what: "locking", path, source })
        }
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SpillError {
    let path = path.to_owned();
    move |source| SpillError::Io { what, path, source }
}
