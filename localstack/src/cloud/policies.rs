//! The policies that Terraform declares, kept as files in which tokens stand for what differs from one
//! deployment to another.

use super::options::{Names, Options, Signing};
use crate::emulator::{ACCOUNT, REGION};

/// A policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Of the archive bucket.
    Archive,
    /// Of whoever reads and verifies everything.
    Auditor,
    /// Of whoever repairs what nobody else may touch.
    BreakGlass,
    /// Of the checkpoint function.
    Checkpoint,
    /// Of the key of events.
    DataKey,
    /// Of the bucket for records that expired.
    Expired,
    /// Of the ingest function.
    Ingest,
    /// Of the key of the ledger table.
    LedgerKey,
    /// Of whoever publishes bundles and redrives.
    Operator,
    /// Of whoever puts events.
    Producer,
    /// Of the schedule that wakes the checkpoint function.
    Schedule,
    /// Of the key that signs checkpoints.
    SigningKey,
    /// Of whoever reads the segments of the tenant that the session is tagged with.
    TenantAuditor,
    /// Who may take the role for the worst hour.
    TrustBreakGlass,
    /// Who may take a function's role.
    TrustFunction,
    /// Who may take the operators' role.
    TrustOperator,
    /// Who may take the schedule's role.
    TrustSchedule,
    /// Who may open sessions for tenants' auditors.
    TrustTenantAuditor,
}

macro_rules! policies {
    ($($policy:ident $file:literal,)*) => {
        impl Policy {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$policy),*];

            /// Name of its file in `localstack/policies`, without `.json`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$policy => $file),* }
            }

            /// What is in its file.
            pub fn template(self) -> &'static str {
                match self { $(Self::$policy => include_str!(concat!("../../policies/", $file, ".json"))),* }
            }
        }
    };
}

policies! {
    Archive "archive",
    Auditor "auditor",
    BreakGlass "break-glass",
    Checkpoint "checkpoint",
    DataKey "data-key",
    Expired "expired",
    Ingest "ingest",
    LedgerKey "ledger-key",
    Operator "operator",
    Producer "producer",
    Schedule "schedule",
    SigningKey "signing-key",
    TenantAuditor "tenant-auditor",
    TrustBreakGlass "trust-break-glass",
    TrustFunction "trust-function",
    TrustOperator "trust-operator",
    TrustSchedule "trust-schedule",
    TrustTenantAuditor "trust-tenant-auditor",
}

/// What stands for what in a deployment.
#[derive(Debug, Clone)]
pub struct Tokens(Vec<(&'static str, String)>);

/// ARNs of the keys of a deployment.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) data: String,
    pub(super) ledger: String,
    pub(super) signing: String,
}

impl Tokens {
    pub(super) fn new(names: &Names, keys: &Keys, options: &Options) -> Self {
        let algorithm = match options.signing {
            Signing::Ed25519 => "ED25519_SHA_512",
            Signing::P256 => "ECDSA_SHA_256",
        };
        // A day to either side of what is promised: what remains is counted a moment after it was decided.
        let least = |days: u32| days.saturating_sub(1).to_string();
        let most = |days: u32| days.saturating_add(1).to_string();
        Self(vec![
            ("account", ACCOUNT.to_owned()),
            ("batch_days", least(options.batch_retention_days)),
            ("batch_days_most", most(options.batch_retention_days)),
            ("bucket", names.bucket.clone()),
            ("data_key", keys.data.clone()),
            ("expired", names.expired.clone()),
            ("ledger_key", keys.ledger.clone()),
            ("lock_mode", super::lock_mode(options.lock_mode).to_owned()),
            ("log_days", least(options.log_retention_days)),
            ("log_days_most", most(options.log_retention_days)),
            ("name", options.name.clone()),
            // Whoever opens sessions for tenants is outside of the deployment; here, the account.
            ("portal", format!("arn:aws:iam::{ACCOUNT}:root")),
            ("region", REGION.to_owned()),
            // What auditors ask with Athena is not made here: rights to it are to nothing.
            ("results", format!("{}-query-results", options.name)),
            ("results_key", format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/results")),
            ("signing_algorithm", algorithm.to_owned()),
            ("signing_key", keys.signing.clone()),
            ("stream", names.stream.clone()),
            ("table", names.table.clone()),
        ])
    }

    /// The policy, as it is in this deployment.
    pub fn fill(&self, policy: Policy) -> String {
        let fill = |text: String, (token, value): &(&str, String)| {
            text.replace(&format!("{{{token}}}"), value)
        };
        self.0.iter().fold(policy.template().to_owned(), fill)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::Value;

    use super::*;

    fn tokens() -> Tokens {
        let [data, ledger, signing] = ["data", "ledger", "signing"].map(|key| format!("arn:{key}"));
        let options = Options::default();
        Tokens::new(&Names::new(&options.name), &Keys { data, ledger, signing }, &options)
    }

    #[test]
    fn nothing_is_left_of_a_token() {
        let is_token = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        for policy in Policy::ALL {
            let filled = tokens().fill(*policy);
            assert!(serde_json::from_str::<Value>(&filled).unwrap().is_object());
            let braces = filled.split('{').filter_map(|rest| rest.split_once('}'));
            let left: Vec<_> = braces.map(|(inside, _)| inside).filter(|i| is_token(i)).collect();
            assert!(left.is_empty(), "{}: {left:?}", policy.name());
        }
    }

    #[test]
    fn every_token_is_used() {
        for (token, _) in tokens().0 {
            let token = format!("{{{token}}}");
            let used = Policy::ALL.iter().any(|policy| policy.template().contains(&token));
            assert!(used, "{token}");
        }
    }

    #[test]
    fn every_file_is_known() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let known: Vec<_> = Policy::ALL.iter().map(|p| format!("{}.json", p.name())).collect();
        assert_eq!(files, known);
    }
}
