//! The examples of schemas, judged as ingest judges events.

use cairn_event::{Bundle, Item, Record, Rules, RulesError, Unknown, transform};
use cairn_ledger::{ChainId, SequenceNumber};
use serde_json::{Value, json};

use super::compat::escaped;

/// Examples that their own schema refuses: the pointer of each, and why.
pub(super) fn refused(bundle: &Bundle) -> Result<Vec<(String, String)>, RulesError> {
    let mut alone = Bundle::with_tenant_key(bundle.tenant_key);
    alone.schemas = bundle.schemas.clone();
    alone.unknown_tenants = Unknown::Accept;
    let rules = Rules::new(alone, None)?;
    let mut refused = Vec::new();
    for (name, schema) in &bundle.schemas {
        let examples = schema.get("examples").and_then(Value::as_array);
        for (place, data) in examples.into_iter().flatten().enumerate() {
            if let Some(reason) = refusal(&rules, name, data) {
                let at = format!("/schemas/{}/examples/{place}", escaped(name));
                refused.push((at, reason));
            }
        }
    }
    Ok(refused)
}

/// Why an event with this `data` is rejected under this schema, if it is.
fn refusal(rules: &Rules, schema: &str, data: &Value) -> Option<String> {
    let event = json!({
        "tenant": "example",
        "time": "2026-01-01T00:00:00Z",
        "action": schema.split('/').next(),
        "schema": schema,
        "actor": {"type": "user", "id": "example"},
        "resource": {"type": "example", "id": "example"},
        "outcome": "success",
        "data": data,
    });
    let chain: ChainId = "examples/20260101T000000Z/shardId-000000000000".parse().ok()?;
    let sequence: SequenceNumber = "1".parse().ok()?;
    let data = event.to_string().into_bytes();
    let mut items = Vec::new();
    let record = Record { sequence, arrived: jiff::Timestamp::UNIX_EPOCH, data };
    transform(&chain, &record, rules, &mut items);
    items.into_iter().find_map(|item| match item {
        Item::Event(_) => None,
        Item::Rejection(found) => {
            let at = found.reason.pointer.map(|at| format!("`{at}`: ")).unwrap_or_default();
            Some(format!("{at}{}", found.reason.message))
        }
    })
}
