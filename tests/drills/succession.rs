//! The signing key is succeeded by a new one.

use serde_json::Value;

use crate::drill::Drill;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signing_key_is_succeeded_by_a_new_one() {
    let mut drill = Drill::start("signing-key-succession").await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);
    let old = key(&mut drill, 0).await;
    drill.command("cairn verify --checkpoint-out before.checkpoint").await;

    // Both sign.
    drill.say("", "keys = {");
    drill.apply().await;
    drill.command("terraform output -json > cairn.json").await;
    drill.driven.put(1, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);
    let seen = drill.run("Steps", 0).await;
    assert_eq!(signatures(&seen), 2, "{seen}");
    let new = key(&mut drill, 0).await;
    assert_ne!(old, new);
    assert_eq!(key(&mut drill, 1).await, old);
    // Whoever knows the old key goes on; the new one alone does not vouch for what was before it.
    for known in [old.clone(), format!("{old},{new}")] {
        drill.does(&format!("cairn verify --key '{known}'")).await;
    }
    let alone = format!("cairn verify --no-remember --key '{new}' || echo \"exit $?\"");
    let alone = drill.does(&alone).await;
    assert!(alone.contains("checkpoint.key") && alone.contains("exit 1"), "{alone}");

    // The new one alone.
    drill.say("keys.signing", "signers = [\"2\"]");
    drill.apply().await;
    drill.driven.put(0, 10, 50).await;
    drill.driven.sealed().await;
    assert!(drill.tick().await);
    let note = drill.does("aws s3 cp s3://$bucket/log/checkpoint -").await;
    assert_eq!(signatures(&note), 1, "{note}");
    drill.does("cairn verify --since before.checkpoint").await;
    // Whoever knows the old one alone does not believe it, and is told so.
    let refused =
        drill.does(&format!("cairn verify --no-remember --key '{old}' || echo \"exit $?\"")).await;
    assert!(refused.contains("exit 1") && refused.contains("checkpoint"), "{refused}");
    drill.finish(&[]).await;
}

/// Lines of signatures in a signed note: they begin with a dash (an em dash).
fn signatures(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with('\u{2014}')).count()
}

/// The verifier key of a generation, the newest first.
async fn key(drill: &mut Drill, place: usize) -> String {
    let status = drill.does("cairn status --json || true").await;
    let status: Value = serde_json::from_str(&status).unwrap();
    status["keys"][place].as_str().unwrap_or_else(|| panic!("{status:#}")).to_owned()
}
