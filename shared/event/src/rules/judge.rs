//! Whether an event may be sealed.

use super::Rules;
use crate::Unknown;
use crate::event::Event;
use crate::reason::{Reason, code};

/// Judges an event by its tenant and, if it is a native one, by its action's schema.
pub(super) fn judge(rules: &Rules, event: &Event<'_>, adapter: Option<&str>) -> Result<(), Reason> {
    let bundle = &rules.bundle;
    if bundle.unknown_tenants == Unknown::Reject
        && !bundle.tenants.contains_key(event.tenant.as_ref())
    {
        let message = "expected a tenant that the bundle knows, found another";
        // Only a native event has the field; an adapter's source has it elsewhere.
        return Err(match adapter {
            None => Reason::field(code::TENANT_UNKNOWN, "/tenant", message),
            Some(_) => Reason::new(code::TENANT_UNKNOWN, message),
        });
    }
    match adapter {
        None => rules.schemas.judge(event, bundle.unknown_actions),
        Some(_) => Ok(()),
    }
}
