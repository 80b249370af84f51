//! What `terraform apply` does with the root module's variables, done here through the same API.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::Environment;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::Hash;
use cairn_local::cloud::{self, Cloud, Options};
use cairn_store::Deployment;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The variables that the runbooks set. A runbook that sets another one fails its drill.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Variables {
    paused: Paused,
    bundle: Option<Hash>,
    stream: Stream,
    keys: Keys,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Paused {
    ingest: bool,
    checkpoint: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Stream {
    retention_hours: i32,
}

impl Default for Stream {
    fn default() -> Self {
        Self { retention_hours: 168 }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Keys {
    signing: Signing,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Signing {
    /// Kinds of keys, by their generation.
    generations: BTreeMap<String, String>,
    /// The generations that sign, the newest first.
    signers: Vec<String>,
}

impl Default for Signing {
    fn default() -> Self {
        let first = ("1".to_owned(), "ECC_NIST_EDWARDS25519".to_owned());
        Self { generations: BTreeMap::from([first]), signers: vec!["1".to_owned()] }
    }
}

/// The deployment's Terraform: what its operators wrote.
pub(crate) struct Terraform {
    options: Options,
    variables: Value,
}

impl Terraform {
    /// Of a deployment that was made so.
    pub(crate) fn new(options: &Options, made: &Deployment) -> Self {
        // From here on a variable names the bundle.
        let options = Options { config: None, ..options.clone() };
        Self { options, variables: json!({ "bundle": made.bundle.unwrap().to_string() }) }
    }

    /// Takes over what a piece of HCL says; `within`: the variable, and what of it, that this is a part of.
    pub(crate) fn set(&mut self, within: &str, hcl: &str) {
        let said: Value = hcl::from_str(hcl).unwrap();
        let mut place = &mut self.variables;
        for name in within.split('.').filter(|name| !name.is_empty()) {
            place = &mut place[name];
        }
        for (name, value) in said.as_object().unwrap() {
            place[name] = value.clone();
        }
    }

    pub(crate) fn take_out(&mut self, variable: &str) {
        let variables = self.variables.as_object_mut().unwrap();
        assert!(variables.remove(variable).is_some(), "{variable} is not set");
    }

    /// Makes the deployment what the variables say; what `terraform output -json` then tells.
    pub(crate) async fn apply(&self, cloud: &Cloud) -> Value {
        let variables: Variables = serde_json::from_value(self.variables.clone()).unwrap();
        let deployed = cloud::deploy(cloud.emulator().endpoint(), &self.options).await.unwrap();
        let keys = signing_keys(cloud, &variables.keys.signing, &deployed.signing_keys[0]).await;
        let generation = |name: &String| keys[name].clone();
        let deployment = Deployment {
            signing_keys: variables.keys.signing.signers.iter().map(generation).collect(),
            bundle: variables.bundle,
            ..deployed
        };
        configure(cloud, &deployment, variables.paused).await;
        keep_records(cloud, &deployment.stream, variables.stream.retention_hours).await;
        outputs(&deployment, public_keys(cloud, &keys).await)
    }
}

/// Tells the functions what is in force, and stops or starts them.
async fn configure(cloud: &Cloud, deployment: &Deployment, paused: Paused) {
    let lambda = aws_sdk_lambda::Client::new(cloud.config());
    let in_force = [
        ("CAIRN_BUNDLE", deployment.bundle.unwrap().to_string()),
        ("CAIRN_SIGNING_KEYS", deployment.signing_keys.join(",")),
    ];
    for (name, paused, reserved) in
        [("cairn-ingest", paused.ingest, None), ("cairn-checkpoint", paused.checkpoint, Some(1))]
    {
        let found = lambda.get_function_configuration().function_name(name).send().await;
        let mut variables = found.unwrap().environment.unwrap().variables.unwrap();
        for (variable, value) in &in_force {
            if let Some(set) = variables.get_mut(*variable) {
                set.clone_from(value);
            }
        }
        let environment = Environment::builder().set_variables(Some(variables)).build();
        let set = lambda.update_function_configuration().function_name(name);
        set.environment(environment).send().await.unwrap();
        match if paused { Some(0) } else { reserved } {
            None => {
                let free = lambda.delete_function_concurrency().function_name(name);
                free.send().await.unwrap();
            }
            Some(executions) => {
                let put = lambda.put_function_concurrency().function_name(name);
                put.reserved_concurrent_executions(executions).send().await.unwrap();
            }
        }
    }
}

/// The keys that sign, by their generations, made where they are missing: the first is the deployment's.
async fn signing_keys(cloud: &Cloud, signing: &Signing, first: &str) -> BTreeMap<String, String> {
    let kms = aws_sdk_kms::Client::new(cloud.config());
    let mut keys = BTreeMap::new();
    for (name, spec) in &signing.generations {
        let alias = format!("alias/cairn-signing-{name}");
        let found = match name.as_str() {
            "1" => Some(first.to_owned()),
            _ => {
                let found = kms.describe_key().key_id(&alias).send().await.ok();
                found.map(|found| found.key_metadata.unwrap().arn.unwrap())
            }
        };
        let key = match found {
            Some(key) => key,
            None => {
                let create = kms.create_key().key_spec(spec.as_str().into());
                let create = create.key_usage("SIGN_VERIFY".into()).send().await;
                let key = create.unwrap().key_metadata.unwrap().arn.unwrap();
                let named = kms.create_alias().alias_name(&alias).target_key_id(&key);
                named.send().await.unwrap();
                key
            }
        };
        keys.insert(name.clone(), key);
    }
    keys
}

/// The public keys of all generations, the newest first.
async fn public_keys(cloud: &Cloud, keys: &BTreeMap<String, String>) -> Vec<String> {
    let kms = aws_sdk_kms::Client::new(cloud.config());
    let mut public = Vec::new();
    for key in keys.values().rev() {
        let key = kms.get_public_key().key_id(key).send().await.unwrap();
        public.push(STANDARD.encode(key.public_key.unwrap()));
    }
    public
}

async fn keep_records(cloud: &Cloud, stream: &str, hours: i32) {
    let kinesis = aws_sdk_kinesis::Client::new(cloud.config());
    let found = kinesis.describe_stream_summary().stream_name(stream).send().await.unwrap();
    let found = found.stream_description_summary.unwrap().retention_period_hours;
    if found < hours {
        let more = kinesis.increase_stream_retention_period().stream_name(stream);
        more.retention_period_hours(hours).send().await.unwrap();
    } else if found > hours {
        let less = kinesis.decrease_stream_retention_period().stream_name(stream);
        less.retention_period_hours(hours).send().await.unwrap();
    }
}

fn outputs(deployment: &Deployment, public_keys: Vec<String>) -> Value {
    let deployment = serde_json::to_value(deployment).unwrap();
    let mut members = deployment.as_object().unwrap().clone();
    // Terraform tells public keys instead, and knows no endpoint.
    members.remove("verifier_keys");
    members.remove("endpoint");
    members.insert("public_keys".to_owned(), json!(public_keys));
    let output = |(name, value): (String, Value)| {
        (name, json!({ "sensitive": false, "type": "dynamic", "value": value }))
    };
    members.into_iter().map(output).collect::<Map<_, _>>().into()
}
