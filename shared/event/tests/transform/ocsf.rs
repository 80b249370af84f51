//! OCSF events, written for these tests after <https://schema.ocsf.io>.

use serde_json::{Value, json};

use crate::support::*;

/// A sign-in, which all other events vary.
pub(crate) fn logon() -> Value {
    json!({
        "metadata": {
            "version": "1.7.0", "uid": "e-1", "tenant_uid": "acme",
            "product": {"name": "Gate", "vendor_name": "Acme"},
        },
        "category_uid": 3,
        "class_uid": 3002,
        "type_uid": 300_201,
        "activity_id": 1,
        "severity_id": 1,
        "status_id": 1,
        "time": 1_769_900_398_123_i64,
        "user": {"uid": "u-17", "name": "ada", "email_addr": "ada@example.com", "type": "Admin", "type_id": 2},
        "session": {"uid": "s-1"},
        "src_endpoint": {"ip": "203.0.113.7", "hostname": "laptop"},
        "http_request": {"user_agent": "curl/8", "uid": "r-1"},
        "service": {"name": "vault"},
        "cloud": {"region": "eu-west-1", "account": {"uid": "111122223333"}},
    })
}

/// The event with other members: `null` removes one.
fn varied(changes: Value) -> Value {
    changed(logon(), changes)
}

#[test]
fn an_event_is_mapped_and_kept_whole() {
    let expected = json!({
        "action": "authentication.logon",
        "actor": {
            "id": "u-17", "name": "ada", "email": "ada@example.com", "type": "Admin", "session": "s-1",
        },
        "adapter": "ocsf",
        "arrived": ARRIVED,
        "coordinates": {"chain": chain().as_str(), "index": 0, "sequence": SEQUENCE},
        "data": logon(),
        "id": "e-1",
        "kind": "event",
        "outcome": "success",
        "resource": {"id": "vault", "type": "Service"},
        "source": {"ip": "203.0.113.7", "region": "eu-west-1", "user_agent": "curl/8"},
        "tenant": "acme",
        "time": "2026-01-31T22:59:58.123Z",
        "trace": {"request_id": "r-1"},
    });
    assert_eq!(sealed(&logon()), expected);
}

#[test]
fn times_are_written_as_rfc_3339() {
    for (time, written) in [
        (json!(0), "1970-01-01T00:00:00.000Z"),
        (json!(-1), "1969-12-31T23:59:59.999Z"),
        (json!(1_769_900_398_007_i64), "2026-01-31T22:59:58.007Z"),
        (json!(-62_167_219_200_000_i64), "0000-01-01T00:00:00.000Z"),
        (json!(253_402_207_200_000_i64), "9999-12-30T22:00:00.000Z"),
    ] {
        assert_eq!(sealed(&varied(json!({"time": time})))["time"], written);
    }
    for time in [
        json!(-62_167_219_200_001_i64),
        json!(253_402_207_201_000_i64),
        json!(1.5),
        json!("2026-01-31T22:59:58Z"),
        json!(i64::MAX),
        Value::String(String::new()),
    ] {
        let reason = rejection(varied(json!({"time": time})).to_string()).reason;
        assert_eq!((reason.code, reason.pointer.as_deref()), ("field.value", Some("/time")));
    }
    let text = varied(json!({"time": null, "time_dt": "2026-01-31T23:59:58.5+01:00"}));
    assert_eq!(sealed(&text)["time"], "2026-01-31T23:59:58.5+01:00");
}

