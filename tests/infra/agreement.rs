//! One truth: what Terraform declares, and what the local cloud makes.
//!
//! The example `localstack` is applied where something stands in for AWS; what it comes to is compared
//! with the policies that `cargo local` puts, and with what a local cloud says of itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::VerifierKey;
use cairn_local::cloud::{self, Cloud, Options};
use cairn_store::Deployment;
use serde_json::{Map, Value, json};

use crate::skipped;
use crate::terraform::{self, Applied, LOCAL_ACCOUNT, text};

/// Says that the policies of the local cloud are to be written anew, not compared.
const WRITE: &str = "CAIRN_WRITE_POLICIES";

/// What Terraform makes of the example.
struct Declared(Applied);

impl Declared {
    fn read() -> Result<&'static Self, String> {
        static DECLARED: OnceLock<Result<Declared, String>> = OnceLock::new();
        let read = || Applied::of("localstack", &[("bundle", "0".repeat(64).into())]).map(Self);
        DECLARED.get_or_init(read).as_ref().map_err(String::clone)
    }

    /// The ARN of a key of the module `keys`.
    fn key(&self, name: &str) -> &str {
        text(self.0.resource(&format!("module.keys.module.{name}.aws_kms_key.this")), "arn")
    }

    /// The text with what differs from one deployment to another as `{token}`.
    fn tokens(&self, policy: &str) -> String {
        let output = |name: &str| self.0.output(name).as_str().unwrap();
        let replaced = [
            (self.key("data"), "{data_key}"),
            (self.key("ledger"), "{ledger_key}"),
            (self.0.output("signing_keys")[0].as_str().unwrap(), "{signing_key}"),
            (text(self.0.output("query"), "results_key_arn"), "{results_key}"),
            (text(self.0.output("query"), "results_bucket"), "{results}"),
            ("workgroup/cairn", "workgroup/{name}"),
            ("database/cairn", "database/{name}"),
            ("table/cairn/", "table/{name}/"),
            ("arn:aws:iam::000000000000:role/portal", "{portal}"),
            ("role/cairn-", "role/{name}-"),
            ("function:cairn-", "function:{name}-"),
            ("log-group:/aws/lambda/cairn-", "log-group:/aws/lambda/{name}-"),
            (output("bucket"), "{bucket}"),
            (output("expired"), "{expired}"),
            (output("stream"), "{stream}"),
            (output("table"), "{table}"),
            (LOCAL_ACCOUNT, "{account}"),
            (output("region"), "{region}"),
            // A day less than promised, and a day more, as strings.
            ("\"34\"", "\"{batch_days}\""),
            ("\"3649\"", "\"{log_days}\""),
            ("\"36\"", "\"{batch_days_most}\""),
            ("\"3651\"", "\"{log_days_most}\""),
            ("\"COMPLIANCE\"", "\"{lock_mode}\""),
            ("\"ED25519_SHA_512\"", "\"{signing_algorithm}\""),
        ];
        replaced
            .iter()
            .fold(policy.to_owned(), |policy, (value, token)| policy.replace(value, token))
    }

    /// The policies that the local cloud puts, by the names of their files.
    fn policies(&self) -> BTreeMap<&'static str, String> {
        let of = |address: &str, attribute: &str| text(self.0.resource(address), attribute);
        let given = |name: &str| text(self.0.output("policies"), name);
        let policies = [
            ("ingest", of("module.ingest.aws_iam_role_policy.this", "policy")),
            ("checkpoint", of("module.checkpoint.aws_iam_role_policy.this", "policy")),
            ("schedule", of("module.schedule.aws_iam_role_policy.this", "policy")),
            ("operator", of("module.access.aws_iam_role_policy.operator", "policy")),
            ("break-glass", of("module.access.aws_iam_role_policy.break_glass[0]", "policy")),
            ("producer", given("producer")),
            ("auditor", given("auditor")),
            ("tenant-auditor", given("tenant_auditor")),
            ("trust-function", of("module.ingest.aws_iam_role.this", "assume_role_policy")),
            ("trust-schedule", of("module.schedule.aws_iam_role.this", "assume_role_policy")),
            ("trust-operator", of("module.access.aws_iam_role.operator", "assume_role_policy")),
            (
                "trust-break-glass",
                of("module.access.aws_iam_role.break_glass[0]", "assume_role_policy"),
            ),
            (
                "trust-tenant-auditor",
                of("module.access.aws_iam_role.tenant_auditor[0]", "assume_role_policy"),
            ),
            ("archive", of("module.archive.module.archive.aws_s3_bucket_policy.this", "policy")),
            ("expired", of("module.archive.module.expired.aws_s3_bucket_policy.this", "policy")),
            ("data-key", of("module.keys.module.data.aws_kms_key.this", "policy")),
            ("ledger-key", of("module.keys.module.ledger.aws_kms_key.this", "policy")),
            ("signing-key", of("module.keys.module.signing[\"1\"].aws_kms_key.this", "policy")),
        ];
        policies.into_iter().map(|(name, policy)| (name, self.tokens(policy))).collect()
    }

    /// What Terraform declares of a part, in the local cloud's words: keys by their aliases.
    fn part(&self, kind: &str, name: &str, bundle: &str) -> Value {
        let found = |attribute: &str, value: &str| {
            let mut found = self.0.all(kind).filter(|part| part[attribute] == value);
            let part =
                found.next().unwrap_or_else(|| panic!("Terraform declares no {kind} {name}"));
            assert!(found.next().is_none(), "Terraform declares several {kind} {name}");
            part.clone()
        };
        let part = match kind {
            "aws_kms_key" => {
                let alias = self.0.all("aws_kms_alias").find(|alias| alias["name"] == name);
                let alias = alias.unwrap_or_else(|| panic!("Terraform declares no {name}"));
                found("key_id", text(alias, "target_key_id"))
            }
            "aws_iam_role_policy" => {
                let policies = self.0.all(kind).filter(|policy| policy["role"] == name);
                policies
                    .map(|policy| (text(policy, "name").to_owned(), policy.clone()))
                    .collect::<Map<_, _>>()
                    .into()
            }
            kind if kind.starts_with("aws_lambda_") => found("function_name", name),
            kind if kind.starts_with("aws_s3_bucket") => found("bucket", name),
            _ => found("name", name),
        };
        let aliases = [
            ("data", "alias/cairn-data"),
            ("ledger", "alias/cairn-ledger"),
            ("signing[\"1\"]", "alias/cairn-signing"),
        ];
        let said = aliases
            .iter()
            .fold(part.to_string(), |said, (name, alias)| said.replace(self.key(name), alias));
        // The bundle is what was published.
        serde_json::from_str(&said.replace(&"0".repeat(64), bundle)).unwrap()
    }
}

