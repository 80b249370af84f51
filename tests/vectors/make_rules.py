#!/usr/bin/env python3
"""Made `rules.json` beside it, once, from section 4 of SPEC.md: an implementation apart from the Rust
one, with each result written out by hand. Never touches a file that is there; no test runs it."""
import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent
FILE = HERE / "rules.json"
CHAIN = "audit-events/20260131T113000Z/shardId-000000000000"
SEQUENCE = "49590338271490256608559692538361571095921575989136588898"
ARRIVED = "2026-01-31T11:34:57.021Z"


def canonical(value):
    """RFC 8785, of what holds integers and ASCII alone."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def bundle(**members):
    limits = {"decoded_bytes": 10485760, "depth": 32, "events": 10000, "values": 100000}
    return canonical({"kind": "config", "limits": limits, "tenant_key": "07" * 32, "version": 1, **members})


def sent(**members):
    return {
        "id": "e-1", "tenant": "acme", "time": "2026-01-31T11:34:56Z", "action": "document.share",
        "actor": {"type": "user", "id": "u-17"}, "resource": {"type": "document", "id": "d-9"},
        "outcome": "success", **members,
    }


def sealed(**members):
    coordinates = {"chain": CHAIN, "index": 0, "sequence": SEQUENCE}
    return sent(kind="event", arrived=ARRIVED, coordinates=coordinates, **members)


def place(pointer, action, rule="pointer"):
    return {"action": action, "pointer": pointer, "rule": rule}


def case(what, bundle, event, result=None, code=None, pointer=None):
    found = {"what": what, "bundle": bundle, "input": json.dumps(event)}
    if result is None:
        return found | {"code": code, "pointer": pointer}
    text = canonical(result)
    leaf = hashlib.sha256(b"\0" + text.encode()).hexdigest()
    return found | {"canonical": text, "leaf": leaf}


DATABASE = hashlib.sha256((HERE / "location.mmdb").read_bytes()).hexdigest()
SCHEMAS = bundle(schemas={
    "document.share/1": {"properties": {"n": {"type": "string"}}},
    "document.share/2": {"properties": {"n": {"type": "integer"}}, "required": ["n"]},
})
ADDED = bundle(
    device=True,
    directory={"acme": {"user:u-17": {"roles": ["owner", "editor"]}}},
    location={"database": DATABASE, "detail": "region"},
    redaction=[{"action": "remove", "pointer": "/source/ip"}],
)
CHROME = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          "Chrome/126.0.0.0 Safari/537.36")
DEVICE = {"kind": "pc", "name": "Chrome", "os": "Windows 10", "os_version": "NT 10.0", "version": "126.0.0.0"}
REDACTED = bundle(
    heuristics=["card", "token"],
    redaction=[
        {"action": "remove", "pointer": "/data/users/*/mail", "tenants": ["acme"]},
        {"action": "mask", "actions": ["document.*"], "pointer": "/data/list/0"},
        {"action": "remove", "pointer": "/data/list/1"},
        {"action": "remove", "pointer": "/actor/name", "tenants": ["globex"]},
    ],
)
CASES = [
    case("the highest version judges", SCHEMAS, sent(data={"n": 1}), sealed(data={"n": 1})),
    case("the version that is named judges", SCHEMAS, sent(data={"n": "a"}, schema="document.share/1"),
         sealed(data={"n": "a"}, schema="document.share/1")),
    case("of another type", SCHEMAS, sent(data={"n": "a"}), code="schema.invalid", pointer="/data/n"),
    case("no data", SCHEMAS, sent(), code="schema.invalid", pointer="/data"),
    case("no such version", SCHEMAS, sent(schema="document.share/3"), code="schema.unknown", pointer="/schema"),
    case("no such tenant", bundle(tenants={"globex": {}}, unknown_tenants="reject"), sent(),
         code="tenant.unknown", pointer="/tenant"),
    case("enriched before it is redacted", ADDED, sent(source={"ip": "192.0.2.1", "user_agent": CHROME}),
         sealed(source={"user_agent": CHROME}, redacted=[place("/source/ip", "removed")],
                enrichment={"device": DEVICE, "roles": ["owner", "editor"],
                            "location": {"country": "DE", "region": "DE-BE"}})),
    case("redacted", REDACTED,
         sent(reason="card 4111 1111 1111 1111, bearer 0123456789abcdef",
              data={"users": [{"mail": "a@example.com", "n": 1}, {"n": 2}], "list": [1, 2, 3]}),
         sealed(reason="card [redacted], [redacted]",
                data={"users": [{"n": 1}, {"n": 2}], "list": ["[redacted]", "[redacted]", 3]},
                redacted=[place("/data/list/0", "masked"), place("/data/list/1", "masked"),
                          place("/data/users/0/mail", "removed"),
                          place("/reason", "masked", "card"), place("/reason", "masked", "token")])),
]

if __name__ == "__main__" and not FILE.exists():
    vectors = {"chain": CHAIN, "sequence": SEQUENCE, "arrived": ARRIVED, "cases": CASES}
    FILE.write_text(json.dumps(vectors, indent=1) + "\n")
