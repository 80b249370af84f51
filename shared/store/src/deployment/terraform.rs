//! What `terraform output -json` says, as the description of a deployment.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cairn_ledger::VerifierKey;
use serde::de::Error as _;
use serde_json::{Error, Map, Value};

/// The members of a deployment: of a file that has them as they are; of a root module's outputs,
/// `{"origin": {"type": ..., "value": ...}, ...}`; or of the one output that holds all of the
/// module's, as `output "cairn" { value = module.cairn }` makes it.
pub(super) fn unwrapped(json: Value) -> Result<Value, Error> {
    let Value::Object(outputs) = json else { return Ok(json) };
    let mut members: Map<String, Value> = outputs.into_iter().map(value).collect();
    if !members.contains_key(NAME) {
        let mut modules = members.values().filter(|value| value.get(NAME).is_some());
        match (modules.next(), modules.next()) {
            (Some(Value::Object(module)), None) => members = module.clone(),
            (Some(_), Some(_)) => {
                let found = "found several outputs that describe a deployment";
                let remedy = "write one: terraform output -json NAME";
                return Err(Error::custom(format_args!("{found}: {remedy}")));
            }
            _ => {}
        }
    }
    // Terraform cannot hash bytes that are no text, as the id of a verifier key needs.
    if let Some(keys) = members.remove("public_keys") {
        let keys = verifier_keys(members.get(NAME), keys)?;
        members.insert("verifier_keys".to_owned(), keys.into());
    }
    // An output that is null is left out, one inside an object is not.
    members.retain(|_, value| !value.is_null());
    Ok(members.into())
}

/// The member that every deployment has.
const NAME: &str = "origin";

/// An output without its wrapping; any other member as it is.
fn value((name, member): (String, Value)) -> (String, Value) {
    match member {
        Value::Object(mut output)
            if output.contains_key("value") && output.contains_key("type") =>
        {
            (name, output.remove("value").unwrap_or_default())
        }
        member => (name, member),
    }
}

/// Public keys (SubjectPublicKeyInfo, DER, base64) as verifier keys of the log.
fn verifier_keys(origin: Option<&Value>, keys: Value) -> Result<Vec<String>, Error> {
    let origin = origin.and_then(Value::as_str).unwrap_or_default();
    let keys: Vec<String> = serde_json::from_value(keys)?;
    let wrong =
        |detail: &dyn std::fmt::Display| Error::custom(format_args!("public_keys: {detail}"));
    keys.iter()
        .map(|key| {
            let der = STANDARD.decode(key).map_err(|error| wrong(&error))?;
            let key = VerifierKey::from_spki(origin, &der).map_err(|error| wrong(&error))?;
            Ok(key.to_string())
        })
        .collect()
}
