//! The roles, with the policies that Terraform declares.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_iam::Client;

use super::error::{CloudError, call};
use super::options::Names;
use super::policies::{Policy, Tokens};
use crate::emulator::ACCOUNT;

/// Seconds that a session lasts: as long as Lambda keeps a process, at most.
const SESSION: i32 = 12 * 3600;

/// The ARN of a role.
pub(super) fn arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

/// Makes the roles, or brings them up to date.
pub(super) async fn ensure(
    config: &SdkConfig,
    names: &Names,
    tokens: &Tokens,
) -> Result<(), CloudError> {
    let iam = Client::new(config);
    for (role, policy_name, trust, policy) in [
        (&names.ingest, names.ingest.as_str(), Policy::TrustFunction, Policy::Ingest),
        (&names.checkpoint, &names.checkpoint, Policy::TrustFunction, Policy::Checkpoint),
        (&names.schedule, &names.schedule, Policy::TrustSchedule, Policy::Schedule),
        (&names.operator, "operate", Policy::TrustOperator, Policy::Operator),
        (&names.break_glass, "break-glass", Policy::TrustBreakGlass, Policy::BreakGlass),
    ] {
        trusted(&iam, role, tokens.fill(trust)).await?;
        let put = iam.put_role_policy().role_name(role).policy_name(policy_name);
        let put = put.policy_document(tokens.fill(policy)).send().await;
        put.map_err(call(format!("PutRolePolicy {role}")))?;
    }
    Ok(())
}

/// Makes a role that trusts whom it should.
async fn trusted(iam: &Client, role: &str, trust: String) -> Result<(), CloudError> {
    let create = iam.create_role().role_name(role).assume_role_policy_document(&trust);
    match create.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error.as_service_error().is_some_and(|e| e.is_entity_already_exists_exception()) =>
        {
            let set = iam.update_assume_role_policy().role_name(role).policy_document(trust);
            set.send().await.map(drop).map_err(call(format!("UpdateAssumeRolePolicy {role}")))
        }
        Err(error) => Err(call(format!("CreateRole {role}"))(error)),
    }
}

/// The variables of a new session of a role (ARN), as Lambda tells them to a function. The session is
/// named after the role, as those are that Lambda makes: a function is called what its role is called.
pub(super) async fn session(
    config: &SdkConfig,
    role: &str,
) -> Result<HashMap<String, String>, CloudError> {
    let assume = aws_sdk_sts::Client::new(config).assume_role().role_arn(role);
    let name = role.rsplit('/').next().unwrap_or(role);
    let assume = assume.role_session_name(name).duration_seconds(SESSION);
    let answer = assume.send().await.map_err(call(format!("AssumeRole {role}")))?;
    let missing = CloudError::Answer { call: "AssumeRole", member: "Credentials" };
    let found = answer.credentials.ok_or(missing)?;
    let variables = [
        ("AWS_ACCESS_KEY_ID", found.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", found.secret_access_key),
        ("AWS_SESSION_TOKEN", found.session_token),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value)).into())
}
