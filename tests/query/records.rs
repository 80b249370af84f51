//! What is sealed: for each question events that it should find, and others that it should not.

use cairn_batch::{encode, keys};
use cairn_event::{Item, Record, Rules, transform};
use cairn_ledger::{BatchHeader, ChainId, Counts, Hash, Lineage};
use serde_json::{Value, json};

/// The trace of some.
pub(crate) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Records of each shard, in rounds that are sealed apart.
pub(crate) fn rounds() -> [[Vec<Vec<u8>>; 2]; 3] {
    let sealed = |records: &[Value]| -> Vec<Vec<u8>> {
        records.iter().map(|record| record.to_string().into_bytes()).collect()
    };
    let rejected = vec![
        b"no event".to_vec(),
        b"no event, and longer".to_vec(),
        json!({"time": "2026-03-02T09:00:00Z"}).to_string().into_bytes(),
    ];
    [
        [sealed(&of_people()), sealed(&of_others())],
        [sealed(&out_of_hours()), rejected],
        [
            sealed(&at_other_times()),
            sealed(&[event(
                "last",
                "2026-03-02T09:00:00Z",
                "user:zoe",
                "document.read",
                "d-9",
                "success",
            )]),
        ],
    ]
}

fn event(id: &str, time: &str, actor: &str, action: &str, resource: &str, outcome: &str) -> Value {
    let (kind, actor) = actor.split_once(':').unwrap();
    json!({
        "id": id, "tenant": "acme", "time": time, "action": action, "outcome": outcome,
        "actor": {"type": kind, "id": actor}, "resource": {"type": "document", "id": resource},
    })
}

fn with(mut event: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("expected members") };
    event.as_object_mut().unwrap().extend(members);
    event
}

fn of_people() -> Vec<Value> {
    let failed =
        |id, action| event(id, "2026-03-03T08:00:00Z", "user:bob", action, "c-1", "failure");
    let from = |ip: &str| json!({"source": {"ip": ip}});
    vec![
        with(
            event(
                "share",
                "2026-03-02T10:00:00+01:00",
                "user:ada",
                "document.share",
                "d-1",
                "success",
            ),
            json!({
                "actor": {"type": "user", "id": "ada", "session": "s-1"},
                "source": {"ip": "198.51.100.4"},
                "trace": {"trace_id": TRACE},
                "changes": [{"path": "/acl/bob", "after": "editor"}],
            }),
        ),
        with(
            event("read", "2026-03-02T09:00:01Z", "user:bob", "document.read", "d-1", "success"),
            json!({"trace": {"trace_id": TRACE}}),
        ),
        with(
            event("guess-1", "2026-03-03T08:00:00Z", "user:eve", "user.login", "eve", "failure"),
            from("192.0.2.9"),
        ),
        with(
            event("guess-2", "2026-03-03T08:01:00Z", "user:eve", "user.login", "eve", "denied"),
            from("192.0.2.9"),
        ),
        with(
            event("guess-3", "2026-03-03T08:02:00Z", "user:eve", "user.login", "eve", "success"),
            from("192.0.2.9"),
        ),
        with(
            event("login", "2026-03-03T08:00:00Z", "user:ada", "user.login", "ada", "success"),
            from("198.51.100.4"),
        ),
        failed("on-call", "shift.assign_on_call"),
        failed("signing", "document.signing"),
        failed("parole", "parole.file"),
        with(
            event("export", "2026-03-05T10:00:00Z", "user:ada", "data.export", "r-1", "success"),
            json!({"data": {"format": "csv", "destination": "sftp://partner.example", "rows": 1200}}),
        ),
        event("download", "2026-03-05T11:00:00Z", "user:eve", "document.download", "d-1", "denied"),
    ]
}

fn cloudtrail(id: &str, time: &str, source: &str, name: &str, more: Value) -> Value {
    let record = json!({
        "eventVersion": "1.09", "eventID": id, "eventTime": time,
        "eventSource": format!("{source}.amazonaws.com"), "eventName": name,
        "recipientAccountId": "111122223333", "sourceIPAddress": "192.0.2.10",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ops"},
    });
    with(record, more)
}

