#!/usr/bin/env python3
"""Checks the proof of one audit event, offline: check_proof.py FILE VKEY

FILE is a .tlog-proof file, VKEY the log's verifier key (<name>+<id>+<base64>). Written from
shared/ledger/SPEC.md alone; needs nothing but Python 3 and the package `cryptography`.
"""
import hashlib
import json
import sys
from base64 import b64decode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key


def sha256(data):
    return hashlib.sha256(data).digest()


def demand(condition, what):
    if not condition:
        raise ValueError(what)


def root_of(leaf, index, size, path):
    """The root that an inclusion path leads to (RFC 9162 section 2.1.3.2)."""
    demand(0 <= index < size, f"index {index} is not below the size {size}")
    node, last = sha256(b"\0" + leaf), size - 1
    for sibling in path:
        demand(last > 0, "the path is too long")
        if index & 1 or index == last:
            node = sha256(b"\1" + sibling + node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1" + node + sibling)
        index, last = index >> 1, last >> 1
    demand(last == 0, "the path is too short")
    return node


def verify_note(note, vkey):
    """The text of a signed note, if the key signed it (C2SP signed-note)."""
    name, key_id, key = vkey.split("+", 2)
    key = b64decode(key, validate=True)
    ecdsa = key[0] == 2
    digest = sha256(key[1:] if ecdsa else name.encode() + b"\n" + key)
    demand(key[0] in (1, 2) and digest[:4].hex() == key_id, "the verifier key is malformed")
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    signatures = [line.split(" ") for line in lines.removesuffix("\n").split("\n")]
    demand(all(len(line) == 3 and line[0] == "\u2014" for line in signatures), "malformed note")
    signatures = [(line[1], b64decode(line[2], validate=True)) for line in signatures]
    ours = [raw[4:] for signer, raw in signatures if (signer, raw[:4]) == (name, digest[:4])]
    demand(ours, "the checkpoint is not signed by this key")
    for raw in ours:
        if ecdsa:
            load_der_public_key(key[1:]).verify(raw, text.encode(), ec.ECDSA(SHA256()))
        else:
            ed25519.Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw, text.encode())
    return name, text


def check(proof, vkey):
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    demand(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra ")
           and lines[2].startswith("index "), "not the proof of an event")
    extra = json.loads(b64decode(lines[1][6:], validate=True))
    demand((extra["kind"], extra["version"]) == ("event-proof", 1), "not the proof of an event")
    leaf, header = extra["leaf"].encode(), json.loads(extra["header"])
    counts, path = header["counts"], [b64decode(text, validate=True) for text in extra["path"]]
    root = root_of(leaf, extra["index"], counts["events"] + counts["rejections"], path)
    demand(header["kind"] == "batch" and root.hex() == header["root"], "the batch lacks the leaf")
    name, text = verify_note(note, vkey)
    origin, size, signed_root = text.split("\n")[:3]
    demand(name == origin == header["origin"], "the key, the log and the batch differ in name")
    path = [b64decode(line, validate=True) for line in lines[3:]]
    root = root_of(extra["header"].encode(), int(lines[2][6:]), int(size), path)
    demand(root == b64decode(signed_root, validate=True), "the log lacks the batch")
    return leaf, extra["index"], header, int(lines[2][6:]), origin, int(size)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        with open(sys.argv[1], encoding="utf-8", newline="") as file:
            leaf, index, header, position, origin, size = check(file.read(), sys.argv[2])
    except InvalidSignature:
        sys.exit("NOT PROVEN: the signature is false")
    except (ValueError, LookupError, TypeError, AttributeError, OSError) as error:
        sys.exit(f"NOT PROVEN: {error}")
    print(f"proven: leaf {index} of batch {header['number']} of chain {header['chain']},")
    print(f"position {position} of the log {origin} at size {size}:")
    print(leaf.decode())


if __name__ == "__main__":
    main()
