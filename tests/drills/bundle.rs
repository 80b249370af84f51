//! A bundle that is wrong comes into force, and is taken back.

use std::fs;

use serde_json::{Value, json};

use crate::drill::Drill;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_bundle_is_taken_back_and_what_it_rejected_is_redriven() {
    let folder = tempfile::tempdir().unwrap();
    let schemas = folder.path().join("infra/config/schemas/document.share");
    fs::create_dir_all(&schemas).unwrap();
    let schema = |required: &[&str]| {
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": { "padding": { "type": "string" }, "reviewer": { "type": "string" } },
            "required": required,
        })
        .to_string()
    };
    fs::write(schemas.join("1.json"), schema(&[])).unwrap();
    let mut drill = Drill::start_in(folder, "bundle-roll-out").await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);
    let before = current(&mut drill).await;

    // A new version of a schema asks for what no producer says. The check tells so, and is overruled.
    fs::write(schemas.join("2.json"), schema(&["reviewer"])).unwrap();
    let differs = ["cairn config check", "cairn config diff"];
    let told = drill.run_with("Roll out", 0, &[], &differs).await;
    let allow = "--allow schema.highest:/schemas/document.share~12";
    assert!(told.contains(allow), "{told}");
    let build = ("--publish", format!("--publish {allow}"));
    let published = drill.run_with("Roll out", 1, &[(build.0, &build.1)], &[]).await;
    let wrong = published.split_whitespace().find(|word| word.len() == 64);
    let wrong = wrong.unwrap_or_else(|| panic!("{published}")).to_owned();
    drill.say_with("", "bundle = \"<hash>\"", &[("<hash>", &wrong)]);
    drill.apply().await;
    drill.command("terraform output -json > cairn.json").await;
    assert_eq!(current(&mut drill).await, wrong);
    drill.driven.put(0, 10, 50).await;
    drill.driven.put(1, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);
    let seen = drill.does("cairn log; cairn quarantine list --reason schema.invalid").await;
    assert!(seen.contains(&wrong[..8]) && seen.contains("schema.invalid"), "{seen}");

    // Taken back; what it rejected is put again.
    let used = drill.does("cairn log").await;
    assert!(used.contains(&before[..8]), "{used}");
    drill.say_with("", "bundle = \"<hash>\"", &[("<hash>", &before)]);
    drill.apply().await;
    drill.command("terraform output -json > cairn.json").await;
    drill.command("cairn redrive --dry-run").await;
    drill.does("cairn redrive").await;
    drill.sealed(10 + 20 + 20).await;
    drill.driven.rejects(20);
    drill.finish(&[]).await;
}

/// The bundle in force, as the tool knows it.
async fn current(drill: &mut Drill) -> String {
    let shown = drill.does("cairn config show current --json").await;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    shown["hash"].as_str().unwrap_or_else(|| panic!("{shown:#}")).to_owned()
}
