//! Names as the words of actions.

/// A name, cut to so many bytes: more make no action.
pub(super) fn cut(name: &str, bytes: usize) -> &str {
    &name[..name.floor_char_boundary(bytes)]
}

/// Appends a name in lower case, with `_` for what actions cannot hold; `unknown` if nothing is
/// left. With `humps`, words that begin with a capital are set apart: `DescribeDBInstances` is
/// `describe_db_instances`, half as long again at most.
pub(super) fn words(name: &str, humps: bool, action: &mut String) {
    let start = action.len();
    let bytes = name.as_bytes();
    for (place, &byte) in bytes.iter().enumerate() {
        let before = place.checked_sub(1).map_or(0, |before| bytes[before]);
        let after = bytes.get(place + 1).copied().unwrap_or(0);
        let hump = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && after.is_ascii_lowercase());
        let separated = action.len() == start || action.ends_with('_');
        match byte {
            _ if byte.is_ascii_alphanumeric() => {
                if humps && hump && !separated {
                    action.push('_');
                }
                action.push(char::from(byte.to_ascii_lowercase()));
            }
            b'-' if !humps && action.len() > start => action.push('-'),
            _ if !separated => action.push('_'),
            _ => {}
        }
    }
    if action.len() > start && action.ends_with('_') {
        action.pop();
    }
    if action.len() == start {
        action.push_str("unknown");
    }
}
