//! `outcome` and `reason`.
//!
//! | outcome | record |
//! | --- | --- |
//! | `unknown` | a finding, whose status is how far it is; a `status_id` of 0 or 99, or none |
//! | `denied` | `action_id` 2 (denied), `disposition_id` 2 (blocked), 6 (dropped), 25 (rejected) or 26 (unauthorized), activity 2 of Web Resource Access Activity; a failure with an error code that says so |
//! | `failure` | `status_id` 2 |
//! | `success` | `status_id` 1 |

use super::action::activity_id;
use crate::adapter::cloudtrail::outcome::is_denial;
use crate::adapter::fields::{Path, integer_at, text_at};
use crate::event::Text;
use crate::json::Value;

/// Web Resource Access Activity, and its activity "Access Deny".
const ACCESS: i64 = 6004;
const ACCESS_DENY: i64 = 2;

/// Numbers by which a control says that it did not let it happen.
const CONTROLS: [(&str, i64); 5] = [
    ("action_id", 2),
    ("disposition_id", 2),
    ("disposition_id", 6),
    ("disposition_id", 25),
    ("disposition_id", 26),
];

/// Where an error code stands.
const CODES: [Path; 2] = [&["api", "response", "error"], &["status_code"]];

/// How it ended.
pub(super) fn outcome(root: Value<'_>, class: i64) -> &'static str {
    let finding = class.div_euclid(1000) == 2;
    let said = |(name, id): &(&str, i64)| integer_at(root, &[name]) == Some(*id);
    let refused = class == ACCESS && activity_id(root, class) == Some(ACCESS_DENY);
    if finding {
        return "unknown";
    }
    if CONTROLS.iter().any(said) || refused {
        return "denied";
    }
    match integer_at(root, &["status_id"]) {
        Some(1) => "success",
        Some(2) => {
            let mut codes = CODES.iter().filter_map(|path| text_at(root, path));
            if codes.any(|code| is_denial(&code)) { "denied" } else { "failure" }
        }
        _ => "unknown",
    }
}

/// What the event says of its status, else the error of the API.
pub(super) fn reason(root: Value<'_>) -> Option<Text<'_>> {
    let part = |name: &str| text_at(root, &["api", "response", name]);
    text_at(root, &["status_detail"]).or_else(|| match (part("error"), part("error_message")) {
        (Some(error), Some(message)) => Some(Text::Owned(format!("{error}: {message}"))),
        (one, other) => one.or(other),
    })
}