#[test]
fn classes_and_activities_have_names() {
    for (class, activity, action) in [
        (1001, 14, "file_activity.open"),
        (1007, 1, "process_activity.launch"),
        (2004, 1, "detection_finding.create"),
        (2006, 4, "data_security_finding.suppressed"),
        (3001, 1, "account_change.create"),
        (3001, 10, "account_change.mfa_factor_enable"),
        (3001, 12, "account_change.unlock"),
        (3002, 2, "authentication.logoff"),
        (3003, 1, "authorize_session.assign_privileges"),
        (3004, 4, "entity_management.delete"),
        (3005, 2, "user_access.revoke_privileges"),
        (3006, 3, "group_management.add_user"),
        (4001, 6, "network_activity.traffic"),
        (4003, 2, "dns_activity.response"),
        (4003, 3, "dns_activity.activity_3"),
        (4003, 6, "dns_activity.traffic"),
        (5001, 2, "inventory_info.collect"),
        (6001, 8, "web_resources_activity.share"),
        (6002, 8, "application_lifecycle.update"),
        (6003, 4, "api_activity.delete"),
        (6004, 1, "web_resource_access_activity.access_grant"),
        (6005, 10, "datastore_activity.decrypt"),
        (6006, 17, "file_hosting.access_check"),
        (6007, 10, "scan_activity.delayed"),
        (6008, 1, "application_error.general_error"),
        (7001, 5, "remediation_activity.detect"),
        (8001, 1, "drone_flights_activity.capture"),
        (3002, 0, "authentication.unknown"),
        (3002, 99, "authentication.other"),
        (3002, 50, "authentication.activity_50"),
        (3002, -1, "authentication.activity_-1"),
        (201_001, 1, "class_201001.activity_1"),
        (-7, 1, "class_-7.activity_1"),
    ] {
        let event = sealed(&varied(json!({"class_uid": class, "activity_id": activity})));
        assert_eq!(event["action"], action);
    }
}

#[test]
fn what_the_table_does_not_have_goes_by_its_name() {
    let named = json!({
        "class_uid": 201_001, "class_name": "Registry Key Activity", "activity_id": 99,
        "activity_name": "Set Owner",
    });
    assert_eq!(sealed(&varied(named))["action"], "registry_key_activity.set_owner");
    let by_type = json!({"activity_id": null, "type_uid": 300_202});
    assert_eq!(sealed(&varied(by_type))["action"], "authentication.logoff");
    let nothing = json!({"activity_id": null, "type_uid": null});
    assert_eq!(sealed(&varied(nothing))["action"], "authentication.unknown");
}

#[test]
fn a_call_of_an_api_is_named_as_cloudtrail_names_it() {
    let call = varied(json!({
        "class_uid": 6003, "activity_id": 2, "user": null, "service": null, "status_id": 2,
        "api": {
            "operation": "GetBucketAcl", "version": "2006-03-01",
            "service": {"name": "s3.amazonaws.com"}, "request": {"uid": "R-7"},
            "response": {"error": "AccessDenied", "error_message": "no"},
        },
        "actor": {
            "user": {"uid": "arn:aws:sts::111122223333:assumed-role/deploy/x", "type": "AssumedRole"},
            "session": {"uid": "ASIAEXAMPLE", "issuer": "arn:aws:iam::111122223333:role/deploy"},
        },
        "resources": [{"uid": "arn:aws:s3:::ledgers", "type": "AWS::S3::Bucket", "name": "ledgers"}],
    }));
    let event = sealed(&call);
    assert_eq!(event["action"], "s3.get_bucket_acl");
    assert_eq!(event["outcome"], "denied");
    assert_eq!(event["reason"], "AccessDenied: no");
    assert_eq!(event["trace"]["request_id"], "R-7");
    assert_eq!(event["source"]["service"], "s3.amazonaws.com");
    assert_eq!(event["source"]["version"], "2006-03-01");
    assert_eq!(
        event["actor"],
        json!({
            "type": "AssumedRole", "id": "arn:aws:sts::111122223333:assumed-role/deploy/x",
            "session": "ASIAEXAMPLE", "roles": ["arn:aws:iam::111122223333:role/deploy"],
        })
    );
    let bucket =
        json!({"type": "AWS::S3::Bucket", "id": "arn:aws:s3:::ledgers", "name": "ledgers"});
    assert_eq!(event["resource"], bucket);
}

