//! `outcome` and `reason`.
//!
//! | outcome | record |
//! | --- | --- |
//! | `unknown` | stage `RequestReceived`, or no `responseStatus.code` |
//! | `denied` | annotation `authorization.k8s.io/decision` is `forbid`; code 401 or 403 |
//! | `failure` | stage `Panic`; another code from 400 |
//! | `success` | a code below 400 |

use crate::adapter::fields::{integer_at, text_at};
use crate::event::Text;
use crate::json::Value;

const DECISION: &[&str] = &["annotations", "authorization.k8s.io/decision"];
const WHY: &[&str] = &["annotations", "authorization.k8s.io/reason"];

/// How it ended. A response that has only started has its code already.
pub(super) fn outcome(root: Value<'_>, stage: &str) -> &'static str {
    if text_at(root, DECISION).as_deref() == Some("forbid") {
        return "denied";
    }
    match (stage, integer_at(root, &["responseStatus", "code"])) {
        ("RequestReceived", _) => "unknown",
        ("Panic", _) => "failure",
        (_, Some(401 | 403)) => "denied",
        (_, Some(100..400)) => "success",
        (_, Some(400..)) => "failure",
        _ => "unknown",
    }
}

/// What the response says of a failure, else what the authoriser says of a decision.
pub(super) fn reason(root: Value<'_>) -> Option<Text<'_>> {
    let part = |name: &str| text_at(root, &["responseStatus", name]);
    match (part("reason"), part("message")) {
        (Some(reason), Some(message)) => Some(Text::Owned(format!("{reason}: {message}"))),
        (one, other) => one.or(other).or_else(|| text_at(root, WHY)),
    }
}
