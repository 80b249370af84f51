//! `env`: the environment that makes any AWS tool use the local cloud.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use cairn_local::cloud::lock_mode;
use cairn_local::emulator::CREDENTIALS;
use cairn_store::Deployment;
use clap::Args;

use super::state::State;
use super::{CommandError, answer};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Name of the cloud
    #[arg(long, default_value = super::NAME)]
    name: String,
    /// Print one JSON object instead of shell commands
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, CommandError> {
    let (file, deployment) = State::of(&arguments.name)?.up(&arguments.name)?;
    let variables = variables(&deployment, &file);
    if arguments.json {
        answer(serde_json::json!(variables));
    } else {
        // They would take precedence over the credentials below, or be sent along with them.
        answer("unset AWS_PROFILE AWS_SESSION_TOKEN");
        for (name, value) in variables {
            answer(format!("export {name}={}", quoted(&value)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn variables(deployment: &Deployment, file: &Path) -> BTreeMap<&'static str, String> {
    let (id, secret) = CREDENTIALS;
    let mut variables = BTreeMap::from([
        ("AWS_ENDPOINT_URL", deployment.endpoint.clone().unwrap_or_default()),
        ("AWS_ACCESS_KEY_ID", id.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
        ("AWS_REGION", deployment.region.clone()),
        ("AWS_DEFAULT_REGION", deployment.region.clone()),
        ("CAIRN_DEPLOYMENT", file.display().to_string()),
        ("CAIRN_ORIGIN", deployment.origin.clone()),
        ("CAIRN_VERIFIER_KEYS", deployment.verifier_keys.join(",")),
        ("CAIRN_STREAM", deployment.stream.clone()),
        ("CAIRN_BUCKET", deployment.bucket.clone()),
        ("CAIRN_TABLE", deployment.table.clone()),
        ("CAIRN_DATA_KEY", deployment.data_key.clone()),
        ("CAIRN_SIGNING_KEYS", deployment.signing_keys.join(",")),
        ("CAIRN_LOCK_MODE", lock_mode(deployment.lock_mode).to_owned()),
        ("CAIRN_BATCH_RETENTION_DAYS", deployment.batch_retention_days.to_string()),
        ("CAIRN_LOG_RETENTION_DAYS", deployment.log_retention_days.to_string()),
    ]);
    variables.extend(deployment.bundle.map(|bundle| ("CAIRN_BUNDLE", bundle.to_string())));
    variables.extend(deployment.expired.clone().map(|bucket| ("CAIRN_EXPIRED", bucket)));
    variables
}

/// One word for a POSIX shell, whatever the value.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_is_one_word_to_the_shell() {
        assert_eq!(quoted("/a b"), "'/a b'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}