fn of_others() -> Vec<Value> {
    vec![
        cloudtrail(
            "console",
            "2026-03-03T09:30:00Z",
            "signin",
            "ConsoleLogin",
            json!({"responseElements": {"ConsoleLogin": "Failure"}, "errorMessage": "Failed authentication"}),
        ),
        json!({
            "metadata": {"version": "1.7.0", "tenant_uid": "acme", "uid": "logon"},
            "class_uid": 3002, "activity_id": 1, "status_id": 2, "time": 1_772_530_200_000_i64, "user": {"uid": "u-1"},
        }),
        with(
            event("grant", "2026-03-04T10:00:00Z", "user:root", "role.grant", "ada", "success"),
            json!({"tenant": "globex", "changes": [{"path": "/roles", "before": [], "after": ["admin"]}]}),
        ),
        cloudtrail(
            "attach",
            "2026-03-04T11:00:00Z",
            "iam",
            "AttachUserPolicy",
            json!({"errorCode": "AccessDenied", "requestParameters": {"userName": "ada"}}),
        ),
        cloudtrail(
            "look",
            "2026-03-04T11:05:00Z",
            "iam",
            "GetRole",
            json!({"requestParameters": {"roleName": "ops"}}),
        ),
        cloudtrail("assume", "2026-03-04T11:06:00Z", "sts", "AssumeRole", json!({})),
        json!({
            "apiVersion": "audit.k8s.io/v1", "kind": "Event",
            "auditID": "bind", "stage": "ResponseComplete", "verb": "create",
            "user": {"username": "ops"}, "responseStatus": {"code": 201},
            "objectRef": {"resource": "rolebindings", "namespace": "shop", "name": "admins"},
            "stageTimestamp": "2026-03-04T12:00:00.123456Z",
        }),
    ]
}

/// In Berlin, which is an hour ahead of UTC until March 29, and two from then on.
fn out_of_hours() -> Vec<Value> {
    let read = |id, time, actor| event(id, time, actor, "document.read", "d-2", "success");
    vec![
        read("night", "2026-03-05T22:30:00Z", "user:mallory"),
        event(
            "weekend",
            "2026-03-07T10:00:00Z",
            "user:mallory",
            "document.update",
            "d-3",
            "success",
        ),
        read("until-six", "2026-03-06T16:59:59Z", "user:bob"),
        read("from-six", "2026-03-06T17:00:00Z", "user:carol"),
        read("half-past-seven", "2026-03-06T06:30:00Z", "service:backup"),
        read("half-past-eight", "2026-03-30T06:30:00Z", "service:backup"),
    ]
}

fn at_other_times() -> Vec<Value> {
    let exported = |id, time| event(id, time, "user:bob", "report.export", "r-2", "success");
    vec![
        event("too-early", "2025-12-30T12:00:00Z", "user:ada", "role.grant", "d-1", "denied"),
        event("too-late", "2026-04-02T12:00:00Z", "user:ada", "role.grant", "d-1", "denied"),
        exported("first-moment", "2026-03-01T00:00:00Z"),
        exported("a-moment-late", "2026-04-01T00:00:00Z"),
    ]
}

/// A batch with one event, as `shared/batch` writes it.
pub(crate) fn batch() -> Vec<u8> {
    let chain: ChainId = "audit/20260131T120000Z/shardId-000000000007".parse().unwrap();
    let record = Record {
        sequence: "49590338271490256608559692538361571095921575989136588898".parse().unwrap(),
        arrived: jiff::Timestamp::UNIX_EPOCH,
        data: of_people()[0].to_string().into_bytes(),
    };
    let mut items = Vec::new();
    transform(&chain, &record, &Rules::with_tenant_key([7; 32]), &mut items);
    let [Item::Event(leaf)] = &items[..] else { panic!("{items:?}") };
    let hash = || Hash::leaf(b"any");
    let header = BatchHeader {
        origin: "audit.example.com/test".into(),
        chain: chain.clone(),
        number: 1,
        lineage: Lineage::Previous(hash()),
        root: hash(),
        counts: Counts { events: 1, records: 1, rejections: 0 },
        tenants: hash(),
        first: leaf.sequence.clone(),
        last: leaf.sequence.clone(),
        arrived: ["1970-01-01T00:00:00.000Z".into(), "1970-01-01T00:00:00.000Z".into()],
        bundle: hash(),
        transform: "cairn/1".into(),
        key: keys::batch(&chain, 1),
    };
    encode(&header, std::slice::from_ref(leaf)).unwrap()
}
