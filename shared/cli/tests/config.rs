//! `cairn config` as people run it, on folders.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use cairn_cli::config::Folder;
use cairn_event::{Bundle, Item, Record, Rules, transform};
use serde_json::{Value, json};
use tempfile::TempDir;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../infra/config");

fn run(args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cairn"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CAIRN_") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.arg("config").args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to)
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A copy of the example that may be changed, and a bundle built from it.
struct Work {
    folder: TempDir,
}

impl Work {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(Path::new(EXAMPLE), &folder.path().join("config"));
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// Replaces a text that stands once in a file.
    fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.path("config").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(old).count(), 1, "{old} in {file}");
        fs::write(path, text.replace(old, new)).unwrap();
    }

    fn build(&self) -> String {
        let out = self.text("bundle.json");
        let (code, said, error) =
            run(&["build", &self.text("config"), "--out", &out, "--new-tenant-key"]);
        assert_eq!((code, error.as_str()), (0, ""), "{said}");
        said.lines().next().unwrap().to_owned()
    }

    fn check(&self) -> (i32, Value) {
        let (code, said, _) =
            run(&["check", &self.text("config"), "--against", &self.text("bundle.json"), "--json"]);
        (code, serde_json::from_str(&said).unwrap())
    }
}

#[test]
fn the_example_is_valid_and_has_examples_of_every_schema() {
    let (code, said, error) = run(&["check", EXAMPLE]);
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    let bundle = Folder::read(Path::new(EXAMPLE)).unwrap().bundle([1; 32]).unwrap();
    assert!(bundle.schemas.len() >= 9 && bundle.schemas.contains_key("document.share/2"));
    for (name, schema) in &bundle.schemas {
        assert!(
            schema["examples"].as_array().is_some_and(|examples| !examples.is_empty()),
            "{name}"
        );
    }
}

/// Codes of what an event becomes; `event` for one that is sealed.
fn judged(rules: &Rules, event: &str) -> String {
    let chain = "s/20260101T000000Z/shardId-000000000000".parse().unwrap();
    let arrived = "2026-03-02T00:00:00Z".parse().unwrap();
    let record =
        Record { sequence: "1".parse().unwrap(), arrived, data: event.as_bytes().to_vec() };
    let mut items = Vec::new();
    transform(&chain, &record, rules, &mut items);
    match &items[..] {
        [Item::Event(_)] => "event".to_owned(),
        [Item::Rejection(found)] => found.reason.code.to_owned(),
        _ => panic!("{} items", items.len()),
    }
}

#[test]
fn the_example_judges_events() {
    let bundle = Folder::read(Path::new(EXAMPLE)).unwrap().bundle([1; 32]).unwrap();
    let rules = Rules::new(bundle, None).unwrap();
    let event = |action: &str, data: Value| {
        json!({
            "tenant": "acme-bank", "time": "2026-03-02T09:00:00Z", "action": action,
            "actor": {"type": "user", "id": "u-2"}, "resource": {"type": "thing", "id": "t"},
            "outcome": "success", "data": data,
        })
        .to_string()
    };
    for (action, wrong) in [
        ("document.share", json!({"with": "u", "permission": "god"})),
        ("user.login", json!({"method": "sso"})),
        ("role.grant", json!({"role": 7})),
        ("key.rotate", json!({"key": "k", "version": "1", "material": "secret"})),
        ("data.export", json!({"format": "csv", "destination": "d", "rows": -1})),
        ("payment.refund", json!({"amount": 19.9, "currency": "EUR", "payment": "p"})),
        ("record.view", json!({"purpose": "curiosity", "sections": ["all"]})),
        ("policy.change", json!({"policy": "p", "version": 0})),
    ] {
        assert_eq!(judged(&rules, &event(action, wrong)), "schema.invalid", "{action}");
        let name = format!("{action}/1");
        let good = rules.bundle().schemas[&name]["examples"][0].clone();
        assert_eq!(judged(&rules, &event(action, good)), "event", "{action}");
    }
}

