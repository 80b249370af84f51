//! A producer and the operator's schema disagree; the schema is mended, and what was rejected comes
//! back: with the commands that people use.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod guard;
mod session;

use std::path::Path;
use std::time::{Duration, Instant};

use cairn_local::{aws, cloud};
use guard::Named;
use serde_json::{Value, json};
use session::{Cairn, environment, local};

fn event(id: &str, data: Value) -> Value {
    json!({
        "id": id, "tenant": "acme", "time": "2026-03-01T09:30:00Z", "action": "door.open",
        "actor": {"type": "user", "id": "u-1"}, "resource": {"type": "door", "id": "d-1"},
        "outcome": "success", "data": data,
    })
}

/// A folder of config whose schema asks for this member.
fn config(folder: &Path, version: u32, member: &str) {
    let schemas = folder.join("schemas/door.open");
    std::fs::create_dir_all(&schemas).unwrap();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "required": [member], "properties": {member: {"type": "string"}},
    });
    std::fs::write(schemas.join(format!("{version}.json")), schema.to_string()).unwrap();
}

fn up(name: &str, config: &Path) {
    let up = local(&["up", "--driver", "--name", name, "--config", config.to_str().unwrap()]);
    assert_eq!(up.status.code(), Some(0), "{up:?}");
}

/// The items in quarantine, once there are so many.
fn items(cairn: &Cairn, count: usize, arguments: &[&str]) -> Vec<Value> {
    let begun = Instant::now();
    loop {
        let listed = cairn.json(0, &[&["quarantine", "list"], arguments].concat(), b"");
        let items = listed.as_array().unwrap();
        if items.len() >= count {
            return items.clone();
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{listed:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[tokio::test]
async fn what_a_wrong_schema_rejected_is_redriven_once_it_is_mended() {
    let name = Named::new("mended");
    let folder = tempfile::tempdir().unwrap();
    config(folder.path(), 1, "badge");
    up(&name, folder.path());
    let mut cairn = Cairn::of(&name);
    let before = cairn.environment["CAIRN_BUNDLE"].clone();

    // Two that are right by the second version, which is yet to come; and what stays wrong.
    let [one, two] = ["e-1", "e-2"].map(|id| event(id, json!({"card": "c-7"})).to_string());
    cairn.json(0, &["put", "--format", "raw"], format!("{one}\n{two}\nno event\n").as_bytes());
    let rejected = items(&cairn, 2, &["--reason", "schema.invalid"]);
    let all = items(&cairn, 3, &[]);
    assert_eq!((rejected.len(), all.len()), (2, 3), "{all:#?}");
    let coordinates = rejected[0]["coordinates"].as_str().unwrap();
    let shown = cairn.json(0, &["quarantine", "show", coordinates], b"");
    assert_eq!(shown[0]["reason"]["code"], "schema.invalid");
    let (code, raw) = cairn.run(&["quarantine", "show", coordinates, "--raw"], b"");
    assert_eq!((code, &raw.stdout), (0, &one.clone().into_bytes()));
    assert_eq!(cairn.run(&["show", "e-1"], b"").0, 1, "it was sealed");

    // What would be rejected again stays where it is, and the exit code says that there is some.
    let stays = cairn.json(1, &["redrive"], b"");
    assert_eq!(stays["counts"], json!({"rejected": 3}));

    config(folder.path(), 2, "card");
    up(&name, folder.path());
    cairn.environment = environment(&name);
    assert_ne!(cairn.environment["CAIRN_BUNDLE"], before);
    let rehearsed = cairn.json(1, &["redrive", "--dry-run"], b"");
    assert_eq!(rehearsed["counts"], json!({"would": 2, "rejected": 1}));
    let redriven = cairn.json(1, &["redrive"], b"");
    assert_eq!(redriven["counts"], json!({"put": 2, "rejected": 1}));
    let again = cairn.json(1, &["redrive"], b"");
    assert_eq!(again["counts"], json!({"already": 2, "rejected": 1}));
    for id in ["e-1", "e-2"] {
        cairn.until_it_succeeds(&["show", id]);
    }

    let config = aws::config(&cairn.environment["AWS_ENDPOINT_URL"]).await;
    cloud::checkpoint(&config, "cairn").await.unwrap();
    let shown = cairn.json(0, &["show", "e-1"], b"");
    let first = shown["event"]["redrive"]["sequence"].as_str().unwrap();
    assert!(coordinates.contains(first), "{shown:#}");
    assert_eq!(shown["bundle"]["hash"], cairn.environment["CAIRN_BUNDLE"].as_str());
    let log = cairn.json(0, &["log"], b"");
    assert_eq!(log["changes"].as_array().unwrap().len(), 2, "{log:#}");
    let report = cairn.json(0, &["verify"], b"");
    assert_eq!((&report["events"], &report["rejections"]), (&2.into(), &3.into()), "{report:#}");
    assert_eq!(local(&["down", "--name", &name]).status.code(), Some(0));
}
