//! A second engine, DuckDB, reads the objects of batches: the same values, and queries over them.

#![allow(clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::Command;

use cairn_batch::{Row, decode, encode, keys};
use cairn_event::{Item, Leaf, Record, Rules, transform};
use cairn_ledger::{BatchHeader, ChainId, Counts, Hash, Lineage};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Prints what DuckDB finds as one JSON object.
const SCRIPT: &str = r#"
import duckdb, json, sys
file = sys.argv[1]
db = duckdb.connect()
def rows(sql):
    return [list(row) for row in db.execute(sql, [file]).fetchall()]
columns = [row[0] for row in db.execute("describe select * from read_parquet(?)", [file]).fetchall()]
select = ", ".join(
    f'epoch_us("{name}")' if name in ("time", "arrived") else f'"{name}"' for name in columns
)
print(json.dumps({
    "columns": columns,
    "types": [row[1] for row in db.execute("describe select * from read_parquet(?)", [file]).fetchall()],
    "rows": rows(f'select {select} from read_parquet(?) order by "index"'),
    "acme": rows("select count(*) from read_parquet(?) where tenant = 'acme'")[0][0],
    "rejected": rows("select count(*) from read_parquet(?) where tenant is null")[0][0],
    "header": [bytes(row[2]).decode() for row in rows(
        "select file_name, key, value from parquet_kv_metadata(?)"
    )],
}))
"#;

fn leaves(chain: &ChainId, count: usize) -> Vec<Leaf> {
    let rules = Rules::with_tenant_key([7; 32]);
    let mut items = Vec::new();
    for n in 0..count {
        let tenant = ["acme", "globex", "initech"][n % 3];
        let data = match n % 50 {
            49 => "no event".to_owned(),
            _ => format!(
                r#"{{"tenant":"{tenant}","time":"2026-01-31T13:00:00.123456+01:00","action":"document.share","actor":{{"type":"user","id":"Zoë-{}","session":"s-{n}"}},"resource":{{"type":"document","id":"d-{}"}},"outcome":"denied","source":{{"ip":"203.0.113.{}"}}}}"#,
                n % 7,
                n % 300,
                n % 200
            ),
        };
        let sequence = format!("4959033827149025660855969253836157109592157598913{n:07}");
        let record = Record {
            sequence: sequence.parse().unwrap(),
            arrived: Timestamp::from_millisecond(1_769_860_800_000 + n as i64).unwrap(),
            data: data.into_bytes(),
        };
        transform(chain, &record, &rules, &mut items);
    }
    let leaf = |item| match item {
        Item::Event(leaf) => leaf,
        Item::Rejection(rejection) => rejection.leaf(chain, &[9; 32], &Hash::of(b"quarantine")),
    };
    items.into_iter().map(leaf).collect()
}

/// Events at the edges of what columns hold: times before 1970, empty strings, strings longer than
/// statistics are, and names beyond the first plane of Unicode.
fn edges(chain: &ChainId) -> Vec<Leaf> {
    let long = |letter: &str, length: usize| letter.repeat(length);
    let event = |time: &str, actor: &str, resource: &str, session: &str| {
        json!({
            "tenant": "acme", "time": time, "action": "document.share", "outcome": "success",
            "actor": {"type": "user", "id": actor, "session": session},
            "resource": {"type": "document", "id": resource},
        })
    };
    let events = [
        event("1969-12-31T23:59:59.9999995Z", &long("a", 256), &long("r", 300), ""),
        event("1900-01-01T00:00:00.000001+01:00", &long("z", 257), "b", ""),
        event("0001-01-01T00:00:00Z", "\u{1f680}", &long("\u{e9}", 1024), "s"),
        event("1970-01-01T00:00:00Z", "\u{ffff}", "a", &long("s", 100_000)),
        event("2016-12-31T23:59:60.5Z", "b", &long("r", 300), ""),
    ];
    let record = Record {
        sequence: "49590338271490256608559692538361571095921575989136588898".parse().unwrap(),
        arrived: Timestamp::from_millisecond(1_769_860_800_000).unwrap(),
        data: Value::from(events.to_vec()).to_string().into_bytes(),
    };
    let mut items = Vec::new();
    transform(chain, &record, &Rules::with_tenant_key([7; 32]), &mut items);
    let leaf = |item| match item {
        Item::Event(leaf) => leaf,
        Item::Rejection(rejection) => panic!("{:?}", rejection.reason),
    };
    items.into_iter().map(leaf).collect()
}

fn header(chain: &ChainId, leaves: &[Leaf]) -> BatchHeader {
    let (first, last) = (leaves.first().unwrap(), leaves.last().unwrap());
    BatchHeader {
        origin: "audit.example.com/test".into(),
        chain: chain.clone(),
        number: 42,
        lineage: Lineage::Previous(Hash::leaf(b"previous")),
        root: Hash::leaf(b"root"),
        counts: Counts { events: leaves.len() as u64, records: leaves.len() as u64, rejections: 0 },
        tenants: Hash::leaf(b"tenants"),
        first: first.sequence.clone(),
        last: last.sequence.clone(),
        arrived: ["2026-01-31T12:00:00.000Z".into(), "2026-01-31T12:00:09.000Z".into()],
        bundle: Hash::leaf(b"bundle"),
        transform: "cairn/1".into(),
        key: keys::batch(chain, 42),
    }
}

