//! CloudTrail records, written for these tests after the CloudTrail User Guide.

use serde_json::{Value, json};

use crate::support::*;

/// A user's read of a bucket, which all other records vary.
pub(crate) fn bucket_read() -> Value {
    json!({
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": "AIDAEXAMPLEEXAMPLE001",
            "arn": "arn:aws:iam::111122223333:user/ada",
            "accountId": "111122223333",
            "accessKeyId": "AKIAEXAMPLEEXAMPLE01",
            "userName": "ada",
        },
        "eventTime": "2026-01-31T22:59:58Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetBucketAcl",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "[aws-cli/2.0]",
        "requestParameters": {"bucketName": "ledgers", "Host": "ledgers.s3.amazonaws.com", "acl": ""},
        "responseElements": null,
        "requestID": "EXAMPLE1234567890",
        "eventID": "6a5c3e0b-1111-4222-8333-444455556666",
        "readOnly": true,
        "resources": [
            {"accountId": "111122223333", "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::ledgers"},
        ],
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "111122223333",
        "eventCategory": "Management",
    })
}

/// The record with other members: `null` removes one.
pub(crate) fn varied(changes: Value) -> Value {
    changed(bucket_read(), changes)
}

#[test]
fn a_record_is_mapped_and_kept_whole() {
    let expected = json!({
        "action": "s3.get_bucket_acl",
        "actor": {
            "id": "arn:aws:iam::111122223333:user/ada",
            "name": "ada",
            "session": "AKIAEXAMPLEEXAMPLE01",
            "type": "IAMUser",
        },
        "adapter": "cloudtrail",
        "arrived": ARRIVED,
        "coordinates": {"chain": chain().as_str(), "index": 0, "sequence": SEQUENCE},
        "data": bucket_read(),
        "id": "6a5c3e0b-1111-4222-8333-444455556666",
        "kind": "event",
        "outcome": "success",
        "resource": {"id": "arn:aws:s3:::ledgers", "type": "AWS::S3::Bucket"},
        "source": {"ip": "203.0.113.7", "region": "eu-west-1", "user_agent": "[aws-cli/2.0]"},
        "tenant": "111122223333",
        "time": "2026-01-31T22:59:58Z",
        "trace": {"request_id": "EXAMPLE1234567890"},
    });
    assert_eq!(sealed(&bucket_read()), expected);
}

#[test]
fn a_delivery_file_is_many_records() {
    let record = bucket_read();
    let made = items(format!(" {{ \"Records\" : [ {record} , {record},{record} ] }} \n"));
    assert_eq!(codes(&made), ["event"; 3]);
    let broken = varied(json!({"eventID": null}));
    let made = items(json!({"Records": [record, broken, 7, smallest()]}).to_string());
    assert_eq!(codes(&made), ["event", "field.missing", "field.type", "field.missing"]);
    let lines = format!("{0}\n{0}\n{1}\n", json!({"Records": [record, record]}), smallest());
    assert_eq!(codes(&items(lines)), ["event"; 5]);
}

