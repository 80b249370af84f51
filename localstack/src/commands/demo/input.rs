//! Puts the records on the stream.

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

/// Refuses an input that is not there, before anything is built or started.
pub(crate) fn exists(arguments: &Arguments) -> Result<(), DemoError> {
    match &arguments.input {
        Some(path) if !path.exists() => {
            Err(DemoError::Input { path: path.clone(), found: "nothing" })
        }
        _ => Ok(()),
    }
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
