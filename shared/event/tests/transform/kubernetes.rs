//! Audit events of Kubernetes, written for these tests after the reference of `audit.k8s.io/v1`.

use serde_json::{Value, json};

use crate::support::*;

/// A user's look into a pod, which all other events vary.
pub(crate) fn pod_exec() -> Value {
    json!({
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "level": "Metadata",
        "auditID": "6a5c3e0b-1111-4222-8333-444455556666",
        "stage": "ResponseComplete",
        "requestURI": "/api/v1/namespaces/shop/pods/cart-0/exec?command=sh",
        "verb": "create",
        "user": {
            "username": "ada@example.com",
            "uid": "u-17",
            "groups": ["developers", "system:authenticated"],
            "extra": {"authentication.kubernetes.io/credential-id": ["JTI=c-1"]},
        },
        "sourceIPs": ["198.51.100.1", "203.0.113.7"],
        "userAgent": "kubectl/v1.33.0",
        "objectRef": {
            "resource": "pods", "namespace": "shop", "name": "cart-0", "apiVersion": "v1",
            "subresource": "exec",
        },
        "responseStatus": {"metadata": {}, "code": 101},
        "requestReceivedTimestamp": "2026-01-31T22:59:58.000001Z",
        "stageTimestamp": "2026-01-31T22:59:58.123456Z",
        "annotations": {
            "authorization.k8s.io/decision": "allow",
            "authorization.k8s.io/reason": "RBAC: allowed by RoleBinding \"dev/shop\"",
        },
    })
}

/// The event with members at pointers set; `null` removes one.
fn varied(changes: &[(&str, Value)]) -> Value {
    let set = |event, (pointer, value): &(&str, Value)| {
        with(event, pointer, Some(value.clone()).filter(|value| !value.is_null()))
    };
    changes.iter().fold(pod_exec(), set)
}

#[test]
fn an_audit_event_is_mapped_and_kept_whole() {
    let expected = json!({
        "action": "kubernetes.pods.exec.create",
        "actor": {
            "id": "ada@example.com", "type": "User", "session": "JTI=c-1",
            "roles": ["developers", "system:authenticated"],
        },
        "adapter": "kubernetes",
        "arrived": ARRIVED,
        "coordinates": {"chain": chain().as_str(), "index": 0, "sequence": SEQUENCE},
        "data": pod_exec(),
        "id": "6a5c3e0b-1111-4222-8333-444455556666:ResponseComplete",
        "kind": "event",
        "outcome": "success",
        "reason": "RBAC: allowed by RoleBinding \"dev/shop\"",
        "resource": {"id": "shop/cart-0", "type": "pods/exec"},
        "source": {"ip": "203.0.113.7", "user_agent": "kubectl/v1.33.0"},
        "tenant": "shop",
        "time": "2026-01-31T22:59:58.123456Z",
        "trace": {"request_id": "6a5c3e0b-1111-4222-8333-444455556666"},
    });
    assert_eq!(sealed(&pod_exec()), expected);
}

#[test]
fn each_stage_of_a_request_has_an_id_and_an_outcome() {
    let code = |code: u32| json!({"code": code});
    for (stage, status, outcome) in [
        ("RequestReceived", Value::Null, "unknown"),
        ("ResponseStarted", code(200), "success"),
        ("ResponseComplete", code(201), "success"),
        ("ResponseComplete", code(302), "success"),
        ("ResponseComplete", code(401), "denied"),
        ("ResponseComplete", code(403), "denied"),
        ("ResponseComplete", code(404), "failure"),
        ("ResponseComplete", code(500), "failure"),
        ("ResponseComplete", code(0), "unknown"),
        ("ResponseComplete", json!({}), "unknown"),
        ("Panic", code(500), "failure"),
        ("Panic", Value::Null, "failure"),
    ] {
        let event = sealed(&varied(&[("/stage", json!(stage)), ("/responseStatus", status)]));
        assert_eq!(event["outcome"], outcome, "{stage}");
        assert_eq!(event["id"], format!("6a5c3e0b-1111-4222-8333-444455556666:{stage}"));
    }
}

#[test]
fn a_decision_to_forbid_is_a_denial_and_says_why() {
    let mut record = varied(&[(
        "/responseStatus",
        json!({
            "code": 403, "reason": "Forbidden", "message": "pods is forbidden",
        }),
    )]);
    record["annotations"]["authorization.k8s.io/decision"] = json!("forbid");
    let event = sealed(&record);
    assert_eq!(event["outcome"], "denied");
    assert_eq!(event["reason"], "Forbidden: pods is forbidden");
    record.as_object_mut().unwrap().remove("responseStatus");
    let event = sealed(&record);
    assert_eq!(event["outcome"], "denied");
    assert_eq!(event["reason"], "RBAC: allowed by RoleBinding \"dev/shop\"");
}

