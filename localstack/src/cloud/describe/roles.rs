//! Roles and what they may.

use aws_config::SdkConfig;
use serde_json::{Map, Value, json};

use super::super::error::{CloudError, call};
use super::super::options::Names;
use super::parse;

pub(super) async fn describe(
    config: &SdkConfig,
    names: &Names,
) -> Result<Map<String, Value>, CloudError> {
    let iam = aws_sdk_iam::Client::new(config);
    let (mut roles, mut policies) = (Map::new(), Map::new());
    let functions = [&names.ingest, &names.checkpoint, &names.schedule];
    for role in functions.into_iter().chain([&names.operator, &names.break_glass]) {
        let missing = CloudError::Answer { call: "GetRole", member: "Role" };
        let found = iam.get_role().role_name(role).send().await;
        let found = found.map_err(call(format!("GetRole {role}")))?.role.ok_or(missing)?;
        let trust = document("GetRole", found.assume_role_policy_document.as_deref())?;
        roles.insert(role.clone(), json!({ "assume_role_policy": trust }));
        let listed = iam.list_role_policies().role_name(role).send().await;
        let listed = listed.map_err(call(format!("ListRolePolicies {role}")))?;
        let mut of_role = Map::new();
        for name in listed.policy_names {
            let policy = iam.get_role_policy().role_name(role).policy_name(&name).send().await;
            let policy = policy.map_err(call(format!("GetRolePolicy {role} {name}")))?;
            let policy = document("GetRolePolicy", Some(&policy.policy_document))?;
            of_role.insert(name, json!({ "policy": policy }));
        }
        policies.insert(role.clone(), Value::Object(of_role));
    }
    Ok(Map::from_iter([
        ("aws_iam_role".to_owned(), Value::Object(roles)),
        ("aws_iam_role_policy".to_owned(), Value::Object(policies)),
    ]))
}

/// IAM answers with documents that are encoded as in a URL (RFC 3986).
fn document(what: &'static str, encoded: Option<&str>) -> Result<Value, CloudError> {
    let mut bytes = Vec::new();
    let mut rest = encoded.unwrap_or_default().bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let byte = match byte {
            b'%' => digit(rest.next()).zip(digit(rest.next())).map(|(high, low)| high * 16 + low),
            other => Some(other.into()),
        };
        let member = "a document";
        let byte = byte.and_then(|byte| u8::try_from(byte).ok());
        bytes.push(byte.ok_or(CloudError::Answer { call: what, member })?);
    }
    parse(what, &String::from_utf8_lossy(&bytes))
}
