//! What a bundle's rules cost beside events that are sealed as they are: CPU of ingest on one core,
//! from records to object, rule by rule and all together.

use std::time::Duration;

use cairn_event::{Bundle, Rules};
use cairn_ingest::{Context, Request, build};
use cairn_ledger::{ChainId, Hash, Lineage};
use serde_json::{Value, json};

use crate::corpus::generated;
use crate::function::payload;
use crate::sample::{best, micros_each};

const RUNS: u32 = 15;

/// Prints microseconds an event.
pub(crate) fn run() {
    let records = generated(2_000);
    let n = records.len();
    let bytes: usize = records.iter().map(Vec::len).sum();
    println!("{n} generated events, {} bytes each on average", bytes / n);
    let payload = payload("bench", 0, 0, &records);
    let read =
        || serde_json::from_slice::<Request>(payload.as_bytes()).unwrap().into_shard().unwrap();
    let records = read().records;
    let chain: ChainId = "bench/20260101T000000Z/shardId-000000000000".parse().unwrap();
    let seal = |rules: &Rules| -> Duration {
        let context = Context {
            origin: "bench.example",
            chain: &chain,
            rules,
            bundle_hash: rules.bundle().hash(),
            traces: false,
        };
        let parent = || Lineage::Previous(Hash::EMPTY_ROOT);
        best(RUNS, || build(&context, 1, parent(), &records, || [0; 32]).unwrap().object.len())
    };
    let plain = seal(&rules(&json!({})));
    let row = |what: &str, time: Duration| {
        let ratio = time.as_secs_f64() / plain.as_secs_f64();
        println!("  {what:<34} {:>7.2} µs {ratio:>6.2}x", micros_each(time, n));
    };
    row("plain", plain);
    for (what, members) in kinds() {
        row(what, seal(&rules(&members)));
    }
    row("all of them", seal(&all()));
    let compile = best(RUNS, all).as_secs_f64() * 1e3;
    println!("  {:<34} {compile:>7.2} ms, once", "making all of them ready");
}

/// Each kind of rule, of a size that a deployment may have.
fn kinds() -> [(&'static str, Value); 6] {
    let schema = json!({
        "type": "object",
        "required": ["n", "revisions"],
        "properties": {
            "n": {"type": "integer", "minimum": 0},
            "revisions": {"type": "array", "items": {"type": "string", "pattern": "^[0-9a-f]{16}$"}},
            "comment": {"type": "string", "maxLength": 1000},
        },
        "additionalProperties": false,
    });
    let names = ["document.read/1", "document.share/1", "user.login/1"];
    let schemas: Value = names.iter().map(|name| ((*name).to_owned(), schema.clone())).collect();
    let actors: Value = (0..97)
        .map(|n| (format!("user:user-{n}"), json!({"roles": ["reader", "editor"]})))
        .collect();
    let directory: Value = (0..5).map(|n| (format!("tenant-{n}"), actors.clone())).collect();
    let location = json!({"database": Hash::of(&database()).to_string(), "detail": "region"});
    let redaction = json!([
        {"pointer": "/actor/email", "action": "remove"},
        {"pointer": "/data/comment", "action": "mask"},
    ]);
    [
        ("schemas", json!({ "schemas": schemas })),
        ("directory", json!({ "directory": directory })),
        ("location", json!({ "location": location })),
        ("device", json!({"device": true})),
        ("redaction", json!({ "redaction": redaction })),
        ("heuristics", json!({"heuristics": ["card", "token"]})),
    ]
}

/// All kinds together.
pub(crate) fn all() -> Rules {
    let members = kinds().into_iter().flat_map(|(_, members)| members.as_object().unwrap().clone());
    rules(&members.collect())
}

fn rules(members: &Value) -> Rules {
    let tenant_key = [1; 32];
    let mut json: Value =
        serde_json::from_str(&Bundle::with_tenant_key(tenant_key).to_json()).unwrap();
    for (name, value) in members.as_object().unwrap() {
        json[name] = value.clone();
    }
    let bundle = Bundle::compose(json.to_string().as_bytes()).unwrap();
    let database = bundle.location.map(|_| database().into());
    Rules::new(bundle, database).unwrap()
}

/// The location database that they name.
pub(crate) fn database() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/location.mmdb")).unwrap()
}
