//! Looks through the whole input, before any of it is put, where its format was named.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use cairn_event::Reason;
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::format::{Format, described};
use super::read::{self, Message};
use super::split::Piece;
use super::{Input, READ_AHEAD};

/// What is not of the format that was named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: expected {expected}, found {found}; nothing was put")]
pub struct Mismatch {
    /// The file, and the line in it.
    pub subject: String,
    /// What the format has.
    pub expected: &'static str,
    /// What is there instead.
    pub found: String,
}

/// The inputs, looked through if their format was named. What can be read only once is held then.
pub(super) async fn checked(
    inputs: &[Input],
    format: Format,
    bar: &ProgressBar,
) -> Result<Vec<Input>, Mismatch> {
    let Some((adapter, expected)) = format.named() else { return Ok(inputs.to_vec()) };
    let held = inputs.iter().map(|input| hold(input, expected)).collect::<Result<Vec<_>, _>>()?;
    let (sender, mut messages) = mpsc::channel(READ_AHEAD);
    let (reading, looking) = (held.clone(), bar.clone());
    std::thread::spawn(move || read::read(&reading, false, &looking, &sender));
    while let Some(message) = messages.recv().await {
        let (subject, found) = match message {
            Message::End => continue,
            Message::Failed(failure) => (failure.subject, failure.reason),
            Message::Piece(piece, from) => match look(&piece, adapter) {
                None => continue,
                Some(found) => (format!("{} line {}", from.path, from.line), found),
            },
        };
        return Err(Mismatch { subject, expected, found });
    }
    bar.reset();
    Ok(held)
}

/// What a piece is, if it is not what `adapter` can read.
fn look(piece: &Piece, adapter: Option<&'static str>) -> Option<String> {
    let text = str::from_utf8(&piece.bytes).ok().filter(|_| piece.whole);
    let Some(text) = text else { return Some("what is not JSON".to_owned()) };
    let inspection = cairn_event::inspect(text);
    if inspection.adapter != adapter {
        return Some(described(inspection.adapter).to_owned());
    }
    inspection.reason.map(|Reason { code, pointer, message }| {
        let at = pointer.map(|pointer| format!(" at {pointer}")).unwrap_or_default();
        format!("one that would be rejected: {code}{at}: {message}")
    })
}

/// An input that can be read twice.
fn hold(input: &Input, expected: &'static str) -> Result<Input, Mismatch> {
    let mut bytes = Vec::new();
    let (name, read) = match input {
        Input::Stdin => ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut bytes)),
        Input::Path(path) if is_stream(path) => {
            let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
            (path.display().to_string(), read)
        }
        other => return Ok(other.clone()),
    };
    match read {
        Ok(_) => Ok(Input::Bytes { name, bytes: bytes.into() }),
        Err(error) => Err(Mismatch { subject: name, expected, found: error.to_string() }),
    }
}

/// Whether a path is a pipe (`<(...)`) or something else that is gone once it is read.
fn is_stream(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| !metadata.is_dir() && !metadata.is_file())
}
