//! What the snippets ask of Kinesis, by clients that only write it down: no cloud is needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::snippets::{feed, folder, has};

/// Refuses the first record of every other request.
const BOTO: &str = r#"
import json, os

class Kinesis:
    requests = 0

    def put_records(self, StreamName, Records):
        refuses = Kinesis.requests % 2
        Kinesis.requests += 1
        answers = [{"ErrorCode": "Busy"} if refuses and place == 0 else {} for place in range(len(Records))]
        with open(os.environ["CAIRN_REQUESTS"], "a") as file:
            file.write(json.dumps([
                {"key": record["PartitionKey"], "data": record["Data"].decode(), "taken": not answer}
                for record, answer in zip(Records, answers)
            ]) + "\n")
        return {"Records": answers}

def client(name):
    return Kinesis()
"#;

const SDK: &str = r#"
import { appendFileSync } from "node:fs";

let requests = 0;

export class PutRecordsCommand {
  constructor(input) { this.input = input; }
}

export class KinesisClient {
  async send({ input }) {
    const refuses = requests++ % 2;
    const answers = input.Records.map((_, place) => (refuses && place === 0 ? { ErrorCode: "Busy" } : {}));
    const request = input.Records.map(({ PartitionKey, Data }, place) => (
      { key: PartitionKey, data: Data.toString(), taken: !answers[place].ErrorCode }
    ));
    appendFileSync(process.env.CAIRN_REQUESTS, `${JSON.stringify(request)}\n`);
    return { Records: answers };
  }
}
"#;

#[derive(Deserialize)]
struct Put {
    key: String,
    data: String,
    taken: bool,
}

/// Few actors with much to say, and more actors than a request takes records.
fn events() -> Vec<String> {
    let padding = "x".repeat(20_000);
    let event = |n: usize| {
        let (actor, padding) = if n < 600 { (n % 6, &*padding) } else { (n, "") };
        json!({
            "tenant": "acme", "time": "2026-01-31T12:00:00Z", "action": "document.share",
            "actor": {"type": "user", "id": format!("u-{actor}")}, "outcome": "success",
            "resource": {"type": "document", "id": format!("d-{n}"), "name": "a\u{2028}b"},
            "data": {"padding": padding, "large": 9_007_199_254_740_993_u64},
        })
    };
    (0..1300).map(|n| event(n).to_string()).collect()
}

fn requests(command: &mut Command, place: &Path, events: &[String]) -> Vec<Vec<Put>> {
    let log = place.join("requests");
    command.env("CAIRN_REQUESTS", &log).env("CAIRN_STREAM", "audit-events");
    let input = events.iter().map(|event| format!("{event}\n")).collect::<String>();
    feed(command, &input, events.len());
    let lines = fs::read_to_string(log).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn taken(requests: &[Vec<Put>]) -> Vec<&str> {
    let puts = requests.iter().flatten().filter(|put| put.taken);
    puts.flat_map(|put| put.data.split_terminator('\n')).collect()
}

/// Of Kinesis, on each request.
fn within_limits(requests: &[Vec<Put>]) {
    for request in requests {
        let sizes: Vec<usize> = request.iter().map(|put| put.key.len() + put.data.len()).collect();
        assert!((1..=500).contains(&sizes.len()), "{}", sizes.len());
        assert!(sizes.iter().all(|size| *size <= 1 << 20), "{sizes:?}");
        assert!(sizes.iter().sum::<usize>() <= 5 << 20, "{sizes:?}");
        let keys: BTreeSet<_> = request.iter().map(|put| &put.key).collect();
        assert_eq!(keys.len(), request.len(), "two records of a key may swap");
    }
}

/// Each event once, in order for each actor, as it came but for what was added.
fn all_arrived(requests: &[Vec<Put>], events: &[String]) {
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    for line in taken(requests) {
        let event: Value = serde_json::from_str(line).unwrap();
        let number = event["producer"]["seq"].as_u64().unwrap();
        assert!(numbers.insert(number), "{number} twice");
        let before = last.insert(event["actor"]["id"].to_string(), number);
        assert!(before < Some(number), "{before:?} before {number}");
        let sent = &events[usize::try_from(number).unwrap()];
        assert!(line.starts_with(&sent[..sent.len() - 1]), "{}", &line[..300]);
        assert!(event["id"].is_string());
    }
    assert_eq!(numbers, (0..events.len() as u64).collect());
}

/// An event that is numbered already, and numbers that few programs keep.
fn as_they_came(line: &str) {
    let written = r#""n":[9007199254740993,1.0,1e400,0.12345678901234567890]"#;
    assert!(line.contains(written), "{line}");
    for name in [r#""id":"e-1""#, r#""producer":{"id":"own","seq":7}"#] {
        assert_eq!(line.matches(name).count(), 1, "{line}");
    }
    assert_eq!(line.matches(r#""producer""#).count(), 1, "{line}");
}

fn numbered() -> [String; 1] {
    let event = r#"{"id":"e-1","tenant":"acme","actor":{"type":"user","id":"u"}"#;
    let more = r#""producer":{"id":"own","seq":7},"data":{"n":[9007199254740993,1.0,1e400,0.12345678901234567890]}}"#;
    [format!("{event},{more}")]
}

/// With a command that puts, made anew for each run.
fn keeps_within_bounds(command: impl Fn() -> Command) {
    let place = tempfile::tempdir().unwrap();
    let events = events();
    let many = requests(&mut command(), place.path(), &events);
    within_limits(&many);
    all_arrived(&many, &events);
    let place = tempfile::tempdir().unwrap();
    let one = requests(&mut command(), place.path(), &numbered());
    as_they_came(taken(&one)[0]);
    says_what_is_too_large(&mut command(), &events[700]);
}

/// What no record has room for is named before anything is put.
fn says_what_is_too_large(command: &mut Command, event: &str) {
    let place = tempfile::tempdir().unwrap();
    let log = place.path().join("requests");
    let input = place.path().join("input");
    let large = event.replace("acme", &"x".repeat(900_000));
    fs::write(&input, format!("{event}\n{large}\n")).unwrap();
    command.env("CAIRN_REQUESTS", &log).env("CAIRN_STREAM", "audit-events");
    let output = command.stdin(fs::File::open(input).unwrap()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("expected an event of less than 900000 bytes, found "), "{said}");
    assert!(!output.status.success() && !log.exists());
}

#[test]
fn python_keeps_within_what_kinesis_takes() {
    if !has("python3") {
        eprintln!("skipped: no python3 to run snippets/python with");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("boto3.py"), BOTO).unwrap();
    keeps_within_bounds(|| {
        let mut command = Command::new("python3");
        command.arg("-B").arg(folder("python").join("put.py")).env("PYTHONPATH", place.path());
        command
    });
}

#[test]
fn node_keeps_within_what_kinesis_takes() {
    if !has("node") {
        eprintln!("skipped: no node to run snippets/node with");
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let sdk = place.path().join("node_modules/@aws-sdk/client-kinesis");
    fs::create_dir_all(&sdk).unwrap();
    fs::write(sdk.join("package.json"), r#"{"type": "module", "exports": "./index.js"}"#).unwrap();
    fs::write(sdk.join("index.js"), SDK).unwrap();
    let script = place.path().join("put.mjs");
    fs::copy(folder("node").join("put.mjs"), &script).unwrap();
    keeps_within_bounds(|| {
        let mut command = Command::new("node");
        command.arg(&script);
        command
    });
}