fn folder() -> PathBuf {
    terraform::root().join("localstack/policies")
}

fn file(name: &str) -> PathBuf {
    folder().join(name).with_extension("json")
}

fn parsed(path: &Path) -> Value {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The local cloud has its policies from files, as it must run without Terraform: they are what Terraform
/// renders, each of them, and there are no others.
#[test]
fn the_local_cloud_has_the_policies_that_terraform_declares() {
    let declared = match Declared::read() {
        Ok(declared) => declared,
        Err(why) => return skipped(&why),
    };
    let policies = declared.policies();
    if std::env::var_os(WRITE).is_some() {
        for (name, policy) in &policies {
            std::fs::write(file(name), format!("{}\n", policy.trim_end())).unwrap();
        }
    }
    let mut files: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(files, policies.keys().map(|name| name.to_string()).collect::<Vec<_>>());
    for (name, policy) in &policies {
        let declared = statements(&serde_json::from_str(policy).unwrap());
        let local = statements(&parsed(&file(name)));
        let sids: BTreeSet<_> = declared.keys().chain(local.keys()).collect();
        let differ: Vec<_> = sids
            .into_iter()
            .filter(|sid| declared.get(*sid) != local.get(*sid))
            .map(|sid| {
                format!(
                    "{sid}\n  declared {:?}\n  local    {:?}",
                    declared.get(sid),
                    local.get(sid)
                )
            })
            .collect();
        assert!(
            differ.is_empty(),
            "localstack/policies/{name}.json is not what Terraform declares; once the difference is meant, write \
             the files anew with {WRITE}=1\n{}",
            differ.join("\n")
        );
    }
}

/// Statements by their names, as text: lists of strings are sets, whose order says nothing.
fn statements(policy: &Value) -> BTreeMap<String, String> {
    let statements = policy["Statement"].as_array().unwrap();
    let named = statements.iter().map(|statement| {
        let sid = statement["Sid"].as_str().unwrap().to_owned();
        (sid, sorted(statement).to_string())
    });
    let named: BTreeMap<_, _> = named.collect();
    assert_eq!(named.len(), statements.len(), "a statement's name is another's: {policy}");
    named
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            items.into()
        }
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), sorted(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// The local cloud, as it says of itself once it is deployed, has the settings that Terraform declares for it: each
/// attribute of each part that it has.
#[tokio::test(flavor = "multi_thread")]
async fn the_local_cloud_has_the_settings_that_terraform_declares() {
    let declared = match Declared::read() {
        Ok(declared) => declared,
        Err(why) => return skipped(&why),
    };
    let cloud = Cloud::start(&Options::default()).await.unwrap();
    let found = cloud::describe(cloud.config(), "cairn").await.unwrap();
    let bundle = cloud.deployment().bundle.unwrap().to_string();
    let mut differ = Vec::new();
    let mut compared = 0;
    for (kind, parts) in found.as_object().unwrap() {
        for (name, part) in parts.as_object().unwrap() {
            let expected = declared.part(kind, name, &bundle);
            compared += 1;
            compare(&format!("{kind} {name}"), part, &expected, &mut differ);
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(compared > 20, "{compared}");
}

/// What `terraform output -json` says of the module is the file that describes the local cloud to the tools, name by name;
/// but for what only a cloud knows: keys, and the bundle.
#[tokio::test(flavor = "multi_thread")]
async fn the_module_puts_out_what_the_tools_read() {
    let declared = match Declared::read() {
        Ok(declared) => declared,
        Err(why) => return skipped(&why),
    };
    let options = Options { functions: false, ..Options::default() };
    let cloud = Cloud::start(&options).await.unwrap();
    let deployment = cloud.deployment();
    let key: VerifierKey = deployment.verifier_keys[0].parse().unwrap();
    let mut outputs = declared.0.outputs().clone();
    outputs["bundle"] = deployment.bundle.unwrap().to_string().into();
    outputs["data_key"] = deployment.data_key.clone().into();
    outputs["signing_keys"] = deployment.signing_keys.clone().into();
    outputs["public_keys"] = [STANDARD.encode(key.to_spki())].into();
    let file = tempfile::NamedTempFile::new().unwrap();
    let said = json!({ "cairn": { "sensitive": false, "type": "dynamic", "value": outputs } });
    std::fs::write(file.path(), said.to_string()).unwrap();
    let read = Deployment::load(file.path()).unwrap();
    assert_eq!(read, Deployment { endpoint: None, ..deployment.clone() });
}

/// Whether this is what the provider declares where nobody does.
fn is_default(at: &str, found: &Value) -> bool {
    at.ends_with(" tumbling_window_in_seconds") && found == 0
}

/// Tells where what was found is not what was expected. Terraform's blocks are lists, its policies are text; lists of
/// strings are sets.
fn compare(at: &str, found: &Value, expected: &Value, differ: &mut Vec<String>) {
    match (found, expected) {
        (Value::Object(found), Value::Array(blocks)) if blocks.len() == 1 => {
            compare(at, &found.clone().into(), &blocks[0], differ);
        }
        (Value::Object(_), Value::String(policy))
            if sorted(found) == sorted(&serde_json::from_str(policy).unwrap()) => {}
        (Value::Object(members), Value::Object(declared)) => {
            for (name, found) in members {
                compare(&format!("{at} {name}"), found, &expected[name], differ);
            }
            // Of a part, the local cloud tells what it decides; of a function's variables, all.
            if at.ends_with(" variables") {
                let missing = declared.keys().filter(|name| !members.contains_key(*name));
                differ.extend(missing.map(|name| format!("{at} {name}: declared, and not found")));
            }
        }
        (Value::Array(items), Value::Array(blocks))
            if items.len() == blocks.len() && items.iter().all(Value::is_object) =>
        {
            for (place, (found, expected)) in items.iter().zip(blocks).enumerate() {
                compare(&format!("{at} {place}"), found, expected, differ);
            }
        }
        _ if sorted(found) == sorted(expected) => {}
        // What is not declared is the provider's default, which stand-ins do not know.
        (found, Value::Null) if is_default(at, found) => {}
        // A policy is long, and compared statement by statement elsewhere.
        _ if at.ends_with(" policy") => differ.push(format!("{at}: not what is declared")),
        _ => differ.push(format!("{at}\n  declared {expected}\n  found    {found}")),
    }
}
