//! `action`: `<service>.<operation>`, such as `s3.get_bucket_acl`.

use crate::adapter::words::{cut, words};

/// Bytes of a name that count: more make no action.
const NAME_BYTES: usize = 96;

/// The service of an event source: what stands before `.amazonaws.com`.
pub(super) fn service(source: &str) -> &str {
    [".amazonaws.com", ".amazonaws.com.cn"]
        .iter()
        .find_map(|suffix| source.strip_suffix(suffix))
        .unwrap_or(source)
}

/// The action of an operation of an event source.
pub(in crate::adapter) fn action(source: &str, name: &str) -> String {
    let mut action = String::with_capacity(source.len() + name.len() + 16);
    words(cut(service(source), NAME_BYTES), false, &mut action);
    action.push('.');
    words(cut(name, NAME_BYTES), true, &mut action);
    action
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
