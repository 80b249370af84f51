//! `outcome` and `reason`.

use super::Fields;
use crate::adapter::fields::text_at;
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

/// Part of the error code by which EC2 says that a rehearsal, asked for by `DryRun`, would have
/// succeeded: nothing was done, and nothing failed.
const REHEARSAL: &str = "DryRunOperation";

/// How it ended: an error code is a failure, a denial or a rehearsal; a sign-in says it in its
/// response, where a wrong password is a failure as any other. An insight is a finding about many
/// calls, which ended in one way or the other.
pub(super) fn outcome(fields: &Fields<'_>, name: &str) -> &'static str {
    if fields.insight.is_some() {
        return "unknown";
    }
    match &fields.error_code {
        Some(code) if code.contains(REHEARSAL) => "unknown",
        Some(code) if is_denial(code) => "denied",
        Some(_) => "failure",
        None => {
            let said = fields.response.and_then(|response| text_at(response, &[name]));
            if said.as_deref() == Some("Failure") { "failure" } else { "success" }
        }
    }
}

/// Whether an error code says that the caller may not.
pub(in crate::adapter) fn is_denial(code: &str) -> bool {
    DENIALS.iter().any(|denial| code.contains(denial))
}

/// The error code and its message.
pub(super) fn reason<'t>(fields: &Fields<'t>) -> Option<Text<'t>> {
    match (&fields.error_code, &fields.error_message) {
        (Some(code), Some(message)) => Some(Text::Owned(format!("{code}: {message}"))),
        (one, other) => one.clone().or_else(|| other.clone()),
    }
}