#[test]
fn what_only_looks_like_a_delivery_file_is_one_item() {
    let text = json!({"Records": [bucket_read()], "more": 1}).to_string();
    let rejection = rejection(text.clone());
    assert_eq!(rejection.reason.code, "field.unknown");
    assert_eq!(rejection.raw, text.into_bytes());
    assert_eq!(codes(&items(r#"{"Records":7}"#)), ["field.unknown"]);
    assert_eq!(codes(&items(r#"{"Records":[{}]"#)), ["json.syntax"]);
}

#[test]
fn records_and_native_events_may_stand_together() {
    let made = items(format!("[{},{}]", smallest(), bucket_read()));
    assert_eq!(codes(&made), ["event"; 2]);
}

#[test]
fn every_kind_of_identity_is_an_actor() {
    let issuer = json!({
        "sessionIssuer": {
            "type": "Role", "principalId": "AROAEXAMPLE", "userName": "deploy",
            "arn": "arn:aws:iam::111122223333:role/deploy", "accountId": "111122223333",
        },
    });
    for (identity, actor) in [
        (
            json!({
                "type": "AssumedRole", "principalId": "AROAEXAMPLE:build-7",
                "arn": "arn:aws:sts::111122223333:assumed-role/deploy/build-7",
                "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE", "sessionContext": issuer,
            }),
            json!({
                "type": "AssumedRole", "id": "arn:aws:sts::111122223333:assumed-role/deploy/build-7",
                "name": "deploy", "roles": ["arn:aws:iam::111122223333:role/deploy"],
                "session": "ASIAEXAMPLE",
            }),
        ),
        (
            json!({
                "type": "AssumedRole", "principalId": "AROAEXAMPLE:build-7",
                "arn": "arn:aws:sts::111122223333:assumed-role/deploy/build-7",
            }),
            json!({
                "type": "AssumedRole", "id": "arn:aws:sts::111122223333:assumed-role/deploy/build-7",
                "session": "build-7",
            }),
        ),
        (
            json!({"type": "Root", "principalId": "111122223333", "arn": "arn:aws:iam::111122223333:root"}),
            json!({"type": "Root", "id": "arn:aws:iam::111122223333:root"}),
        ),
        (
            json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
            json!({"type": "AWSService", "id": "ec2.amazonaws.com"}),
        ),
        (
            json!({"accountId": "111122223333", "invokedBy": "ec2.amazonaws.com"}),
            json!({"type": "AWSService", "id": "ec2.amazonaws.com"}),
        ),
        (
            json!({"type": "AWSAccount", "principalId": "AIDAOTHER", "accountId": "444455556666"}),
            json!({"type": "AWSAccount", "id": "AIDAOTHER"}),
        ),
        (json!({"accountId": "444455556666"}), json!({"type": "AWSAccount", "id": "444455556666"})),
        (
            json!({
                "type": "IdentityCenterUser", "accountId": "111122223333",
                "onBehalfOf": {"userId": "544894e8-80c1", "identityStoreArn": "arn:x"},
            }),
            json!({"type": "IdentityCenterUser", "id": "544894e8-80c1"}),
        ),
        (
            json!({
                "type": "WebIdentityUser", "principalId": "accounts.google.com:app:u",
                "userName": "u", "identityProvider": "accounts.google.com",
            }),
            json!({"type": "WebIdentityUser", "id": "accounts.google.com:app:u", "name": "u"}),
        ),
        (json!({"arn": "", "principalId": 7}), json!({"type": "Unknown", "id": "unknown"})),
        (json!("nobody"), json!({"type": "Unknown", "id": "unknown"})),
        (json!(null), json!({"type": "Unknown", "id": "unknown"})),
    ] {
        assert_eq!(sealed(&varied(json!({"userIdentity": identity})))["actor"], actor);
    }
}

#[test]
fn error_codes_are_failures_denials_or_rehearsals() {
    for (code, message, outcome, reason) in [
        ("AccessDenied", Some("no"), "denied", "AccessDenied: no"),
        ("AccessDeniedException", None, "denied", "AccessDeniedException"),
        ("Client.UnauthorizedOperation", Some("no"), "denied", "Client.UnauthorizedOperation: no"),
        ("Client.AuthFailure", None, "denied", "Client.AuthFailure"),
        ("AuthorizationErrorException", None, "denied", "AuthorizationErrorException"),
        ("NoSuchBucket", Some("gone"), "failure", "NoSuchBucket: gone"),
        ("ThrottlingException", None, "failure", "ThrottlingException"),
        ("Client.DryRunOperation", Some("would"), "unknown", "Client.DryRunOperation: would"),
        ("DryRunOperation", None, "unknown", "DryRunOperation"),
    ] {
        let event = sealed(&varied(json!({"errorCode": code, "errorMessage": message})));
        assert_eq!((&event["outcome"], &event["reason"]), (&json!(outcome), &json!(reason)));
    }
}

#[test]
fn a_sign_in_says_in_its_response_how_it_ended() {
    let sign_in = |name: &str, said: &str| {
        sealed(&varied(json!({
            "eventSource": "signin.amazonaws.com",
            "eventName": name,
            "eventType": "AwsConsoleSignIn",
            "errorMessage": if said == "Failure" { json!("Failed authentication") } else { json!(null) },
            "requestParameters": null,
            "resources": null,
            "responseElements": {name: said},
        })))
    };
    let failed = sign_in("ConsoleLogin", "Failure");
    assert_eq!(failed["action"], "signin.console_login");
    assert_eq!(
        (&failed["outcome"], &failed["reason"]),
        (&json!("failure"), &json!("Failed authentication"))
    );
    assert_eq!(sign_in("SwitchRole", "Failure")["outcome"], "failure");
    assert_eq!(sign_in("ConsoleLogin", "Success")["outcome"], "success");
}

#[test]
fn a_source_that_is_no_address_is_a_service() {
    let event = sealed(&varied(json!({"sourceIPAddress": "ec2.amazonaws.com", "userAgent": null})));
    assert_eq!(event["source"], json!({"region": "eu-west-1", "service": "ec2.amazonaws.com"}));
    let event =
        sealed(&varied(json!({"sourceIPAddress": null, "userAgent": null, "awsRegion": null})));
    assert_eq!(event.get("source"), None);
}

#[test]
fn an_insight_is_an_event_of_cloudtrail_itself() {
    let record = json!({
        "eventVersion": "1.08",
        "eventTime": "2026-01-31T22:59:00Z",
        "awsRegion": "eu-west-1",
        "eventID": "6a5c3e0b-1111-4222-8333-444455556666",
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": "111122223333",
        "insightDetails": {"state": "Start", "eventSource": "ssm.amazonaws.com", "insightType": "ApiCallRateInsight"},
        "eventCategory": "Insight",
    });
    let event = sealed(&record);
    assert_eq!(event["action"], "cloudtrail.aws_cloud_trail_insight");
    assert_eq!(event["outcome"], "unknown");
    assert_eq!(event["resource"], json!({"type": "cloudtrail", "id": "111122223333"}));
    assert_eq!(event["data"], record);
}

#[test]
fn an_account_stands_in_for_an_absent_recipient() {
    assert_eq!(sealed(&varied(json!({"recipientAccountId": null})))["tenant"], "111122223333");
}

#[test]
fn what_a_record_must_have_is_named() {
    for (changes, code, pointer) in [
        (json!({"eventID": null}), "field.missing", "/eventID"),
        (json!({"eventID": "a b"}), "field.value", "/eventID"),
        (json!({"eventTime": null}), "field.missing", "/eventTime"),
        (json!({"eventTime": "yesterday"}), "field.value", "/eventTime"),
        (json!({"eventTime": 5}), "field.type", "/eventTime"),
        (json!({"eventTime": ""}), "field.value", "/eventTime"),
        (json!({"eventID": {}}), "field.type", "/eventID"),
        (json!({"eventName": []}), "field.type", "/eventName"),
        (json!({"eventSource": true}), "field.type", "/eventSource"),
        (json!({"eventName": null}), "field.missing", "/eventName"),
        (json!({"eventSource": ""}), "field.value", "/eventSource"),
        (
            json!({"recipientAccountId": null, "userIdentity": null}),
            "field.missing",
            "/recipientAccountId",
        ),
        (json!({"recipientAccountId": "../x"}), "field.value", "/recipientAccountId"),
        (
            json!({"recipientAccountId": 7, "userIdentity": null}),
            "field.type",
            "/recipientAccountId",
        ),
        (
            json!({"recipientAccountId": null, "userIdentity": {"accountId": "../x"}}),
            "field.value",
            "/userIdentity/accountId",
        ),
    ] {
        let reason = rejection(varied(changes).to_string()).reason;
        assert_eq!((reason.code, reason.pointer.as_deref()), (code, Some(pointer)));
    }
}

#[test]
fn a_notification_of_s3_is_no_cloudtrail_record() {
    let record = json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1",
        "eventTime": "2026-01-31T22:59:58.000Z", "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AIDAEXAMPLE"}, "s3": {"bucket": {"name": "ledgers"}},
    });
    assert_eq!(codes(&items(json!({"Records": [record]}).to_string())), ["field.missing"]);
}
