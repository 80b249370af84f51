//! `action`: `<class>.<activity>`, such as `authentication.logon`, by the table [`classes`]. A call of
//! an API that names itself is an action as CloudTrail's are, `s3.get_bucket_acl`, so that one
//! search finds both. What the table does not have goes by the names in the event, else by numbers.

use super::classes::{self, Class};
use crate::adapter::cloudtrail::action as cloudtrail;
use crate::adapter::fields::{integer_at, text_at};
use crate::adapter::words::{cut, words};
use crate::json::Value;

/// API Activity.
const API: i64 = 6003;

/// What every class means by these numbers.
const UNKNOWN: i64 = 0;
const OTHER: i64 = 99;

/// Bytes of a name that count.
const NAME_BYTES: usize = 96;

/// The action of an event of a class.
pub(super) fn action(root: Value<'_>, uid: i64) -> String {
    let api = |path: &[&str]| text_at(root, path).filter(|_| uid == API);
    if let (Some(service), Some(operation)) =
        (api(&["api", "service", "name"]), api(&["api", "operation"]))
    {
        return cloudtrail::action(&service, &operation);
    }
    let class = classes::find(uid);
    let mut action = String::new();
    match (class, text_at(root, &["class_name"])) {
        (Some(class), _) => action.push_str(class.name),
        (None, Some(name)) => words(cut(&name, NAME_BYTES), false, &mut action),
        (None, None) => action.push_str(&format!("class_{uid}")),
    }
    action.push('.');
    activity(root, uid, class, &mut action);
    action
}

fn activity(root: Value<'_>, uid: i64, class: Option<&Class>, action: &mut String) {
    let id = activity_id(root, uid);
    let known = id.and_then(|id| class?.activity(id));
    let name = text_at(root, &["activity_name"]);
    match (id, known, name) {
        (Some(UNKNOWN), ..) | (None, _, None) => action.push_str("unknown"),
        (_, Some(known), _) => action.push_str(known),
        (_, None, Some(name)) => words(cut(&name, NAME_BYTES), false, action),
        (Some(OTHER), None, None) => action.push_str("other"),
        (Some(id), None, None) => action.push_str(&format!("activity_{id}")),
    }
}

/// `activity_id`, which is also the rest of `type_uid`.
pub(super) fn activity_id(root: Value<'_>, uid: i64) -> Option<i64> {
    integer_at(root, &["activity_id"]).or_else(|| {
        let whole = integer_at(root, &["type_uid"])?;
        whole.checked_sub(uid.checked_mul(100)?)
    })
}