fn ask(file: &Path) -> Value {
    let python = cairn_local::python::environment().unwrap();
    run(Command::new(python).args(["-c", SCRIPT]).arg(file))
}

/// The JSON that a program prints.
fn run(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn duckdb_reads_every_value_of_every_column() {
    let chain: ChainId = "audit/20260131T120000Z/shardId-000000000007".parse().unwrap();
    let leaves = leaves(&chain, 5000);
    let header = header(&chain, &leaves);
    let object = encode(&header, &leaves).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch.parquet");
    std::fs::write(&file, &object).unwrap();
    let found = ask(&file);

    assert_eq!(
        found["columns"],
        json!([
            "time",
            "arrived",
            "tenant",
            "actor_type",
            "actor_id",
            "action",
            "resource_type",
            "resource_id",
            "outcome",
            "source_ip",
            "session",
            "trace_id",
            "id",
            "chain",
            "number",
            "index",
            "sequence_number",
            "event",
            "private",
            "key_id"
        ])
    );
    let types = found["types"].as_array().unwrap();
    assert_eq!(types[0], "TIMESTAMP WITH TIME ZONE");
    assert_eq!(
        (&types[14], &types[17], &types[18]),
        (&json!("BIGINT"), &json!("VARCHAR"), &json!("BLOB"))
    );
    assert_eq!(found["header"], json!([header.to_json()]));

    let rows = decode(object.into(), 1 << 28).unwrap().rows;
    check_rows(&found, &rows);
    let of = |tenant| {
        rows.iter().filter(|row| row.leaf.event.as_ref().map(|e| &*e.tenant) == tenant).count()
    };
    assert_eq!(found["acme"], of(Some("acme")));
    assert_eq!(found["rejected"], of(None));
}

#[test]
fn duckdb_reads_and_finds_values_at_the_edges() {
    let chain: ChainId = "audit/20260131T120000Z/shardId-000000000007".parse().unwrap();
    let leaves = edges(&chain);
    let times: Vec<_> = leaves.iter().map(|leaf| leaf.event.as_ref().unwrap().time).collect();
    assert_eq!(times[0], -1);
    assert!(times[2] < times[1] && times[1] < times[0]);
    let object = encode(&header(&chain, &leaves), &leaves).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch.parquet");
    std::fs::write(&file, &object).unwrap();
    let found = ask(&file);
    check_rows(&found, &decode(object.into(), 1 << 28).unwrap().rows);
    // Statistics must not make the engine skip what is there.
    let counts = json!({
        "time < timestamptz '1970-01-01 00:00:00+00'": 3,
        "time < timestamptz '1900-01-01 00:00:00+00'": 2,
        "time = timestamptz '1969-12-31 23:59:59.999999+00'": 1,
        "session = ''": 3,
        "session is null": 0,
        "length(session) = 100000": 1,
        "actor_id = repeat('a', 256)": 1,
        "actor_id >= repeat('z', 257)": 3,
        "actor_id = chr(128640)": 1,
        "actor_id > chr(65535)": 1,
        "resource_id = repeat('r', 300)": 2,
        "resource_id < 'b'": 1,
    });
    for (condition, count) in counts.as_object().unwrap() {
        assert_eq!(count_where(&file, condition), *count, "{condition}");
    }
}

fn count_where(file: &Path, condition: &str) -> Value {
    let script = "import duckdb, json, sys; print(json.dumps(duckdb.sql(\
        f\"select count(*) from read_parquet('{sys.argv[1]}') where {sys.argv[2]}\").fetchall()[0][0]))";
    run(Command::new(cairn_local::python::environment().unwrap())
        .args(["-c", script])
        .arg(file)
        .arg(condition))
}

fn check_rows(found: &Value, rows: &[Row]) {
    assert_eq!(found["rows"].as_array().unwrap().len(), rows.len());
    for (found, row) in found["rows"].as_array().unwrap().iter().zip(rows) {
        let event = row.leaf.event.as_ref();
        let expected = json!([
            event.map(|event| event.time),
            row.leaf.arrived.as_microsecond(),
            event.map(|event| &event.tenant),
            event.map(|event| &event.actor_type),
            event.map(|event| &event.actor_id),
            event.map(|event| &event.action),
            event.map(|event| &event.resource_type),
            event.map(|event| &event.resource_id),
            event.map(|event| &event.outcome),
            event.and_then(|event| event.source_ip.as_ref()),
            event.and_then(|event| event.session.as_ref()),
            event.and_then(|event| event.trace_id.as_ref()),
            event.map(|event| &event.id),
            row.chain,
            row.number,
            row.index,
            row.leaf.sequence.as_str(),
            str::from_utf8(&row.leaf.bytes).unwrap(),
            null,
            null
        ]);
        assert_eq!(*found, expected);
    }
}
