#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::cell::RefCell;
use std::fs;

use send::{Answer, SinkError};

use super::*;

#[derive(Default)]
struct Stream(RefCell<Vec<Vec<u8>>>);

impl Sink for Stream {
    async fn put(&self, records: &[&Record]) -> Result<Vec<Answer>, SinkError> {
        let take = |record: &&Record| {
            self.0.borrow_mut().push(record.data.to_vec());
            let sequence = self.0.borrow().len().to_string().parse().unwrap();
            Answer::Taken { shard: "shard".into(), sequence }
        };
        Ok(records.iter().map(take).collect())
    }
}

fn run(inputs: &[Input], options: &Options) -> (Summary, Vec<String>) {
    let stream = Stream::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    let bar = ProgressBar::hidden();
    let summary =
        runtime.block_on(put_into(&stream, inputs, options, &bar, std::future::pending())).unwrap();
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    (summary, stream.0.borrow().iter().map(text).collect())
}

fn bytes(text: &'static str) -> Input {
    Input::Bytes { name: "memory".into(), bytes: text.into() }
}

#[test]
fn a_folder_is_put_file_by_file_in_order_of_names() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("b")).unwrap();
    for (name, text) in [("c.json", "[3,4]"), ("a.json", "1"), ("b/x.json", "2"), (".hidden", "9")]
    {
        fs::write(folder.path().join(name), text).unwrap();
    }
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
    let (summary, put) = run(&[Input::Path(folder.path().to_owned())], &Options::default());
    assert_eq!(put, ["1", "2", "3", "4"]);
    assert_eq!((summary.files, summary.broken, summary.failures.len()), (3, 0, 0));
}

#[test]
fn what_cannot_be_read_or_put_is_named_and_the_rest_is_put() {
    let folder = tempfile::tempdir().unwrap();
    let huge = folder.path().join("huge");
    fs::write(&huge, vec![b'x'; 2 << 20]).unwrap();
    let missing = folder.path().join("missing");
    let inputs = [Input::Path(missing.clone()), Input::Path(huge.clone()), bytes("{}\nx\n")];
    let (summary, put) = run(&inputs, &Options::default());
    assert_eq!(put, ["{}", "x"]);
    assert_eq!((summary.sent.records, summary.broken), (2, 2));
    let subjects: Vec<&str> = summary.failures.iter().map(|f| f.subject.as_str()).collect();
    let huge = format!("{} number 1", huge.display());
    assert_eq!(subjects, [missing.to_str().unwrap(), &huge]);
    assert!(summary.failures[1].reason.contains("1048576"), "{:?}", summary.failures[1]);
}

#[test]
fn raw_cuts_nothing() {
    let options = Options { format: Format::Raw, ..Options::default() };
    let (summary, put) = run(&[bytes("[1,\n2]\n")], &options);
    assert_eq!((put, summary.broken), (vec!["[1,\n2]\n".to_owned()], 0));
}

#[test]
fn raw_changes_nothing_however_large_it_is() {
    let options = Options { format: Format::Raw, ..Options::default() };
    let name = "memory".to_owned();
    let huge = Input::Bytes { name, bytes: format!("[{}]", " ".repeat(2 << 20)).into() };
    let (summary, put) = run(&[huge, bytes("{}")], &options);
    assert_eq!(put, ["{}"], "the large one was compressed");
    assert_eq!((summary.failures.len(), summary.broken), (1, 0));
}

/// What is put of inputs that are said to have a format, or why nothing is.
fn run_as(format: Format, inputs: &[Input]) -> Result<Vec<String>, String> {
    let stream = Stream::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    let options = Options { format, ..Options::default() };
    let bar = ProgressBar::hidden();
    let put = put_into(&stream, inputs, &options, &bar, std::future::pending());
    let result = runtime.block_on(put);
    let taken = stream.0.borrow();
    let texts = taken.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    match result {
        Ok(_) => Ok(texts),
        Err(error) => {
            assert_eq!(texts, Vec::<String>::new());
            Err(error.to_string())
        }
    }
}

const EVENT: &str = r#"{"tenant":"acme","time":"2026-01-31T23:59:58Z","action":"document.share","actor":{"type":"user","id":"u"},"resource":{"type":"document","id":"d"},"outcome":"success"}"#;
const CLOUDTRAIL: &str = r#"{"eventVersion":"1.09","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventTime":"2026-01-31T22:59:58Z","eventID":"e-1","recipientAccountId":"111122223333"}"#;
const CLOUDEVENT: &str = r#"{"specversion":"1.0","id":"1","source":"/s","type":"a.b","time":"2026-01-31T22:59:58Z","tenant":"acme","actorid":"u"}"#;
const KUBERNETES: &str =
    r#"{"auditID":"a","stage":"Panic","verb":"get","stageTimestamp":"2026-01-31T22:59:58Z"}"#;