#[test]
fn every_place_of_an_actor_is_read() {
    for (class, changes, kind, id) in [
        (3002, json!({}), "Admin", "u-17"),
        (3001, json!({"actor": {"user": {"name": "root"}}}), "User", "root"),
        (3001, json!({"actor": {"app_uid": "a-1", "app_name": "Sync"}}), "Application", "a-1"),
        (3001, json!({"actor": {"app_name": "Sync"}}), "Application", "Sync"),
        (1007, json!({"actor": {"process": {"name": "sh"}}}), "Process", "sh"),
        (
            3001,
            json!({"actor": {"invoked_by": "config.amazonaws.com"}}),
            "Service",
            "config.amazonaws.com",
        ),
        (4001, json!({}), "Endpoint", "laptop"),
        (1001, json!({"src_endpoint": null, "device": {"uid": "d-1"}}), "Device", "d-1"),
        (2004, json!({"src_endpoint": null}), "Product", "Gate"),
    ] {
        let mut record = varied(changes);
        record["class_uid"] = json!(class);
        let actor = &sealed(&record)["actor"];
        assert_eq!((&actor["type"], &actor["id"]), (&json!(kind), &json!(id)));
    }
    let nobody = varied(json!({
        "class_uid": 2004, "src_endpoint": null, "user": null, "service": null,
        "metadata": {"version": "1.0.0", "tenant_uid": "acme"},
    }));
    let event = sealed(&nobody);
    assert_eq!(event["actor"]["type"], "Unknown");
    assert_eq!(event["resource"], json!({"type": "Unknown", "id": "unknown"}));
}

#[test]
fn every_place_of_a_resource_is_read() {
    let named = |name: &str| json!({"name": name});
    for (place, value, kind, id) in [
        ("resources", json!([{"uid": "r-1"}, {"uid": "r-2"}]), "Resource", "r-1"),
        ("resource", json!({"uid": "r-1", "type": "Vm"}), "Vm", "r-1"),
        ("web_resources", json!([{"url_string": "https://a"}]), "WebResource", "https://a"),
        ("entity", named("e"), "Entity", "e"),
        ("group", named("g"), "Group", "g"),
        ("user", named("u"), "User", "u"),
        ("privileges", json!(["read"]), "Privilege", "read"),
        ("table", named("t"), "Table", "t"),
        ("databucket", named("b"), "Databucket", "b"),
        ("database", named("d"), "Database", "d"),
        ("finding_info", json!({"title": "f"}), "Finding", "f"),
        ("finding", json!({"uid": "f"}), "Finding", "f"),
        (
            "file",
            json!({"path": "/etc/passwd", "name": "passwd", "type": "Regular File"}),
            "Regular File",
            "/etc/passwd",
        ),
        ("folder", json!({"path": "/etc"}), "Folder", "/etc"),
        ("script", named("s"), "Script", "s"),
        ("module", json!({"file": {"path": "/m"}}), "Module", "/m"),
        ("driver", json!({"file": {"path": "/d"}}), "Driver", "/d"),
        ("kernel", named("k"), "Kernel", "k"),
        ("job", named("j"), "Job", "j"),
        ("process", named("p"), "Process", "p"),
        ("peripheral_device", named("usb"), "PeripheralDevice", "usb"),
        ("app", named("a"), "Application", "a"),
        ("email", json!({"uid": "m"}), "Email", "m"),
        ("url", json!({"url_string": "https://a/b", "path": "/b"}), "Url", "https://a/b"),
        ("http_request", json!({"url": {"url_string": "https://a/b"}}), "Url", "https://a/b"),
        ("query", json!({"hostname": "example.com", "type": "A"}), "A", "example.com"),
        ("share", json!("c$"), "Share", "c$"),
        ("tunnel_interface", named("tun0"), "Interface", "tun0"),
        ("scan", named("weekly"), "Scan", "weekly"),
        ("service", named("s"), "Service", "s"),
        ("dst_endpoint", json!({"ip": "192.0.2.1"}), "Endpoint", "192.0.2.1"),
        ("api", json!({"service": {"name": "s3"}}), "Service", "s3"),
        ("device", json!({"hostname": "h"}), "Device", "h"),
        (
            "metadata",
            json!({"version": "1.0.0", "tenant_uid": "acme", "product": {"name": "P"}}),
            "Product",
            "P",
        ),
    ] {
        let mut changes = json!({
            "class_uid": 9999, "user": null, "service": null, "http_request": null,
            "metadata": {"version": "1.0.0", "tenant_uid": "acme"},
        });
        changes[place] = value;
        let event = sealed(&varied(changes));
        let resource = &event["resource"];
        assert_eq!((&resource["type"], &resource["id"]), (&json!(kind), &json!(id)), "{place}");
    }
}

