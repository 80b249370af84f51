//! The bundle's JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    ActionPattern, ActorEntry, Bundle, BundleError, Detail, Heuristic, Limits, LocationSource,
    PointerPattern, Redaction, RedactionAction, Retention, Tenant, Unknown,
};

/// Version of the bundle's format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_retention: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    device: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    directory: BTreeMap<String, BTreeMap<String, ActorEntry>>,
    #[serde(default, skip_serializing_if = "is_default")]
    heuristics: Vec<Heuristic>,
    kind: String,
    limits: Limits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<LocationWire>,
    #[serde(default, skip_serializing_if = "is_default")]
    redaction: Vec<RedactionWire>,
    #[serde(default, skip_serializing_if = "is_default")]
    retention: BTreeMap<String, Retention>,
    #[serde(default, skip_serializing_if = "is_default")]
    schemas: BTreeMap<String, serde_json::Value>,
    tenant_key: String,
    #[serde(default, skip_serializing_if = "is_default")]
    tenants: BTreeMap<String, Tenant>,
    #[serde(default, skip_serializing_if = "is_default")]
    unknown_actions: Unknown,
    #[serde(default, skip_serializing_if = "is_default")]
    unknown_tenants: Unknown,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LocationWire {
    database: String,
    detail: Detail,
}

#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RedactionWire {
    action: RedactionAction,
    #[serde(default, skip_serializing_if = "is_default")]
    actions: Vec<String>,
    pointer: String,
    #[serde(default, skip_serializing_if = "is_default")]
    tenants: Vec<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// JSON of the bundle, its members not yet in canonical order.
pub(super) fn write(bundle: &Bundle) -> String {
    let redaction = |rule: &Redaction| RedactionWire {
        action: rule.action,
        actions: rule.actions.iter().map(ToString::to_string).collect(),
        pointer: rule.pointer.to_string(),
        tenants: rule.tenants.clone(),
    };
    let location = |source: LocationSource| LocationWire {
        database: source.database.to_string(),
        detail: source.detail,
    };
    let wire = Wire {
        default_retention: bundle.default_retention.clone(),
        device: bundle.device,
        directory: bundle.directory.clone(),
        heuristics: bundle.heuristics.iter().copied().collect(),
        kind: "config".to_owned(),
        limits: bundle.limits,
        location: bundle.location.map(location),
        redaction: bundle.redaction.iter().map(redaction).collect(),
        retention: bundle.retention.clone(),
        schemas: bundle.schemas.clone(),
        tenant_key: hex::encode(bundle.tenant_key),
        tenants: bundle.tenants.clone(),
        unknown_actions: bundle.unknown_actions,
        unknown_tenants: bundle.unknown_tenants,
        version: VERSION,
    };
    #[expect(clippy::expect_used, reason = "strings, integers and JSON always serialise")]
    serde_json::to_string(&wire).expect("a bundle serialises")
}

/// Reads the members, each by itself.
pub(super) fn read(json: &[u8]) -> Result<Bundle, BundleError> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let wire: Wire = serde_path_to_error::deserialize(&mut reader).map_err(shape)?;
    reader
        .end()
        .map_err(|error| BundleError::Shape { at: String::new(), detail: error.to_string() })?;
    if wire.kind != "config" {
        return Err(BundleError::field("/kind", "`config`", "another kind"));
    }
    if wire.version != VERSION {
        return Err(BundleError::field("/version", "1", wire.version.to_string()));
    }
    let mut tenant_key = [0; 32];
    let digits = wire.tenant_key.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !digits || hex::decode_to_slice(&wire.tenant_key, &mut tenant_key).is_err() {
        let expected = "64 lowercase hexadecimal digits";
        return Err(BundleError::field("/tenant_key", expected, "another string"));
    }
    let heuristics: BTreeSet<Heuristic> = wire.heuristics.iter().copied().collect();
    let redaction = wire.redaction.into_iter().enumerate();
    Ok(Bundle {
        limits: wire.limits,
        tenant_key,
        tenants: wire.tenants,
        unknown_tenants: wire.unknown_tenants,
        retention: wire.retention,
        default_retention: wire.default_retention,
        schemas: wire.schemas,
        unknown_actions: wire.unknown_actions,
        directory: wire.directory,
        location: wire.location.map(location).transpose()?,
        device: wire.device,
        redaction: redaction.map(redaction_rule).collect::<Result<_, _>>()?,
        heuristics,
    })
}

fn location(wire: LocationWire) -> Result<LocationSource, BundleError> {
    let database = wire.database.parse().map_err(|_| {
        let expected = "64 lowercase hexadecimal digits";
        BundleError::field("/location/database", expected, "another string")
    })?;
    Ok(LocationSource { database, detail: wire.detail })
}

fn redaction_rule((place, wire): (usize, RedactionWire)) -> Result<Redaction, BundleError> {
    let at = format!("/redaction/{place}");
    let actions = wire.actions.iter().enumerate().map(|(n, action)| {
        action.parse::<ActionPattern>().map_err(|expected| {
            BundleError::field(format!("{at}/actions/{n}"), expected, format!("`{action}`"))
        })
    });
    let pointer = wire.pointer.parse::<PointerPattern>().map_err(|expected| {
        BundleError::field(format!("{at}/pointer"), expected, format!("`{}`", wire.pointer))
    })?;
    Ok(Redaction {
        actions: actions.collect::<Result<_, _>>()?,
        pointer,
        action: wire.action,
        tenants: wire.tenants,
    })
}

/// Where and why the JSON is not of the bundle's shape.
fn shape(error: serde_path_to_error::Error<serde_json::Error>) -> BundleError {
    use serde_path_to_error::Segment;
    let mut at = String::new();
    for segment in error.path() {
        let name = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        at.push('/');
        at.push_str(&name);
    }
    BundleError::Shape { at, detail: error.inner().to_string() }
}
