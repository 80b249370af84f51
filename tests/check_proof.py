#!/usr/bin/env python3
"""Checks the proof of one audit event, offline: check_proof.py FILE VKEY (<name>+<id>+<base64>).
Written from shared/ledger/SPEC.md alone; needs nothing but the package `cryptography`."""
import json, re, sys
from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

EXTRA = "header index kind leaf path version".split()
HEADER = "arrived bundle chain counts first kind last number object origin root tenants transform version"

def demand(condition, what):
    if not condition:
        raise ValueError(what)

def unbase64(text):  # the only encoding of its bytes
    demand(b64encode(b64decode(text)) == text.encode(), f"not base64: {text}")
    return b64decode(text)

def decimal(text):
    demand(re.fullmatch("0|[1-9][0-9]{0,15}", text), f"not a number: {text}")
    return int(text)

def document(text, members):  # canonical JSON (RFC 8785) of strings and integers
    value = json.loads(text)
    demand(sorted(value) == sorted(members) and value["version"] == 1, "unknown members or version")
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    demand(canonical == text, "not in canonical form")
    return value

def root_of(leaf, index, size, path):  # RFC 9162 section 2.1.3.2
    demand(type(index) is int and 0 <= index < size, f"index {index} is not below the size {size}")
    node, last = sha256(b"\0" + leaf).digest(), size - 1
    for sibling in map(unbase64, path):
        demand(last > 0 and len(sibling) == 32, "the path is too long")
        left = index & 1 or index == last
        node = sha256(b"\1" + (sibling + node if left else node + sibling)).digest()
        while left and not index & 1 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    demand(last == 0, "the path is too short")
    return node

def open_checkpoint(note, vkey):  # C2SP signed-note and tlog-checkpoint
    name, key_id, key = vkey.split("+", 2)
    key = unbase64(key)
    digest = sha256(key[1:] if key[0] == 2 else name.encode() + b"\n" + key).digest()
    demand(key[0] in (1, 2) and digest[:4].hex() == key_id, "the verifier key is malformed")
    text, gap, lines = note.rpartition("\n\n")
    demand(gap and lines.endswith("\n"), "the checkpoint is malformed")
    signatures = [line.split(" ") for line in lines[:-1].split("\n")]
    demand(all(len(s) == 3 and s[0] == "\u2014" for s in signatures), "the checkpoint is malformed")
    ours = [unbase64(s[2])[4:] for s in signatures if s[1] == name and unbase64(s[2])[:4] == digest[:4]]
    demand(ours, "the checkpoint is not signed by this key")
    for signature in ours:
        if key[0] == 2:
            load_der_public_key(key[1:]).verify(signature, f"{text}\n".encode(), ec.ECDSA(SHA256()))
        else:
            ed25519.Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature, f"{text}\n".encode())
    origin, size, root = text.split("\n")[:3]
    demand(origin == name, "the key is another log's")
    return origin, decimal(size), unbase64(root)

def check(proof, vkey):
    head, _, note = proof.partition("\n\n")
    kind, extra, index, *path = head.split("\n")
    demand(kind == "c2sp.org/tlog-proof@v1" and extra[:6] + index[:6] == "extra index ", "no proof")
    extra = document(unbase64(extra[6:]).decode(), EXTRA)
    lineage = ["prev"] if '"prev":' in extra["header"] else ["parents"]
    succeeds = "." in json.loads(extra["header"])["chain"].rpartition("/")[2]  # a stopped chain
    header = document(extra["header"], HEADER.split() + lineage + ["order"] * (succeeds and lineage == ["parents"]))
    demand((extra["kind"], header["kind"]) == ("event-proof", "batch"), "not the proof of an event")
    size = header["counts"]["events"] + header["counts"]["rejections"]
    root = root_of(extra["leaf"].encode(), extra["index"], size, extra["path"])
    demand(root.hex() == header["root"], "the batch lacks the leaf")
    origin, size, signed = open_checkpoint(note, vkey)
    demand(origin == header["origin"], "the batch is another log's")
    position = decimal(index[6:])
    demand(root_of(extra["header"].encode(), position, size, path) == signed, "the log lacks the batch")
    print(f"proven: leaf {extra['index']} of batch {header['number']} of chain {header['chain']},")
    print(f"position {position} of the log {origin} at size {size}:", extra["leaf"], sep="\n")

try:
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        check(file.read(), sys.argv[2])
except InvalidSignature:
    sys.exit("NOT PROVEN: the signature is false")
except (ValueError, LookupError, TypeError, AttributeError, OSError, RecursionError) as error:
    sys.exit(f"NOT PROVEN: {error}" if len(sys.argv) == 3 else __doc__)
