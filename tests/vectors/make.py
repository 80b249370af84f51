#!/usr/bin/env python3
"""Made the vectors beside it, once, from SPEC.md: an implementation apart from the Rust one.

Writes files that are not there and never touches one that is; no test runs it.
Needs the package `cryptography`.
"""
import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
ORIGIN = "example.com/audit"
CHAIN = "audit-events/20260131T120000Z/shardId-000000000000"
SEQUENCES = [
    "49590338271490256608559692538361571095921575989136588898",
    "49590338271490256608559692540925702759324208523137515618",
    "49590338271490256608559692543343554578553437781487714402",
]


# Hashes and trees: section 3.

def sha256(data):
    return hashlib.sha256(data).digest()


def leaf(data):
    return sha256(b"\0" + data)


def node(left, right):
    return sha256(b"\1" + left + right)


def split(n):
    return 1 << (n - 1).bit_length() - 1


def root(leaves):
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"")
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def inclusion(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return inclusion(m, leaves[:k]) + [root(leaves[k:])]
    return inclusion(m - k, leaves[k:]) + [root(leaves[:k])]


def consistency(m, leaves, whole=True):
    if m == 0:
        return []
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


# Canonical JSON, for documents with ASCII names, strings and integers only: section 2.

def jcs(document):
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# Keys and notes: section 8.

class Ed25519:
    def __init__(self, name, seed):
        self.name, self.secret = name, ed25519.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        public = self.secret.public_key()
        self.spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key = b"\1" + public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = sha256(name.encode() + b"\n" + self.key)[:4]

    def sign(self, text):
        return self.secret.sign(text.encode())


class Ecdsa:
    def __init__(self, name, seed):
        scalar = int.from_bytes(bytes([seed]) * 32, "big")
        self.name, self.secret = name, ec.derive_private_key(scalar, ec.SECP256R1())
        self.spki = self.secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.key = b"\2" + self.spki
        self.id = sha256(self.spki)[:4]

    def sign(self, text):
        return self.secret.sign(text.encode(), ec.ECDSA(SHA256(), deterministic_signing=True))


def vkey(key):
    return f"{key.name}+{key.id.hex()}+{b64(key.key)}"


def b64(data):
    return base64.b64encode(data).decode()


def note(text, *keys):
    lines = [f"\u2014 {key.name} {b64(key.id + key.sign(text))}\n" for key in keys]
    return text + "\n" + "".join(lines)


def checkpoint(size, root_hash, origin=ORIGIN):
    return f"{origin}\n{size}\n{b64(root_hash)}\n"


# Leaves: section 4.

def coordinates(sequence, index):
    return {"chain": CHAIN, "index": index, "sequence": sequence}


def event_id(sequence, index):
    digest = bytearray(sha256(f"cairn/event-id/v1\n{CHAIN}\n{sequence}\n{index}".encode())[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])


def event(sent, sequence, index, arrived):
    sealed = dict(sent, arrived=arrived, coordinates=coordinates(sequence, index), kind="event")
    sealed.setdefault("id", event_id(sequence, index))
    return jcs(sealed)


def rejection(raw, salt, reason, sequence, index, arrived):
    kept = {"arrived": arrived, "coordinates": coordinates(sequence, index), "raw": b64(raw),
            "reason": reason, "salt": salt.hex()}
    quarantine = jcs(kept) + "\n"
    return quarantine, jcs({
        "arrived": arrived, "coordinates": coordinates(sequence, index), "kind": "rejection",
        "raw": {"bytes": len(raw), "quarantine": sha256(quarantine.encode()).hex(),
                "sha256": sha256(salt + raw).hex()},
        "reason": reason})


SENT = [
    {"tenant": "acme", "time": "2026-01-31T12:34:56+01:00", "action": "document.share",
     "actor": {"type": "user", "id": "u-17", "name": "Zo\u00eb \u201cZ\u201d Li\U0001f680"},
     "resource": {"type": "document", "id": "d-9"}, "outcome": "success",
     "source": {"ip": "203.0.113.7"}},
    {"tenant": "globex", "time": "2026-01-31T11:34:56.5Z", "action": "user.login",
     "actor": {"type": "user", "id": "u-4"}, "resource": {"type": "session", "id": "s-\"1\"\n"},
     "outcome": "denied", "id": "01944f3c-5b2a-7c3e-8a55-0e6a3b1f2c4d"},
    {"tenant": "globex", "time": "2026-01-31T11:35:00Z", "action": "user.login",
     "actor": {"type": "user", "id": "u-4"}, "resource": {"type": "session", "id": "s-2"},
     "outcome": "success", "data": {"a": 1, "b": [True, None, "\u0007"]}},
]
ARRIVED = ["2026-01-31T11:34:57.021Z", "2026-01-31T11:34:57.108Z", "2026-01-31T11:35:01.000Z"]
REASON = {"code": "json.syntax", "message": "expected a value at byte 10"}
RAW, SALT = b'{"tenant":', bytes(range(64, 96))
TENANT_KEY = bytes(range(32))
BUNDLE = jcs({"kind": "config", "limits": {"decoded_bytes": 10485760, "depth": 32, "events": 10000,
              "values": 100000}, "tenant_key": TENANT_KEY.hex(), "version": 1})
QUARANTINE, REJECTION = rejection(RAW, SALT, REASON, SEQUENCES[1], 0, ARRIVED[1])
BATCHES = [
    [event(SENT[0], SEQUENCES[0], 0, ARRIVED[0]), event(SENT[1], SEQUENCES[0], 1, ARRIVED[0]),
     REJECTION],
    [event(SENT[2], SEQUENCES[2], 0, ARRIVED[2])],
]


# Tenant lines and headers: sections 5 and 6.

def tenant_lines(key, events):
    of = {}
    for tenant, digest in events:
        of.setdefault(hmac.new(key, tenant.encode(), "sha256").hexdigest(), []).append(digest)
    return [jcs({"events": len(own), "root": root(own).hex(), "tenant": tenant})
            for tenant, own in sorted(of.items())]


def header(number, leaves, lines, counts, first, last, arrived, lineage, digest):
    return dict({
        "arrived": arrived, "bundle": sha256(BUNDLE.encode()).hex(), "chain": CHAIN,
        "counts": counts, "first": first, "kind": "batch", "last": last, "number": number,
        "object": {"key": f"batches/{CHAIN}/{number:020}.parquet", "sha256": digest.hex()},
        "origin": ORIGIN, "root": root(leaves).hex(),
        "tenants": root([leaf(line.encode()) for line in lines]).hex(), "transform": "cairn/1",
        "version": 1}, **lineage)


def story():
    """The worked example of section 14."""
    hashes = [[leaf(text.encode()) for text in batch] for batch in BATCHES]
    lines = [
        tenant_lines(TENANT_KEY, [("acme", hashes[0][0]), ("globex", hashes[0][1])]),
        tenant_lines(TENANT_KEY, [("globex", hashes[1][0])]),
    ]
    first = jcs(header(0, hashes[0], lines[0], {"events": 2, "records": 2, "rejections": 1},
                       SEQUENCES[0], SEQUENCES[1], ARRIVED[:2], {"parents": []}, sha256(b"object 0")))
    second = jcs(header(1, hashes[1], lines[1], {"events": 1, "records": 1, "rejections": 0},
                        SEQUENCES[2], SEQUENCES[2], [ARRIVED[2]] * 2,
                        {"prev": leaf(first.encode()).hex()}, sha256(b"object 1")))
    return hashes, lines, [first, second], [leaf(text.encode()) for text in (first, second)]


def proof(leaf_text, index, batch, header_text, position, log, signed):
    extra = jcs({"header": header_text, "index": index, "kind": "event-proof", "leaf": leaf_text,
                 "path": [b64(h) for h in inclusion(index, batch)], "version": 1})
    path = "".join(b64(h) + "\n" for h in inclusion(position, log))
    return f"c2sp.org/tlog-proof@v1\nextra {b64(extra.encode())}\nindex {position}\n{path}\n{signed}"


# Tiles: section 7.

def tile_path(kind, index, width):
    text = f"{index % 1000:03}"
    while index >= 1000:
        index //= 1000
        text = f"x{index % 1000:03}/{text}"
    return f"tile/{kind}/{text}" + (f".p/{width}" if width < 256 else "")


def files(entries):
    """Every file of a log, by the definition of C2SP tlog-tiles."""
    found = {}
    for start in range(0, len(entries), 256):
        part = entries[start:start + 256]
        data = b"".join(len(entry).to_bytes(2, "big") + entry for entry in part)
        found[tile_path("entries", start // 256, len(part))] = data
    level, hashes = 0, [leaf(entry) for entry in entries]
    while hashes:
        for start in range(0, len(hashes), 256):
            part = hashes[start:start + 256]
            found[tile_path(level, start // 256, len(part))] = b"".join(part)
        full = range(0, len(hashes) - 255, 256)
        level, hashes = level + 1, [root(hashes[start:start + 256]) for start in full]
    return found


# The files.

def trees():
    leaves = [leaf(str(i).encode()) for i in range(300)]
    cases = []
    for size in [*range(0, 18), 31, 32, 33, 100, 255, 256, 257, 300]:
        part = leaves[:size]
        some = sorted({i for i in (0, 1, 2, size // 2, size - 2, size - 1) if 0 <= i < size})
        cases.append({
            "size": size, "root": root(part).hex(),
            "inclusion": [{"index": i, "path": [h.hex() for h in inclusion(i, part)]} for i in some],
            "consistency": [{"old": i, "path": [h.hex() for h in consistency(i, part)]}
                            for i in [*some, size]]})
    return {"leaf": "the leaf at index i is the decimal of i, in ASCII", "cases": cases}


def headers():
    hashes, lines, texts, links = story()
    good = json.loads(texts[0])
    child = dict(good, chain=CHAIN[:-1] + "2", parents=[
        {"chain": CHAIN, "link": links[1].hex()}, {"chain": CHAIN[:-1] + "1", "link": links[0].hex()}])
    def changed(**members):
        return jcs(dict(good, **members))
    own = json.loads(texts[0])
    del own["object"]["sha256"]
    bad = {
        "of another kind": changed(kind="segment"),
        "of another version": changed(version=2),
        "with spaces": json.dumps(good, sort_keys=True),
        "in another order": json.dumps(dict(reversed(sorted(good.items()))), separators=(",", ":")),
        "with an unknown member": changed(note="x"),
        "with prev at number 0": changed(prev=links[0].hex()),
        "without lineage": jcs({k: v for k, v in good.items() if k != "parents"}),
        "with unsorted parents": jcs(dict(child, parents=child["parents"][::-1])),
        "without the object's hash": jcs(own),
        "with upper case hexadecimal": changed(root=good["root"].upper()),
        "with a number beyond 2^53 - 1": jcs(dict(
            {k: v for k, v in good.items() if k != "parents"}, number=2**53, prev=links[0].hex())),
        "without records": changed(counts=dict(good["counts"], records=0)),
        "with fewer leaves than records": changed(counts={"events": 1, "records": 2, "rejections": 0}),
        "with sequence numbers out of order": changed(first=good["last"], last=good["first"]),
        "with arrival times out of order": changed(arrived=good["arrived"][::-1]),
        "with an arrival time to the second": changed(arrived=["2026-01-31T11:34:57Z"] * 2),
        "with a sequence number as an integer": changed(first=1),
        "with an origin with a space": changed(origin="example.com audit"),
        "twice the same member": texts[0].replace('"version":1', '"version":1,"version":1'),
    }
    return {"good": [{"json": text, "link": leaf(text.encode()).hex()} for text in [*texts, jcs(child)]],
            "objects_own": jcs(own),
            "bad": [{"why": why, "json": text} for why, text in bad.items()]}


def order():
    """An order about a chain that was stopped after the worked example's second batch."""
    _, _, texts, links = story()
    last = json.loads(texts[1])
    return {"after": {"last": last["last"], "link": links[1].hex(), "number": 1}, "at": "2026-02-01T09:00:00.000Z",
            "by": "arn:aws:sts::111122223333:assumed-role/cairn-break-glass/zoe", "chain": CHAIN, "found": [
                {"version": "3sL4kqtJlcpXroDTDmJ"},
                {"bytes": 9, "sha256": sha256(b"another's").hex(), "version": "null"}],
            "kind": "order", "origin": ORIGIN, "reason": "expected one version, found 1 and 1 delete markers",
            "version": 1, "why": "Put and deleted by a script of ours; its role is closed."}


def successor(by):
    """The first header of the chain that goes on by an order."""
    hashes, lines, texts, links = story()
    return dict(json.loads(texts[0]), chain=CHAIN + ".1", order=sha256(jcs(by).encode()).hex(),
                object={"key": f"batches/{CHAIN}.1/{0:020}.parquet", "sha256": sha256(b"object 0").hex()},
                parents=[{"chain": CHAIN, "link": links[1].hex()}])


def orders():
    good = order()
    first = {k: v for k, v in good.items() if k != "after"}
    header = successor(good)
    again = dict(header, chain=CHAIN + ".2", parents=[{"chain": CHAIN + ".1", "link": leaf(b"").hex()}])
    def changed(**members):
        return jcs(dict(good, **members))
    def found(*all):
        return changed(found=list(all))
    bad = {
        "of another kind": changed(kind="batch"),
        "of another version": changed(version=2),
        "with spaces": json.dumps(good, sort_keys=True, ensure_ascii=False),
        "with an unknown member": changed(note="x"),
        "without what was found": jcs({k: v for k, v in good.items() if k != "found"}),
        "after nothing, said as null": changed(after=None),
        "after a number beyond 2^53 - 2": changed(after=dict(good["after"], number=2**53 - 1)),
        "at a time to the second": changed(at="2026-02-01T09:00:00Z"),
        "by nobody": changed(by=""),
        "without a reason to go on": changed(why=" "),
        "with a version twice": found(good["found"][0], good["found"][0]),
        "with a version without a name": found({"version": ""}),
        "with a hash and no length": found({"sha256": sha256(b"").hex(), "version": "1"}),
        "about a generation with a leading zero": changed(chain=CHAIN + ".01"),
        "about a generation 0": changed(chain=CHAIN + ".0"),
        "with an origin with a space": changed(origin="example.com audit"),
    }
    def but(*names, **members):
        return jcs(dict({k: v for k, v in header.items() if k not in names}, **members))
    bad_headers = {
        "a successor without an order": but("order"),
        "a successor without parents": but("parents"),
        "an order where nothing was stopped": but(chain=CHAIN),
        "an order above number 0": but("parents", number=1, prev=leaf(b"").hex()),
    }
    return {"good": [{"json": jcs(each), "hash": sha256(jcs(each).encode()).hex()} for each in (good, first)],
            "bad": [{"why": why, "json": text} for why, text in bad.items()],
            "headers": [{"json": jcs(each), "link": leaf(jcs(each).encode()).hex()} for each in (header, again)],
            "bad_headers": [{"why": why, "json": text} for why, text in bad_headers.items()]}


def tenants():
    hashes = [leaf(str(i).encode()) for i in range(7)]
    names = ["acme", "globex", "acme", "initech", "acme", "globex", "\u00fcber"]
    lines = tenant_lines(TENANT_KEY, list(zip(names, hashes)))
    return {"key": TENANT_KEY.hex(),
            "events": [{"tenant": name, "leaf": h.hex()} for name, h in zip(names, hashes)],
            "lines": lines, "root": root([leaf(line.encode()) for line in lines]).hex()}


def notes():
    log, next_log, witness = Ed25519(ORIGIN, 1), Ecdsa(ORIGIN, 2), Ed25519("example.com/witness", 3)
    text = "a text\n\nof three lines \u00e9\n"
    good = note(text, log)
    both = note(text, log, next_log)
    def case(name, signed, keys, opens):
        return {"name": name, "note": signed, "keys": [vkey(key) for key in keys], "opens": opens}
    false = good.replace(b64(log.id + log.sign(text)), b64(log.id + log.sign(text + "x")))
    return {
        "spki": [{"name": key.name, "der": b64(key.spki), "vkey": vkey(key)} for key in (log, next_log)],
        "text": text,
        "cases": [
            case("Ed25519", good, [log], True),
            case("ECDSA", note(text, next_log), [next_log], True),
            case("both keys of a succession, the old one known", both, [log], True),
            case("both keys of a succession, the new one known", both, [next_log], True),
            case("both keys of a succession, both known", both, [next_log, log], True),
            case("an unknown signature beside a known one", note(text, witness, log), [log], True),
            case("only an unknown signature", note(text, witness), [log], False),
            case("the known name with another id", note(text, Ed25519(ORIGIN, 4)), [log], False),
            case("a false signature by a known key", false, [log], False),
            case("a false signature beside a good one", note(text, next_log)
                 + false.split("\n\n")[-1], [log, next_log], False),
            case("another text", good.replace("three", "four"), [log], False),
            case("no empty line before the signatures", good.replace("\n\n\u2014", "\n\u2014"), [log], False),
            case("no line feed at the end", good[:-1], [log], False),
            case("a hyphen for the dash", good.replace("\u2014", "-"), [log], False),
            case("a carriage return", good.replace("\n", "\r\n"), [log], False),
            case("base64 without padding", good.replace("=\n", "\n"), [log], False),
        ]}


def checkpoints():
    log, next_log, other = Ed25519(ORIGIN, 1), Ecdsa(ORIGIN, 2), Ed25519("example.com/other", 1)
    some = sha256(b"some root")
    good = checkpoint(20852163, some)
    def case(name, text, key, opens):
        return {"name": name, "note": note(text, key), "key": vkey(key), "opens": opens}
    return {
        "origin": ORIGIN, "size": 20852163, "root": some.hex(),
        "cases": [
            case("Ed25519", good, log, True),
            case("ECDSA", good, next_log, True),
            case("extension lines", good + "one\ntwo\n", log, True),
            case("signed under another name", good, other, False),
            case("a size with a leading zero", good.replace("\n2", "\n02"), log, False),
            case("a negative size", good.replace("\n2", "\n-2"), log, False),
            case("a size of 2^64", checkpoint(2**64, some), log, False),
            case("a short root", good.replace(b64(some), b64(some[:31])), log, False),
            case("an empty extension line", good + "\n", log, False),
            case("no root", good.split("\n", 2)[0] + "\n1\n", log, False),
        ]}


def tiles():
    cases = []
    for size in (1, 5, 255, 256, 257, 300, 70000):
        entries = [f"entry {i}".encode() for i in range(size)]
        found = files(entries)
        if size == 70000:
            found = {path: data for path, data in found.items() if ".p/" in path or path[5] != "0"
                     and not path.startswith("tile/entries")}
        cases.append({"size": size, "root": root([leaf(entry) for entry in entries]).hex(),
                      "files": {path: sha256(data).hex() for path, data in sorted(found.items())}})
    five = files([f"entry {i}".encode() for i in range(5)])
    return {"entry": "the entry at position i is `entry ` and the decimal of i, in ASCII",
            "five": {path: data.hex() for path, data in five.items()}, "cases": cases}


def change(bundle, origin=ORIGIN):
    """A config change: section 7."""
    return jcs({"bundle": bundle.hex(), "kind": "config-change", "origin": origin, "version": 1})


def changes():
    good = change(sha256(BUNDLE.encode()))
    members = json.loads(good)
    def changed(**others):
        return jcs(dict(members, **others))
    bad = {
        "of another kind": changed(kind="config"),
        "of a kind that is reserved": changed(kind="segment"),
        "of another version": changed(version=2),
        "with a version as a string": changed(version="1"),
        "with spaces": json.dumps(members, sort_keys=True),
        "in another order": json.dumps(dict(reversed(sorted(members.items()))), separators=(",", ":")),
        "with an unknown member": changed(note="x"),
        "without a bundle": jcs({k: v for k, v in members.items() if k != "bundle"}),
        "with upper case hexadecimal": changed(bundle=members["bundle"].upper()),
        "with an origin with a space": changed(origin="example.com audit"),
        "without an origin": changed(origin=""),
        "longer than an entry": changed(origin="o" * 65536),
        "twice the same member": good.replace('"version":1', '"version":1,"version":1'),
    }
    return {"good": [{"json": good, "link": leaf(good.encode()).hex()}],
            "bad": [{"why": why, "json": text} for why, text in bad.items()]}


def log_of_story():
    """The entries of the worked example's log, and its cursors and plan: sections 7 and 9."""
    _, _, texts, links = story()
    bundle = sha256(BUNDLE.encode())
    first = change(bundle)
    entries = [first, *texts]
    cursors = jcs({"bundles": {bundle.hex(): 0}, "chains": {CHAIN: {"link": links[1].hex(), "next": 2}},
                   "kind": "cursors", "version": 1})
    leaves = [leaf(entry.encode()) for entry in entries]
    plan = jcs({"cursors": sha256(cursors.encode()).hex(), "from": 0, "to": 3, "kind": "plan",
                "origin": ORIGIN, "root": root(leaves).hex(), "version": 1, "entries": [
                    {"bundle": bundle.hex(), "link": leaves[0].hex()},
                    *({"chain": CHAIN, "link": link.hex(), "number": n} for n, link in enumerate(links))]})
    return entries, leaves, cursors, plan


def documents():
    entries, _, cursors, plan = log_of_story()
    return {"entries": entries, "cursors": cursors, "plan": plan}


def events():
    cases = []
    for i, (sequence, index, arrived) in enumerate([
            (SEQUENCES[0], 0, ARRIVED[0]), (SEQUENCES[0], 1, ARRIVED[0]), (SEQUENCES[2], 0, ARRIVED[2])]):
        text = event(SENT[i], sequence, index, arrived)
        cases.append({"sequence": sequence, "index": index, "arrived": arrived,
                      "input": json.dumps(SENT[i], indent=1), "canonical": text,
                      "leaf": leaf(text.encode()).hex()})
    return {"chain": CHAIN, "events": cases, "rejection": {
        "sequence": SEQUENCES[1], "index": 0, "arrived": ARRIVED[1], "raw": RAW.hex(),
        "salt": SALT.hex(), "reason": REASON, "quarantine": QUARANTINE, "canonical": REJECTION,
        "leaf": leaf(REJECTION.encode()).hex()},
        "bundle": {"json": BUNDLE, "hash": sha256(BUNDLE.encode()).hex()}}


def proofs():
    hashes, _, texts, links = story()
    log = [leaf(str(i).encode()) for i in range(11)]
    log[3], log[8] = links
    keys = {"ed25519": Ed25519(ORIGIN, 1), "ecdsa": Ecdsa(ORIGIN, 2)}
    made, index = {}, []
    def put(name, key, text, proven):
        made[f"proofs/{name}.tlog-proof"] = text
        index.append({"file": f"{name}.tlog-proof", "key": vkey(key), "proven": proven})
    for name, key in keys.items():
        signed = note(checkpoint(11, root(log)), key)
        put(name, key, proof(BATCHES[0][1], 1, hashes[0], texts[0], 3, log, signed), True)
    key = keys["ed25519"]
    signed = note(checkpoint(11, root(log)), key)
    put("rejection", key, proof(REJECTION, 2, hashes[0], texts[0], 3, log, signed), True)
    put("batch-of-one", key, proof(BATCHES[1][0], 0, hashes[1], texts[1], 8, log, signed), True)
    alone = note(checkpoint(1, links[0]), key)
    put("log-of-one", key, proof(BATCHES[0][0], 0, hashes[0], texts[0], 0, links[:1], alone), True)
    both = note(checkpoint(11, root(log)), keys["ecdsa"], key)
    put("succession", key, proof(BATCHES[0][1], 1, hashes[0], texts[0], 3, log, both), True)
    resumed = jcs(successor(order()))
    behind = [*log[:10], leaf(resumed.encode())]
    put("successor", key, proof(BATCHES[0][1], 1, hashes[0], resumed, 10, behind,
        note(checkpoint(11, root(behind)), key)), True)
    unordered = jcs({k: v for k, v in json.loads(resumed).items() if k != "order"})
    behind[10] = leaf(unordered.encode())
    put("successor-without-order", key, proof(BATCHES[0][1], 1, hashes[0], unordered, 10, behind,
        note(checkpoint(11, root(behind)), key)), False)
    altered = BATCHES[0][1].replace("denied", "success")
    put("altered-event", key, proof(altered, 1, hashes[0], texts[0], 3, log, signed), False)
    other = texts[0].replace(sha256(b"object 0").hex(), sha256(b"object 2").hex())
    put("altered-header", key, proof(BATCHES[0][1], 1, hashes[0], other, 3, log, signed), False)
    put("another-index", key, proof(BATCHES[0][1], 1, hashes[0], texts[0], 3, log, signed)
        .replace("index 3", "index 2"), False)
    put("altered-checkpoint", key, proof(BATCHES[0][1], 1, hashes[0], texts[0], 3, log,
        signed.replace("\n11\n", "\n12\n")), False)
    put("another-key", Ed25519(ORIGIN, 4), made["proofs/ed25519.tlog-proof"], False)
    put("another-log", Ed25519("example.com/other", 1), proof(
        BATCHES[0][1], 1, hashes[0], texts[0], 3, log,
        note(checkpoint(11, root(log), "example.com/other"), Ed25519("example.com/other", 1))), False)
    long = proof(BATCHES[0][1], 1, hashes[0], texts[0], 3, log, signed)
    put("path-too-long", key, long.replace("\n\nexample", "\n" + b64(links[0]) + "\n\nexample"), False)
    put("path-too-short", key, proof(BATCHES[0][1], 1, hashes[0], texts[0], 3, log, signed)
        .replace("\n" + b64(inclusion(3, log)[-1]), ""), False)
    return made, index


def write(name, text):
    path = HERE / name
    path.parent.mkdir(exist_ok=True)
    if path.exists():
        print(f"{name}: is there already, left alone")
        return
    path.write_bytes(text.encode())
    print(f"{name}: made")


def main():
    for make in (trees, headers, orders, changes, tenants, notes, checkpoints, tiles, documents, events):
        write(f"{make.__name__}.json", json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
    made, index = proofs()
    for name, text in made.items():
        write(name, text)
    write("proofs/index.json", json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    main()
