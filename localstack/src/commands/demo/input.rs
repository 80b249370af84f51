//! Puts the records on the stream.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use cairn_cli::generate::{self, generate};
use cairn_cli::put::{self, Input, Options, Summary};
use cairn_local::progress;

use super::stage::Stage;
use super::{Arguments, DemoError, Words};

/// The event of the generated incident that is proven: what somebody would want removed first.
const NOTABLE: &str = r#""audit_trail.delete""#;

/// What was put, and which event it pays to look at.
pub(crate) struct Put {
    pub(crate) summary: Summary,
    /// Id of an event that matters, with the reason; real records have none that we know of.
    pub(crate) notable: Option<(String, &'static str)>,
}

/// Puts the files of `--input`, or generated events.
pub(crate) async fn put(
    stage: &Stage,
    arguments: &Arguments,
    words: &Words,
) -> Result<Put, DemoError> {
    words.title("2. Records on the stream");
    let (input, notable) = match &arguments.input {
        Some(folder) => (Input::Path(folder.clone()), None),
        None => generated(arguments.events, words),
    };
    let bar = progress::bar("putting");
    let summary = put::put(&stage.cloud, &[input], &Options::default(), &bar).await;
    bar.finish_and_clear();
    let summary = summary?;
    if let Some(first) = summary.failures.first() {
        return Err(DemoError::NotPut {
            failed: summary.failures.len(),
            subject: first.subject.clone(),
            reason: first.reason.clone(),
        });
    }
    if summary.sent.records == 0 {
        let path = arguments.input.clone().unwrap_or_default();
        return Err(DemoError::Input { path, found: "none" });
    }
    words.say(format!(
        "{} records were put on {} shards of Kinesis in {} requests.",
        summary.sent.records,
        summary.sent.shards.len(),
        summary.sent.requests
    ));
    Ok(Put { summary, notable })
}

/// Refuses an input that is not there or holds no file, before anything is built or started.
pub(crate) fn check(arguments: &Arguments) -> Result<(), DemoError> {
    let Some(path) = &arguments.input else { return Ok(()) };
    let refused = |found| Err(DemoError::Input { path: path.clone(), found });
    match holds_a_file(path) {
        Ok(true) => Ok(()),
        Ok(false) => refused("no file in it"),
        Err(error) if error.kind() == ErrorKind::NotFound => refused("nothing"),
        Err(source) => Err(DemoError::Io { path: path.clone(), source }),
    }
}

/// Whether there is a file to put at the path or below it. Hidden ones are not put.
fn holds_a_file(path: &Path) -> io::Result<bool> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(true);
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // Links are followed to files only: one to a directory may lead in a circle.
        let below = !entry.file_type()?.is_symlink() || entry.path().is_file();
        if !hidden && below && holds_a_file(&entry.path())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn generated(events: u64, words: &Words) -> (Input, Option<(String, &'static str)>) {
    let options = generate::Options { events, ..Default::default() };
    let (mut lines, mut notable) = (String::new(), None);
    for event in generate(&options) {
        lines.push_str(&event.json);
        lines.push('\n');
        if let Some(story) = event.story
            && event.json.contains(NOTABLE)
        {
            notable = Some((event.id, story));
        }
    }
    words.say(format!(
        "{events} made-up events: a day of {} companies that use a document service.",
        options.tenants
    ));
    (Input::Bytes { name: "generated events".to_owned(), bytes: lines.into() }, notable)
}