#[test]
fn user_names_have_types() {
    for (name, kind) in [
        ("system:serviceaccount:shop:cart", "ServiceAccount"),
        ("system:node:worker-1", "Node"),
        ("system:anonymous", "Anonymous"),
        ("system:kube-scheduler", "System"),
        ("ada", "User"),
    ] {
        let event = sealed(&varied(&[("/user", json!({"username": name}))]));
        assert_eq!(event["actor"], json!({"type": kind, "id": name}));
    }
    // Refused before anybody was found.
    for user in [json!({}), json!({"username": ""}), Value::Null] {
        let event = sealed(&varied(&[("/user", user)]));
        assert_eq!(event["actor"], json!({"type": "Unknown", "id": "unknown"}));
    }
}

#[test]
fn who_impersonates_is_the_actor_in_the_role_of_the_other() {
    let record = varied(&[("/impersonatedUser", json!({"username": "system:admin"}))]);
    let event = sealed(&record);
    assert_eq!(event["actor"]["id"], "ada@example.com");
    assert_eq!(event["actor"]["roles"], json!(["system:admin"]));
}

#[test]
fn the_tenant_is_annotated_or_the_namespace_or_the_cluster() {
    for (changes, tenant) in [
        (vec![("/annotations", json!({"cairn.dev/tenant": "acme"}))], "acme"),
        (vec![], "shop"),
        (vec![("/objectRef/namespace", Value::Null)], "cluster"),
        (vec![("/objectRef", Value::Null)], "cluster"),
        (vec![("/objectRef/namespace", json!("no name space"))], "cluster"),
    ] {
        assert_eq!(sealed(&varied(&changes))["tenant"], tenant);
    }
    for bad in [json!("a/b"), json!(7), json!("")] {
        let record = varied(&[("/annotations", json!({"cairn.dev/tenant": bad}))]);
        let reason = rejection(record.to_string()).reason;
        let found = (reason.code, reason.pointer.as_deref());
        assert_eq!(found, ("field.value", Some("/annotations/cairn.dev~1tenant")));
    }
}

#[test]
fn objects_collections_and_urls_are_resources() {
    for (changes, action, resource) in [
        (
            vec![
                (
                    "/objectRef",
                    json!({
                        "apiGroup": "apps", "resource": "deployments", "namespace": "shop", "name": "cart",
                    }),
                ),
                ("/verb", json!("patch")),
            ],
            "kubernetes.deployments.patch",
            json!({"type": "apps/deployments", "id": "shop/cart"}),
        ),
        (
            vec![
                (
                    "/objectRef",
                    json!({
                        "apiGroup": "apps", "resource": "deployments", "subresource": "scale",
                        "namespace": "shop", "name": "cart",
                    }),
                ),
                ("/verb", json!("update")),
            ],
            "kubernetes.deployments.scale.update",
            json!({"type": "apps/deployments/scale", "id": "shop/cart"}),
        ),
        (
            vec![("/objectRef", json!({"resource": "secrets"})), ("/verb", json!("list"))],
            "kubernetes.secrets.list",
            json!({"type": "secrets", "id": "*"}),
        ),
        (
            vec![
                ("/objectRef", json!({"resource": "secrets", "namespace": "shop"})),
                ("/verb", json!("deletecollection")),
            ],
            "kubernetes.secrets.deletecollection",
            json!({"type": "secrets", "id": "shop/*"}),
        ),
        (
            vec![
                ("/objectRef", json!({"resource": "pods", "namespace": "shop"})),
                ("/responseObject", json!({"metadata": {"name": "cart-x7"}})),
            ],
            "kubernetes.pods.create",
            json!({"type": "pods", "id": "shop/cart-x7"}),
        ),
        (
            vec![
                ("/objectRef", Value::Null),
                ("/verb", json!("get")),
                ("/requestURI", json!("/healthz?verbose")),
            ],
            "kubernetes.url.get",
            json!({"type": "url", "id": "/healthz"}),
        ),
        (
            vec![("/objectRef", Value::Null), ("/verb", Value::Null), ("/requestURI", Value::Null)],
            "kubernetes.url.unknown",
            json!({"type": "url", "id": "*"}),
        ),
    ] {
        let event = sealed(&varied(&changes));
        assert_eq!((&event["action"], &event["resource"]), (&json!(action), &resource));
    }
}