#[test]
fn the_example_takes_whatever_cairn_generates() {
    let bundle = Folder::read(Path::new(EXAMPLE)).unwrap().bundle([1; 32]).unwrap();
    let rules = Rules::new(bundle, None).unwrap();
    let start = "2026-03-02T00:00:00Z".parse().unwrap();
    let options = cairn_cli::generate::Options { seed: 7, events: 2_000, tenants: 5, start };
    for event in cairn_cli::generate(&options) {
        assert_eq!(judged(&rules, &event.json), "event", "{}", event.json);
    }
}

#[test]
fn a_bundle_is_built_for_its_owner_alone_and_shown_without_its_key() {
    let work = Work::new();
    let hash = work.build();
    let out = work.path("bundle.json");
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let bundle = Bundle::parse(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(bundle.hash().to_string(), hash);
    for args in [&["show"][..], &["show", "--json"]] {
        let (code, said, _) = run(&[args, &[out.to_str().unwrap()]].concat());
        assert_eq!(code, 0);
        assert!(said.contains(&hash) && !said.contains(&hex::encode(bundle.tenant_key)), "{said}");
    }
}

#[test]
fn the_same_folder_and_key_make_the_same_bundle() {
    let work = Work::new();
    let hash = work.build();
    let (config, bundle, other) =
        (work.text("config"), work.text("bundle.json"), work.text("other.json"));
    let (code, said, _) = run(&["build", &config, "--out", &other, "--from", &bundle]);
    assert_eq!((code, said.lines().next()), (0, Some(hash.as_str())));
    let key = work.text("key");
    let tenant_key = Bundle::parse(&fs::read(&bundle).unwrap()).unwrap().tenant_key;
    fs::write(&key, hex::encode(tenant_key) + "\n").unwrap();
    let (code, said, _) = run(&["build", &config, "--out", &other, "--tenant-key-file", &key]);
    assert_eq!((code, said.lines().next()), (0, Some(hash.as_str())));
    fs::write(&key, "secret-but-short").unwrap();
    let (code, _, error) = run(&["build", &config, "--out", &other, "--tenant-key-file", &key]);
    assert!(
        code == 2 && error.contains("64 hexadecimal digits") && !error.contains("secret"),
        "{error}"
    );
    let (code, _, _) = run(&["build", &config, "--out", &other]);
    assert_eq!(code, 2, "no key is ever made up");
}

#[test]
fn a_change_that_would_reject_old_events_is_refused_where_it_stands() {
    let work = Work::new();
    work.build();
    assert_eq!(work.check().0, 0);
    work.edit("schemas/user.login/1.json", "\"mfa\"\n  ]", "\"mfa\",\n    \"provider\"\n  ]");
    work.edit(
        "schemas/user.login/1.json",
        "\"mfa\": false,",
        "\"mfa\": false, \"provider\": \"x\",",
    );
    work.edit("limits.toml", "events = 10_000", "events = 9_000");
    work.edit("tenants.toml", "days = 2_557", "days = 2_000");
    let (code, found) = work.check();
    assert_eq!((code, &found["ok"]), (1, &json!(false)));
    let told: Vec<(&str, &str)> = found["breaks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| (found["rule"].as_str().unwrap(), found["place"].as_str().unwrap()))
        .collect();
    for expected in [
        ("limits.lower", "limits.toml:6"),
        ("retention.shorter", "tenants.toml:16"),
        ("schema.required", "schemas/user.login/1.json:/required"),
    ] {
        assert!(told.contains(&expected), "{expected:?} in {told:?}");
    }
    let (config, bundle) = (work.text("config"), work.text("bundle.json"));
    let (code, said, _) = run(&["check", &config, "--against", &bundle]);
    assert_eq!(code, 1);
    assert!(said.contains("`provider` is required now, and was not: make it optional"), "{said}");
    let build = ["build", &config, "--from", &bundle, "--out"];
    let out = work.text("new.json");
    let (code, _, error) = run(&[&build[..], &[&out]].concat());
    assert!(code == 1 && error.contains("nothing was built") && !work.path("new.json").exists());
    let allowed =
        ["--allow", "limits.lower", "--allow", "retention.shorter", "--allow", "tenants.retention"];
    let schema = ["--allow", "schema.required:/schemas/user.login~11"];
    let (code, said, error) = run(&[&build[..], &[&out], &allowed, &schema].concat());
    assert_eq!((code, error.as_str()), (0, ""), "{said}");
    assert!(said.contains("schema.required") && work.path("new.json").exists(), "{said}");
}

#[test]
fn what_makes_no_bundle_is_named_with_its_file_and_line() {
    for (file, old, new, expected) in [
        (
            "limits.toml",
            "events = 10_000",
            "events = 0",
            "limits.toml:6: `/limits/events`: expected 1 to",
        ),
        ("limits.toml", "events = 10_000", "evnts = 10_000", "limits.toml:6"),
        ("limits.toml", "events = 10_000", "events 10_000", "limits.toml:6"),
        (
            "limits.toml",
            "[limits]",
            "tenant_key = \"00\"\n[limits]",
            "limits.toml:4: expected no `tenant_key`",
        ),
        (
            "limits.toml",
            "[limits]",
            "device = true\n[limits]",
            "limits.toml:4: expected `device` in one file, found it at actions.toml:",
        ),
        (
            "tenants.toml",
            "[tenants.sandbox]\nretention = \"standard\"",
            "[tenants.sandbox]\nretention = \"long\"",
            "tenants.toml:28: `/tenants/sandbox/retention`",
        ),
        (
            "redaction.toml",
            "\"/data/password\"",
            "\"/actor/id\"",
            "redaction.toml:8: `/redaction/0/pointer`",
        ),
        (
            "schemas/key.rotate/1.json",
            "\"type\": \"boolean\"",
            "\"type\": \"bool\"",
            "schemas/key.rotate/1.json:/properties/automatic",
        ),
        (
            "schemas/key.rotate/1.json",
            "\"type\": \"object\",",
            "\"type\": \"object\", \"type\": \"object\",",
            "expected each name once, found `type` again",
        ),
        (
            "schemas/key.rotate/1.json",
            "\"version\": \"7\"",
            "\"version\": 7",
            "schemas/key.rotate/1.json:/examples/0: expected an example that the schema takes",
        ),
    ] {
        let work = Work::new();
        work.edit(file, old, new);
        let (code, _, error) = run(&["check", &work.text("config")]);
        assert!(code == 1 && error.contains(expected), "{code} {error} instead of {expected}");
    }
    for stray in ["tenants.tml", "schemas/user.login/1.jsn", "schemas/user.json"] {
        let work = Work::new();
        fs::write(work.path("config").join(stray), "").unwrap();
        let (code, _, error) = run(&["check", &work.text("config")]);
        assert!(code == 1 && error.contains(stray), "{error}");
    }
    assert_eq!(run(&["check", "/nowhere"]).0, 2);
    assert_eq!(run(&["check", EXAMPLE, "--against", "/nowhere"]).0, 2);
    assert_eq!(run(&["show", "current"]).0, 2);
}

#[test]
fn differences_are_told_by_section() {
    let work = Work::new();
    work.build();
    let (config, bundle) = (work.text("config"), work.text("bundle.json"));
    assert_eq!(run(&["diff", &bundle, &config]), (0, "the same\n".to_owned(), String::new()));
    work.edit("limits.toml", "events = 10_000", "events = 20_000");
    work.edit("redaction.toml", "actions = [\"payment.*\"]\n", "");
    fs::remove_dir_all(work.path("config/schemas/policy.change")).unwrap();
    let (code, said, _) = run(&["diff", &bundle, &config]);
    assert_eq!(code, 1);
    for expected in [
        "limits\n  ~ /limits/events: 10000 -> 20000",
        "  - /schemas/policy.change~11: {",
        "  + /redaction/1: {",
    ] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    let (_, said, _) = run(&["diff", &bundle, &config, "--json"]);
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found[0]["at"], "/limits/events");
    let other = work.text("other.json");
    assert_eq!(run(&["build", EXAMPLE, "--out", &other, "--new-tenant-key"]).0, 0);
    let (code, said, _) = run(&["diff", &bundle, &other]);
    assert_eq!((code, said.as_str()), (1, "tenant_key\n  ~ /tenant_key: another secret\n"));
}
