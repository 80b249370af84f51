//! One file of spilled events.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::frame::{self, Frame, MAGIC};

/// A file, and how far it has been read and delivered.
pub(super) struct Segment {
    pub(super) number: u64,
    /// Bytes that were written whole.
    pub(super) len: u64,
    /// Events that were not read yet.
    pub(super) unread: u64,
    /// Events that were read and are not in the stream yet.
    pub(super) live: u64,
    /// Whether an earlier run has written it.
    pub(super) recovered: bool,
    /// Whether something in it cannot be read.
    pub(super) damaged: bool,
    path: PathBuf,
    /// Bytes that were read.
    at: u64,
    reader: Option<BufReader<File>>,
}

impl Segment {
    /// A new file, which only its owner can read, and the handle to write to it.
    pub(super) fn create(folder: &Path, number: u64) -> io::Result<(Self, File)> {
        let path = folder.join(format!("{number:020}.spill"));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let begun = file.write_all_at(MAGIC, 0);
        // Without this, a power failure could forget that there is such a file.
        let begun = begun.and_then(|()| File::open(folder)?.sync_all());
        if let Err(error) = begun {
            let _remains = fs::remove_file(&path);
            return Err(error);
        }
        let len = MAGIC.len() as u64;
        let segment = Self {
            number,
            len,
            unread: 0,
            live: 0,
            recovered: false,
            damaged: false,
            path,
            at: len,
            reader: None,
        };
        Ok((segment, file))
    }

    /// A file of an earlier run, read once to count what can be read.
    pub(super) fn recover(path: PathBuf, number: u64) -> io::Result<Self> {
        let size = fs::metadata(&path)?.len();
        let mut from = BufReader::new(File::open(&path)?);
        let (mut len, mut unread) = (0, 0);
        let mut magic = [0; MAGIC.len()];
        if size >= MAGIC.len() as u64 {
            from.read_exact(&mut magic)?;
        }
        if magic == *MAGIC {
            len = MAGIC.len() as u64;
            while let Some(frame) = frame::read(&mut from)? {
                len += frame::size(frame.json.len());
                unread += 1;
            }
        }
        let damaged = len < size;
        let at = MAGIC.len() as u64;
        Ok(Self { number, len, unread, live: 0, recovered: true, damaged, path, at, reader: None })
    }

    /// Adds a frame, wholly or not at all.
    pub(super) fn write(&mut self, file: &File, frame: &[u8]) -> io::Result<()> {
        if let Err(error) = file.write_all_at(frame, self.len) {
            if file.set_len(self.len).is_err() {
                self.damaged = true;
            }
            return Err(error);
        }
        self.len += frame.len() as u64;
        self.unread += 1;
        Ok(())
    }

    /// Whether so many bytes could be added. They are cut off again.
    pub(super) fn try_room(&mut self, file: &File, bytes: u64) -> io::Result<()> {
        let zeros = vec![0; usize::try_from(bytes).unwrap_or(0)];
        let written = file.write_all_at(&zeros, self.len);
        let cut = file.set_len(self.len);
        self.damaged |= cut.is_err();
        written.and(cut)
    }

    /// Whether nothing was ever written to it.
    pub(super) fn is_empty(&self) -> bool {
        self.len == MAGIC.len() as u64 && !self.damaged
    }

    /// The next event that was not read.
    pub(super) fn read(&mut self) -> io::Result<Frame> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => {
                let mut file = File::open(&self.path)?;
                file.seek(SeekFrom::Start(self.at))?;
                BufReader::new(file)
            }
        };
        let frame = frame::read(&mut reader)?.ok_or_else(|| {
            let message = "expected the event that was written here, found other bytes";
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        // More may be written: a buffer that ended where the file did reads on from there.
        self.reader = Some(reader);
        self.at += frame::size(frame.json.len());
        self.unread -= 1;
        self.live += 1;
        Ok(frame)
    }

    /// Removes the file.
    pub(super) fn remove(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    /// Removes the file, or puts it aside where something in it could not be read; its path then.
    pub(super) fn discard(&self) -> io::Result<Option<PathBuf>> {
        if !self.damaged {
            self.remove()?;
            return Ok(None);
        }
        let aside = self.path.with_extension("damaged");
        fs::rename(&self.path, &aside)?;
        Ok(Some(aside))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_file_is_read_on_where_reading_failed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut segment, file) = Segment::create(folder.path(), 7).unwrap();
        for seq in 0..5 {
            segment.write(&file, &frame::encode(1, seq, b"{}")).unwrap();
        }
        assert_eq!((segment.read().unwrap().seq, segment.read().unwrap().seq), (0, 1));
        let away = folder.path().join("away");
        fs::rename(&segment.path, &away).unwrap();
        segment.reader = None;
        let error = segment.read().unwrap_err();
        assert_eq!((error.kind(), segment.unread), (io::ErrorKind::NotFound, 3));
        fs::rename(&away, &segment.path).unwrap();
        let rest: Vec<u64> = (0..3).map(|_| segment.read().unwrap().seq).collect();
        assert_eq!(rest, [2, 3, 4]);
    }
}