#[test]
fn what_a_client_chooses_keeps_no_request_out() {
    let long = "x".repeat(4000);
    let record = varied(&[
        ("/auditID", json!("not an id / at all")),
        ("/userAgent", json!("\u{0}\n")),
        ("/sourceIPs", json!(["203.0.113.7", "not an address"])),
        ("/requestURI", json!(long)),
        ("/user/username", json!(long)),
        ("/user/groups", json!(["a", 7])),
        ("/verb", json!(long)),
        (
            "/objectRef",
            json!({"resource": long, "subresource": long, "namespace": long, "name": long}),
        ),
    ]);
    let event = sealed(&record);
    assert_eq!(event["resource"], json!({"type": "*", "id": "*"}));
    assert_eq!(event["actor"]["id"], "unknown");
    assert_eq!(event["actor"]["roles"], Value::Null);
    assert_eq!(event["source"], json!({"user_agent": "\u{0}\n"}));
    assert_ne!(event["id"], Value::Null);
    let url = varied(&[("/objectRef", Value::Null), ("/requestURI", json!(long))]);
    assert_eq!(sealed(&url)["resource"]["id"], "*");
}

#[test]
fn what_is_missing_is_named() {
    for (pointer, value, code, at) in [
        ("/auditID", Value::Null, "field.missing", "/auditID"),
        ("/auditID", json!(7), "field.type", "/auditID"),
        ("/stage", Value::Null, "field.missing", "/stage"),
        ("/stage", json!(""), "field.value", "/stage"),
        ("/stageTimestamp", json!("yesterday"), "field.value", "/stageTimestamp"),
        ("/apiVersion", json!("audit.k8s.io/v1beta1"), "field.value", "/apiVersion"),
        ("/kind", json!("EventList"), "field.value", "/kind"),
    ] {
        let reason = rejection(varied(&[(pointer, value)]).to_string()).reason;
        assert_eq!((reason.code, reason.pointer.as_deref()), (code, Some(at)));
    }
    let received = varied(&[("/stageTimestamp", Value::Null)]);
    assert_eq!(sealed(&received)["time"], "2026-01-31T22:59:58.000001Z");
    let never =
        varied(&[("/stageTimestamp", Value::Null), ("/requestReceivedTimestamp", json!(1))]);
    assert_eq!(rejection(never.to_string()).reason.pointer.as_deref(), Some("/stageTimestamp"));
}

#[test]
fn a_list_is_many_audit_events_in_whatever_order_its_members_stand() {
    let bare = varied(&[("/kind", Value::Null), ("/apiVersion", Value::Null)]);
    let items_of = format!("[{bare}, {{}}, {bare},7]");
    let (kind, version) = ("\"kind\":\"EventList\"", "\"apiVersion\":\"audit.k8s.io/v1\"");
    for list in [
        format!("{{{kind},{version},\"metadata\":{{}},\"items\":{items_of}}}"),
        format!(" {{ \"items\" : {items_of} , {version} , {kind} }} "),
        format!("{{\"metadata\":{{}},{version},\"items\":{items_of},{kind}}}"),
    ] {
        let made = items(list.clone());
        assert_eq!(codes(&made), ["event", "field.missing", "event", "field.type"], "{list}");
        let lines = format!("{}\n{list}\n", smallest());
        assert_eq!(codes(&items(lines.clone())).len(), 5, "{lines}");
    }
    let empty = format!("{{{kind},{version},\"items\":[]}}");
    assert_eq!(rejection(empty).reason.code, "record.empty");
}

#[test]
fn what_only_looks_like_a_list_is_one_item() {
    let (kind, version) = ("\"kind\":\"EventList\"", "\"apiVersion\":\"audit.k8s.io/v1\"");
    let record = pod_exec();
    for (text, code) in [
        (format!("{{{kind},{version},\"items\":[{record}],\"more\":1}}"), "field.value"),
        (format!("{{{kind},{version},\"items\":null}}"), "field.value"),
        (format!("{{{kind},{version}}}"), "field.value"),
        (format!("{{{kind},{version},\"items\":[{record}],{kind}}}"), "json.duplicate"),
        (format!("{{{kind},{version},\"items\":[{record}]"), "json.syntax"),
        (format!("{{{kind},{version},\"items\":[{record},]}}"), "json.syntax"),
        (format!("{{\"kind\":\"List\",{version},\"items\":[{record}]}}"), "field.value"),
    ] {
        let rejection = rejection(text.clone());
        assert_eq!((rejection.reason.code, rejection.raw), (code, text.into_bytes()));
    }
    let list = format!("[{{{kind},{version},\"items\":[{record}]}}]");
    assert_eq!(rejection(list).reason.pointer.as_deref(), Some("/kind"));
}

#[test]
fn an_item_of_a_list_is_known_without_its_list() {
    let bare = varied(&[("/kind", Value::Null), ("/apiVersion", Value::Null)]);
    assert_eq!(sealed(&bare)["adapter"], "kubernetes");
    assert_eq!(codes(&items(format!("[{bare},{}]", smallest()))), ["event"; 2]);
}
