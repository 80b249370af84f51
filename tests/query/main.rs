//! The questions that `infra/modules/query` keeps for auditors, asked of sealed data: in the Athena of the local cloud
//! as they are, and in DuckDB in translation, as that Athena lacks much of the SQL.

#![allow(clippy::unwrap_used, reason = "tests")]

mod records;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cairn_batch::Row;
use cairn_ledger::Hash;
use cairn_local::{aws, emulator};
use cairn_tests::Driven;
use serde_json::{Value, json};

/// From and before, for all questions about a time.
const FROM: &str = "'2026-03-01'";
const BEFORE: &str = "'2026-04-01 00:00:00'";

/// What the Athena of the local cloud answers as it stands.
const WITHOUT_TRANSLATION: [&str; 4] = ["coverage", "denied", "person", "trace"];

fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/modules/query")
}

fn catalog() -> Value {
    serde_json::from_slice(&std::fs::read(module().join("catalog.json")).unwrap()).unwrap()
}

/// What athena.py makes of something.
fn ask(asked: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("query/athena.py");
    let mut python = Command::new(cairn_local::python::environment().unwrap())
        .arg("-B")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "see above");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_catalog_has_the_columns_of_batches() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch.parquet");
    std::fs::write(&file, records::batch()).unwrap();
    let declared: Vec<_> = catalog()["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| {
            let engine = match column["type"].as_str().unwrap() {
                "timestamp" => "TIMESTAMP WITH TIME ZONE",
                "bigint" => "BIGINT",
                "string" => "VARCHAR",
                "binary" => "BLOB",
                other => panic!("no column of a batch is a {other}"),
            };
            json!([column["name"], engine])
        })
        .collect();
    assert_eq!(ask(&json!({ "file": file }))["columns"], Value::from(declared));
}

/// The rows of all batches by chain and number, as the archive has them.
struct Archive {
    batches: BTreeMap<(String, u64), Vec<Row>>,
}

impl Archive {
    async fn read(driven: &Driven) -> Self {
        let clients = aws::clients(emulator::REGION, driven.cloud.emulator().endpoint()).await;
        let settings = cairn_cli::Settings::from(driven.cloud.deployment());
        let objects = cairn_cli::Cloud::new(settings, clients).objects().unwrap();
        let mut batches = BTreeMap::new();
        for header in driven.headers().await {
            use cairn_store::Objects as _;
            let object = objects.read(&header.key).await.unwrap().unwrap();
            let rows = cairn_batch::decode(object.body, 1 << 30).unwrap().rows;
            batches.insert((header.chain.to_string(), header.number), rows);
        }
        Self { batches }
    }

    fn event(&self, id: &str) -> &Row {
        let has = |row: &&Row| row.leaf.event.as_ref().is_some_and(|event| *event.id == *id);
        self.batches.values().flatten().find(has).unwrap_or_else(|| panic!("{id} is not sealed"))
    }

    /// An event's row of an answer: what is given, then where it lies.
    fn placed(&self, id: &str, mut cells: Value) -> Value {
        let row = self.event(id);
        let place = json!([id, row.chain, row.number, row.index]);
        cells.as_array_mut().unwrap().extend(place.as_array().unwrap().clone());
        cells
    }

    /// The same, with all that the event says.
    fn whole(&self, id: &str, cells: Value) -> Value {
        let mut cells = self.placed(id, cells);
        cells.as_array_mut().unwrap().push(text(&self.event(id).leaf.bytes));
        cells
    }

    /// What `coverage` says of a chain whose batch 1 is seen or not.
    fn coverage(&self, chain: &str, hidden: Option<u64>) -> Value {
        let of = |((name, number), rows): (&(String, u64), _)| {
            (name == chain && hidden != Some(*number)).then_some((*number, rows))
        };
        let batches: BTreeMap<u64, &Vec<Row>> = self.batches.iter().filter_map(of).collect();
        let rows = || batches.values().flat_map(|rows| rows.iter());
        let arrived = || rows().map(|row| row.leaf.arrived);
        json!([
            chain,
            batches.keys().next(),
            batches.keys().last(),
            batches.len(),
            u64::from(hidden.is_some()),
            hidden,
            rows().count(),
            rows().filter(|row| row.leaf.event.is_none()).count(),
            0,
            moment(arrived().min().unwrap()),
            moment(arrived().max().unwrap()),
        ])
    }
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8(bytes.to_vec()).unwrap().into()
}

