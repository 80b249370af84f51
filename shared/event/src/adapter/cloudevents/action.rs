//! `action`: the `type`, in lower case, each of its parts a word. A prefix of reverse DNS stays:
//! `com.github.pull_request.opened`. Where a domain ends nobody can tell from the text, and two
//! vendors' `user.created` are not the same.

use crate::adapter::words::{cut, words};

/// Bytes of a type that count: half as many again still make an action.
const TYPE_BYTES: usize = 160;

/// What a type of one word stands behind.
const ALONE: &str = "event";

/// The action of a type.
pub(super) fn action(kind: &str) -> String {
    let kind = cut(kind, TYPE_BYTES);
    let is_part = |part: &&str| part.bytes().any(|byte| byte.is_ascii_alphanumeric());
    let parts: Vec<&str> = kind.split(['.', '/', ':']).filter(is_part).collect();
    let alone = [ALONE, parts.first().copied().unwrap_or_default()];
    let parts = if parts.len() > 1 { &parts[..] } else { &alone };
    let mut action = String::with_capacity(kind.len() + kind.len() / 2);
    for part in parts {
        if !action.is_empty() {
            action.push('.');
        }
        words(part, true, &mut action);
    }
    action
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn types_become_words() {
        for (kind, expected) in [
            ("com.github.pull_request.opened", "com.github.pull_request.opened"),
            ("com.example.object.deleted.v2", "com.example.object.deleted.v2"),
            ("Microsoft.Storage.BlobCreated", "microsoft.storage.blob_created"),
            ("google.cloud.audit.log.v1.written", "google.cloud.audit.log.v1.written"),
            ("io.acme/user:signedIn", "io.acme.user.signed_in"),
            ("..deleted", "event.deleted"),
            ("created", "event.created"),
            ("---", "event.unknown"),
            ("Ünter.Ämter", "nter.mter"),
        ] {
            assert_eq!(action(kind), expected);
        }
    }

    proptest! {
        #[test]
        fn every_type_is_an_action(kind in "(\\PC{0,40}|[A-Za-z0-9./:_-]{0,300}|([A-Z][a-z]){0,200})") {
            let action = action(&kind);
            prop_assert!(crate::event::is_action(&action), "{action}");
        }
    }
}
