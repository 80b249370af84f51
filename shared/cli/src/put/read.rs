//! Reads inputs, one after another, in a thread of its own.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::ProgressBar;
use tokio::sync::mpsc::Sender;

use super::record::Place;
use super::split::{self, Piece};
use super::{Failure, Input};

/// What the reader says.
pub(super) enum Message {
    /// The next piece of an input.
    Piece(Piece, Place),
    /// Something that cannot be read.
    Failed(Failure),
    /// An input was read to its end.
    End,
}

/// Nobody listens any more.
struct Deaf;

/// Reads all inputs. The bar advances by the bytes of files.
pub(super) fn read(inputs: &[Input], raw: bool, bar: &ProgressBar, to: &Sender<Message>) {
    let mut reader = Reader { raw, bar, to };
    let _deaf = reader.read(inputs);
}

struct Reader<'a> {
    raw: bool,
    bar: &'a ProgressBar,
    to: &'a Sender<Message>,
}

impl Reader<'_> {
    fn read(&mut self, inputs: &[Input]) -> Result<(), Deaf> {
        let mut sources = Vec::new();
        for input in inputs {
            match input {
                Input::Path(path) => self.files(path, true, &mut sources)?,
                other => sources.push(other.clone()),
            }
        }
        let size = |source: &Input| match source {
            Input::Path(path) => fs::metadata(path).map_or(0, |file| file.len()),
            Input::Stdin => 0,
            Input::Bytes { bytes, .. } => bytes.len() as u64,
        };
        if !sources.contains(&Input::Stdin) {
            self.bar.set_length(sources.iter().map(size).sum());
        }
        sources.iter().try_for_each(|source| self.source(source))
    }

    /// The files at a path that was named and below it, by name; hidden ones below it are left out.
    fn files(&mut self, path: &Path, named: bool, found: &mut Vec<Input>) -> Result<(), Deaf> {
        let entries = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => fs::read_dir(path),
            // Somebody may name a pipe (`<(...)`), but one that lies around would be waited for.
            Ok(metadata) if named || metadata.is_file() => {
                found.push(Input::Path(path.to_owned()));
                return Ok(());
            }
            Ok(_) => {
                let error = io::Error::other("expected a file, found a pipe, socket or device");
                return self.failed(path.display().to_string(), &error);
            }
            Err(error) => return self.failed(path.display().to_string(), &error),
        };
        let entries = entries.and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.failed(path.display().to_string(), &error),
        };
        let hidden = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        // A link to a directory may lead in a circle.
        let circular = |path: &PathBuf| path.is_symlink() && path.is_dir();
        let mut paths: Vec<PathBuf> =
            entries.iter().filter(|entry| !hidden(entry)).map(fs::DirEntry::path).collect();
        paths.sort();
        paths
            .iter()
            .filter(|path| !circular(path))
            .try_for_each(|path| self.files(path, false, found))
    }

    fn source(&mut self, source: &Input) -> Result<(), Deaf> {
        let (name, input): (String, Box<dyn BufRead>) = match source {
            Input::Path(path) => {
                let name = path.display().to_string();
                match File::open(path) {
                    Ok(file) => (name, Box::new(BufReader::new(self.bar.wrap_read(file)))),
                    Err(error) => return self.failed(name, &error),
                }
            }
            Input::Stdin => ("standard input".to_owned(), Box::new(io::stdin().lock())),
            Input::Bytes { name, bytes } => (name.clone(), Box::new(Cursor::new(bytes.clone()))),
        };
        match self.cut(source, &name, input) {
            Ok(()) => self.say(Message::End),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Deaf),
            Err(error) => self.failed(name, &error),
        }
    }

    fn cut(&self, source: &Input, name: &str, mut input: Box<dyn BufRead>) -> io::Result<()> {
        let path: Arc<str> = name.into();
        let mut number = 0;
        let mut take = |piece: Piece| {
            number += 1;
            let place = Place { path: Arc::clone(&path), number, line: piece.line };
            // The one error that cutting does not make itself.
            let deaf = |_| io::Error::from(io::ErrorKind::BrokenPipe);
            self.say(Message::Piece(piece, place)).map_err(deaf)
        };
        match (self.raw, source) {
            (false, _) => split::split(input, &mut take),
            (true, Input::Stdin) => split::lines(input, &mut take),
            (true, _) => {
                let mut bytes = Vec::new();
                split::rest(&mut input, &mut bytes, split::MOST)?;
                take(Piece { bytes, whole: false, line: 1 })
            }
        }
    }

    fn failed(&self, subject: String, error: &io::Error) -> Result<(), Deaf> {
        self.say(Message::Failed(Failure { subject, reason: error.to_string() }))
    }

    fn say(&self, message: Message) -> Result<(), Deaf> {
        self.to.blocking_send(message).map_err(|_| Deaf)
    }
}
