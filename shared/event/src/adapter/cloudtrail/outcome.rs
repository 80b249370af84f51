//! `outcome` and `reason`.

use super::{Fields, text_at};
use crate::event::Text;

/// Parts of the error codes by which services say that the caller may not. Services have no list
/// in common; these cover `AccessDenied`, `AccessDeniedException`,
/// `Client.UnauthorizedOperation`, `UnauthorizedException`, `NotAuthorizedException`,
/// `ForbiddenException`, `Client.AuthFailure` and `AuthorizationErrorException`.
const DENIALS: &[&str] = &[
    "AccessDenied",
    "Unauthorized",
    "NotAuthorized",
    "Forbidden",
    "AuthFailure",
    "AuthorizationError",
];

/// How it ended: an error code is a failure or a denial; a sign-in says it in its response.
pub(super) fn outcome(fields: &Fields<'_>, name: &str) -> &'static str {
    match &fields.error_code {
        Some(code) if DENIALS.iter().any(|denial| code.contains(denial)) => "denied",
        Some(_) => "failure",
        None => {
            let said = fields.response.and_then(|response| text_at(response, &[name]));
            if said.as_deref() == Some("Failure") { "failure" } else { "success" }
        }
    }
}

/// The error code and its message.
pub(super) fn reason<'t>(fields: &Fields<'t>) -> Option<Text<'t>> {
    match (&fields.error_code, &fields.error_message) {
        (Some(code), Some(message)) => Some(Text::Owned(format!("{code}: {message}"))),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}
