//! A deployment's file and variables.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use cairn_store::{Deployment, LockMode};

fn deployment() -> Deployment {
    Deployment {
        origin: "audit.example.com/prod".to_owned(),
        verifier_keys: vec!["audit.example.com/prod+00000000+AAAA".to_owned()],
        region: "eu-central-1".to_owned(),
        endpoint: Some("http://127.0.0.1:4566".to_owned()),
        stream: "cairn-events".to_owned(),
        bucket: "cairn-archive".to_owned(),
        table: "cairn-ledger".to_owned(),
        bundle: Some(cairn_ledger::Hash::of(b"bundle")),
        data_key: "arn:data".to_owned(),
        signing_keys: vec!["arn:signing/2".to_owned(), "arn:signing/1".to_owned()],
        lock_mode: LockMode::Compliance,
        batch_retention_days: 35,
        log_retention_days: 3650,
        expired: Some("audit-expired".to_owned()),
    }
}

#[test]
fn a_saved_deployment_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cairn.json");
    for endpoint in [None, deployment().endpoint] {
        let deployment = Deployment { endpoint, ..deployment() };
        deployment.save(&path).unwrap();
        assert_eq!(Deployment::load(&path).unwrap(), deployment);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cairn.json");
    let error = || Deployment::load(&path).unwrap_err().to_string();
    assert!(error().contains("cairn.json: "), "{}", error());
    std::fs::write(&path, r#"{"origin":"a"}"#).unwrap();
    assert!(error().contains("missing field `verifier_keys`"), "{}", error());
    let mut json = serde_json::to_value(deployment()).unwrap();
    json["lock_mode"] = "SOFT".into();
    std::fs::write(&path, json.to_string()).unwrap();
    assert!(error().contains("unknown variant `SOFT`"), "{}", error());
}

/// What Terraform says of the module as root, and of a module that is called and put out whole. The public
/// key is one of RFC 8032's.
#[test]
fn terraform_s_outputs_are_a_deployment() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cairn.json");
    let key = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    let mut expected = deployment();
    let mut outputs = serde_json::to_value(&expected).unwrap();
    let members = outputs.as_object_mut().unwrap();
    members.remove("verifier_keys");
    members.insert("public_keys".to_owned(), [key].into());
    members.insert("another_output".to_owned(), 1.into());
    expected.verifier_keys = vec![
        "audit.example.com/prod+97c9e3f7+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea".to_owned(),
    ];
    let wrapped = |value: &serde_json::Value| serde_json::json!({ "sensitive": false, "type": "dynamic", "value": value });
    let root: serde_json::Map<_, _> =
        members.iter().map(|(name, value)| (name.clone(), wrapped(value))).collect();
    // A module that is put out whole holds null for what is not there yet.
    members.insert("bundle".to_owned(), serde_json::Value::Null);
    let called = serde_json::json!({ "cairn": wrapped(&outputs), "other": wrapped(&"x".into()) });
    std::fs::write(&path, serde_json::to_vec(&root).unwrap()).unwrap();
    assert_eq!(Deployment::load(&path).unwrap(), expected);
    std::fs::write(&path, called.to_string()).unwrap();
    assert_eq!(Deployment::load(&path).unwrap(), Deployment { bundle: None, ..expected });
    let two = serde_json::json!({ "a": wrapped(&outputs), "b": wrapped(&outputs) });
    std::fs::write(&path, two.to_string()).unwrap();
    let error = Deployment::load(&path).unwrap_err().to_string();
    assert!(error.contains("terraform output -json NAME"), "{error}");
}

/// A process may not change its own environment safely, so another one reads it: this test, by
/// itself, with [`CHILD`] set to the file of what is expected.
const CHILD: &str = "CAIRN_TEST_EXPECTED";

#[test]
fn a_deployment_is_read_from_the_environment() {
    if let Some(expected) = std::env::var_os(CHILD) {
        let expected = Deployment::load(expected.as_ref()).unwrap();
        match Deployment::from_env() {
            Ok(found) => assert_eq!(found, expected),
            Err(error) => panic!("{error}"),
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cairn.json");
    deployment().save(&path).unwrap();
    let run = |change: &dyn Fn(&mut Command)| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "a_deployment_is_read_from_the_environment", "--nocapture"]);
        child.env(CHILD, &path);
        for (name, value) in variables() {
            child.env(name, value);
        }
        change(&mut child);
        let output = child.output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (read, said) = run(&|_| {});
    assert!(read, "{said}");
    for (name, _) in variables() {
        let (read, said) = run(&|child| {
            child.env_remove(name);
        });
        assert!(!read, "without {name}");
        // Without these it is another deployment, but one.
        let expected = format!("{name} is not set");
        let optional = ["AWS_ENDPOINT_URL", "CAIRN_BUNDLE", "CAIRN_EXPIRED"].contains(&name);
        assert!(optional || said.contains(&expected), "{said}");
    }
    let (read, said) = run(&|child| {
        child.env("CAIRN_LOG_RETENTION_DAYS", "ten years");
    });
    assert!(!read && said.contains("CAIRN_LOG_RETENTION_DAYS: invalid digit"), "{said}");
}

fn variables() -> Vec<(&'static str, String)> {
    let deployment = deployment();
    vec![
        ("CAIRN_ORIGIN", deployment.origin),
        ("CAIRN_VERIFIER_KEYS", deployment.verifier_keys.join(",")),
        ("AWS_REGION", deployment.region),
        ("AWS_ENDPOINT_URL", deployment.endpoint.unwrap()),
        ("CAIRN_STREAM", deployment.stream),
        ("CAIRN_BUCKET", deployment.bucket),
        ("CAIRN_TABLE", deployment.table),
        ("CAIRN_BUNDLE", deployment.bundle.unwrap().to_string()),
        ("CAIRN_DATA_KEY", deployment.data_key),
        ("CAIRN_SIGNING_KEYS", deployment.signing_keys.join(", ")),
        ("CAIRN_LOCK_MODE", "COMPLIANCE".to_owned()),
        ("CAIRN_BATCH_RETENTION_DAYS", "35".to_owned()),
        ("CAIRN_LOG_RETENTION_DAYS", "3650".to_owned()),
        ("CAIRN_EXPIRED", deployment.expired.unwrap()),
    ]
}
