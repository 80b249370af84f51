//! The questions that `infra/modules/query` keeps for auditors, asked of sealed data: in the Athena of the local cloud
//! as they are, and in DuckDB in translation, as that Athena lacks much of the SQL.

#![allow(clippy::unwrap_used, reason = "tests")]

mod records;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cairn_batch::{Row, keys};
use cairn_ledger::{ChainId, Hash};
use cairn_local::{aws, emulator};
use cairn_tests::Driven;
use serde_json::{Value, json};

/// From and before, for all questions about a time.
const FROM: &str = "'2026-03-01'";
const BEFORE: &str = "'2026-04-01 00:00:00'";

/// What the Athena of the local cloud answers as it stands.
const WITHOUT_TRANSLATION: [&str; 6] =
    ["coverage", "denied", "events", "person", "tenant_events", "trace"];

/// Answers, as [`cells`] reads them. Rows that begin with `<id>:` are an event's: they end with where it lies.
const EXPECTED: [(&str, &[&str]); 8] = [
    (
        "denied",
        &[
            "acme | user | eve | #2 | #2 | #2 | #1 | 2026-03-03 08:01:00.000 | 2026-03-05 11:00:00.000",
            "111122223333 | IAMUser | arn:aws:iam::111122223333:user/ops | #1 | #1 | #1 | #1 | 2026-03-04 11:00:00.000 | 2026-03-04 11:00:00.000",
        ],
    ),
    (
        "exports",
        &[
            "first-moment: 2026-03-01 00:00:00.000 | acme | user | bob | report.export | document | r-2 | success | - | - | - | -",
            "export: 2026-03-05 10:00:00.000 | acme | user | ada | data.export | document | r-1 | success | - | sftp://partner.example | csv | #1200",
            "download: 2026-03-05 11:00:00.000 | acme | user | eve | document.download | document | d-1 | denied | - | - | - | -",
        ],
    ),
    (
        "failed_logins",
        &[
            "acme | user | eve | 192.0.2.9 | #2 | #1 | 2026-03-03 08:00:00.000 | 2026-03-03 08:01:00.000",
            "111122223333 | IAMUser | arn:aws:iam::111122223333:user/ops | 192.0.2.10 | #1 | #0 | 2026-03-03 09:30:00.000 | 2026-03-03 09:30:00.000",
            "acme | User | u-1 | - | #1 | #0 | 2026-03-03 09:30:00.000 | 2026-03-03 09:30:00.000",
        ],
    ),
    (
        "outside_hours",
        &[
            "acme | user | mallory | #2 | #2 | #2 | 2026-03-05 22:30:00.000 | 2026-03-07 10:00:00.000",
            "acme | service | backup | #1 | #1 | #1 | 2026-03-06 06:30:00.000 | 2026-03-06 06:30:00.000",
            "acme | user | bob | #1 | #1 | #1 | 2026-03-01 00:00:00.000 | 2026-03-01 00:00:00.000",
            "acme | user | carol | #1 | #1 | #1 | 2026-03-06 17:00:00.000 | 2026-03-06 17:00:00.000",
        ],
    ),
    (
        "person",
        &[
            "share: 2026-03-02 09:00:00.000 | acme | document.share | document | d-1 | success | 198.51.100.4 | s-1",
            "login: 2026-03-03 08:00:00.000 | acme | user.login | document | ada | success | 198.51.100.4 | -",
            "export: 2026-03-05 10:00:00.000 | acme | data.export | document | r-1 | success | - | -",
        ],
    ),
    (
        "privilege_changes",
        &[
            r#"grant: 2026-03-04 10:00:00.000 | globex | user | root | role.grant | document | ada | success | - | [{"after":["admin"],"before":[],"path":"/roles"}]"#,
            "attach: 2026-03-04 11:00:00.000 | 111122223333 | IAMUser | arn:aws:iam::111122223333:user/ops | iam.attach_user_policy | AWS::IAM::User | arn:aws:iam::111122223333:user/ada | denied | 192.0.2.10 | -",
            "bind:ResponseComplete: 2026-03-04 12:00:00.123 | shop | User | ops | kubernetes.rolebindings.create | rolebindings | shop/admins | success | - | -",
        ],
    ),
    (
        "resource",
        &[
            r#"share: 2026-03-02 09:00:00.000 | acme | document | user | ada | document.share | success | 198.51.100.4 | [{"after":"editor","path":"/acl/bob"}]"#,
            "read: 2026-03-02 09:00:01.000 | acme | document | user | bob | document.read | success | - | -",
            "download: 2026-03-05 11:00:00.000 | acme | document | user | eve | document.download | denied | - | -",
        ],
    ),
    (
        "trace",
        &[
            "share: 2026-03-02 09:00:00.000 | acme | user | ada | document.share | document | d-1 | success",
            "read: 2026-03-02 09:00:01.000 | acme | user | bob | document.read | document | d-1 | success",
        ],
    ),
];

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