/// As Athena writes times.
fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// Asks each of the questions; the answers by their names.
fn answers(driven: &Driven, parameters: &BTreeMap<&str, Vec<String>>) -> Value {
    let queries: Vec<_> = parameters
        .iter()
        .map(|(name, parameters)| {
            let file = module().join("queries").join(format!("{name}.sql"));
            let sql = std::fs::read_to_string(file).unwrap();
            json!({ "name": name, "sql": sql, "parameters": parameters })
        })
        .collect();
    ask(&json!({
        "endpoint": driven.cloud.emulator().endpoint(),
        "region": emulator::REGION,
        "bucket": driven.cloud.deployment().bucket,
        "catalog": catalog(),
        "queries": queries,
    }))
}

/// Both engines' answer to a question, which must be this.
fn check(answers: &Value, name: &str, expected: &[Value]) {
    let (athena, duckdb) = (&answers[name]["athena"], &answers[name]["duckdb"]);
    assert_eq!(duckdb["rows"], json!(expected), "{name}");
    if WITHOUT_TRANSLATION.contains(&name) {
        assert_eq!(athena["rows"], json!(expected), "{name}: {athena}");
        println!("{name}: the local Athena, and DuckDB in translation");
    } else {
        // Should it learn the SQL, the list is to have it.
        let error = athena["error"].as_str();
        println!("{name}: DuckDB in translation; the local Athena says {:?}", error.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_question_finds_the_rows_that_it_is_about() {
    let driven = Driven::start("query", 2).await;
    let driver = driven.drive(driven.settings().await);
    for round in records::rounds() {
        for (shard, records) in round.into_iter().enumerate() {
            driven.put_bytes(shard, records).await;
        }
        driven.sealed().await;
    }
    driven.settle(driver).await;
    let archive = Archive::read(&driven).await;
    let chains: Vec<&str> = archive.batches.keys().map(|(chain, _)| chain.as_str()).collect();
    let (first, last) = (chains[0].to_owned(), chains[chains.len() - 1].to_owned());
    let chain: Vec<&str> = first.split('/').collect();

    let quoted = |text: &str| format!("'{text}'");
    let between = || vec![FROM.to_owned(), BEFORE.to_owned()];
    let about = |what: &str| [vec![quoted(what)], between()].concat();
    let arrived = vec!["'2026-01-01'".to_owned(), "'2100-01-01'".to_owned()];
    let zone = quoted("Europe/Berlin");
    let hours = [between(), vec![zone.clone(), zone, "8".into(), "17".into()]].concat();
    let parameters = BTreeMap::from([
        ("batch", [chain.iter().map(|part| quoted(part)).collect(), vec!["0".into()]].concat()),
        ("coverage", Vec::new()),
        ("denied", between()),
        ("exports", between()),
        ("failed_logins", between()),
        ("outside_hours", hours),
        ("person", about("ada")),
        ("privilege_changes", between()),
        ("rejections", arrived),
        ("resource", about("d-1")),
        ("trace", vec![quoted(records::TRACE)]),
    ]);
    let mut files: Vec<_> = std::fs::read_dir(module().join("queries"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let asked: Vec<_> = parameters.keys().map(|name| format!("{name}.sql")).collect();
    assert_eq!(files, asked, "every question is asked");

    let found = answers(&driven, &parameters);
    check(&found, "person", &[]);
    let rows = &archive.batches[&(first.clone(), 0)];
    let leaves: Vec<_> = rows
        .iter()
        .map(|row| {
            let hash = Hash::leaf(&row.leaf.bytes).to_string();
            json!([row.index, hash, row.leaf.sequence.as_str(), text(&row.leaf.bytes)])
        })
        .collect();
    check(&found, "batch", &leaves);
    check(
        &found,
        "coverage",
        &[archive.coverage(&first, None), archive.coverage(&last, None)],
    );
}
