//! What holds for everything that the module makes, whichever part makes it: looked at in the largest
//! example, where every part is.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

use crate::skipped;
use crate::terraform::{Applied, text};

/// Statements that name `*`, and why they may.
const WILDCARDS: &[(&str, &str)] = &[
    ("Traces", "X-Ray has no resources"),
    ("ListStreams", "it has no resources"),
    ("OpenTheConsole", "lists of names"),
];

fn production() -> Result<&'static Applied, String> {
    static APPLIED: OnceLock<Result<Applied, String>> = OnceLock::new();
    let both = || {
        let workload = Applied::of("production", &[])?;
        Ok(workload.and(Applied::of("production/security", &[])?))
    };
    APPLIED.get_or_init(both).as_ref().map_err(String::clone)
}

#[test]
fn every_bucket_is_versioned_encrypted_closed_and_refuses_plain_http() {
    let applied = match production() {
        Ok(applied) => applied,
        Err(why) => return skipped(&why),
    };
    let buckets: BTreeSet<&str> =
        applied.all("aws_s3_bucket").map(|bucket| text(bucket, "bucket")).collect();
    assert!(buckets.len() > 5, "{buckets:?}");
    let of = |kind: &str, holds: &dyn Fn(&Value) -> bool| -> BTreeSet<&str> {
        applied.all(kind).filter(|value| holds(value)).map(|value| text(value, "bucket")).collect()
    };
    let versioned = |value: &Value| value["versioning_configuration"][0]["status"] == "Enabled";
    assert_eq!(of("aws_s3_bucket_versioning", &versioned), buckets);
    let closed = |value: &Value| {
        [
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ]
        .iter()
        .all(|member| value[member] == true)
    };
    assert_eq!(of("aws_s3_bucket_public_access_block", &closed), buckets);
    let owned = |value: &Value| value["rule"][0]["object_ownership"] == "BucketOwnerEnforced";
    assert_eq!(of("aws_s3_bucket_ownership_controls", &owned), buckets);
    let tls = |value: &Value| {
        statements(text(value, "policy")).iter().any(|statement| {
            statement["Effect"] == "Deny"
                && statement["Action"] == "s3:*"
                && statement["Principal"] == "*"
                && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
                && strings(&statement["Resource"]).len() == 2
        })
    };
    assert_eq!(of("aws_s3_bucket_policy", &tls), buckets);
    let ends_uploads = |value: &Value| {
        let rules = value["rule"].as_array().unwrap();
        rules.iter().any(|rule| {
            rule["abort_incomplete_multipart_upload"][0]["days_after_initiation"].is_number()
        })
    };
    assert_eq!(of("aws_s3_bucket_lifecycle_configuration", &ends_uploads), buckets);
    // S3 delivers access logs to its own encryption alone.
    let encrypted = |value: &Value| {
        value["rule"][0]["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "aws:kms"
    };
    let mut encrypted = of("aws_s3_bucket_server_side_encryption_configuration", &encrypted);
    encrypted.insert("example-audit-access-logs");
    assert_eq!(encrypted, buckets);
}

#[test]
fn no_role_may_everything() {
    let applied = match production() {
        Ok(applied) => applied,
        Err(why) => return skipped(&why),
    };
    let kinds = ["aws_iam_role_policy", "aws_iam_policy"];
    let policies = kinds.into_iter().flat_map(|kind| applied.all(kind));
    let mut seen = 0;
    for policy in policies {
        let name = text(policy, "name");
        for statement in
            statements(text(policy, "policy")).iter().filter(|s| s["Effect"] == "Allow")
        {
            seen += 1;
            let sid =
                statement["Sid"].as_str().unwrap_or_else(|| panic!("{name}: {statement}: no name"));
            assert!(
                statement["NotAction"].is_null() && statement["NotResource"].is_null(),
                "{name}: {sid}"
            );
            for action in strings(&statement["Action"]) {
                assert!(!action.contains('*'), "{name}: {sid}: {action}");
            }
            let everything = strings(&statement["Resource"]).contains(&"*");
            assert!(
                !everything || WILDCARDS.iter().any(|(named, _)| *named == sid),
                "{name}: {sid}"
            );
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn every_log_and_every_topic_is_encrypted_and_every_key_that_can_be_is_rotated() {
    let applied = match production() {
        Ok(applied) => applied,
        Err(why) => return skipped(&why),
    };
    let groups: Vec<_> = applied.all("aws_cloudwatch_log_group").collect();
    assert!(groups.len() > 2, "{groups:?}");
    for group in groups {
        assert!(group["kms_key_id"].is_string(), "{}", text(group, "name"));
        assert!(
            group["retention_in_days"].as_u64().is_some_and(|days| days > 0),
            "{}",
            text(group, "name")
        );
    }
    for topic in applied.all("aws_sns_topic") {
        assert!(topic["kms_master_key_id"].is_string(), "{}", text(topic, "name"));
    }
    for key in applied.all("aws_kms_key") {
        let signs = key["key_usage"] == "SIGN_VERIFY";
        assert!(signs || key["enable_key_rotation"] == true, "{}", text(key, "description"));
    }
}

/// What a config bundle may name is what the archive tiers: the defaults are those of `infra/config`.
#[test]
fn retention_classes_are_those_of_the_config() {
    let applied = match Applied::of("minimal", &[]) {
        Ok(applied) => applied,
        Err(why) => return skipped(&why),
    };
    let folder = cairn_cli::config::Folder::read(&cairn_local::config_folder()).unwrap();
    let bundle = folder.bundle([0; 32]).unwrap();
    let configured: Vec<String> = bundle
        .retention
        .iter()
        .map(|(class, retention)| {
            let tiers = [
                (retention.instant_after_days, "GLACIER_IR"),
                (retention.deep_after_days, "DEEP_ARCHIVE"),
            ];
            let tiers =
                tiers.into_iter().filter_map(|(after, tier)| Some(format!(" {} {tier}", after?)));
            format!("segments/class={class}/ {}{}", retention.days, tiers.collect::<String>())
        })
        .collect();
    let archive = applied
        .all("aws_s3_bucket_lifecycle_configuration")
        .find(|value| text(value, "bucket").ends_with("-archive"))
        .unwrap();
    let mut declared: Vec<String> = archive["rule"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["id"].as_str().unwrap().starts_with("segments-"))
        .map(|rule| {
            let transitions = rule["transition"].as_array().unwrap().iter();
            let mut tiers: Vec<(u64, &str)> = transitions
                .map(|to| (to["days"].as_u64().unwrap(), to["storage_class"].as_str().unwrap()))
                .collect();
            tiers.sort();
            let tiers: String =
                tiers.iter().map(|(days, tier)| format!(" {days} {tier}")).collect();
            let prefix = rule["filter"][0]["prefix"].as_str().unwrap();
            format!("{prefix} {}{tiers}", rule["expiration"][0]["days"])
        })
        .collect();
    declared.sort();
    assert_eq!(declared, configured);
}

fn statements(policy: &str) -> Vec<Value> {
    let policy: Value =
        serde_json::from_str(policy).unwrap_or_else(|error| panic!("{error}: {policy}"));
    policy["Statement"].as_array().unwrap().clone()
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
