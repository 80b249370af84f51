//! `action`: `<service>.<operation>`, such as `s3.get_bucket_acl`.

/// The service of an event source: what stands before `.amazonaws.com`.
pub(super) fn service(source: &str) -> &str {
    [".amazonaws.com", ".amazonaws.com.cn"]
        .iter()
        .find_map(|suffix| source.strip_suffix(suffix))
        .unwrap_or(source)
}

/// The action of an operation of an event source.
pub(super) fn action(source: &str, name: &str) -> String {
    let mut action = String::with_capacity(source.len() + name.len() + 16);
    words(service(source), false, &mut action);
    action.push('.');
    words(name, true, &mut action);
    action
}

/// Bytes of a name that count: more make no action.
const NAME_BYTES: usize = 96;

/// Appends a name in lower case, with `_` for what actions cannot hold. With `humps`, words that
/// begin with a capital are set apart: `DescribeDBInstances` is `describe_db_instances`.
fn words(name: &str, humps: bool, action: &mut String) {
    let start = action.len();
    let bytes = &name.as_bytes()[..name.len().min(NAME_BYTES)];
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn operations_become_words() {
        for (source, name, expected) in [
            ("s3.amazonaws.com", "GetBucketAcl", "s3.get_bucket_acl"),
            ("rds.amazonaws.com", "DescribeDBInstances", "rds.describe_db_instances"),
            ("iam.amazonaws.com", "GetSAMLProvider", "iam.get_saml_provider"),
            ("sts.amazonaws.com", "AssumeRoleWithSAML", "sts.assume_role_with_saml"),
            ("s3.amazonaws.com", "ListObjectsV2", "s3.list_objects_v2"),
            ("lambda.amazonaws.com", "ListFunctions20150331", "lambda.list_functions20150331"),
            ("ec2.amazonaws.com.cn", "RunInstances", "ec2.run_instances"),
            (
                "resource-explorer-2.amazonaws.com",
                "ListIndexes",
                "resource-explorer-2.list_indexes",
            ),
            ("s3.amazonaws.com", "REST.GET.OBJECT", "s3.rest_get_object"),
            ("monitoring.example", "jobCreated", "monitoring_example.job_created"),
            ("", "--", "unknown.unknown"),
            ("Ünicode", "Ärger im Büro", "nicode.rger_im_b_ro"),
        ] {
            assert_eq!(action(source, name), expected);
        }
    }

    proptest! {
        #[test]
        fn every_action_has_the_form_of_actions(source in "\\PC{0,200}", name in "\\PC{0,200}") {
            let action = action(&source, &name);
            prop_assert!(crate::event::is_action(&action), "{action}");
        }
    }
}