/// All that happens at midnight belongs to the day that begins.
#[test]
fn times_are_asked_for_from_and_before() {
    for question in std::fs::read_dir(module().join("queries")).unwrap() {
        let sql = std::fs::read_to_string(question.unwrap().path()).unwrap();
        for column in ["\"time\"", "arrived"] {
            let (from, before) = (format!("{column} >= "), format!("{column} < "));
            let moment = "CAST(? AS timestamp)";
            let both = format!("{from}{moment}\n  AND {before}{moment}\n");
            assert_eq!(sql.matches(&from).count(), sql.matches(&both).count(), "{sql}");
        }
        let pairs = sql.matches(" >= CAST(? AS timestamp)").count();
        assert_eq!(sql.matches("timestamp").count(), 2 * pairs, "{sql}");
    }
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

    /// A row of an answer.
    fn row(&self, question: &str, row: &str) -> Value {
        let Some((id, row)) = row.split_once(": ") else { return cells(row) };
        let mut cells = cells(row);
        let row = self.event(id);
        let event = row.leaf.event.as_ref().unwrap();
        let mut place =
            vec![json!(event.id), json!(row.chain), json!(row.number), json!(row.index)];
        if ["person", "trace"].contains(&question) {
            place.push(text(&row.leaf.bytes));
        }
        cells.as_array_mut().unwrap().extend(place);
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

/// `-` is nothing, `#` marks a number, all else is text.
fn cells(row: &str) -> Value {
    let cell = |cell: &str| match (cell, cell.strip_prefix('#')) {
        ("-", _) => Value::Null,
        (_, Some(number)) => number.parse::<u64>().unwrap().into(),
        (text, None) => text.into(),
    };
    row.split(" | ").map(cell).collect()
}

fn text(bytes: &[u8]) -> Value {
    String::from_utf8(bytes.to_vec()).unwrap().into()
}

/// As Athena writes times.
fn moment(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// The module's questions.
fn questions(parameters: &BTreeMap<&str, Vec<String>>) -> Vec<Value> {
    parameters
        .iter()
        .map(|(name, parameters)| {
            let file = module().join("queries").join(format!("{name}.sql"));
            let sql = std::fs::read_to_string(file).unwrap();
            json!({ "name": name, "sql": sql, "parameters": parameters })
        })
        .collect()
}

/// Changes the archive and asks; the answers by the queries' names.
fn answers(driven: &Driven, changes: &Value, queries: &[Value]) -> Value {
    let mut asked = json!({
        "endpoint": driven.cloud.emulator().endpoint(),
        "region": emulator::REGION,
        "bucket": driven.cloud.deployment().bucket,
        "catalog": catalog(),
        "queries": queries,
    });
    asked.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    ask(&asked)
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

    let found = answers(&driven, &json!({}), &questions(&parameters));
    let leaf = |row: &Row| {
        let hash = Hash::leaf(&row.leaf.bytes).to_string();
        json!([row.index, hash, row.leaf.sequence.as_str(), text(&row.leaf.bytes)])
    };
    let leaves: Vec<_> = archive.batches[&(first.clone(), 0)].iter().map(leaf).collect();
    check(&found, "batch", &leaves);
    check(&found, "coverage", &[archive.coverage(&first, None), archive.coverage(&last, None)]);
    let rejected = &archive.batches[&(last.clone(), 1)];
    let arrived = |place: usize| moment(rejected[place].leaf.arrived);
    let syntax = "json.syntax | - | #2 | #28 | expected a value at byte 0";
    let missing = "field.missing | /tenant | #1 | #31 | expected a string, found nothing";
    let rejections = [
        cells(&format!("{syntax} | {} | {}", arrived(0), arrived(1))),
        cells(&format!("{missing} | {} | {}", arrived(2), arrived(2))),
    ];
    check(&found, "rejections", &rejections);
    for (name, rows) in EXPECTED {
        let rows: Vec<_> = rows.iter().map(|row| archive.row(name, row)).collect();
        check(&found, name, &rows);
    }

    // Batches are hidden by a delete marker, which locks do not prevent. One that has moved to a segment is read there.
    let key = |number| {
        let chain: ChainId = first.parse().unwrap();
        keys::batch(&chain, number)
    };
    let segment = |class| format!("segments/class={class}/tenant=acme/dt=2026-03-05/0.parquet");
    let changes = json!({
        "hide": [key(1)],
        "copy": [[key(0), segment("standard")], [key(2), segment("short")]],
    });
    let coverage = BTreeMap::from([("coverage", Vec::new())]);
    let of_tenant = "SELECT class, tenant, dt, count(*) AS leaves FROM tenant_events \
        WHERE tenant = 'acme' AND dt >= '2026-03-01' GROUP BY class, tenant, dt ORDER BY class";
    let mut queries = questions(&coverage);
    queries.push(json!({ "name": "tenant_events", "sql": of_tenant, "parameters": [] }));
    let of_all = "SELECT number, count(*) AS leaves FROM events GROUP BY number ORDER BY number";
    queries.push(json!({ "name": "events", "sql": of_all, "parameters": [] }));
    let found = answers(&driven, &changes, &queries);
    check(&found, "coverage", &[archive.coverage(&first, Some(1)), archive.coverage(&last, None)]);
    let leaves = |number| archive.batches[&(first.clone(), number)].len();
    check(&found, "events", &[json!([0, leaves(0)]), json!([2, leaves(2)])]);
    let of = |class, number| json!([class, "acme", "2026-03-05", leaves(number)]);
    check(&found, "tenant_events", &[of("short", 2), of("standard", 0)]);
}