const OCSF: &str = r#"{"metadata":{"version":"1.7.0","tenant_uid":"acme"},"class_uid":3002,"activity_id":1,"time":1}"#;

#[test]
fn each_format_takes_its_own_and_auto_takes_all() {
    let formats = [
        (Format::Event, EVENT, "an event of Cairn's own form"),
        (Format::Cloudtrail, CLOUDTRAIL, "a CloudTrail record"),
        (Format::Cloudevents, CLOUDEVENT, "a CloudEvent"),
        (Format::Kubernetes, KUBERNETES, "an audit event of Kubernetes"),
        (Format::Ocsf, OCSF, "an OCSF event"),
    ];
    for (format, own, expected) in formats {
        for (other, text, found) in formats {
            let result = run_as(format, &[bytes(own), bytes(text)]);
            match format == other {
                true => assert_eq!(result.unwrap(), [own, own]),
                false => assert_eq!(
                    result.unwrap_err(),
                    format!("memory line 1: expected {expected}, found {found}; nothing was put")
                ),
            }
        }
        assert_eq!(run_as(Format::Auto, &[bytes(own)]).unwrap(), [own]);
    }
    let lists = bytes(
        r#"{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[{"auditID":"a","stage":"s","stageTimestamp":"2026-01-31T22:59:58Z"}]}"#,
    );
    assert_eq!(run_as(Format::Kubernetes, &[lists]).unwrap().len(), 1);
}

#[test]
fn a_mismatch_says_where_it_stands_and_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.ndjson");
    for (line, found) in [
        ("not json", "what is not JSON"),
        ("7", "one that would be rejected: field.type: expected an object, found a number"),
        (CLOUDTRAIL, "a CloudTrail record"),
        ("{}", "one that would be rejected: field.missing at /time: expected a time"),
    ] {
        fs::write(&file, format!("{EVENT}\n\n{EVENT}\n{line}\n")).unwrap();
        let message = run_as(Format::Event, &[Input::Path(file.clone())]).unwrap_err();
        let start = format!(
            "{} line 4: expected an event of Cairn's own form, found {found}",
            file.display()
        );
        assert!(message.starts_with(&start), "{message}");
        assert_eq!(run_as(Format::Auto, &[Input::Path(file.clone())]).unwrap().len(), 3);
    }
    let missing = Input::Path(folder.path().join("missing"));
    assert!(run_as(Format::Event, &[missing]).unwrap_err().contains("missing: expected"));
}

#[test]
fn a_pipe_whose_format_is_named_is_read_once_and_put_whole() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, format!("{EVENT}\n{EVENT}\n")).unwrap()
    });
    assert_eq!(run_as(Format::Event, &[Input::Path(pipe)]).unwrap(), [EVENT, EVENT]);
    writer.join().unwrap();
}

#[test]
fn a_pipe_in_a_folder_is_named_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::write(folder.path().join("x.json"), "{}").unwrap();
    let (summary, put) = run(&[Input::Path(folder.path().to_owned())], &Options::default());
    assert_eq!(put, ["{}"]);
    assert_eq!(summary.failures[0].subject, pipe.display().to_string());
    assert!(summary.failures[0].reason.contains("pipe"), "{:?}", summary.failures);
}

#[test]
fn an_interruption_puts_what_was_read() {
    let stream = Stream::default();
    let mut work = Work {
        sender: Sender::new(&stream, &Jitter),
        packer: Some(Packer::new(1 << 16)),
        partition: Partition::Content,
        raw: false,
        summary: Summary::default(),
    };
    let (to, mut messages) = mpsc::channel(4);
    let piece = |text: &str| Piece { bytes: text.as_bytes().to_vec(), whole: true, line: 1 };
    for (number, text) in (1..).zip(["{\"a\":1}", "{\"b\":2}"]) {
        let place = record::Place { path: "standard input".into(), number, line: number };
        to.try_send(Message::Piece(piece(text), place)).unwrap_or_else(|_| panic!("full"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let bar = ProgressBar::hidden();
    let soon = async { tokio::time::sleep(Duration::from_millis(20)).await };
    let end = runtime.block_on(work.run(&mut messages, &bar, soon)).unwrap();
    assert!(matches!(end, End::Interrupted));
    let summary = work.finish();
    assert_eq!((summary.sent.records, summary.sent.pieces), (1, 2));
    assert!(summary.failures[0].reason.contains("interrupted"), "{:?}", summary.failures);
    assert!(to.is_closed(), "the reader would read on");
}

#[test]
fn broken_pieces_are_never_packed() {
    let options = Options { pack: Some(1 << 16), ..Options::default() };
    let (summary, put) = run(&[bytes("{\"a\":1}\nbroken\n{\"b\":2}\n")], &options);
    assert_eq!((summary.sent.records, summary.sent.pieces, summary.broken), (2, 3, 1));
    assert!(put.contains(&"broken".to_owned()));
}