#[test]
fn a_status_is_an_outcome() {
    for (changes, outcome) in [
        (json!({"status_id": 0}), "unknown"),
        (json!({"status_id": 1}), "success"),
        (json!({"status_id": 2}), "failure"),
        (json!({"status_id": 99}), "unknown"),
        (json!({"status_id": null}), "unknown"),
        (json!({"status_id": 2, "status_code": "UnauthorizedAccess"}), "denied"),
        (json!({"status_id": 1, "status_code": "UnauthorizedAccess"}), "success"),
        (json!({"status_id": 1, "action_id": 1, "disposition_id": 1}), "success"),
        (json!({"status_id": 1, "action_id": 2}), "denied"),
        (json!({"status_id": 1, "disposition_id": 2}), "denied"),
        (json!({"status_id": 1, "disposition_id": 6}), "denied"),
        (json!({"status_id": 1, "disposition_id": 25}), "denied"),
        (json!({"status_id": 1, "disposition_id": 26}), "denied"),
        (json!({"class_uid": 6004, "activity_id": 2}), "denied"),
        (json!({"class_uid": 6004, "activity_id": 1}), "success"),
        (json!({"class_uid": 2004, "status_id": 1, "action_id": 2}), "unknown"),
    ] {
        assert_eq!(sealed(&varied(changes.clone()))["outcome"], outcome, "{changes}");
    }
    let detail = varied(json!({"status_id": 2, "status_detail": "wrong password"}));
    assert_eq!(sealed(&detail)["reason"], "wrong password");
}

#[test]
fn the_tenant_is_the_products_or_the_account() {
    let account = varied(json!({"metadata": {"version": "1.7.0"}}));
    assert_eq!(sealed(&account)["tenant"], "111122223333");
}

#[test]
fn what_is_missing_or_of_another_version_is_named() {
    for (changes, code, at) in [
        (json!({"metadata": {}}), "field.missing", "/metadata/version"),
        (json!({"metadata": {"version": 1}}), "field.type", "/metadata/version"),
        (json!({"metadata": {"version": "2.0.0"}}), "field.value", "/metadata/version"),
        (json!({"metadata": {"version": "0.9.0"}}), "field.value", "/metadata/version"),
        (json!({"class_uid": "3002"}), "field.value", "/class_uid"),
        (json!({"time": null}), "field.missing", "/time"),
        (json!({"time": null, "time_dt": "x"}), "field.value", "/time_dt"),
        (
            json!({"metadata": {"version": "1.0.0"}, "cloud": null}),
            "field.missing",
            "/metadata/tenant_uid",
        ),
        (
            json!({"metadata": {"version": "1.0.0", "tenant_uid": "a/b"}}),
            "field.value",
            "/metadata/tenant_uid",
        ),
        (
            json!({"metadata": {"version": "1.0.0"}, "cloud": {"account": {"uid": "a b"}}}),
            "field.value",
            "/cloud/account/uid",
        ),
    ] {
        let reason = rejection(varied(changes.clone()).to_string()).reason;
        assert_eq!((reason.code, reason.pointer.as_deref()), (code, Some(at)), "{changes}");
    }
    assert_eq!(rejection(json!({"class_uid": 3002}).to_string()).reason.code, "field.unknown");
}
